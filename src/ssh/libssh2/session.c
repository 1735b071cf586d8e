/* libssh2's session: its callbacks, and what goes in and out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/libssh2/gcm.h"
#include "ssh/libssh2/internal.h"
#include "ssh/negotiation_log.h"

/* What is read ahead: libssh2 asks for single bytes at first. */
#define INPUT_BYTES ((size_t)64 * 1024)
/* Who asks for this much gets it from the kernel without a copy. */
#define DIRECT_BYTES ((size_t)4 * 1024)
/* Channels stop producing while more than this waits for the kernel. */
#define SEND_HIGH_WATER ((size_t)512 * 1024)
/* RFC 4253 section 6: after the packet's length and that of its padding. */
#define PACKET_TYPE_AT 5
#define MSG_NEWKEYS 21
#define RTT_EVERY_US 100000
/* Far away: deadlines are kept by the owner (guide section 0, rule 7). */
#define NO_TIMEOUT_S (365L * 24 * 3600)

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	struct session *s = *abstract;

	s->lib->newest_block = tap_alloc(count, s->lib->spare);
	s->lib->newest_len = count;
	return s->lib->newest_block;
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	struct session *s = *abstract;

	s->lib->newest_block = NULL;
	return tap_realloc(ptr, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	struct session *s = *abstract;

	if (ptr == s->lib->newest_block)
		s->lib->newest_block = NULL;
	tap_free(&s->lib->tap, ptr);
}

/*
 * Read the server's first words before libssh2 does: its offer, which must
 * not crash libssh2, and the lines before the identification string, some of
 * which libssh2 would refuse. It gets what comes from there on.
 */
static int
read_greeting(struct session *s)
{
	bool was_identified = s->greeting.identification != NULL;
	struct err e = { .kind = ERR_NONE };

	buf_add(&s->lib->clear_text, s->lib->input, s->lib->input_len);
	if (greeting_parse(&s->greeting, s->lib->clear_text.data,
			   s->lib->clear_text.len, &e) != 0)
		goto fail;
	if (s->greeting.identification == NULL) {
		s->lib->input_len = 0;
		return 0;
	}
	if (!was_identified) {
		size_t at = s->greeting.identification_at;

		s->lib->input_len = s->lib->clear_text.len - at;
		memcpy(s->lib->input, s->lib->clear_text.data + at,
		       s->lib->input_len);
	}
	if (!s->greeting.has_offer)
		return 0;
	negotiation_log_offers(&s->ours, LIB_MARKERS, &s->greeting.offer);
	if (negotiation_check(&s->ours, &s->greeting.offer, &e) != 0)
		goto fail;
	s->lib->is_greeted = true;
	buf_clear(&s->lib->clear_text);
	return 0;
fail:
	free(s->trouble);
	s->trouble = xstrdup(e.text);
	session_note_end(s, SESSION_CORRUPT);
	return -1;
}

/* As stream_read(), and note the end. */
static ssize_t
read_stream(struct session *s, void *data, size_t len)
{
	ssize_t n = stream_read(s->stream, data, len);

	if (n == 0)
		session_note_end(s, SESSION_CLOSED);
	else if (n < 0 && n != -EAGAIN)
		session_note_end(s, SESSION_BROKEN);
	return n;
}

/* Read ahead if nothing is left: > 0 if there is input, else as on_recv(). */
static ssize_t
fill_input(struct session *s)
{
	ssize_t n;

	if (s->lib->input_at < s->lib->input_len)
		return 1;
	do {
		/* half, so that an identification string that began in
		 * earlier input can be put in front */
		n = read_stream(s, s->lib->input,
				s->lib->is_greeted ? INPUT_BYTES
						   : INPUT_BYTES / 2);
		s->lib->input_at = 0;
		s->lib->input_len = n > 0 ? (size_t)n : 0;
		if (n > 0 && !s->lib->is_greeted && read_greeting(s) != 0) {
			s->lib->input_len = 0;
			n = -EIO;
		}
	} while (n > 0 && s->lib->input_len == 0);
	return n;
}

bool
lib_session_has_input(struct session *s)
{
	return fill_input(s) > 0;
}

/* What was read ahead; after that, for whoever has room, straight from the
 * kernel. */
