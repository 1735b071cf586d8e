#include "ssh/native/transport.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/native/internal.h"

/* What the identification is looked for in, at a time. */
#define CLEAR_BYTES ((size_t)4096)
/* More than what stands around the secrets of a packet. */
#define ENVELOPE_BYTES ((size_t)1024)
/* Of messages that wait for the end of a key exchange. */
#define KEPT_BYTES_MAX ((size_t)1024 * 1024)
/* A peer that sends what wants answers, and does not read them, is not read
 * either while more than this waits for it. */
#define ANSWERS_BYTES_MAX ((size_t)1024 * 1024)

/* There is nothing to agree upon: the master has done that. */
static void
share(struct transport *t)
{
	t->is_shared = t->has_keys = t->is_logged_in = true;
	packet_writer_go_bare(t->writer);
	packet_reader_go_bare(t->reader);
	t->session->greeting.identification = xstrdup("SSH-2.0-shared");
}

struct transport *
transport_new(struct session *s, const struct session_params *p)
{
	struct transport *t = xcalloc(1, sizeof(*t));
	char *line;

	t->session = s;
	t->writer = packet_writer_new();
	t->reader = packet_reader_new();
	t->identification = xstrdup(p->identification);
	t->is_first_message = true;
	t->rekey_bytes = p->rekey_bytes;
	t->budget = SIZE_MAX;
	t->kept.wipe = true; /* there may be a password in it */
	if (p->is_shared) {
		share(t);
		return t;
	}
	line = xasprintf("%s\r\n", p->identification);
	stream_write(s->stream, line, strlen(line));
	free(line);
	if (p->offer_at_once) {
		exchange_guess(t, p);
		exchange_begin(t);
	}
	return t;
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	packet_writer_free(t->writer);
	packet_reader_free(t->reader);
	kex_free(t->kex);
	negotiation_clear(&t->agreed);
	buf_clear(&t->clear);
	buf_clear(&t->kept);
	buf_clear(&t->client_init);
	buf_clear(&t->server_init);
	buf_clear(&t->session_id);
	buf_clear(&t->host_signature);
	free(t->identification);
	free(t->guess);
	free(t->info.signatures);
	free(t);
}

/* --- sending --- */

/* Between our KEXINIT and our NEWKEYS nothing else may be sent but what RFC
 * 4253 section 7.1 lists. */
static bool
must_wait(const struct transport *t, uint8_t type)
{
	bool is_running =
	    t->exchange == EXCHANGE_ASKED || t->exchange == EXCHANGE_RUNNING;

	return is_running && type > MSG_DEBUG &&
	       (type < MSG_KEXINIT || type > MSG_KEX_LAST);
}

struct buf *
transport_begin(struct transport *t, uint8_t type)
{
	if (must_wait(t, type)) {
		t->into = &t->kept;
		t->begun = t->kept.len;
		wire_put_u32(t->into, 0);
		wire_put_byte(t->into, 0);
	} else {
		t->into = stream_queue(t->session->stream);
		t->begun = t->into->len;
		packet_begin(t->writer, t->into);
	}
	t->type = type;
	wire_put_byte(t->into, type);
	return t->into;
}

void
transport_make_room(struct transport *t, size_t len)
{
	buf_room(t->into, len + ENVELOPE_BYTES);
}

void
transport_pad_to(struct transport *t, uint8_t step)
{
	if (t->into == &t->kept)
		t->kept.data[t->begun + 4] = step;
	else
		packet_pad_to(t->writer, step);
}

static void
end_kept(struct transport *t)
{
	struct buf length = BUF_INIT;

	wire_put_u32(&length, (uint32_t)(t->kept.len - t->begun - 4));
	memcpy(t->kept.data + t->begun, length.data, length.len);
	buf_clear(&length);
	if (t->kept.len > KEPT_BYTES_MAX)
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "the server does not end a key exchange");
}

/* What is not about channels is between the master and the server; a DISCONNECT
 * would end others' sessions. */
