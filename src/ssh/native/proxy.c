/* What the client says (ssh/proxy.h). */
#include "ssh/native/proxy_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/packet.h"
#include "ssh/native/proxy_shape.h"
#include "ssh/proxy.h"

/* More of its messages wait until it has taken what was sent to it. */
#define QUEUE_HIGH_WATER ((size_t)1024 * 1024)
/* Who has not taken that much does not read at all: more than the windows of
 * thirty channels. */
#define QUEUE_MAX ((size_t)64 * 1024 * 1024)
/* What the server may send to one channel before the client has read it. */
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
#define PACKET_BYTES 32768
#define CHANNELS_MAX 1024
#define ASKED_MAX 64
/* The longest message that is passed on. */
#define MESSAGE_MAX ((size_t)PACKET_PAYLOAD_MAX - 1024)

struct session_proxy *
session_proxy_new(struct session *s)
{
	struct session_proxy *p = xcalloc(1, sizeof(*p));

	p->session = s;
	p->reader = packet_reader_new();
	p->writer = packet_writer_new();
	packet_reader_go_bare(p->reader);
	packet_writer_go_bare(p->writer);
	return p;
}

/* --- to the client --- */

struct buf *
proxy_begin(struct session_proxy *p, uint8_t type)
{
	if (p->out.len > QUEUE_MAX)
		p->has_overflown = true;
	if (p->has_overflown)
		buf_reset(&p->out);
	packet_begin(p->writer, &p->out);
	wire_put_byte(&p->out, type);
	return &p->out;
}

void
proxy_end(struct session_proxy *p)
{
	struct err e = { .kind = ERR_NONE };

	/* the server's message was longer than it may be, or it comes last */
	if (packet_end(p->writer, &p->out, &e) != 0)
		p->has_overflown = true;
}

bool
proxy_is_full(const struct session_proxy *p)
{
	return p->n_channels >= CHANNELS_MAX;
}

void
proxy_forget(struct channel *c)
{
	c->native->guest.proxy->n_channels--;
	c->native->guest.proxy = NULL;
}

/* --- windows --- */

void
proxy_begin_window(struct channel *c, uint32_t window)
{
	struct native_channel *n = c->native;

	n->may_receive = window < WINDOW_BYTES ? window : WINDOW_BYTES;
	n->guest.credit = window - n->may_receive;
}

void
proxy_grant(struct channel *c)
{
	struct native_channel *n = c->native;
	struct session_proxy *p = n->guest.proxy;
	uint32_t room =
	    n->may_receive < WINDOW_BYTES ? WINDOW_BYTES - n->may_receive : 0;
	uint32_t more = n->guest.credit < room ? n->guest.credit : room;

	if (n->guest.credit == 0 || n->close_sent || n->eof_received)
		return;
	p->has_credit = true;
	if (p->out.len > QUEUE_HIGH_WATER ||
	    (more < n->guest.credit && more < WINDOW_BYTES / 4))
		return;
	wire_put_u32(native_channel_begin(c, MSG_CHANNEL_WINDOW_ADJUST), more);
	native_channel_end(c);
	n->may_receive += more;
	n->guest.credit -= more;
}

static void
grant_all(struct session_proxy *p)
{
	const struct native_session *n = p->session->native;

	if (!p->has_credit || p->out.len > QUEUE_HIGH_WATER)
		return;
	p->has_credit = false;
	for (size_t i = 0; i < n->n_channels; i++) {
		struct channel *c = n->channels[i];

		if (c != NULL && c->native->guest.proxy == p &&
		    c->native->is_open)
			proxy_grant(c);
	}
}

/* --- from the client --- */

static enum step
spoilt(struct err *e, uint8_t type)
{
	err_set(e, ERR_PROTOCOL, "%s of a proxied client is not sound",
		message_name(type));
	return STEP_FAIL;
}

static enum step
refuse_open(struct session_proxy *p, uint32_t id, enum open_failure why,
	    const char *text)
{
	struct buf *out = proxy_begin(p, MSG_CHANNEL_OPEN_FAILURE);

	wire_put_u32(out, id);
	wire_put_u32(out, (uint32_t)why);
	wire_put_cstring(out, text);
	wire_put_cstring(out, ""); /* language */
	proxy_end(p);
	return STEP_DONE;
}

/* type is the only thing in it that is owned. */
struct wish {
	char *type;
	uint32_t id, window, packet_max;
	struct wire rest;
};