static ssize_t
take_input(struct session *s, void *data, size_t len)
{
	ssize_t n;

	if (s->lib->is_pinned && s->lib->input_at == s->lib->input_len &&
	    len >= DIRECT_BYTES)
		return read_stream(s, data, len);
	n = fill_input(s);
	if (n <= 0)
		return n;
	/* its second message is its own offer */
	if (s->lib->is_greeted && !s->lib->is_pinned && s->lib->messages == 2) {
		lib_session_pin_methods(s);
		s->lib->is_pinned = true;
	}
	if (len > s->lib->input_len - s->lib->input_at)
		len = s->lib->input_len - s->lib->input_at;
	memcpy(data, s->lib->input + s->lib->input_at, len);
	s->lib->input_at += len;
	return (ssize_t)len;
}

/* Bytes, 0 at the end, or a negative errno. */
static ssize_t
feed(struct session *s, void *buffer, size_t length)
{
	ssize_t n;

	if (s->lib->inject_error)
		return -EIO;
	if (!s->lib->gate_open)
		return -EAGAIN;
	if (s->end != SESSION_ALIVE)
		return s->end == SESSION_CLOSED ? 0 : -EIO;
	if (s->lib->budget == 0) {
		s->lib->ran_out = true;
		return -EAGAIN;
	}
	if (length > s->lib->budget)
		length = s->lib->budget;
	n = take_input(s, buffer, length);
	if (n > 0)
		s->lib->budget -= (size_t)n;
	return n;
}

static LIBSSH2_RECV_FUNC(on_recv)
{
	struct session *s = *abstract;

	(void)socket;
	(void)flags;
	s->lib->fed = feed(s, buffer, length);
	return s->lib->fed;
}

/* What we send in clear text, for who wants to see where it ends. */
static void
log_sent(unsigned char type)
{
	static const struct {
		unsigned char type;
		const char *text;
	} texts[] = {
		{ 20, "SSH2_MSG_KEXINIT sent" },
		{ MSG_NEWKEYS, "SSH2_MSG_NEWKEYS sent" },
		{ 30, "expecting SSH2_MSG_KEX_ECDH_REPLY" },
		{ 32, "SSH2_MSG_KEX_DH_GEX_INIT sent" },
		{ 34, "SSH2_MSG_KEX_DH_GEX_REQUEST sent" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].type == type)
			log_debug("%s", texts[i].text);
}

/* Where in the first key exchange are we? Its packets are not encrypted, and
 * what follows our NEWKEYS is the request for the login service. */
static void
note_keys(struct session *s, const unsigned char *packet, size_t len)
{
	if (s->lib->has_asked)
		return;
	if (s->lib->has_sent_keys) {
		s->lib->has_asked = true;
	} else if (s->lib->messages == 2 && len > PACKET_TYPE_AT) {
		log_sent(packet[PACKET_TYPE_AT]);
		s->lib->has_sent_keys = packet[PACKET_TYPE_AT] == MSG_NEWKEYS;
	}
}

static LIBSSH2_SEND_FUNC(on_send)
{
	struct session *s = *abstract;

	(void)socket;
	(void)flags;
	if (s->end != SESSION_ALIVE)
		return -EPIPE;
	s->lib->sent += length;
	s->lib->messages += s->lib->messages < 2;
	note_keys(s, buffer, length);
	if (s->is_mute)
		return (ssize_t)length;
	return stream_write(s->stream, buffer, length);
}

/* NOLINTNEXTLINE(readability-function-size): libssh2 says how many */
static LIBSSH2_DISCONNECT_FUNC(on_disconnect)
{
	struct session *s = *abstract;

	(void)session;
	(void)language;
	(void)language_len;
	if (s->disconnect_text != NULL)
		return;
	s->disconnect_code = (unsigned)reason;
	s->disconnect_text =
	    xstrndup(message != NULL ? message : "",
		     message_len > 0 ? (size_t)message_len : 0);
	session_note_end(s, SESSION_DISCONNECTED);
}

/* NOLINTNEXTLINE(readability-function-size): libssh2 says how many */
static LIBSSH2_DEBUG_FUNC(on_debug)
{
	(void)session;
	(void)always_display;
	(void)language;
	(void)language_len;
	(void)abstract;
	if (message != NULL && message_len > 0)
		log_debug("Remote: %.*s", message_len, message);
}