static bool
is_withheld(const struct transport *t)
{
	return t->is_shared &&
	       (t->type < MSG_GLOBAL_REQUEST || t->type > MSG_CHANNEL_FAILURE);
}

void
transport_end(struct transport *t)
{
	struct err e = { .kind = ERR_NONE };

	if (t->into == &t->kept) {
		end_kept(t);
		return;
	}
	if (t->session->end != SESSION_ALIVE || is_withheld(t)) {
		t->into->len = t->begun;
		return;
	}
	if (packet_end(t->writer, t->into, &e) != 0)
		session_note_trouble(t->session, e.text);
}

void
transport_send_kept(struct transport *t)
{
	struct wire kept, message;
	struct buf whole = t->kept;

	buf_init(&t->kept);
	t->kept.wipe = true;
	wire_init(&kept, whole.data, whole.len);
	while (wire_get_wire(&kept, &message) == 0) {
		struct buf *out = transport_begin(t, message.data[1]);

		if (message.data[0] != 0)
			transport_pad_to(t, message.data[0]);
		transport_make_room(t, message.len);
		buf_add(out, message.data + 2, message.len - 2);
		transport_end(t);
	}
	buf_clear(&whole);
}

bool
transport_can_send_data(const struct transport *t)
{
	return t->exchange == EXCHANGE_NONE || t->exchange == EXCHANGE_KEYED;
}

void
transport_disconnect(struct transport *t, enum disconnect_reason reason,
		     const char *text)
{
	struct buf *out = transport_begin(t, MSG_DISCONNECT);

	wire_put_u32(out, (uint32_t)reason);
	wire_put_cstring(out, text);
	wire_put_cstring(out, ""); /* language */
	transport_end(t);
}

void
transport_fail(struct transport *t, enum disconnect_reason reason,
	       const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	transport_disconnect(t, reason, text);
	session_note_trouble(t->session, text);
}

void
transport_malformed(struct transport *t, uint8_t type)
{
	transport_fail(t, DISCONNECT_PROTOCOL_ERROR, "%s is malformed",
		       message_name(type));
}

/* --- receiving --- */

static enum step
read_failed(struct transport *t, ssize_t n)
{
	if (n == -EAGAIN)
		return STEP_AGAIN;
	session_note_end(t->session, n == 0 ? SESSION_CLOSED : SESSION_BROKEN);
	return STEP_FAIL;
}

/* Read up to the server's identification; what follows it belongs to the
 * packets. */
static enum step
read_greeting(struct transport *t)
{
	struct session *s = t->session;
	struct greeting *g = &s->greeting;
	struct err e = { .kind = ERR_NONE };
	unsigned char bytes[CLEAR_BYTES];
	unsigned char *room;
	size_t len;
	ssize_t n;

	while (g->identification == NULL) {
		n = stream_read(s->stream, bytes, sizeof(bytes));
		if (n <= 0)
			return read_failed(t, n);
		buf_add(&t->clear, bytes, (size_t)n);
		if (greeting_identify(g, t->clear.data, t->clear.len, &e) !=
		    0) {
			session_note_trouble(s, e.text);
			return STEP_FAIL;
		}
		buf_consume(&t->clear, g->parsed);
		g->parsed = 0;
	}
	room = packet_reader_room(t->reader, &len);
	/* what is left is less than the smallest room */
	memcpy(room, t->clear.data, t->clear.len);
	packet_reader_filled(t->reader, t->clear.len);
	buf_clear(&t->clear);
	if (t->exchange == EXCHANGE_NONE)
		exchange_begin(t);
	return STEP_DONE;
}

/* Read from the network, straight to where it is decrypted. */
static enum step
fill(struct transport *t)
{
	unsigned char *room;
	size_t len;
	ssize_t n;

	room = packet_reader_room(t->reader, &len);
	n = stream_read(t->session->stream, room, len);
	if (n <= 0)
		return read_failed(t, n);
	packet_reader_filled(t->reader, (size_t)n);
	return STEP_DONE;
}

