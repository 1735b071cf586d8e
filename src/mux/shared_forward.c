#include "mux/shared_forward.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/forwards.h"
#include "mux/packet.h"

#define PORT_MOST 65535

static void
set_end(struct forward_end *end, const char *host, uint32_t port)
{
	char *text = *host != '\0' ? xstrdup(host) : NULL;

	if (port == MUX_PORT_OF_PATH) {
		end->path = text;
		return;
	}
	end->host = text;
	end->port = (int)port;
}

static bool
is_port(uint32_t port)
{
	return port <= PORT_MOST || port == MUX_PORT_OF_PATH;
}

/* What it is, in our terms. False if it is none. A remote one without a port to
 * connect to is dynamic; ssh says "socks" then. */
static bool
understand(const struct mux_forward *f, enum forward_kind *ret_kind,
	   struct forward_spec *ret_spec)
{
	bool has_target = f->connect_port != 0 && *f->connect_host != '\0';

	if (!is_port(f->listen_port) || !is_port(f->connect_port) ||
	    !mux_forward_is_sound(f))
		return false;
	if (f->listen_port == MUX_PORT_OF_PATH && *f->listen_host == '\0')
		return false;
	*ret_spec = (struct forward_spec){ 0 };
	switch (f->type) {
	case MUX_FORWARD_LOCAL:
		*ret_kind = FORWARD_LOCAL;
		break;
	case MUX_FORWARD_REMOTE:
		*ret_kind =
		    has_target ? FORWARD_REMOTE : FORWARD_REMOTE_DYNAMIC;
		break;
	case MUX_FORWARD_DYNAMIC:
		if (f->listen_port == MUX_PORT_OF_PATH)
			return false;
		*ret_kind = FORWARD_DYNAMIC;
		break;
	default:
		return false;
	}
	if (*ret_kind == FORWARD_LOCAL && !has_target)
		return false;
	set_end(&ret_spec->listen, f->listen_host, f->listen_port);
	if (*ret_kind == FORWARD_LOCAL || *ret_kind == FORWARD_REMOTE)
		set_end(&ret_spec->connect, f->connect_host, f->connect_port);
	return true;
}

static void
add_listen(struct buf *out, const struct mux_forward *f, bool gateway_ports)
{
	const char *host = f->listen_host;

	if (*host == '\0')
		host = gateway_ports && f->type != MUX_FORWARD_REMOTE
			   ? "*"
			   : "LOCALHOST";
	buf_addf(out, "%.200s:%d", host, (int)f->listen_port);
}

char *
shared_forward_text(const struct mux_forward *f, bool gateway_ports)
{
	struct buf text = BUF_INIT;
	char *shown;

	if (f->type == MUX_FORWARD_LOCAL)
		buf_add_str(&text, "local forward ");
	else if (f->type == MUX_FORWARD_REMOTE)
		buf_add_str(&text, "remote forward ");
	else
		buf_add_str(&text, "dynamic forward ");
	add_listen(&text, f, gateway_ports);
	if (f->type == MUX_FORWARD_DYNAMIC)
		buf_add_str(&text, " -> *");
	else
		buf_addf(&text, " -> %.200s:%d", f->connect_host,
			 (int)f->connect_port);
	shown = str_visible_line((const char *)text.data, text.len);
	buf_clear(&text);
	return shown;
}

static int
refusal(enum forward_kind kind, const struct forward_spec *spec, struct err *e)
{
	if (!(kind == FORWARD_REMOTE || kind == FORWARD_REMOTE_DYNAMIC))
		return err_set(e, ERR_FORWARD, "Port forwarding failed");
	if (spec->listen.path != NULL)
		return err_set(
		    e, ERR_FORWARD,
		    "remote port forwarding failed for listen path %s",
		    spec->listen.path);
	return err_set(e, ERR_FORWARD,
		       "remote port forwarding failed for listen port %d",
		       spec->listen.port);
}

/* Ask for it, or join somebody who has. The master itself may have been refused
 * it for now: who asks for it a second time would take it away from the first.
 */
static int
begin(struct forwards *all, enum forward_kind kind,
      const struct forward_spec *spec, enum shared_forward *ret_state)
{
	struct forward_spec copy;
	struct err e = { .kind = ERR_NONE };

	*ret_state = SHARED_FORWARD_JOINED;
	if (forwards_is_waiting(all, kind, spec)) {
		forwards_hurry(all);
		return 0;
	}
	*ret_state = SHARED_FORWARD_OURS;
	copy = forward_spec_copy(spec);
	if (forwards_add(all, kind, &copy, &e) == 0)
		return 0;
	log_error("%s", e.text);
	return -1;
}

static enum step
go_on(struct forwards *all, enum forward_kind kind,
      const struct forward_spec *spec, enum shared_forward *state,
      int *ret_port)
{
	enum step step = forwards_find(all, kind, spec, ret_port);

	if (*state == SHARED_FORWARD_NEW && step == STEP_FAIL) {
		if (begin(all, kind, spec, state) != 0)
			return STEP_FAIL;
		step = forwards_find(all, kind, spec, ret_port);
	}
	if (*state == SHARED_FORWARD_NEW)
		*state = SHARED_FORWARD_JOINED;
	/* as if it had not been asked for */
	if (step == STEP_FAIL && *state == SHARED_FORWARD_OURS)
		forwards_cancel(all, kind, spec);
	return step;
}

enum step
shared_forward_open(struct forwards *all, const struct mux_forward *f,
		    enum shared_forward *state, int *ret_port, struct err *e)
{
	enum forward_kind kind;
	struct forward_spec spec;
	enum step step;

	if (!understand(f, &kind, &spec)) {
		err_set(e, ERR_FORWARD, "Invalid forwarding request");
		return STEP_FAIL;
	}
	*ret_port = 0;
	step = go_on(all, kind, &spec, state, ret_port);
	if (step == STEP_FAIL)
		refusal(kind, &spec, e);
	forward_spec_clear(&spec);
	return step;
}

int
shared_forward_close(struct forwards *all, const struct mux_forward *f,
		     struct err *e)
{
	enum forward_kind kind;
	struct forward_spec spec;
	int port, rc = -1;

	if (!understand(f, &kind, &spec))
		return err_set(e, ERR_FORWARD, "Invalid forwarding request");
	/* also what was refused before the same was asked for again */
	while ((forwards_find(all, kind, &spec, &port) != STEP_FAIL ||
		forwards_is_waiting(all, kind, &spec)) &&
	       forwards_cancel(all, kind, &spec))
		rc = 0;
	if (rc != 0)
		err_set(e, ERR_FORWARD, "port not forwarded");
	forward_spec_clear(&spec);
	return rc;
}
