/* The part of channel.h that opens channels, asks on them, and closes them. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/userauth.h"

/* The largest piece of data that we take: OpenSSH's size. */
#define PACKET_BYTES 32768
/* At once, ours and the server's: OpenSSH's number. */
#define CHANNELS_MAX 10000

struct channel *
native_channel_find(const struct session *s, uint32_t id)
{
	const struct native_session *n = s->native;

	return id < n->n_channels ? n->channels[id] : NULL;
}

bool
native_channel_is_full(const struct session *s)
{
	return s->native->n_used >= CHANNELS_MAX;
}

/* The lowest number that is free, as everybody expects it. */
static uint32_t
take_number(struct native_session *n, struct channel *c)
{
	size_t id = 0;

	while (id < n->n_channels && n->channels[id] != NULL)
		id++;
	if (id == n->n_channels) {
		n->channels =
		    xreallocarray(n->channels, id + 1, sizeof(*n->channels));
		n->n_channels++;
	}
	n->channels[id] = c;
	n->n_used++;
	return (uint32_t)id;
}

struct channel *
native_channel_new(struct session *s, uint32_t window,
		   enum channel_origin origin)
{
	struct channel *c = channel_new(s, window);

	c->native = xcalloc(1, sizeof(*c->native));
	c->native->origin = origin;
	c->native->may_receive = c->window.least;
	c->native->id = take_number(s->native, c);
	c->number = c->native->id;
	c->open = REPLY_PENDING;
	return c;
}

static void
release(struct channel *c)
{
	struct native_channel *n = c->native;

	buf_clear(&n->message);
	buf_clear(&n->kept);
	buf_clear(&n->requests);
	arrived_clear(&n->arrived[CHANNEL_STDOUT]);
	arrived_clear(&n->arrived[CHANNEL_STDERR]);
	free(n->signal);
	free(n->signal_message);
	free(n->pty_name);
	free(n);
	channel_release(c);
}

void
native_channel_settle(struct channel *c)
{
	struct native_channel *n = c->native;
	struct native_session *session = c->session->native;
	bool is_over =
	    c->open == REPLY_REFUSED || (n->close_sent && n->close_received);

	if (!is_over)
		return;
	if (native_channel_find(c->session, n->id) == c) {
		session->channels[n->id] = NULL;
		session->n_used--;
	}
	if (n->is_free)
		release(c);
}

/* --- messages --- */

/* Until the channel is open everything is kept, with its length in front. */
struct buf *
native_channel_begin(struct channel *c, uint8_t type)
{
	struct native_channel *n = c->native;
	struct buf *out;

	if (!n->is_open) {
		n->kept_at = n->kept.len;
		wire_put_u32(&n->kept, 0);
		wire_put_byte(&n->kept, type);
		return &n->kept;
	}
	out = transport_begin(c->session->native->transport, type);
	wire_put_u32(out, n->peer);
	return out;
}

/* Send a message that was kept: its type, and what follows the number. */
static void
send_message(struct channel *c, const struct wire *message)
{
	struct transport *t = c->session->native->transport;
	struct buf *out = transport_begin(t, message->data[0]);

	wire_put_u32(out, c->native->peer);
	buf_add(out, message->data + 1, message->len - 1);
	transport_end(t);
}

void
native_channel_end(struct channel *c)
{
	struct native_channel *n = c->native;
	struct buf length = BUF_INIT;
	struct wire w, message;

	if (n->is_open) {
		transport_end(c->session->native->transport);
		return;
	}
	wire_put_u32(&length, (uint32_t)(n->kept.len - n->kept_at - 4));
	memcpy(n->kept.data + n->kept_at, length.data, length.len);
	buf_clear(&length);
	wire_init(&w, n->kept.data + n->kept_at, n->kept.len - n->kept_at);
	if (n->is_foretold && wire_get_wire(&w, &message) == 0)
		send_message(c, &message);
}

static void
send_kept(struct channel *c)
{
	struct native_channel *n = c->native;
	struct wire w, message;

	wire_init(&w, n->kept.data, n->kept.len);
	while (wire_get_wire(&w, &message) == 0)
		send_message(c, &message);
}

/* --- opening --- */

static void
send_open(struct channel *c)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	struct wire w;
	const unsigned char *type;
	size_t len;
	struct buf *out = transport_begin(t, MSG_CHANNEL_OPEN);

	wire_init(&w, n->message.data, n->message.len);
	wire_get_string(&w, &type, &len);
	wire_put_string(out, type, len);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_receive);
	wire_put_u32(out, PACKET_BYTES);
	buf_add(out, w.data, w.len);
	transport_end(t);
}

void
native_channel_send_opens(struct session *s)
{
	struct native_session *n = s->native;

	for (size_t i = 0; i < n->n_channels; i++) {
		struct channel *c = n->channels[i];

		if (c == NULL || c->native->is_sent ||
		    c->native->message.len == 0)
			continue;
		c->native->is_sent = true;
		send_open(c);
	}
}

/*
 * The first open of all, and what is asked on it, before the login is over: the
 * server will give its own first channel the number 0, too. If the login comes
 * to nothing, so did they (native_channel_waste_early()).
 */
void
native_channel_send_early(struct session *s)
{
	struct native_session *n = s->native;
	struct channel *c = native_channel_find(s, 0);

	if (!n->may_open_early || c == NULL || c->native->is_sent)
		return;
	c->native->is_sent = true;
	n->is_open_ahead = true;
	send_open(c);
	if (!n->may_foretell)
		return;
	c->native->is_foretold = true;
	c->native->peer = 0;
	send_kept(c);
}

