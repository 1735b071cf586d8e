#include "client/forwarding.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "forward/forwards.h"

static struct forwards *
new_forwards(struct client *c)
{
	const struct conf *o = c->conf;
	struct forwards_params p = {
		.loop = c->loop,
		.gateway_ports = o->gateway_ports,
		.family = o->address_family,
		.failure_is_fatal = o->exit_on_forward_failure,
		.bind_mask = (mode_t)o->stream_local_bind_mask,
		.bind_unlink = o->stream_local_bind_unlink,
		.permit_remote_open = &o->permit_remote_open,
		.inherited = c->inherited,
		.wake = client_wake,
		.arg = c,
	};

	return forwards_new(&p);
}

/* Add the forwardings of one list; returns how many could not be started. */
static size_t
add_list(struct client *c, const struct strv *list, enum forward_kind kind)
{
	size_t failed = 0;

	for (size_t i = 0; i < list->len; i++) {
		enum forward_kind one = kind;
		struct forward_spec spec;
		struct err e = { .kind = ERR_NONE };

		if (forward_spec_load(list->items[i], kind, &spec) != 0) {
			log_error("Bad forwarding specification '%s'",
				  list->items[i]);
			failed++;
			continue;
		}
		if (kind == FORWARD_REMOTE && forward_spec_is_dynamic(&spec))
			one = FORWARD_REMOTE_DYNAMIC;
		if (forwards_add(c->forwards, one, &spec, &e) != 0) {
			log_error("%s", e.text);
			failed++;
		}
	}
	return failed;
}

int
forwarding_start(struct client *c, struct err *e)
{
	const struct conf *o = c->conf;
	size_t here = o->local_forward.len + o->dynamic_forward.len;
	size_t failed, refused;

	c->forwards = new_forwards(c);
	forwards_attach(c->forwards, c->session);
	if (c->is_untrusted)
		return 0;
	failed = add_list(c, &o->local_forward, FORWARD_LOCAL);
	failed += add_list(c, &o->dynamic_forward, FORWARD_DYNAMIC);
	if (failed > 0 && o->exit_on_forward_failure)
		return err_set(e, ERR_FORWARD,
			       "Could not request local forwarding.");
	if (failed > 0 && failed == here)
		log_error("Could not request local forwarding.");
	refused = add_list(c, &o->remote_forward, FORWARD_REMOTE);
	if (refused > 0 && o->exit_on_forward_failure)
		return err_set(e, ERR_FORWARD,
			       "Could not request remote forwarding.");
	return 0;
}

enum step
forwarding_ready(struct client *c, struct err *e)
{
	if (!c->conf->exit_on_forward_failure)
		return STEP_DONE;
	if (forwards_failure(c->forwards, e) != 0)
		return STEP_FAIL;
	return forwards_pending(c->forwards) > 0 ? STEP_AGAIN : STEP_DONE;
}

static void
cancel(struct client *c, enum forward_kind kind, const char *text,
       struct buf *out)
{
	struct forward_spec spec;

	if (forward_spec_parse(text, FORWARD_DYNAMIC, &spec) != 0) {
		buf_add_str(out, "Bad forwarding close specification.\r\n");
		return;
	}
	buf_add_str(out, forwards_cancel(c->forwards, kind, &spec)
			     ? "Canceled forwarding.\r\n"
			     : "Unknown port forwarding.\r\n");
	forward_spec_clear(&spec);
}

static void
add(struct client *c, enum forward_kind kind, const char *text, struct buf *out)
{
	struct forward_spec spec;
	struct err e = { .kind = ERR_NONE };
	bool is_remote = kind == FORWARD_REMOTE;
	int rc = forward_spec_parse(text, kind, &spec);

	if (rc != 0 && is_remote) {
		kind = FORWARD_REMOTE_DYNAMIC;
		rc = forward_spec_parse(text, kind, &spec);
	}
	if (rc != 0) {
		buf_addf(out, "Bad %s forwarding specification.\r\n",
			 is_remote ? "remote" : "local");
		return;
	}
	if (forwards_add(c->forwards, kind, &spec, &e) != 0)
		buf_addf(out, "%s\r\nPort forwarding failed.\r\n", e.text);
	else
		buf_add_str(out, "Forwarding port.\r\n");
}

void
forwarding_command(struct client *c, const char *text, struct buf *out)
{
	bool is_cancel = toupper((unsigned char)*text) == 'K';
	enum forward_kind kind = FORWARD_LOCAL;

	if (is_cancel)
		text++;
	switch (toupper((unsigned char)*text)) {
	case 'L':
		break;
	case 'R':
		kind = FORWARD_REMOTE;
		break;
	case 'D':
		kind = FORWARD_DYNAMIC;
		break;
	default:
		buf_add_str(out, "Invalid command.\r\n");
		return;
	}
	text++;
	while (isspace((unsigned char)*text))
		text++;
	if (is_cancel)
		cancel(c, kind, text, out);
	else if (c->is_untrusted)
		buf_add_str(out, "Port forwarding is disabled to avoid "
				 "man-in-the-middle attacks.\r\n");
	else
		add(c, kind, text, out);
}
