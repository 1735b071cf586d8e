#include "forward/stdio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "net/endpoint.h"
#include "ssh/channel.h"

/* Two of the largest packets that libssh2 sends (docs/LIBSSH2.md). */
#define INPUT_BYTES ((size_t)2 * 32700)
/* What one direction may move in a turn before others get theirs. */
#define TURN_BYTES ((size_t)256 * 1024)

struct stdio {
	struct stdio_params params;
	struct channel *channel;
	struct endpoint *in;  /* NULL: nothing to read from */
	unsigned char *typed; /* what was last read, if it is looked at */
	struct buf to_send;   /* from sent on */
	size_t sent;
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
	if (p->typed != NULL)
		s->typed = xmalloc(INPUT_BYTES);
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
		secret_wipe(s->typed, INPUT_BYTES);
	free(s->typed);
	secret_wipe(s->to_send.data, s->to_send.size);
	buf_clear(&s->to_send);
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

/*
 * Read when nothing waits to be sent. Not before that: a write that said
 * "again" must be repeated with the same bytes.
 */
static ssize_t
fill_input(struct stdio *s)
{
	bool is_plain = s->params.typed == NULL;
	unsigned char *to = s->typed;
	ssize_t n = 0;

	buf_reset(&s->to_send);
	s->sent = 0;
	if (is_plain)
		to = buf_room(&s->to_send, INPUT_BYTES);
	if (s->in != NULL)
		n = endpoint_read(s->in, to, INPUT_BYTES);
	if (n < 0 && n != -EAGAIN)
		log_debug("reading standard input: %s", strerror((int)-n));
	if (n <= 0)
		return n;
	if (is_plain)
		s->to_send.len += (size_t)n;
	else
		s->params.typed(s->params.screen, to, (size_t)n, &s->to_send);
	return n;
}

/* Send what was read; as channel_write(). */
static ssize_t
send_input(struct stdio *s)
{
	ssize_t n = channel_write(s->channel, s->to_send.data + s->sent,
				  s->to_send.len - s->sent);

	if (n > 0)
		s->sent += (size_t)n;
	return n;
}

/* Move our input to the channel; true if the turn's share was used up. */
static bool
step_input(struct stdio *s)
{
	size_t moved = 0;
	ssize_t n;

	while (moved < TURN_BYTES) {
		bool is_empty = s->sent == s->to_send.len;

		if (channel_is_unread(s->channel) && !s->in_ended)
			stdio_stop_input(s);
		if (is_empty && (s->in_ended || s->in_is_paused))
			return false;
		n = is_empty ? fill_input(s) : send_input(s);
		if (n == -EAGAIN) {
			/* what could not be sent goes on when the session
			 * wakes us */
			if (s->in != NULL)
				endpoint_want(s->in, is_empty);
			return false;
		}
		if (is_empty && n <= 0)
			end_input(s);
		if (!is_empty && n < 0) {
			buf_reset(&s->to_send);
			s->sent = 0;
			stdio_stop_input(s);
			return false;
		}
		if (!is_empty)
			moved += (size_t)n;
	}
	return true;
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

/* Write what the channel has, from where it is; as endpoint_write(). */
static ssize_t
write_output(struct stdio *s, enum channel_stream stream,
	     const unsigned char *data, size_t len)
{
	ssize_t n = endpoint_write(s->out[stream], data, len);

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
	const unsigned char *data;
	size_t moved = 0;
	ssize_t n;

	while (moved < TURN_BYTES) {
		n = channel_peek(s->channel, stream, &data);
		if (n <= 0)
			return false;
		if (!endpoint_is_open(s->out[stream]))
			discard(s, stream);
		else
			n = write_output(s, stream, data, (size_t)n);
		if (n == -EAGAIN)
			return false;
		if (n < 0) {
			lose_output(s, stream, (int)-n);
			continue;
		}
		channel_consume(s->channel, stream, (size_t)n);
		moved += (size_t)n;
	}
	return true;
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
	buf_add(&s->to_send, data, len);
}

bool
stdio_is_drained(const struct stdio *s)
{
	return channel_is_eof(s->channel);
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
