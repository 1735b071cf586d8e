#include "forward/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/conn.h"
#include "ssh/channel.h"

/* Two of the largest packets that libssh2 sends (docs/LIBSSH2.md). */
#define INPUT_BYTES (2 * 32700)
/* What one direction may move in a turn before others get theirs. */
#define TURN_BYTES ((size_t)256 * 1024)

/* Bytes [at, len) wait to go on. */
struct side {
	unsigned char *data;
	size_t at, len, size;
};

struct relay {
	struct conn *conn;
	struct channel *channel;
	struct side to_channel;
	struct side prepended; /* goes to the socket before the channel's */
	bool is_stuck;         /* the socket takes no more now */
	bool in_ended;  /* the socket has no more, and the channel knows */
	bool out_ended; /* the channel has no more, and the socket knows */
	bool is_broken; /* the socket failed */
	void (*wake)(void *arg);
	void *arg;
};

static void
on_ready(void *arg)
{
	struct relay *r = arg;

	if (r->wake != NULL)
		r->wake(r->arg);
}

struct relay *
relay_new(struct loop *l, int fd, struct channel *channel, struct err *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->channel = channel;
	r->conn = conn_new(l, fd, on_ready, r, e);
	if (r->conn == NULL) {
		relay_free(r);
		return NULL;
	}
	return r;
}

void
relay_set_wake(struct relay *r, void (*wake)(void *arg), void *arg)
{
	r->wake = wake;
	r->arg = arg;
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	channel_free(r->channel);
	conn_free(r->conn);
	free(r->to_channel.data);
	free(r->prepended.data);
	free(r);
}

/* A side's buffer exists only from the first bytes to the first turn without
 * any: an idle connection costs no memory. */
static void
side_need(struct side *s, size_t size)
{
	if (s->size >= size)
		return;
	s->data = xreallocarray(s->data, size, 1);
	s->size = size;
}

static void
side_drop(struct side *s)
{
	free(s->data);
	memset(s, 0, sizeof(*s));
}

static void
side_add(struct side *s, const void *data, size_t len)
{
	if (len == 0)
		return;
	side_need(s, s->len + len);
	memcpy(s->data + s->len, data, len);
	s->len += len;
}

void
relay_prepend(struct relay *r, const void *to_channel, size_t to_channel_len,
	      const void *to_socket, size_t to_socket_len)
{
	side_add(&r->to_channel, to_channel, to_channel_len);
	side_add(&r->prepended, to_socket, to_socket_len);
}

/* The socket failed: what was under way is lost, and the far side is to see
 * that. */
static void
break_off(struct relay *r, int error)
{
	log_debug("forwarded connection: %s", strerror(error));
	r->is_broken = true;
	r->in_ended = true;
	r->out_ended = true;
	side_drop(&r->to_channel);
	side_drop(&r->prepended);
	conn_want(r->conn, false, false);
	channel_close(r->channel);
}

/* Read from the socket when nothing waits: a write to the channel that said
 * "again" must be repeated with the same bytes. */
static ssize_t
fill(struct relay *r)
{
	struct side *s = &r->to_channel;
	ssize_t n;

	if (!conn_may_read(r->conn))
		return -EAGAIN;
	side_need(s, INPUT_BYTES);
	s->at = s->len = 0;
	n = conn_read(r->conn, s->data, s->size);
	if (n > 0)
		s->len = (size_t)n;
	return n;
}

/* Returns false when this direction must wait. */
static bool
move_to_channel(struct relay *r, size_t *moved)
{
	struct side *s = &r->to_channel;
	ssize_t n;

	if (s->at == s->len) {
		n = fill(r);
		if (n <= 0 && (n != -EAGAIN || *moved == 0))
			side_drop(s);
		if (n == -EAGAIN)
			return false;
		if (n < 0) {
			break_off(r, (int)-n);
			return false;
		}
		if (n == 0) {
			channel_send_eof(r->channel);
			r->in_ended = true;
			return false;
		}
	}
	n = channel_write(r->channel, s->data + s->at, s->len - s->at);
	if (n == -EAGAIN)
		return false;
	if (n < 0) {
		/* the far side reads no more */
		side_drop(s);
		r->in_ended = true;
		return false;
	}
	s->at += (size_t)n;
	*moved += (size_t)n;
	return true;
}

/* What is to go to the socket next: first what was prepended. As
 * channel_peek(). */
static ssize_t
peek(struct relay *r, const unsigned char **ret_data)
{
	const struct side *s = &r->prepended;

	if (s->at == s->len)
		return channel_peek(r->channel, CHANNEL_STDOUT, ret_data);
	*ret_data = s->data + s->at;
	return (ssize_t)(s->len - s->at);
}

static void
consume(struct relay *r, size_t len)
{
	struct side *s = &r->prepended;

	if (s->at == s->len) {
		channel_consume(r->channel, CHANNEL_STDOUT, len);
		return;
	}
	s->at += len;
	if (s->at == s->len)
		side_drop(s);
}

static bool
move_to_socket(struct relay *r, size_t *moved)
{
	const unsigned char *data;
	ssize_t n = peek(r, &data);

	r->is_stuck = false;
	if (n == 0) {
		conn_end_writing(r->conn);
		r->out_ended = true;
	}
	if (n <= 0)
		return false;
	n = conn_write(r->conn, data, (size_t)n);
	if (n == -EAGAIN) {
		r->is_stuck = true;
		return false;
	}
	if (n < 0) {
		break_off(r, (int)-n);
		return false;
	}
	consume(r, (size_t)n);
	*moved += (size_t)n;
	return true;
}

bool
relay_step(struct relay *r)
{
	size_t in = 0, out = 0;

	while (!r->in_ended && in < TURN_BYTES && move_to_channel(r, &in))
		;
	while (!r->out_ended && out < TURN_BYTES && move_to_socket(r, &out))
		;
	/* nobody is left to hear what the socket may still say */
	if (r->out_ended && channel_is_closed(r->channel))
		r->in_ended = true;
	if (!r->is_broken)
		conn_want(r->conn,
			  !r->in_ended && r->to_channel.at == r->to_channel.len,
			  r->is_stuck);
	if (r->in_ended && r->out_ended)
		channel_close(r->channel);
	return in >= TURN_BYTES || out >= TURN_BYTES;
}

bool
relay_is_done(const struct relay *r)
{
	return r->in_ended && r->out_ended;
}

uint64_t
relay_bytes_in(const struct relay *r)
{
	return channel_bytes_in(r->channel);
}

uint64_t
relay_bytes_out(const struct relay *r)
{
	return channel_bytes_out(r->channel);
}
