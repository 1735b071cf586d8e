/* What the server says to another client (proxy_state.h). */
#include <stdlib.h>

#include "ssh/native/connection.h"
#include "ssh/native/proxy_state.h"

/* As it came, but for the number. */
static void
relay(struct channel *c, uint8_t type, const struct wire *rest)
{
	struct session_proxy *p = c->native->guest.proxy;
	struct buf *out = proxy_begin(p, type);

	wire_put_u32(out, c->native->guest.id);
	buf_add(out, rest->data, rest->len);
	proxy_end(p);
}

static void
take_confirmation(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	struct buf *out;

	native_channel_confirmed(c, w);
	if (!n->is_open)
		return;
	out = proxy_begin(n->guest.proxy, MSG_CHANNEL_OPEN_CONFIRMATION);
	wire_put_u32(out, n->guest.id);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_send);
	wire_put_u32(out, n->packet_max);
	proxy_end(n->guest.proxy);
	proxy_grant(c);
}

static void
take_refusal(struct channel *c, struct wire *w)
{
	relay(c, MSG_CHANNEL_OPEN_FAILURE, w);
	proxy_forget(c);
	c->native->is_free = true;
	native_channel_refused(c, w);
	/* malformed: the session has ended, and the channel is not settled */
}

static void
take_data(struct channel *c, uint8_t type, struct wire w)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	const struct wire whole = w;
	const unsigned char *data;
	uint32_t code;
	size_t len;

	if ((type == MSG_CHANNEL_EXTENDED_DATA &&
	     wire_get_u32(&w, &code) != 0) ||
	    wire_get_string(&w, &data, &len) != 0) {
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
	relay(c, type, &whole);
	proxy_grant(c);
}

static void
take_adjustment(struct channel *c, struct wire *w)
{
	const struct wire whole = *w;

	native_channel_adjusted(c, w);
	relay(c, MSG_CHANNEL_WINDOW_ADJUST, &whole);
}

static void
take_request(struct channel *c, struct wire w)
{
	const struct wire whole = w;
	const unsigned char *type;
	uint8_t wants_reply;
	size_t len;

	if (wire_get_string(&w, &type, &len) != 0 ||
	    wire_get_byte(&w, &wants_reply) != 0) {
		transport_malformed(c->session->native->transport,
				    MSG_CHANNEL_REQUEST);
		return;
	}
	c->native->guest.n_unanswered += wants_reply != 0;
	relay(c, MSG_CHANNEL_REQUEST, &whole);
}

static void
take_close(struct channel *c, const struct wire *w)
{
	struct native_channel *n = c->native;

	relay(c, MSG_CHANNEL_CLOSE, w);
	n->close_received = true;
	if (!n->close_sent)
		return; /* the client has to answer */
	proxy_forget(c);
	n->is_free = true;
	native_channel_settle(c);
}

void
proxy_take(struct channel *c, uint8_t type, struct wire *w)
{
	switch (type) {
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		take_confirmation(c, w);
		break;
	case MSG_CHANNEL_OPEN_FAILURE:
		take_refusal(c, w);
		break;
	case MSG_CHANNEL_WINDOW_ADJUST:
		take_adjustment(c, w);
		break;
	case MSG_CHANNEL_DATA:
	case MSG_CHANNEL_EXTENDED_DATA:
		take_data(c, type, *w);
		break;
	case MSG_CHANNEL_REQUEST:
		take_request(c, *w);
		break;
	case MSG_CHANNEL_CLOSE:
		take_close(c, w);
		break;
	case MSG_CHANNEL_EOF:
		c->native->eof_received = true;
		relay(c, type, w);
		break;
	case MSG_CHANNEL_SUCCESS:
	case MSG_CHANNEL_FAILURE:
		relay(c, type, w);
		break;
	default:
		break;
	}
}

void
proxy_offer(struct session_proxy *p, struct channel *c, const char *type,
	    const struct wire *rest)
{
	struct native_channel *n = c->native;
	struct buf *out = proxy_begin(p, MSG_CHANNEL_OPEN);

	n->guest.proxy = p;
	n->listener = NULL; /* which may go, and this stays */
	p->n_channels++;

	wire_put_cstring(out, type);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_send);
	wire_put_u32(out, n->packet_max);
	buf_add(out, rest->data, rest->len);
	proxy_end(p);
}
