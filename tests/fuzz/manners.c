#include "manners.h"

#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "peer.h"

enum {
	MSG_SERVICE_REQUEST = 5,
	MSG_SERVICE_ACCEPT = 6,
	MSG_USERAUTH_REQUEST = 50,
	MSG_USERAUTH_FAILURE = 51,
	MSG_USERAUTH_SUCCESS = 52,
	MSG_USERAUTH_60 = 60, /* PK_OK, PASSWD_CHANGEREQ, INFO_REQUEST */
	MSG_USERAUTH_INFO_RESPONSE = 61,
	MSG_GLOBAL_REQUEST = 80,
	MSG_REQUEST_SUCCESS = 81,
	MSG_CHANNEL_OPEN = 90,
	MSG_CHANNEL_OPEN_CONFIRMATION = 91,
	MSG_CHANNEL_OPEN_FAILURE = 92,
	MSG_CHANNEL_CLOSE = 97,
	MSG_CHANNEL_REQUEST = 98,
	MSG_CHANNEL_SUCCESS = 99,
	MSG_CHANNEL_FAILURE = 100,
};

static void
send_and_clear(struct peer *p, struct buf *b)
{
	peer_send(p, b->data, b->len);
	buf_clear(b);
}

static void
send_type(struct peer *p, uint8_t type)
{
	peer_send(p, &type, 1);
}

static void
send_to_channel(struct peer *p, uint8_t type, uint32_t number)
{
	struct buf b = BUF_INIT;

	wire_put_byte(&b, type);
	wire_put_u32(&b, number);
	send_and_clear(p, &b);
}

static bool
is_text(const struct wire *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->data, text, w->len) == 0;
}

static void
let_in(struct manners *m, struct peer *p)
{
	m->is_in = true;
	send_type(p, MSG_USERAUTH_SUCCESS);
}

static void
refuse_login(struct peer *p)
{
	struct buf b = BUF_INIT;

	wire_put_byte(&b, MSG_USERAUTH_FAILURE);
	wire_put_cstring(&b, "publickey,password,keyboard-interactive");
	wire_put_byte(&b, 0);
	send_and_clear(p, &b);
}

/* One question, or for a password: that a new one is wanted. */
static void
ask(struct peer *p, bool is_interactive)
{
	struct buf b = BUF_INIT;

	wire_put_byte(&b, MSG_USERAUTH_60);
	wire_put_cstring(&b, is_interactive ? "name" : "expired");
	wire_put_cstring(&b, "");
	if (is_interactive) {
		wire_put_cstring(&b, "");
		wire_put_u32(&b, 1);
		wire_put_cstring(&b, "Question: ");
		wire_put_byte(&b, 0);
	}
	send_and_clear(p, &b);
}

/* A key: PK_OK for an offer, success for a signature. */
static void
answer_publickey(struct manners *m, struct peer *p, struct wire *w)
{
	struct wire algorithm, blob;
	uint8_t has_signature;
	struct buf b = BUF_INIT;

	if (wire_get_byte(w, &has_signature) != 0 ||
	    wire_get_wire(w, &algorithm) != 0 || wire_get_wire(w, &blob) != 0)
		return;
	if (has_signature) {
		let_in(m, p);
		return;
	}
	wire_put_byte(&b, MSG_USERAUTH_60);
	wire_put_string(&b, algorithm.data, algorithm.len);
	wire_put_string(&b, blob.data, blob.len);
	send_and_clear(p, &b);
}

static void
answer_login(struct manners *m, struct peer *p, struct wire *w)
{
	bool wants_more = (m->kinds & MANNERS_QUESTION) && !m->has_asked;
	struct wire user, service, method;

	if (wire_get_wire(w, &user) != 0 || wire_get_wire(w, &service) != 0 ||
	    wire_get_wire(w, &method) != 0)
		return;
	if (is_text(&method, "publickey")) {
		answer_publickey(m, p, w);
	} else if (is_text(&method, "keyboard-interactive") ||
		   (is_text(&method, "password") && wants_more)) {
		m->has_asked = true;
		ask(p, !is_text(&method, "password"));
	} else if (is_text(&method, "password")) {
		let_in(m, p);
	} else {
		refuse_login(p);
	}
}

static void
answer_global(struct peer *p, struct wire *w)
{
	struct wire name, host;
	struct buf b = BUF_INIT;
	uint32_t port;
	uint8_t wants_reply;

	if (wire_get_wire(w, &name) != 0 ||
	    wire_get_byte(w, &wants_reply) != 0 || !wants_reply)
		return;
	wire_put_byte(&b, MSG_REQUEST_SUCCESS);
	if (is_text(&name, "tcpip-forward") && wire_get_wire(w, &host) == 0 &&
	    wire_get_u32(w, &port) == 0 && port == 0)
		wire_put_u32(&b, 4022);
	send_and_clear(p, &b);
}