bool
lib_session_survives(struct session *s, int rc)
{
	char *why = NULL;

	switch (rc) {
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_NONE:
	case LIBSSH2_ERROR_INVALID_MAC:
	case LIBSSH2_ERROR_DECRYPT:
	case LIBSSH2_ERROR_ENCRYPT:
	case LIBSSH2_ERROR_PROTO:
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
	case LIBSSH2_ERROR_HOSTKEY_INIT:
	case LIBSSH2_ERROR_HOSTKEY_SIGN:
	case LIBSSH2_ERROR_OUT_OF_BOUNDARY:
	case LIBSSH2_ERROR_ZLIB:
		break;
	default:
		return s->end == SESSION_ALIVE;
	}
	if (s->end == SESSION_ALIVE) {
		libssh2_session_last_error(s->lib->raw, &why, NULL, 0);
		free(s->trouble);
		s->trouble = xasprintf("%s (libssh2 error %d)",
				       why != NULL ? why : "", rc);
		session_note_end(s, SESSION_CORRUPT);
	}
	return false;
}

static int
set_method(struct session *s, int method, const char *list, struct err *e)
{
	if (libssh2_session_method_pref(s->lib->raw, method, list) != 0)
		return err_set(e, ERR_CONF, "no supported algorithm in \"%s\"",
			       list);
	return 0;
}

/* Offer the same in both directions; and remember what we offer. */
static int
set_methods(struct session *s, const struct session_params *p, struct err *e)
{
	static const int numbers[NEGOTIATION_LISTS] = {
		LIBSSH2_METHOD_KEX,      LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
		LIBSSH2_METHOD_MAC_CS,   LIBSSH2_METHOD_MAC_SC,
		LIBSSH2_METHOD_COMP_CS,  LIBSSH2_METHOD_COMP_SC,
	};
	const char *compression =
	    p->compression ? "zlib@openssh.com,none" : "none";
	const char *lists[NEGOTIATION_LISTS] = {
		p->kex,  p->host_keys, p->ciphers,  p->ciphers,
		p->macs, p->macs,      compression, compression,
	};

	libssh2_session_flag(s->lib->raw, LIBSSH2_FLAG_COMPRESS,
			     p->compression);
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++) {
		s->ours.lists[i] = xstrdup(lists[i]);
		if (set_method(s, numbers[i], lists[i], e) != 0)
			return -1;
	}
	return 0;
}

static void
set_callbacks(struct session *s)
{
	static const struct {
		int type;
		libssh2_cb_generic *fn;
	} callbacks[] = {
		{ LIBSSH2_CALLBACK_SEND, (libssh2_cb_generic *)on_send },
		{ LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)on_recv },
		{ LIBSSH2_CALLBACK_DISCONNECT,
		  (libssh2_cb_generic *)on_disconnect },
		{ LIBSSH2_CALLBACK_DEBUG, (libssh2_cb_generic *)on_debug },
	};

	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
		libssh2_session_callback_set2(s->lib->raw, callbacks[i].type,
					      callbacks[i].fn);
}

const char *
lib_session_library_version(void)
{
	return libssh2_version(0);
}

int
lib_session_init(struct session *s, const struct session_params *p,
		 struct err *e)
{
	struct lib_session *l = xcalloc(1, sizeof(*l));

	s->lib = l;
	l->input = xmalloc(INPUT_BYTES);
	l->scratch = xmalloc(CHANNEL_READ_BYTES);
	l->gcm = gcm_use();
	l->raw = libssh2_session_init_ex(on_alloc, on_free, on_realloc, s);
	if (l->raw == NULL)
		return err_set(e, ERR_LOCAL, "libssh2 cannot start a session");
	libssh2_session_set_blocking(l->raw, 0);
	libssh2_session_set_read_timeout(l->raw, NO_TIMEOUT_S);
	set_callbacks(s);
	if (libssh2_session_banner_set(l->raw, p->identification) != 0)
		return err_set(e, ERR_LOCAL,
			       "libssh2 refuses our identification");
	return set_methods(s, p, e);
}

void
lib_session_free(struct session *s)
{
	struct lib_session *l = s->lib;

	/* a dead session is freed without sending or waiting */
	session_note_end(s, SESSION_CLOSED);
	l->gate_open = true;
	while (l->requests != NULL) {
		struct request *r = l->requests;

		l->requests = r->next;
		request_free(r);
	}
	lib_channel_sweep(s);
	lib_remote_listener_sweep(s);
	if (l->raw != NULL)
		libssh2_session_free(l->raw);
	gcm_release(l->gcm);
	tap_clear(&l->tap);
	buf_clear(&l->clear_text);
	free(l->input);
	free(l->scratch);
	free(l);
	s->lib = NULL;
}

uint64_t
lib_session_sent(const struct session *s)
{
	return s->lib->sent;
}

bool
lib_session_has_more(const struct session *s)
{
	return s->lib->ran_out || s->lib->input_at < s->lib->input_len;
}