static bool
has_too_many_answers(const struct transport *t)
{
	return stream_pending(t->session->stream) > ANSWERS_BYTES_MAX;
}

/* May the next packet be taken? A few bytes can become a large one when they
 * are decompressed, so this is asked for each, not when bytes are read. */
static bool
may_go_on(struct transport *t)
{
	bool is_held = has_too_many_answers(t);

	if (is_held != t->is_held)
		stream_want_read(t->session->stream, !is_held);
	t->is_held = is_held;
	t->has_more |= t->budget == 0;
	return !is_held && t->budget > 0;
}

static enum step
next_packet(struct transport *t, struct wire *ret_message)
{
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_DONE;

	while (step == STEP_DONE) {
		if (t->session->end != SESSION_ALIVE)
			return STEP_FAIL;
		if (t->session->greeting.identification == NULL) {
			step = read_greeting(t);
			continue;
		}
		if (!may_go_on(t))
			return STEP_AGAIN;
		step = packet_next(t->reader, ret_message, &e);
		if (step == STEP_DONE)
			break;
		if (step == STEP_FAIL) {
			transport_fail(t, DISCONNECT_MAC_ERROR, "%s", e.text);
			return STEP_FAIL;
		}
		step = fill(t);
	}
	if (step == STEP_DONE)
		t->budget -=
		    ret_message->len < t->budget ? ret_message->len : t->budget;
	return step;
}

static enum message_phase
phase(const struct transport *t)
{
	if (t->is_shared)
		return PHASE_SHARED;
	if (!t->has_keys)
		return t->is_strict ? PHASE_STRICT_KEYS : PHASE_FIRST_KEYS;
	return t->is_logged_in ? PHASE_CONNECTION : PHASE_LOGIN;
}

enum step
transport_receive(struct transport *t, struct wire *ret_message)
{
	enum step step;

	t->has_more = false;
	while ((step = next_packet(t, ret_message)) == STEP_DONE) {
		uint8_t type = ret_message->data[0];
		bool is_wanted = false;

		switch (message_judge(type, phase(t))) {
		case MESSAGE_WELCOME:
			is_wanted = notice_take(t, ret_message);
			break;
		case MESSAGE_UNKNOWN:
			notice_unknown(t, type);
			break;
		case MESSAGE_FORBIDDEN:
			notice_forbidden(t, type);
			break;
		}
		t->is_first_message = false;
		transport_rekey_if_due(t);
		if (!is_wanted)
			continue;
		t->has_more = packet_reader_buffered(t->reader) > 0;
		return STEP_DONE;
	}
	return step;
}

void
transport_set_budget(struct transport *t, size_t bytes)
{
	t->budget = bytes;
}

bool
transport_has_more(const struct transport *t)
{
	/* who is held may go on as soon as the kernel has taken the answers */
	return t->has_more || (t->is_held && !has_too_many_answers(t));
}

/* --- what is known --- */

bool
transport_is_shared(const struct transport *t)
{
	return t->is_shared;
}

bool
transport_has_host_key(const struct transport *t)
{
	return t->has_host_key;
}

struct wire
transport_session_id(const struct transport *t)
{
	struct wire w;

	wire_init(&w, t->session_id.data, t->session_id.len);
	return w;
}

struct wire
transport_host_signature(const struct transport *t)
{
	struct wire w;

	wire_init(&w, t->host_signature.data, t->host_signature.len);
	return w;
}

const char *
transport_agreed(const struct transport *t, enum negotiation_list list)
{
	return t->agreed.lists[list] != NULL ? t->agreed.lists[list] : "";
}

const struct message_info *
transport_info(const struct transport *t)
{
	return &t->info;
}

bool
transport_server_has(const struct transport *t, const char *host_key)
{
	const char *list =
	    t->session->greeting.offer.lists[NEGOTIATION_HOST_KEY];

	return list != NULL && negotiation_list_has(list, host_key);
}
