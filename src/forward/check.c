#include "forward/check.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

#define TOKEN_BYTES 32
#define WINDOW_BYTES ((uint32_t)64 * 1024)
/* Who is looked at, at a time and in all. */
#define HELD_MAX 32
#define LOOKS_MAX 64
/* How long one is who says nothing. */
#define HOLD_MS 2000
#define HOLD_SILENCE_MS 5000
/* Something must have happened within this time, if the server is heard... */
#define OPEN_MS 15000
#define RETURN_MS 5000
/* ...and within this one, if it is not. */
#define SILENCE_MS 40000
#define LOOK_EVERY_MS 500

struct held {
	struct channel *channel;
	int64_t since_ms;
	bool is_free; /* to go its way */
};

struct check {
	struct session *session;
	struct channel *direct; /* to the target, or to our own place */
	bool is_here;
	const char *path, *host; /* where we listen there; or NULL */
	int port;
	int attempt;        /* at which of its addresses */
	int64_t asked_ms;   /* when was the direct one asked for, or the token
			       sent? */
	size_t sent;        /* of the token */
	bool was_impatient; /* somebody cannot wait any more */
	size_t n_held, n_looks;
	struct held held[HELD_MAX];
	unsigned char token[TOKEN_BYTES];
};

/* Where to reach a place that may be at all of the server's addresses, or at
 * others than we wanted (GatewayPorts); NULL: there is no more. */
static const char *
next_host(const struct check *c)
{
	const char *hosts[3] = { c->host, "127.0.0.1", "::1" };
	bool is_named = c->host != NULL && *c->host != '\0' &&
			strcmp(c->host, "*") != 0 &&
			strcmp(c->host, "localhost") != 0;
	int i = c->attempt + !is_named;

	if (c->path != NULL || i >= 3)
		return NULL;
	return hosts[i];
}

static void
open_direct(struct check *c, const struct channel_target *target)
{
	c->direct = channel_open_direct(c->session, target, WINDOW_BYTES);
	c->asked_ms = loop_now_ms();
	c->sent = 0;
}

/* Ask for a connection to ourselves. False: all has been tried. */
static bool
try_next(struct check *c)
{
	struct channel_target target = { .path = c->path, .port = c->port };

	channel_free(c->direct);
	c->direct = NULL;
	target.host = next_host(c);
	if (c->attempt > 0 && target.host == NULL)
		return false;
	c->attempt++;
	open_direct(c, &target);
	return true;
}

struct check *
check_new_there(struct session *s, const struct forward_end *to)
{
	const struct channel_target target = {
		.path = to->path,
		.host = to->host,
		.port = to->port,
	};
	struct check *c = xcalloc(1, sizeof(*c));

	c->session = s;
	open_direct(c, &target);
	return c;
}

struct check *
check_new_here(struct session *s, const struct forward_end *at, int port)
{
	struct check *c = xcalloc(1, sizeof(*c));

	c->session = s;
	c->is_here = true;
	c->path = at->path;
	c->host = at->host;
	c->port = port;
	RAND_bytes(c->token, sizeof(c->token));
	try_next(c);
	return c;
}

void
check_free(struct check *c)
{
	if (c == NULL)
		return;
	channel_free(c->direct);
	for (size_t i = 0; i < c->n_held; i++)
		channel_free(c->held[i].channel);
	free(c);
}

int64_t
check_due_ms(const struct check *c)
{
	(void)c;
	return loop_now_ms() + LOOK_EVERY_MS;
}

static bool
was_heard(const struct check *c)
{
	return stream_heard_ms(session_stream(c->session)) > c->asked_ms;
}

/* Has it been too long? */
static bool
is_late(const struct check *c, int64_t limit_ms)
{
	return loop_now_ms() - c->asked_ms >=
	       (was_heard(c) ? limit_ms : SILENCE_MS);
}

static enum check_result
late_answer(const struct check *c, struct err *e)
{
	if (!is_late(c, OPEN_MS))
		return CHECK_RUNNING;
	err_set(e, ERR_LOST, "there is no answer");
	return c->is_here || loop_now_ms() - c->asked_ms >= SILENCE_MS
		   ? CHECK_DEAD
		   : CHECK_TARGET;
}