static enum step
open_channel(struct session_proxy *p, const struct wish *o)
{
	struct session *s = p->session;
	struct native_channel *n;
	struct channel *c;
	struct buf *out;

	if (!proxy_shape_is_known(PROXY_SHAPE_OPEN, o->type))
		return refuse_open(p, o->id, OPEN_UNKNOWN_TYPE,
				   "unknown channel type");
	if (proxy_is_full(p) || native_channel_is_full(s))
		return refuse_open(p, o->id, OPEN_SHORTAGE,
				   "too many channels");
	c = native_channel_new(s, WINDOW_BYTES, CHANNEL_OURS);
	n = c->native;
	n->guest.proxy = p;
	n->guest.id = o->id;
	n->is_sent = true;
	p->n_channels++;
	proxy_begin_window(c, o->window);
	out = transport_begin(s->native->transport, MSG_CHANNEL_OPEN);
	wire_put_cstring(out, o->type);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_receive);
	wire_put_u32(out, o->packet_max < PACKET_BYTES ? o->packet_max
						       : PACKET_BYTES);
	buf_add(out, o->rest.data, o->rest.len);
	transport_end(s->native->transport);
	return STEP_DONE;
}

static enum step
take_open(struct session_proxy *p, struct wire w, struct err *e)
{
	struct wish o = { .type = NULL };
	enum step step;

	if (wire_get_cstring(&w, &o.type) != 0 ||
	    wire_get_u32(&w, &o.id) != 0 || wire_get_u32(&w, &o.window) != 0 ||
	    wire_get_u32(&w, &o.packet_max) != 0 || o.packet_max == 0 ||
	    !proxy_shape_is_sound(PROXY_SHAPE_OPEN, o.type, w)) {
		free(o.type);
		return spoilt(e, MSG_CHANNEL_OPEN);
	}
	o.rest = w;
	step = open_channel(p, &o);
	free(o.type);
	return step;
}

static int
answer_open(struct channel *c, struct wire w)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	uint32_t window, packet_max;
	struct buf *out;

	if (wire_get_u32(&w, &n->guest.id) != 0 ||
	    wire_get_u32(&w, &window) != 0 ||
	    wire_get_u32(&w, &packet_max) != 0 || packet_max == 0)
		return -1;
	proxy_begin_window(c, window);
	out = transport_begin(t, MSG_CHANNEL_OPEN_CONFIRMATION);
	wire_put_u32(out, n->peer);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_receive);
	wire_put_u32(out,
		     packet_max < PACKET_BYTES ? packet_max : PACKET_BYTES);
	transport_end(t);
	n->is_open = true;
	c->open = c->start = REPLY_OK;
	return 0;
}

/* What the server has opened is not wanted. */
static int
reject_open(struct channel *c)
{
	incoming_reject(c->session, c->native->peer);
	proxy_forget(c);
	c->open = REPLY_REFUSED;
	c->native->is_free = true;
	native_channel_settle(c);
	return 0;
}

static int
adjust(struct channel *c, struct wire w)
{
	struct native_channel *n = c->native;
	uint32_t more;

	if (wire_get_u32(&w, &more) != 0 || w.len != 0 ||
	    more > UINT32_MAX - n->may_receive - n->guest.credit)
		return -1;
	n->guest.credit += more;
	proxy_grant(c);
	return 0;
}

/* May it be passed on? */
static int
check_data(struct channel *c, uint8_t type, struct wire w)
{
	struct native_channel *n = c->native;
	const unsigned char *data;
	uint32_t code;
	size_t len;

	if ((type == MSG_CHANNEL_EXTENDED_DATA &&
	     wire_get_u32(&w, &code) != 0) ||
	    wire_get_string(&w, &data, &len) != 0 || w.len != 0 ||
	    n->eof_sent || len > n->may_send || len > n->packet_max)
		return -1;
	n->may_send -= (uint32_t)len;
	return 0;
}

static int
check_request(struct wire w)
{
	char *type = NULL;
	uint8_t wants_reply;
	int rc = -1;

	if (wire_get_cstring(&w, &type) == 0 &&
	    wire_get_byte(&w, &wants_reply) == 0 &&
	    proxy_shape_is_sound(PROXY_SHAPE_REQUEST, type, w))
		rc = 0;
	free(type);
	return rc;
}

static int
check_reply(struct channel *c)
{
	if (c->native->guest.n_unanswered == 0)
		return -1;
	c->native->guest.n_unanswered--;
	return 0;
}

/* The rest of a message that names an open channel. */
static int
check(struct channel *c, uint8_t type, struct wire w)
{
	switch (type) {
	case MSG_CHANNEL_DATA:
	case MSG_CHANNEL_EXTENDED_DATA:
		return check_data(c, type, w);
	case MSG_CHANNEL_REQUEST:
		return check_request(w);
	case MSG_CHANNEL_SUCCESS:
	case MSG_CHANNEL_FAILURE:
		return w.len != 0 ? -1 : check_reply(c);
	case MSG_CHANNEL_EOF:
	case MSG_CHANNEL_CLOSE:
		return w.len != 0 ? -1 : 0;
	default:
		return -1;
	}
}

