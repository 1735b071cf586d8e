#include "client/passage.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
/* Longer than this, an opening has waited for something else. */
#define RTT_MOST_MS 1000

struct passage {
	struct passage_params params;
	struct session *session; /* the channel's */
	struct channel *channel;
	bool is_wanted, is_open, is_given;
	bool is_cut;
	struct loop_timer *timer; /* while it is being opened; or NULL */
	bool is_awaited, is_late;
	bool wants_read, wants_write; /* who is behind it */
	int64_t asked_ms;
	int64_t rtt_ms; /* of its opening */
};

static void
wake(const struct passage *p)
{
	p->params.wake(p->params.arg);
}

/* --- the stream --- */

static bool
is_readable(const struct passage *p)
{
	const unsigned char *data;

	return p->is_cut ||
	       channel_peek(p->channel, CHANNEL_STDOUT, &data) != -EAGAIN;
}

static ssize_t
stream_over_read(void *of, void *data, size_t len)
{
	const struct passage *p = of;
	const unsigned char *arrived;
	ssize_t n = channel_peek(p->channel, CHANNEL_STDOUT, &arrived);

	if (n == -EAGAIN && p->is_cut)
		return 0;
	if (n <= 0)
		return n;
	if ((size_t)n > len)
		n = (ssize_t)len;
	memcpy(data, arrived, (size_t)n);
	channel_consume(p->channel, CHANNEL_STDOUT, (size_t)n);
	/* what this allows the server is to be told */
	wake(p);
	return n;
}

static ssize_t
stream_over_write(void *of, const void *data, size_t len)
{
	const struct passage *p = of;
	size_t done = 0;
	ssize_t n = 0;

	if (p->is_cut)
		return -EPIPE;
	while (done < len && n >= 0) {
		n = channel_write(p->channel, (const char *)data + done,
				  len - done);
		if (n > 0)
			done += (size_t)n;
	}
	session_flush(p->session);
	return done > 0 ? (ssize_t)done : n;
}

static void
stream_over_want(void *of, bool read, bool write)
{
	struct passage *p = of;

	if ((read && !p->wants_read) || (write && !p->wants_write))
		wake(p);
	p->wants_read = read;
	p->wants_write = write;
}

/* The kernel knows of the first leg only; the opening took the others, too. */
static int
stream_over_rtt_us(void *of)
{
	const struct passage *p = of;
	int first_us = stream_rtt_us(session_stream(p->session));
	int all_us = (int)p->rtt_ms * 1000;

	return all_us > first_us ? all_us : first_us;
}

static void
stream_over_free(void *of)
{
	struct passage *p = of;

	passage_drop(p);
	p->is_wanted = p->is_open = p->is_given = false;
	p->wants_read = p->wants_write = false;
	wake(p);
}

static const struct stream_carrier carrier = {
	.read = stream_over_read,
	.write = stream_over_write,
	.want = stream_over_want,
	.rtt_us = stream_over_rtt_us,
	.free = stream_over_free,
};

/* --- its life --- */

/* From now on; -1: nothing is waited for. */
static void
set_patience(struct passage *p, int64_t patience_ms)
{
	p->is_awaited = patience_ms >= 0;
	p->is_late = false;
	if (p->timer != NULL)
		loop_timer_set(p->timer, patience_ms);
}

static void
on_time(void *arg)
{
	struct passage *p = arg;

	p->is_late = true;
	wake(p);
}

struct passage *
passage_new(const struct passage_params *params)
{
	struct passage *p = xcalloc(1, sizeof(*p));

	p->params = *params;
	p->is_wanted = true;
	if (p->params.patience_ms > 0)
		p->timer = loop_timer_new(p->params.loop, on_time, p);
	return p;
}

void
passage_free(struct passage *p)
{
	if (p == NULL)
		return;
	passage_drop(p);
	loop_timer_free(p->timer);
	free(p);
}

void
passage_open(struct passage *p, struct session *s)
{
	const struct channel_target target = { .host = p->params.to->host,
					       .port = p->params.to->port };

	p->session = s;
	p->asked_ms = loop_now_ms();
	p->channel = channel_open_direct(s, &target, WINDOW_BYTES);
}

bool
passage_is_open(const struct passage *p)
{
	return p->is_open;
}

void
passage_drop(struct passage *p)
{
	channel_free(p->channel);
	p->channel = NULL;
	p->session = NULL;
	set_patience(p, -1);
}

enum step
passage_step(struct passage *p, struct session *s, struct err *e)
{
	enum step step;

	if (!p->is_wanted || p->is_open)
		return STEP_AGAIN;
	if (p->channel == NULL)
		passage_open(p, s);
	if (!p->is_awaited)
		set_patience(p, p->params.patience_ms);
	session_poll_requests(s);
	step = channel_open_step(p->channel, e);
	if (step == STEP_AGAIN && p->is_late) {
		err_set(e, ERR_TIMEOUT, "channel to %s port %d: %s",
			p->params.to->host, p->params.to->port,
			strerror(ETIMEDOUT));
		return STEP_FAIL;
	}
	if (step != STEP_DONE)
		return step;
	set_patience(p, -1);
	p->is_open = true;
	p->rtt_ms = loop_now_ms() - p->asked_ms;
	if (p->rtt_ms > RTT_MOST_MS)
		p->rtt_ms = RTT_MOST_MS;
	p->params.wake_user(p->params.user);
	return STEP_DONE;
}

void
passage_cut(struct passage *p)
{
	p->is_cut = true;
	p->params.wake_user(p->params.user);
}

void
passage_begin_again(struct passage *p)
{
	passage_drop(p);
	p->is_wanted = true;
	p->is_open = p->is_given = p->is_cut = false;
	p->wants_read = p->wants_write = false;
}

/* As a descriptor that can be read, and for as long. */
void
passage_wake_user(struct passage *p)
{
	bool can_read = p->is_given && p->wants_read && is_readable(p);

	if (can_read || (p->is_given && p->wants_write))
		p->params.wake_user(p->params.user);
	if (can_read)
		wake(p);
}

enum step
passage_take(struct passage *p, struct stream **ret_stream)
{
	if (!p->is_wanted)
		wake(p);
	p->is_wanted = true;
	if (!p->is_open)
		return STEP_AGAIN;
	p->is_given = true;
	*ret_stream = stream_new_carried(&carrier, p);
	return STEP_DONE;
}