/* The direct channel is not to be had. */
static enum check_result
note_refusal(struct check *c, struct err *e)
{
	if (!c->is_here)
		return CHECK_TARGET;
	if (e->kind != ERR_UNAVAILABLE)
		return CHECK_FORBIDDEN;
	return try_next(c) ? CHECK_RUNNING : CHECK_DEAD;
}

static void
send_token(struct check *c)
{
	ssize_t n = 1;

	while (n > 0 && c->sent < sizeof(c->token)) {
		n = channel_write(c->direct, c->token + c->sent,
				  sizeof(c->token) - c->sent);
		if (n > 0)
			c->sent += (size_t)n;
		if (c->sent == sizeof(c->token))
			c->asked_ms = loop_now_ms();
	}
}

/* Is it the one that we have made? */
static bool
look_at(const struct check *c, struct held *h)
{
	const unsigned char *data;
	ssize_t n = channel_peek(h->channel, CHANNEL_STDOUT, &data);
	size_t len = n > 0 && n < TOKEN_BYTES ? (size_t)n : TOKEN_BYTES;

	if (n == -EAGAIN)
		return false;
	if (n <= 0 || memcmp(data, c->token, len) != 0)
		h->is_free = true;
	else if (n >= TOKEN_BYTES)
		return true;
	return false;
}

/* Has he been silent for too long, since he could have said the token? */
static bool
is_impatient(const struct check *c, const struct held *h)
{
	int64_t since_ms = h->since_ms;

	if (c->sent == TOKEN_BYTES && c->asked_ms > since_ms)
		since_ms = c->asked_ms;
	return loop_now_ms() - since_ms >=
	       (was_heard(c) ? HOLD_MS : HOLD_SILENCE_MS);
}

/* Has it come? */
static bool
look_at_all(struct check *c)
{
	for (size_t i = 0; i < c->n_held; i++) {
		struct held *h = &c->held[i];

		if (!h->is_free && look_at(c, h)) {
			channel_free(h->channel);
			c->held[i] = c->held[--c->n_held];
			return true;
		}
		c->was_impatient =
		    c->was_impatient || (!h->is_free && is_impatient(c, h));
	}
	return false;
}

static enum check_result
late_return(struct check *c, struct err *e)
{
	if (!is_late(c, RETURN_MS))
		return CHECK_RUNNING;
	err_set(e, ERR_LOST, "what the server connects to does not come here");
	return try_next(c) ? CHECK_RUNNING : CHECK_DEAD;
}

enum check_result
check_step(struct check *c, struct err *e)
{
	enum step step;

	/* nothing is said any more on a channel whose other end is let go */
	if (look_at_all(c) || c->was_impatient || c->n_looks >= LOOKS_MAX)
		return CHECK_FINE;
	step = channel_open_step(c->direct, e);
	if (step == STEP_AGAIN)
		return late_answer(c, e);
	if (step == STEP_FAIL)
		return note_refusal(c, e);
	if (!c->is_here)
		return CHECK_FINE;
	send_token(c);
	return late_return(c, e);
}

bool
check_has_room(const struct check *c)
{
	return c->is_here && c->n_looks < LOOKS_MAX && c->n_held < HELD_MAX;
}

/* Could it be the server that has connected? */
static bool
is_from_there(const struct check *c, const struct channel *channel)
{
	int port;
	const char *host = channel_originator(channel, &port);

	return host == NULL || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0 ||
	       strncasecmp(host, "::ffff:127.", 11) == 0 ||
	       (c->host != NULL && strcmp(host, c->host) == 0);
}

bool
check_hold(struct check *c, struct channel *channel)
{
	if (!check_has_room(c) || !is_from_there(c, channel))
		return false;
	c->n_looks++;
	c->held[c->n_held++] = (struct held){
		.channel = channel,
		.since_ms = loop_now_ms(),
	};
	return true;
}

struct channel *
check_release(struct check *c, bool is_over)
{
	for (size_t i = 0; i < c->n_held; i++) {
		struct channel *channel = c->held[i].channel;

		if (!is_over && !c->held[i].is_free)
			continue;
		c->n_held--;
		memmove(&c->held[i], &c->held[i + 1],
			(c->n_held - i) * sizeof(c->held[0]));
		return channel;
	}
	return NULL;
}