void
native_channel_waste_early(struct session *s)
{
	struct native_session *n = s->native;
	struct channel *c = native_channel_find(s, 0);

	if (!n->is_open_ahead || c == NULL)
		return;
	n->may_open_early = false;
	n->has_wasted_open = true;
	c->native->is_sent = c->native->is_foretold = false;
}

/* message: the type, and what follows the sizes. Takes it over. */
static struct channel *
open_channel(struct session *s, uint32_t window, struct buf *message)
{
	bool is_full = native_channel_is_full(s);
	struct channel *c = native_channel_new(s, window, CHANNEL_OURS);

	c->native->message = *message;
	if (is_full) {
		c->open = REPLY_REFUSED;
		c->refusal_code = OPEN_SHORTAGE;
		c->refusal = xstrdup("too many channels");
		native_channel_settle(c);
	} else if (native_login_is_done(s))
		native_channel_send_opens(s);
	return c;
}

struct channel *
native_open_session(struct session *s, uint32_t window)
{
	struct buf message = BUF_INIT;

	wire_put_cstring(&message, "session");
	return open_channel(s, window, &message);
}

struct channel *
native_open_direct(struct session *s, const struct channel_target *target,
		   uint32_t window)
{
	struct buf message = BUF_INIT;

	if (target->path != NULL) {
		wire_put_cstring(&message, "direct-streamlocal@openssh.com");
		wire_put_cstring(&message, target->path);
		wire_put_cstring(&message, ""); /* reserved */
		wire_put_u32(&message, 0);
		return open_channel(s, window, &message);
	}
	wire_put_cstring(&message, "direct-tcpip");
	wire_put_cstring(&message, target->host);
	wire_put_u32(&message, (uint32_t)target->port);
	wire_put_cstring(&message, target->from_host);
	wire_put_u32(&message, (uint32_t)target->from_port);
	return open_channel(s, window, &message);
}

void
native_channel_confirmed(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	uint32_t peer;

	if (wire_get_u32(w, &peer) != 0 || wire_get_u32(w, &n->may_send) != 0 ||
	    wire_get_u32(w, &n->packet_max) != 0 || n->packet_max == 0) {
		transport_malformed(c->session->native->transport,
				    MSG_CHANNEL_OPEN_CONFIRMATION);
		return;
	}
	if (n->is_foretold && peer != n->peer) {
		transport_fail(c->session->native->transport,
			       DISCONNECT_PROTOCOL_ERROR,
			       "the server gave the first channel number %u",
			       (unsigned int)peer);
		return;
	}
	c->open = REPLY_OK;
	c->session->native->is_open_ahead = false;
	native_login_did_no_harm(c->session);
	n->peer = peer;
	n->is_open = true;
	if (!n->is_foretold)
		send_kept(c);
	n->is_foretold = false;
	buf_clear(&n->kept);
	buf_clear(&n->message);
	log_debug2("channel %u: open confirm rwindow %u rmax %u", c->number,
		   (unsigned int)n->may_send, (unsigned int)n->packet_max);
	if (n->is_free)
		native_channel_close(c);
}

void
native_channel_refused(struct channel *c, struct wire *w)
{
	const unsigned char *text;
	size_t len;

	if (wire_get_u32(w, &c->refusal_code) != 0 ||
	    wire_get_string(w, &text, &len) != 0) {
		transport_malformed(c->session->native->transport,
				    MSG_CHANNEL_OPEN_FAILURE);
		return;
	}
	c->session->native->is_open_ahead = false;
	c->refusal = xstrndup(len > 0 ? (const char *)text : "", len);
	c->open = REPLY_REFUSED;
	native_channel_settle(c);
}

/* --- closing --- */

void
native_channel_send_eof(struct channel *c)
{
	struct native_channel *n = c->native;

	if (n->eof_sent || n->close_sent || c->open == REPLY_REFUSED)
		return;
	n->eof_sent = true;
	native_channel_begin(c, MSG_CHANNEL_EOF);
	native_channel_end(c);
}

void
native_channel_close(struct channel *c)
{
	struct native_channel *n = c->native;

	if (n->close_sent || c->open == REPLY_REFUSED)
		return;
	n->close_sent = true;
	native_channel_begin(c, MSG_CHANNEL_CLOSE);
	native_channel_end(c);
	native_channel_settle(c);
}

void
native_channel_ended(struct channel *c)
{
	c->native->eof_received = true;
}

/* RFC 4254 section 5.3: CLOSE is answered with CLOSE. Nothing that we could
 * still want to send would be read. */
void
native_channel_closed(struct channel *c)
{
	struct native_channel *n = c->native;

	n->close_received = true;
	if (n->close_sent)
		native_channel_settle(c);
	else
		native_channel_close(c);
}

/* The number stays in use until both sides have closed. */
void
native_channel_free(struct channel *c)
{
	struct native_channel *n = c->native;

	n->is_free = true;
	if (c->session->end != SESSION_ALIVE)
		n->close_sent = n->close_received = true;
	if (n->message.len > 0 && !n->is_sent)
		c->open = REPLY_REFUSED; /* it was never asked for */
	if (c->open == REPLY_OK && !n->close_sent)
		native_channel_close(c);
	else
		native_channel_settle(c);
}

bool
native_channel_is_closed(struct channel *c)
{
	return c->native->close_received || c->open == REPLY_REFUSED;
}
