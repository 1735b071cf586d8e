/* libssh2's session: its callbacks, and what goes in and out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/libssh2/gcm.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* What is read ahead: libssh2 asks for single bytes at first. */
#define INPUT_BYTES ((size_t)64 * 1024)
/* Who asks for this much gets it from the kernel without a copy. */
#define DIRECT_BYTES ((size_t)4 * 1024)
/* RFC 4253 section 6: after the packet's length and that of its padding. */
#define PACKET_TYPE_AT 5
#define MSG_NEWKEYS 21
/* Far away: deadlines are kept by the owner (docs/LIBSSH2.md). */
#define NO_TIMEOUT_S (365L * 24 * 3600)

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

/* Follow the packets of encrypted input, where that can be done. */
static int
follow_packets(struct session *s, const void *data, size_t len)
{
	unsigned bad;
	char *trouble;

	if (!s->lib->has_framing ||
	    framing_follow(&s->lib->framing, data, len, &bad) == 0)
		return 0;
	trouble = xasprintf("Bad packet length %u.", bad);
	session_note_trouble(s, trouble);
	free(trouble);
	return -EIO;
}

/* Likewise, from where the encryption begins in what was just let through. */
static int
begin_framing(struct session *s, size_t encrypted)
{
	const struct buf *in = &s->lib->input;
	char *cipher =
	    negotiation_agree(s->ours.lists[NEGOTIATION_CIPHER_IN],
			      s->greeting.offer.lists[NEGOTIATION_CIPHER_IN]);

	s->lib->has_framing = cipher != NULL && strstr(cipher, "-gcm@") != NULL;
	free(cipher);
	return follow_packets(s, in->data + in->len - encrypted, encrypted);
}

/* libssh2 gets what belongs into the first key exchange, and nothing else. */
static int
take_clear_text(struct session *s, const void *data, size_t len)
{
	struct clear_text *c = &s->lib->clear_text;
	struct err e = { .kind = ERR_NONE };
	struct wire w;
	size_t encrypted;

	wire_init(&w, data, len);
	if (clear_text_take(c, &w, &s->lib->input, &encrypted, &e) != 0) {
		session_note_trouble(s, e.text);
		return -EIO;
	}
	return c->is_over ? begin_framing(s, encrypted) : 0;
}

/* Read something into the input; as on_recv(). */
static ssize_t
read_ahead(struct session *s)
{
	struct buf *in = &s->lib->input;
	bool is_clear = !s->lib->clear_text.is_over;
	void *room = is_clear ? s->lib->scratch : buf_room(in, INPUT_BYTES);
	ssize_t n =
	    read_stream(s, room, is_clear ? CHANNEL_READ_BYTES : INPUT_BYTES);
	int rc;

	if (n <= 0)
		return n;
	if (is_clear) {
		rc = take_clear_text(s, room, (size_t)n);
	} else {
		rc = follow_packets(s, room, (size_t)n);
		in->len = (size_t)n;
	}
	return rc < 0 ? rc : n;
}

/* Read ahead if nothing is left: > 0 if there is input, else as on_recv(). */
static ssize_t
fill_input(struct session *s)
{
	struct lib_session *l = s->lib;
	ssize_t n = 1;

	if (l->input_at < l->input.len)
		return 1;
	buf_reset(&l->input);
	l->input_at = 0;
	while (n > 0 && l->input.len == 0)
		n = read_ahead(s);
	return n;
}

bool
lib_session_has_input(struct session *s)
{
	return fill_input(s) > 0;
}

/* Straight from the kernel. */
static ssize_t
read_directly(struct session *s, void *data, size_t len)
{
	ssize_t n = read_stream(s, data, len);
	int rc = n > 0 ? follow_packets(s, data, (size_t)n) : 0;

	return rc < 0 ? rc : n;
}

/* What was read ahead; after that whoever has room reads for himself. */
static ssize_t
take_input(struct session *s, void *data, size_t len)
{
	struct lib_session *l = s->lib;
	ssize_t n;

	if (l->clear_text.is_over && l->input_at == l->input.len &&
	    len >= DIRECT_BYTES)
		return read_directly(s, data, len);
	n = fill_input(s);
	if (n <= 0)
		return n;
	/* its second message is its own offer */
	if (l->clear_text.has_offer && !l->is_pinned && l->messages == 2) {
		if (lib_session_pin_methods(s) != 0)
			return -EIO;
		l->is_pinned = true;
	}
	if (len > l->input.len - l->input_at)
		len = l->input.len - l->input_at;
	memcpy(data, l->input.data + l->input_at, len);
	l->input_at += len;
	return (ssize_t)len;
}

