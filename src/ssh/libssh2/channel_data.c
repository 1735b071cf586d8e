/* The part of channel.h that is about data: windows, reading, writing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"

bool
lib_channel_adjust(struct channel *c)
{
	unsigned before;

	if (c->lib->adjust == 0)
		return true;
	if (libssh2_channel_receive_window_adjust2(c->lib->raw, c->lib->adjust,
						   1, &before) ==
	    LIBSSH2_ERROR_EAGAIN)
		return false;
	log_debug2("channel %u: window %u sent adjust %u", c->number, before,
		   (unsigned)c->lib->adjust);
	c->lib->adjust = 0;
	return true;
}

static void
follow_window(struct channel *c)
{
	struct session *s = c->session;

	channel_follow_window(c);
	/* libssh2 itself sees to the least, which is plenty on a short path */
	if (c->lib->close_sent || s->end != SESSION_ALIVE ||
	    c->window.wanted <= c->window.least)
		return;
	c->lib->adjust = window_lacks(
	    &c->window,
	    (uint32_t)libssh2_channel_window_read_ex(c->lib->raw, NULL, NULL));
	lib_channel_adjust(c);
}

/* A DISCONNECT makes libssh2 refuse to hand out what came before it: take it
 * back from the packets that it frees. */
static void
rescue(struct channel *c)
{
	struct session *s = c->session;

	if (c->lib->tap == NULL)
		return;
	tap_rescue(c->lib->tap, c->lib->rescued, c->bytes_in);
	if (s->lib->pump == c)
		s->lib->pump = NULL;
	lib_channel_confirm_exit(c);
	libssh2_channel_free(c->lib->raw);
	c->lib->raw = NULL;
	c->lib->tap->rescue = NULL;
}

static ssize_t
read_rescued(struct channel *c, enum channel_stream stream, void *data)
{
	struct buf *b = &c->lib->rescued[stream];

	size_t len = b->len < CHANNEL_READ_BYTES ? b->len : CHANNEL_READ_BYTES;

	if (len == 0) {
		c->stream_ended[stream] = true;
		return 0;
	}
	memcpy(data, b->data, len);
	buf_consume(b, len);
	return (ssize_t)len;
}

/* The stream ended: was all of it read? libssh2 drops what it takes for an
 * overrun of the window, and does not say so. */
static void
check_stream(struct channel *c, enum channel_stream stream)
{
	struct session *s = c->session;
	uint64_t freed;

	if (c->lib->tap == NULL || c->lib->close_wanted ||
	    s->end != SESSION_ALIVE)
		return;
	freed = c->lib->tap->freed[stream];
	if (freed == c->bytes_in[stream])
		return;
	/* libssh2 takes a packet's data to end where its padding begins */
	if (freed < c->bytes_in[stream]) {
		session_note_trouble(s, "data that is longer than it says");
		return;
	}
	free(s->trouble);
	s->trouble = xasprintf(
	    "%llu bytes of data were lost: the server sent more than its "
	    "window",
	    (unsigned long long)(freed - c->bytes_in[stream]));
	session_note_end(s, SESSION_CORRUPT);
}

/*
 * As read(2), but -EAGAIN. The size is fixed because libssh2 computes window
 * adjustments from it: one that could not be sent (during a key exchange) and
 * is repeated with another size goes out with the first amount and is accounted
 * with the second. If that one is smaller, libssh2 later takes good data for an
 * overrun and drops it without a word.
 */
static ssize_t
read_piece(struct channel *c, enum channel_stream stream, void *data)
{
	ssize_t n;

	if (c->stream_ended[stream])
		return 0;
	if (lib_session_is_spoilt(c->session)) {
		c->stream_ended[stream] = true;
		return 0;
	}
	if (c->lib->raw == NULL)
		return read_rescued(c, stream, data);
	if (c->session->end == SESSION_ALIVE && !lib_channel_adjust(c))
		return -EAGAIN;
	n = libssh2_channel_read_ex(c->lib->raw, (int)stream, data,
				    CHANNEL_READ_BYTES);
	if (n > 0) {
		c->bytes_in[stream] += (uint64_t)n;
		follow_window(c);
		return n;
	}
	if (n == LIBSSH2_ERROR_EAGAIN && c->session->end == SESSION_ALIVE)
		return -EAGAIN;
	if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		lib_session_note_error(c->session, (int)n);
	if (c->session->end != SESSION_ALIVE) {
		/* "again" may mean an end in the middle of a key exchange,
		 * with data still queued */
		lib_channel_is_closed(c); /* while libssh2 still knows */
		rescue(c);
		if (c->lib->raw == NULL)
			return read_rescued(c, stream, data);
	}
	check_stream(c, stream);
	/* data after EOF would clear libssh2's flag again: ended is ended */
	c->stream_ended[stream] = true;
	return 0;
}

ssize_t
lib_channel_peek(struct channel *c, enum channel_stream stream,
		 const unsigned char **ret_data)
{
	struct lib_piece *p = &c->lib->piece[stream];
	ssize_t n;

	if (p->bytes.len == 0) {
		n = read_piece(c, stream,
			       buf_room(&p->bytes, CHANNEL_READ_BYTES));
		if (n <= 0) {
			/* an idle channel costs no memory */
			buf_clear(&p->bytes);
			return n;
		}
		p->bytes.len = (size_t)n;
		p->at = 0;
	}
	*ret_data = p->bytes.data + p->at;
	return (ssize_t)(p->bytes.len - p->at);
}

void
lib_channel_consume(struct channel *c, enum channel_stream stream, size_t len)
{
	struct lib_piece *p = &c->lib->piece[stream];

	p->at += len;
	if (p->at == p->bytes.len)
		buf_reset(&p->bytes);
}

ssize_t
lib_channel_write(struct channel *c, const void *data, size_t len)
{
	ssize_t n;

	if (c->lib->raw == NULL || c->lib->eof_wanted || c->lib->close_wanted ||
	    c->lib->is_closed || c->session->end != SESSION_ALIVE)
		return -EPIPE;
	if (!session_can_send(c->session))
		return -EAGAIN;
	n = libssh2_channel_write_ex(c->lib->raw, 0, data, len);
	if (n == LIBSSH2_ERROR_EAGAIN || n == 0)
		return -EAGAIN;
	if (n < 0) {
		lib_session_survives(c->session, (int)n);
		return -EPIPE;
	}
	c->bytes_out += (uint64_t)n;
	return n;
}
