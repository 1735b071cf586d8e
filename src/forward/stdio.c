#include "forward/stdio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "forward/flow.h"
#include "net/endpoint.h"
#include "ssh/channel.h"

struct stdio {
	struct stdio_params params;
	struct channel *channel;
	struct endpoint *in;  /* NULL: nothing to read from */
	unsigned char *typed; /* what was last read, if it is looked at */
	struct flow to_send;
	bool is_paused, in_is_paused;
	struct endpoint *out[2]; /* by enum channel_stream */
	bool in_ended;           /* EOF was passed on */
	bool has_closed;         /* nobody reads what still comes */
};

static struct endpoint *
open_end(struct loop *l, int fd, const struct stdio_params *params,
	 struct err *e)
{
	struct endpoint *end = endpoint_new(l, fd, fd != params->in, e);

	if (end != NULL)
		endpoint_set_wake(end, params->wake, params->arg);
	return end;
}

struct stdio *
stdio_new(struct loop *l, const struct stdio_params *p, struct err *e)
{
	struct stdio *s = xcalloc(1, sizeof(*s));

	s->params = *p;
	s->channel = p->channel;
	s->to_send.held.wipe = true;
	if (p->typed != NULL)
		s->typed = xmalloc(FLOW_READ_BYTES);
	/* what is opened is closed with it, whatever fails */
	s->out[CHANNEL_STDOUT] = open_end(l, p->out, p, e);
	s->out[CHANNEL_STDERR] = open_end(l, p->err, p, e);
	if (p->in >= 0)
		s->in = open_end(l, p->in, p, e);
	if (s->out[CHANNEL_STDOUT] == NULL || s->out[CHANNEL_STDERR] == NULL ||
	    (p->in >= 0 && s->in == NULL)) {
		stdio_free(s);
		return NULL;
	}
	return s;
}

void
stdio_free(struct stdio *s)
{
	if (s == NULL)
		return;
	endpoint_free(s->in);
	endpoint_free(s->out[CHANNEL_STDOUT]);
	endpoint_free(s->out[CHANNEL_STDERR]);
	if (s->typed != NULL)
		secret_wipe(s->typed, FLOW_READ_BYTES);
	free(s->typed);
	flow_drop(&s->to_send);
	free(s);
}

void
stdio_stop_input(struct stdio *s)
{
	if (s->in != NULL)
		endpoint_close(s->in);
	s->in_ended = true;
}

/* Our input is over: tell the channel, once what was read has gone. */
static void
end_input(struct stdio *s)
{
	channel_send_eof(s->channel);
	stdio_stop_input(s);
}

static ssize_t
fill(void *arg, struct buf *to)
{
	struct stdio *s = arg;
	bool is_plain = s->params.typed == NULL;
	unsigned char *data = s->typed;
	ssize_t n = 0;

	if (s->in_ended || s->in_is_paused)
		return -EAGAIN;
	if (is_plain)
		data = buf_room(to, FLOW_READ_BYTES);
	if (s->in != NULL)
		n = endpoint_read(s->in, data, FLOW_READ_BYTES);
	if (n < 0 && n != -EAGAIN)
		log_debug("reading standard input: %s", strerror((int)-n));
	if (n <= 0)
		return n;
	if (is_plain)
		to->len += (size_t)n;
	else
		s->params.typed(s->params.screen, data, (size_t)n, to);
	return n;
}

/* Move our input to the channel; true if the turn's share was used up. */
static bool
step_input(struct stdio *s)
{
	int n;

	if (channel_is_unread(s->channel) && !s->in_ended)
		stdio_stop_input(s);
	n = flow_to_channel(&s->to_send, s->channel, fill, s);
	if (n == -EPIPE) {
		flow_drop(&s->to_send);
		stdio_stop_input(s);
	} else if (n <= 0 && n != -EAGAIN) {
		end_input(s);
	} else if (n == -EAGAIN && s->in != NULL && !s->in_is_paused) {
		/* what could not be sent goes on when the session wakes us */
		endpoint_want(s->in, flow_is_empty(&s->to_send));
	}
	return n > 0;
}

/* Nobody reads this output any more. */
static void
lose_output(struct stdio *s, enum channel_stream stream, int error)
{
	log_debug("writing standard %s: %s",
		  stream == CHANNEL_STDOUT ? "output" : "error",
		  strerror(error));
	endpoint_close(s->out[stream]);
	channel_stop_reading(s->channel, stream);
}

/*
 * Output came for which there is no reader, and the server could not be told
 * (channel_stop_reading()): closing the channel has nearly the same effect on
 * the remote writer, and its exit status may still arrive.
 */
static void
discard(struct stdio *s, enum channel_stream stream)
{
	if (stream != CHANNEL_STDOUT)
		return;
	channel_close(s->channel);
	s->has_closed = true;
}

static ssize_t
drain(void *arg, enum channel_stream stream, const void *data, size_t len)
{
	struct stdio *s = arg;
	ssize_t n;

	if (!endpoint_is_open(s->out[stream])) {
		discard(s, stream);
		return (ssize_t)len;
	}
	n = endpoint_write(s->out[stream], data, len);
	endpoint_want(s->out[stream], n == -EAGAIN);
	if (n > 0 && s->params.shown != NULL)
		s->params.shown(s->params.screen, data, (size_t)n);
	return n;
}

/* Move one stream of the channel to our output; true if the turn's share was
 * used up. */
static bool
step_output(struct stdio *s, enum channel_stream stream)
{
	int n;

	while ((n = flow_from_channel(s->channel, stream, drain, s)) < 0 &&
	       n != -EAGAIN)
		lose_output(s, stream, -n);
	return n > 0;
}

bool
stdio_step(struct stdio *s)
{
	bool more = false;

	if (!s->is_paused) {
		more = step_output(s, CHANNEL_STDOUT);
		more = step_output(s, CHANNEL_STDERR) || more;
	}
	return step_input(s) || more;
}

void
stdio_pause_output(struct stdio *s, bool on)
{
	s->is_paused = on;
	if (on) {
		endpoint_want(s->out[CHANNEL_STDOUT], false);
		endpoint_want(s->out[CHANNEL_STDERR], false);
	}
}

void
stdio_pause_input(struct stdio *s, bool on)
{
	s->in_is_paused = on;
	if (on && s->in != NULL)
		endpoint_want(s->in, false);
}

void
stdio_inject(struct stdio *s, const void *data, size_t len)
{
	buf_add(&s->to_send.held, data, len);
}

bool
stdio_is_drained(const struct stdio *s)
{
	return channel_is_eof(s->channel);
}

bool
stdio_is_quiet(const struct stdio *s)
{
	const unsigned char *data;

	return flow_is_empty(&s->to_send) &&
	       channel_peek(s->channel, CHANNEL_STDOUT, &data) == -EAGAIN &&
	       channel_peek(s->channel, CHANNEL_STDERR, &data) == -EAGAIN;
}

bool
stdio_lost_reader(const struct stdio *s)
{
	return !endpoint_is_open(s->out[CHANNEL_STDOUT]);
}

bool
stdio_has_closed(const struct stdio *s)
{
	return s->has_closed;
}
