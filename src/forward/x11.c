#include "forward/x11.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/crossing.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "ssh/incoming.h"

/* X servers take 256 clients if not told otherwise. */
#define CLIENTS_MAX 256

struct x11 {
	struct x11_params params;
	struct crossings clients;
	bool is_down; /* the last connection to the display failed */
};

static enum step
prelude(void *state, struct buf *heard, struct buf *said)
{
	const struct x11 *x = state;
	const char *why = "";
	enum step step = x11_cookie_replace(&x->params.cookie, heard, &why);

	(void)said;
	if (step == STEP_FAIL) {
		log_debug2("X11 connection: %s", why);
		log_info("X11 connection rejected because of wrong "
			 "authentication.");
	}
	return step;
}

static void
reach(void *state, struct crossing *c)
{
	const struct x11_display *d = &((struct x11 *)state)->params.display;
	const struct forward_end server = {
		.host = d->host,
		.port = d->port,
		.path = d->path,
	};

	crossing_reach_here(c, &server, d->has_abstract);
}

/* Told once per change. */
static void
note(void *state, const char *why)
{
	struct x11 *x = state;

	if (why != NULL)
		log_write(x->is_down ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_ERROR, "%s",
			  why);
	x->is_down = why != NULL;
}

static const char *
type(const void *state)
{
	(void)state;
	return "x11-connection";
}

static const struct crossing_kind x_client = {
	.prelude = prelude,
	.reach = reach,
	.note = note,
	.type = type,
};

struct x11 *
x11_new(const struct x11_params *p)
{
	struct x11 *x = xcalloc(1, sizeof(*x));

	x->params = *p;
	x->clients = (struct crossings){
		.kind = &x_client,
		.loop = p->loop,
		.most = CLIENTS_MAX,
		.family = p->family,
		.idle = p->idle,
		.wake = p->wake,
		.arg = p->arg,
	};
	return x;
}

void
x11_free(struct x11 *x)
{
	if (x == NULL)
		return;
	crossings_clear(&x->clients);
	x11_cookie_clear(&x->params.cookie);
	x11_display_clear(&x->params.display);
	free(x);
}

size_t
x11_open(const struct x11 *x)
{
	return x->clients.count;
}

static void
accept_channel(struct x11 *x, struct channel *channel)
{
	if (x->params.refuse_from_ms != 0 &&
	    loop_now_ms() >= x->params.refuse_from_ms) {
		log_verbose("Rejected X11 connection after ForwardX11Timeout "
			    "expired");
		channel_free(channel);
		return;
	}
	log_debug("X11 connection requested.");
	crossing_from_channel(&x->clients, x, channel);
}

bool
x11_step(struct x11 *x)
{
	struct channel *channel;

	while (crossings_have_room(&x->clients) &&
	       (channel = session_accept_x11(x->params.session)) != NULL)
		accept_channel(x, channel);
	return crossings_step(&x->clients);
}