/* Bytes, 0 at the end, or a negative errno. */
static ssize_t
feed(struct session *s, void *buffer, size_t length)
{
	ssize_t n;
	int rc;

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
	rc = lib_session_hold(s);
	if (rc != 0)
		return rc;
	n = take_input(s, buffer, length);
	if (n > 0) {
		s->lib->budget -= (size_t)n;
		tap_note_progress(&s->lib->tap);
	}
	return n;
}

static LIBSSH2_RECV_FUNC(on_recv)
{
	struct session *s = *abstract;

	(void)socket;
	(void)flags;
	tap_look(&s->lib->tap);
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
	if (s->lib->is_draining)
		return (ssize_t)length;
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
	if (message == NULL || message_len <= 0)
		return;
	session_note_remark(*abstract, message, (size_t)message_len);
	log_debug("Remote: %.*s", message_len, message);
}

static LIBSSH2_MACERROR_FUNC(on_mac_error)
{
	struct session *s = *abstract;

	(void)session;
	(void)packet;
	(void)packet_len;
	lib_session_note_bad_mac(s);
	return -1; /* it is an error indeed */
}

void
lib_session_note_bad_mac(struct session *s)
{
	s->lib->tap.is_deaf = true;
	session_note_trouble(s, SESSION_BAD_MAC);
}

void
lib_session_note_error(struct session *s, int rc)
{
	char *why = NULL, *trouble;

	libssh2_session_last_error(s->lib->raw, &why, NULL, 0);
	trouble =
	    xasprintf("%s (libssh2 error %d)", why != NULL ? why : "", rc);
	session_note_trouble(s, trouble);
	free(trouble);
}

bool
lib_session_is_spoilt(const struct session *s)
{
	return s->end == SESSION_CORRUPT || s->end == SESSION_KEY_CHANGED;
}

bool
lib_session_survives(struct session *s, int rc)
{
	switch (rc) {
	case 0:
	/* what the server said */
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
	case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
	case LIBSSH2_ERROR_PASSWORD_EXPIRED:
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
	case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
	case LIBSSH2_ERROR_REQUEST_DENIED:
	/* what cannot be asked for, or not any more */
	case LIBSSH2_ERROR_METHOD_NONE:
	case LIBSSH2_ERROR_ALGO_UNSUPPORTED:
	case LIBSSH2_ERROR_CHANNEL_CLOSED:
	case LIBSSH2_ERROR_CHANNEL_EOF_SENT:
	case LIBSSH2_ERROR_BAD_USE:
	case LIBSSH2_ERROR_INVAL:
		break;
	default:
		lib_session_note_error(s, rc);
	}
	return s->end == SESSION_ALIVE;
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
		{ LIBSSH2_CALLBACK_MACERROR,
		  (libssh2_cb_generic *)on_mac_error },
	};

	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
		libssh2_session_callback_set2(s->lib->raw, callbacks[i].type,
					      callbacks[i].fn);
}

int
lib_session_init(struct session *s, const struct session_params *p,
		 struct err *e)
{
	struct lib_session *l = xcalloc(1, sizeof(*l));

	s->lib = l;
	clear_text_init(&l->clear_text, &s->ours, &s->greeting);
	lib_memory_init(s, p->compression);
	l->scratch = xmalloc(CHANNEL_READ_BYTES);
	l->gcm = gcm_use();
	l->raw = libssh2_session_init_ex(lib_memory_alloc, lib_memory_free,
					 lib_memory_realloc, s);
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

/* Take what was not read of stderr: libssh2 needs long to throw it away, since
 * it looks for other data first, each time. */
static void
drain(struct session *s, const struct channel *list)
{
	s->lib->is_draining = true;
	s->lib->gate_open = false;
	for (const struct channel *c = list; c != NULL; c = c->next) {
		ssize_t n = c->lib->raw != NULL;

		while (n > 0)
			n = libssh2_channel_read_ex(c->lib->raw, CHANNEL_STDERR,
						    (char *)s->lib->scratch,
						    CHANNEL_READ_BYTES);
	}
	s->lib->is_draining = false;
}

void
lib_session_free(struct session *s)
{
	struct lib_session *l = s->lib;

	lib_channel_free(l->opener);
	if (!lib_session_is_spoilt(s)) {
		drain(s, l->channels);
		drain(s, l->closing);
	}
	/* a dead session is freed without sending or waiting */
	session_note_end(s, SESSION_CLOSED);
	l->gate_open = true;
	queue_clear(s);
	lib_channel_sweep(s);
	lib_remote_listener_sweep(s);
	/* what it frees now may be half a packet */
	l->tap.is_deaf = true;
	if (l->raw != NULL)
		libssh2_session_free(l->raw);
	gcm_release(l->gcm);
	tap_clear(&l->tap);
	clear_text_clear(&l->clear_text);
	buf_clear(&l->input);
	buf_clear(&l->banner);
	free(l->scratch);
	free(l);
	s->lib = NULL;
}

uint64_t
lib_session_sent(const struct session *s)
{
	return s->lib->sent;
}
