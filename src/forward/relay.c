#include "forward/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "forward/flow.h"
#include "net/socket.h"
#include "ssh/channel.h"

struct relay {
	struct socket *socket;
	struct channel *channel;
	struct flow to_channel;
	struct buf prepended; /* goes to the socket before the channel's */
	bool is_stuck;        /* the socket takes no more now */
	bool in_ended;  /* the socket has no more, and the channel knows */
	bool out_ended; /* the channel has no more, and the socket knows */
	bool is_broken; /* the socket failed */
};

struct relay *
relay_new(struct socket *socket, struct channel *channel)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->socket = socket;
	r->channel = channel;
	r->prepended.wipe = true;
	return r;
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	flow_drop(&r->to_channel);
	buf_clear(&r->prepended);
	free(r);
}

void
relay_prepend(struct relay *r, const struct buf *to_channel,
	      const struct buf *to_socket)
{
	buf_add(&r->to_channel.held, to_channel->data, to_channel->len);
	buf_add(&r->prepended, to_socket->data, to_socket->len);
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
	flow_drop(&r->to_channel);
	buf_clear(&r->prepended);
	socket_want(r->socket, false, false);
	channel_close(r->channel);
}

static ssize_t
fill(void *arg, struct buf *to)
{
	struct relay *r = arg;
	ssize_t n;

	if (!socket_may_read(r->socket))
		return -EAGAIN;
	n = socket_read(r->socket, buf_room(to, FLOW_READ_BYTES),
			FLOW_READ_BYTES);
	to->len += n > 0 ? (size_t)n : 0;
	return n;
}

/* Returns true if there is more to do at once. */
static bool
step_to_channel(struct relay *r)
{
	uint64_t before = channel_bytes_out(r->channel);
	int n = flow_to_channel(&r->to_channel, r->channel, fill, r);

	if (n > 0)
		return true;
	if (n == -EAGAIN) {
		/* an idle connection costs no memory */
		if (flow_is_empty(&r->to_channel) &&
		    channel_bytes_out(r->channel) == before)
			flow_drop(&r->to_channel);
		return false;
	}
	flow_drop(&r->to_channel);
	if (n == 0)
		channel_send_eof(r->channel);
	if (n == 0 || n == -EPIPE)
		r->in_ended = true; /* -EPIPE: the far side reads no more */
	else
		break_off(r, -n);
	return false;
}

static ssize_t
drain(void *arg, enum channel_stream stream, const void *data, size_t len)
{
	struct relay *r = arg;
	ssize_t n = socket_write(r->socket, data, len);

	(void)stream;
	r->is_stuck = n == -EAGAIN;
	return n;
}

/* As flow_from_channel(). */
static int
send_prepended(struct relay *r)
{
	ssize_t n = 1;

	while (r->prepended.len > 0 && n > 0) {
		n = drain(r, CHANNEL_STDOUT, r->prepended.data,
			  r->prepended.len);
		if (n > 0)
			buf_consume(&r->prepended, (size_t)n);
	}
	if (n > 0)
		buf_clear(&r->prepended);
	return (int)n;
}

/* Returns true if there is more to do at once. */
static bool
step_to_socket(struct relay *r)
{
	int n;

	r->is_stuck = false;
	n = send_prepended(r);
	if (n > 0)
		n = flow_from_channel(r->channel, CHANNEL_STDOUT, drain, r);
	if (n == 0) {
		socket_end_writing(r->socket);
		r->out_ended = true;
	} else if (n < 0 && n != -EAGAIN) {
		break_off(r, -n);
	}
	return n > 0;
}

bool
relay_step(struct relay *r)
{
	bool more = !r->in_ended && step_to_channel(r);

	if (!r->out_ended)
		more = step_to_socket(r) || more;
	/* nobody is left to hear what the socket may still say */
	if (r->out_ended && channel_is_closed(r->channel))
		r->in_ended = true;
	if (!r->is_broken)
		socket_want(r->socket,
			    !r->in_ended && flow_is_empty(&r->to_channel),
			    r->is_stuck);
	if (r->in_ended && r->out_ended)
		channel_close(r->channel);
	return more;
}

bool
relay_is_done(const struct relay *r)
{
	return r->in_ended && r->out_ended;
}
