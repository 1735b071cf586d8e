#include "client/forward_setup.h"

#include <stdbool.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "forward/forwards.h"
#include "forward/forwards_params.h"

static struct forwards *
new_forwards(struct client *c)
{
	const struct conf *o = c->conf;
	struct forwards_params p = {
		.loop = c->loop,
		.gateway_ports = o->gateway_ports,
		.family = o->address_family,
		.failure_is_fatal = o->exit_on_forward_failure,
		.reconnects = o->reconnect != CONF_RECONNECT_NO,
		.takes_over = o->take_over_listener,
		.check_ms = (int64_t)o->check_forwards * 1000,
		.hold_ms = (int64_t)o->reconnect_hold * 1000,
		.bind_mask = (mode_t)o->stream_local_bind_mask,
		.bind_unlink = o->stream_local_bind_unlink,
		.permit_remote_open = &o->permit_remote_open,
		.inherited = c->inherited,
		.idle = c->idle,
		.wake = client_wake,
		.arg = c,
	};

	return forwards_new(&p);
}

/* Add the forwardings of one list; returns how many could not be started. */
static size_t
add_list(struct client *c, const struct forward_specs *list,
	 enum forward_kind kind)
{
	size_t failed = 0;

	for (size_t i = 0; i < list->len; i++) {
		enum forward_kind one = kind;
		struct forward_spec spec = forward_spec_copy(&list->items[i]);
		struct err e = { .kind = ERR_NONE };

		if (kind == FORWARD_REMOTE && forward_spec_is_dynamic(&spec))
			one = FORWARD_REMOTE_DYNAMIC;
		if (forwards_ask(c->forwards, one, &spec, &e) != 0) {
			log_error("%s", e.text);
			failed++;
		}
	}
	return failed;
}

int
forward_setup_start(struct client *c, struct err *e)
{
	const struct conf *o = c->conf;
	size_t here = o->local_forward.len + o->dynamic_forward.len;
	size_t failed, refused;

	if (c->has_forwards && !connection_is_untrusted(c->connection)) {
		forwards_attach(c->forwards, client_session(c));
		return 0;
	}
	forwards_free(c->forwards);
	c->has_forwards = false;
	c->forwards = new_forwards(c);
	forwards_attach(c->forwards, client_session(c));
	if (connection_is_untrusted(c->connection))
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
	c->has_forwards = true;
	return 0;
}

/* Is it a failure if one is not listened for? Whoever waits for the end of -f
 * with Reconnect is told nothing less. */
static bool
must_be_up(const struct client *c)
{
	return c->conf->exit_on_forward_failure ||
	       (c->conf->fork_after_authentication && !c->is_settled &&
		c->conf->reconnect != CONF_RECONNECT_NO);
}

/* Is it to be known first? */
static bool
is_patient(const struct client *c)
{
	return must_be_up(c) ||
	       (c->conf->fork_after_authentication && !c->is_settled);
}

enum step
forward_setup_ready(struct client *c, struct err *e)
{
	/* As with ssh what is wrong is told first; and who is told by -f that
	 * all is there may come in at once. Nor does a look-up outlive the
	 * process that has begun it. */
	if (forwards_pending_here(c->forwards) > 0)
		return STEP_AGAIN;
	if (!is_patient(c))
		return STEP_DONE;
	if (must_be_up(c) && forwards_failure(c->forwards, e) != 0)
		return STEP_FAIL;
	if (forwards_pending(c->forwards) > 0)
		return STEP_AGAIN;
	return !must_be_up(c) || forwards_are_up(c->forwards) ? STEP_DONE
							      : STEP_AGAIN;
}
