/* The part of channel.h that is about data: windows, reading, writing (RFC 4254
 * section 5.2). */
#include <errno.h>
#include <string.h>

#include "ssh/native/connection.h"
#include "ssh/native/entry.h"

#define EXTENDED_STDERR 1
/* Of data in one message; what the header takes is beside it. */
#define PIECE_BYTES ((size_t)32 * 1024)

/* Allow the server as much more as the window lacks: what it may still send and
 * what waits here is not lacking. */
static void
top_up(struct channel *c)
{
	struct native_channel *n = c->native;
	uint64_t have = (uint64_t)n->may_receive + n->arrived[0].bytes +
			n->arrived[1].bytes;
	uint32_t more;

	if (n->close_sent || n->eof_received || have > UINT32_MAX)
		return;
	more = window_lacks(&c->window, (uint32_t)have);
	if (more == 0)
		return;
	wire_put_u32(native_channel_begin(c, MSG_CHANNEL_WINDOW_ADJUST), more);
	native_channel_end(c);
	n->may_receive += more;
}

void
native_channel_data(struct channel *c, uint8_t type, struct wire *w)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	uint32_t code = 0;
	size_t stream =
	    type == MSG_CHANNEL_DATA ? CHANNEL_STDOUT : CHANNEL_STDERR;
	const unsigned char *data;
	size_t len;

	if ((type == MSG_CHANNEL_EXTENDED_DATA &&
	     wire_get_u32(w, &code) != 0) ||
	    wire_get_string(w, &data, &len) != 0) {
		transport_malformed(t, type);
		return;
	}
	if (len > n->may_receive) {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "channel %u: rcvd too much data %zu, win %u",
			       c->number, len, (unsigned int)n->may_receive);
		return;
	}
	n->may_receive -= (uint32_t)len;
	native_channel_speaks(c);
	/* after EOF there is no data; and nobody reads kinds that nobody
	 * knows */
	if (n->close_sent || n->eof_received ||
	    (n->is_deaf && stream == CHANNEL_STDOUT) ||
	    (type == MSG_CHANNEL_EXTENDED_DATA && code != EXTENDED_STDERR))
		top_up(c);
	else
		arrived_add(&n->arrived[stream], data, len);
}

void
native_channel_adjusted(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	uint32_t more;

	if (wire_get_u32(w, &more) != 0)
		transport_malformed(t, MSG_CHANNEL_WINDOW_ADJUST);
	else if (more > UINT32_MAX - n->may_send)
		transport_fail(
		    t, DISCONNECT_PROTOCOL_ERROR,
		    "channel %u: rcvd adjust %u overflows the window",
		    c->number, (unsigned int)more);
	else
		n->may_send += more;
}

ssize_t
native_peek(struct channel *c, enum channel_stream stream,
	    const unsigned char **ret_data)
{
	const struct native_channel *n = c->native;
	size_t len = arrived_front(&n->arrived[stream], ret_data);

	if (len > 0)
		return (ssize_t)(len < CHANNEL_READ_BYTES ? len
							  : CHANNEL_READ_BYTES);
	if (!n->eof_received && !n->close_received &&
	    c->session->end == SESSION_ALIVE)
		return -EAGAIN;
	c->stream_ended[stream] = true;
	return 0;
}

void
native_consume(struct channel *c, enum channel_stream stream, size_t len)
{
	arrived_consume(&c->native->arrived[stream], len);
	c->bytes_in[stream] += len;
	channel_follow_window(c);
	if (c->session->end == SESSION_ALIVE)
		top_up(c);
}

ssize_t
native_write(struct channel *c, const void *data, size_t len)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	struct buf *out;

	if (n->eof_sent || n->close_sent || n->close_received ||
	    n->eow_received || c->open == REPLY_REFUSED ||
	    c->session->end != SESSION_ALIVE)
		return -EPIPE;
	transport_rekey_if_due(t);
	if (!n->is_open || !session_can_send(c->session) ||
	    !transport_can_send_data(t))
		return -EAGAIN;
	len = len < n->may_send ? len : n->may_send;
	len = len < n->packet_max ? len : n->packet_max;
	len = len < PIECE_BYTES ? len : PIECE_BYTES;
	if (len == 0)
		return -EAGAIN;
	out = native_channel_begin(c, MSG_CHANNEL_DATA);
	wire_put_string(out, data, len);
	native_channel_end(c);
	n->may_send -= (uint32_t)len;
	c->bytes_out += len;
	return (ssize_t)len;
}

/* OpenSSH's PROTOCOL, 2.1; it knows no such thing for stderr. Others would send
 * for ever. */
bool
native_stop_reading(struct channel *c, enum channel_stream stream)
{
	struct native_channel *n = c->native;
	struct buf *out;

	if (stream != CHANNEL_STDOUT || c->start != REPLY_OK || !n->is_open ||
	    n->close_sent || !connection_is_with_openssh(c->session))
		return false;
	n->is_deaf = true;
	arrived_clear(&n->arrived[stream]);
	if (n->eof_received || n->close_received ||
	    c->session->end != SESSION_ALIVE)
		return true;
	top_up(c);
	out = native_channel_begin(c, MSG_CHANNEL_REQUEST);
	wire_put_cstring(out, "eow@openssh.com");
	wire_put_byte(out, false);
	native_channel_end(c);
	return true;
}

bool
native_is_unread(const struct channel *c)
{
	return c->native->eow_received;
}