static int
pass_on(struct channel *c, uint8_t type, struct wire w)
{
	struct native_channel *n = c->native;

	/* nobody would read it */
	if (n->close_sent || (n->close_received && type != MSG_CHANNEL_CLOSE))
		return 0;
	if (type == MSG_CHANNEL_WINDOW_ADJUST)
		return adjust(c, w);
	if (check(c, type, w) != 0)
		return -1;
	if (type == MSG_CHANNEL_EOF) {
		native_channel_send_eof(c);
		return 0;
	}
	if (type == MSG_CHANNEL_CLOSE) {
		n->is_free = n->close_received;
		if (n->is_free)
			proxy_forget(c);
		native_channel_close(c);
		return 0;
	}
	buf_add(native_channel_begin(c, type), w.data, w.len);
	native_channel_end(c);
	return 0;
}

static enum step
take_channel_message(struct session_proxy *p, uint8_t type, struct wire w,
		     struct err *e)
{
	bool is_answer = type == MSG_CHANNEL_OPEN_CONFIRMATION ||
			 type == MSG_CHANNEL_OPEN_FAILURE;
	struct channel *c;
	uint32_t id;
	int rc;

	if (wire_get_u32(&w, &id) != 0)
		return spoilt(e, type);
	c = native_channel_find(p->session, id);
	if (c == NULL || c->native->guest.proxy != p ||
	    c->native->is_open == is_answer ||
	    (is_answer && c->native->origin == CHANNEL_OURS))
		return spoilt(e, type);
	if (!is_answer)
		rc = pass_on(c, type, w);
	else if (type == MSG_CHANNEL_OPEN_CONFIRMATION)
		rc = answer_open(c, w);
	else
		rc = reject_open(c);
	return rc == 0 ? STEP_DONE : spoilt(e, type);
}

/* What is about the transport is not the server's business. */
static enum step
take(struct session_proxy *p, struct err *e)
{
	struct wire w = p->held;
	uint8_t type;

	if (wire_get_byte(&w, &type) != 0 || w.len > MESSAGE_MAX)
		return spoilt(e, type);
	switch (type) {
	case MSG_DISCONNECT:
	case MSG_IGNORE:
	case MSG_UNIMPLEMENTED:
	case MSG_DEBUG:
		return STEP_DONE;
	case MSG_GLOBAL_REQUEST:
		return proxy_global(p, w, e);
	case MSG_CHANNEL_OPEN:
		return take_open(p, w, e);
	default:
		return take_channel_message(p, type, w, e);
	}
}

/* --- every turn --- */

static bool
may_take(struct session_proxy *p)
{
	struct transport *t = p->session->native->transport;

	transport_rekey_if_due(t);
	return p->out.len <= QUEUE_HIGH_WATER && p->n_asked < ASKED_MAX &&
	       session_can_send(p->session) && transport_can_send_data(t);
}

unsigned char *
session_proxy_room(struct session_proxy *p, size_t *ret_len)
{
	if (p->is_holding || !may_take(p))
		return NULL;
	return packet_reader_room(p->reader, ret_len);
}

void
session_proxy_filled(struct session_proxy *p, size_t n)
{
	packet_reader_filled(p->reader, n);
}

enum step
session_proxy_step(struct session_proxy *p, struct err *e)
{
	enum step step = STEP_DONE;

	if (p->has_overflown) {
		err_set(e, ERR_PROTOCOL,
			"a proxied client does not read what it asks for");
		return STEP_FAIL;
	}
	grant_all(p);
	while (step == STEP_DONE) {
		if (!p->is_holding)
			step = packet_next(p->reader, &p->held, e);
		if (step != STEP_DONE)
			return step;
		p->is_holding = true;
		step = may_take(p) ? take(p, e) : STEP_AGAIN;
		if (step == STEP_DONE)
			p->is_holding = false;
	}
	return step;
}

struct buf *
session_proxy_queue(struct session_proxy *p)
{
	return &p->out;
}

size_t
session_proxy_channels(const struct session_proxy *p)
{
	return p->n_channels;
}

void
session_proxy_free(struct session_proxy *p)
{
	struct native_session *n;

	if (p == NULL)
		return;
	n = p->session->native;
	proxy_global_clear(p);
	for (size_t i = 0; i < n->n_channels; i++) {
		struct channel *c = n->channels[i];

		if (c == NULL || c->native->guest.proxy != p)
			continue;
		if (!c->native->is_open && c->native->origin != CHANNEL_OURS) {
			reject_open(c);
			continue;
		}
		proxy_forget(c);
		native_channel_free(c);
	}
	packet_reader_free(p->reader);
	packet_writer_free(p->writer);
	buf_clear(&p->out);
	free(p);
}
