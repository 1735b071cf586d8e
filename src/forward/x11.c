#include "forward/x11.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/relay.h"
#include "net/dial.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "ssh/incoming.h"

/* X servers take 256 clients if not told otherwise. */
#define LINKS_MAX 256

enum phase {
	PHASE_CHECKING,   /* the first message */
	PHASE_CONNECTING, /* to the X server */
	PHASE_RELAYING,
};

/* One X client. */
struct link {
	struct link *next;
	enum phase phase;
	struct channel *channel; /* until the relay has it */
	struct buf message;
	struct dial *dial;
	struct relay *relay;
};

struct x11 {
	struct x11_params params;
	struct link *links;
	size_t n_links;
	bool is_down; /* the last connection to the display failed */
};

struct x11 *
x11_new(const struct x11_params *p)
{
	struct x11 *x = xcalloc(1, sizeof(*x));

	x->params = *p;
	return x;
}

static void
link_free(struct link *l)
{
	relay_free(l->relay);
	dial_free(l->dial);
	channel_free(l->channel);
	buf_clear(&l->message);
	free(l);
}

void
x11_free(struct x11 *x)
{
	if (x == NULL)
		return;
	while (x->links != NULL) {
		struct link *l = x->links;

		x->links = l->next;
		link_free(l);
	}
	x11_cookie_clear(&x->params.cookie);
	x11_display_clear(&x->params.display);
	free(x);
}

size_t
x11_open(const struct x11 *x)
{
	return x->n_links;
}

static void
accept_channel(struct x11 *x, struct channel *channel)
{
	struct link *l;

	if (x->params.refuse_from_ms != 0 &&
	    loop_now_ms() >= x->params.refuse_from_ms) {
		log_verbose("Rejected X11 connection after ForwardX11Timeout "
			    "expired");
		channel_free(channel);
		return;
	}
	log_debug("X11 connection requested.");
	l = xcalloc(1, sizeof(*l));
	l->channel = channel;
	l->message.wipe = true;
	l->next = x->links;
	x->links = l;
	x->n_links++;
}

/* The display failed (why) or works (NULL): told once per change. */
static void
note(struct x11 *x, const char *why)
{
	if (why != NULL)
		log_write(x->is_down ? LOG_LEVEL_DEBUG1 : LOG_LEVEL_ERROR, "%s",
			  why);
	x->is_down = why != NULL;
}

/* The X server is there: what was read goes first. */
static enum step
start_relay(struct x11 *x, struct link *l, int fd, struct err *e)
{
	l->relay = relay_new(x->params.loop, fd, l->channel, e);
	l->channel = NULL;
	if (l->relay == NULL)
		return STEP_FAIL;
	relay_set_wake(l->relay, x->params.wake, x->params.arg);
	relay_prepend(l->relay, NULL, 0, l->message.data, l->message.len);
	buf_clear(&l->message);
	l->phase = PHASE_RELAYING;
	note(x, NULL);
	return STEP_AGAIN;
}

static void
start_connecting(struct x11 *x, struct link *l)
{
	const struct x11_display *d = &x->params.display;
	struct dial_params p = {
		.host = d->host,
		.port = d->port,
		.path = d->path,
		.is_abstract = d->has_abstract,
		.family = x->params.family,
	};

	l->dial = dial_new(x->params.loop, &p, x->params.wake, x->params.arg);
	l->phase = PHASE_CONNECTING;
}

/* Read until the cookie can be checked. STEP_DONE: the client left. */
static enum step
step_checking(struct x11 *x, struct link *l)
{
	enum step step = STEP_AGAIN;
	const char *why = "";
	const unsigned char *data;
	ssize_t n = 1;

	while (step == STEP_AGAIN && n > 0) {
		n = channel_peek(l->channel, CHANNEL_STDOUT, &data);
		if (n > 0) {
			buf_add(&l->message, data, (size_t)n);
			channel_consume(l->channel, CHANNEL_STDOUT, (size_t)n);
		}
		step = x11_cookie_replace(&x->params.cookie, &l->message, &why);
	}
	if (step == STEP_DONE) {
		start_connecting(x, l);
		return STEP_AGAIN;
	}
	if (step == STEP_AGAIN)
		return n == 0 ? STEP_DONE : STEP_AGAIN;
	log_debug2("X11 connection: %s", why);
	log_info("X11 connection rejected because of wrong authentication.");
	return STEP_DONE;
}

/* STEP_DONE: it is over. STEP_FAIL: the display failed. */
static enum step
step_link(struct x11 *x, struct link *l, bool *ret_more, struct err *e)
{
	enum step step = STEP_AGAIN;
	int fd;

	if (l->phase == PHASE_CHECKING)
		step = step_checking(x, l);
	if (l->phase == PHASE_CONNECTING) {
		step = dial_step(l->dial, &fd, e);
		if (step == STEP_DONE)
			step = start_relay(x, l, fd, e);
	}
	if (l->phase == PHASE_RELAYING) {
		if (relay_step(l->relay))
			*ret_more = true;
		step = relay_is_done(l->relay) ? STEP_DONE : STEP_AGAIN;
	}
	return step;
}

bool
x11_step(struct x11 *x)
{
	struct channel *channel;
	struct link **at = &x->links;
	bool more = false, was_full;

	while (x->n_links < LINKS_MAX &&
	       (channel = session_accept_x11(x->params.session)) != NULL)
		accept_channel(x, channel);
	was_full = x->n_links == LINKS_MAX;
	while (*at != NULL) {
		struct err e = { .kind = ERR_NONE };
		struct link *l = *at;
		enum step step = step_link(x, l, &more, &e);

		if (step == STEP_AGAIN) {
			at = &l->next;
			continue;
		}
		if (step == STEP_FAIL)
			note(x, e.text);
		*at = l->next;
		x->n_links--;
		link_free(l);
	}
	/* the next one in line may come in */
	return more || (was_full && x->n_links < LINKS_MAX);
}