static void
answer_open(const struct manners *m, struct peer *p, struct wire *w)
{
	struct buf b = BUF_INIT;
	struct wire type;
	uint32_t number;

	if (wire_get_wire(w, &type) != 0 || wire_get_u32(w, &number) != 0)
		return;
	if (m->kinds & MANNERS_REFUSE) {
		wire_put_byte(&b, MSG_CHANNEL_OPEN_FAILURE);
		wire_put_u32(&b, number);
		wire_put_u32(&b, 1);
		wire_put_cstring(&b, "no");
		wire_put_cstring(&b, "");
	} else {
		wire_put_byte(&b, MSG_CHANNEL_OPEN_CONFIRMATION);
		wire_put_u32(&b, number);
		wire_put_u32(&b, number);
		wire_put_u32(&b, 65536);
		wire_put_u32(&b, 32768);
	}
	send_and_clear(p, &b);
}

/* The client's number for our channel. */
static uint32_t
number_of(const struct manners *m, uint32_t ours)
{
	uint32_t own = ours - MANNERS_OWN;

	return own < MANNERS_OWN_MAX ? m->numbers[own] : ours;
}

static void
note_number(struct manners *m, struct wire *w)
{
	uint32_t ours, theirs;

	if (wire_get_u32(w, &ours) == 0 && wire_get_u32(w, &theirs) == 0 &&
	    ours - MANNERS_OWN < MANNERS_OWN_MAX)
		m->numbers[ours - MANNERS_OWN] = theirs;
}

static void
answer_request(const struct manners *m, struct peer *p, struct wire *w)
{
	struct wire type;
	uint32_t number;
	uint8_t wants_reply;

	if (wire_get_u32(w, &number) == 0 && wire_get_wire(w, &type) == 0 &&
	    wire_get_byte(w, &wants_reply) == 0 && wants_reply)
		send_to_channel(p,
				m->kinds & MANNERS_REFUSE ? MSG_CHANNEL_FAILURE
							  : MSG_CHANNEL_SUCCESS,
				number_of(m, number));
}

static void
accept_service(struct peer *p, struct wire *w)
{
	struct wire name;
	struct buf b = BUF_INIT;

	if (wire_get_wire(w, &name) != 0)
		return;
	wire_put_byte(&b, MSG_SERVICE_ACCEPT);
	wire_put_string(&b, name.data, name.len);
	send_and_clear(p, &b);
}

static void
close_too(struct manners *m, struct peer *p, struct wire *w)
{
	uint32_t number;

	if (wire_get_u32(w, &number) != 0)
		return;
	number = number_of(m, number);
	if (number < 64 && (m->closed & UINT64_C(1) << number))
		return;
	send_to_channel(p, MSG_CHANNEL_CLOSE, number);
}

void
manners_note(struct manners *m, const struct wire *payload)
{
	struct wire w = *payload;
	uint32_t number;
	uint8_t type;

	if (wire_get_byte(&w, &type) != 0)
		return;
	if (type == MSG_CHANNEL_CLOSE && wire_get_u32(&w, &number) == 0 &&
	    number < 64)
		m->closed |= UINT64_C(1) << number;
	if (type == MSG_USERAUTH_SUCCESS)
		m->is_in = true;
}

/* Which kind of answer is wanted; 0: none. */
static unsigned
kind_of(uint8_t type)
{
	switch (type) {
	case MSG_SERVICE_REQUEST:
		return MANNERS_SERVICE;
	case MSG_USERAUTH_REQUEST:
	case MSG_USERAUTH_INFO_RESPONSE:
		return MANNERS_LOGIN;
	case MSG_GLOBAL_REQUEST:
		return MANNERS_GLOBAL;
	case MSG_CHANNEL_OPEN:
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		return MANNERS_OPEN;
	case MSG_CHANNEL_REQUEST:
		return MANNERS_REQUEST;
	case MSG_CHANNEL_CLOSE:
		return MANNERS_CLOSE;
	default:
		return 0;
	}
}

void
manners_answer(struct manners *m, struct peer *p, const struct wire *payload)
{
	struct wire w = *payload;
	uint8_t type;

	if (wire_get_byte(&w, &type) != 0 || !(m->kinds & kind_of(type)))
		return;
	switch (type) {
	case MSG_SERVICE_REQUEST:
		accept_service(p, &w);
		break;
	case MSG_USERAUTH_REQUEST:
		answer_login(m, p, &w);
		break;
	case MSG_USERAUTH_INFO_RESPONSE:
		let_in(m, p);
		break;
	case MSG_GLOBAL_REQUEST:
		answer_global(p, &w);
		break;
	case MSG_CHANNEL_OPEN:
		answer_open(m, p, &w);
		break;
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		note_number(m, &w);
		break;
	case MSG_CHANNEL_REQUEST:
		answer_request(m, p, &w);
		break;
	case MSG_CHANNEL_CLOSE:
		close_too(m, p, &w);
		break;
	}
}
