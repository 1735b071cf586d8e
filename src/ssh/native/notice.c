/* The messages of the transport layer that are no key exchange (RFC 4253
 * section 11, RFC 8308, OpenSSH's PROTOCOL). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/native/internal.h"
#include "ssh/native/transport.h"

#define UNKNOWN_MAX 1000

static void
take_disconnect(struct transport *t, struct wire w)
{
	struct session *s = t->session;
	const unsigned char *text = NULL;
	uint32_t code = 0;
	size_t len = 0;

	if (wire_get_u32(&w, &code) == 0)
		wire_get_string(&w, &text, &len);
	s->disconnect_code = code;
	free(s->disconnect_text);
	s->disconnect_text = xstrndup(len > 0 ? (const char *)text : "", len);
	session_note_end(s, SESSION_DISCONNECTED);
}

static void
take_debug(struct transport *t, struct wire w)
{
	const unsigned char *text;
	uint8_t always;
	size_t len;
	char *shown;

	if (wire_get_byte(&w, &always) != 0 ||
	    wire_get_string(&w, &text, &len) != 0) {
		transport_malformed(t, MSG_DEBUG);
		return;
	}
	shown = str_visible_line((const char *)text, len);
	session_note_remark(t->session, text, len);
	log_debug("Remote: %s", shown);
	free(shown);
}

static void
take_unimplemented(struct transport *t, struct wire w)
{
	uint32_t sequence;

	if (wire_get_u32(&w, &sequence) != 0)
		transport_malformed(t, MSG_UNIMPLEMENTED);
	else
		log_debug("Received SSH2_MSG_UNIMPLEMENTED for %u",
			  (unsigned int)sequence);
}

static bool
is_zero(const struct wire *value)
{
	return value->len == 1 && *value->data == '0';
}

/* What we do not know may have any bytes as its value. */
static int
take_extension(struct transport *t, struct wire *w)
{
	struct wire at, value;
	char *name, *list;
	int rc;

	if (wire_get_cstring(w, &name) != 0)
		return -1;
	at = *w;
	rc = wire_get_wire(w, &value);
	if (rc != 0)
		goto out;
	log_debug("kex_ext_info: %s=<%.*s>", name, (int)value.len,
		  (const char *)value.data);
	if (strcmp(name, "server-sig-algs") == 0) {
		rc = wire_get_cstring(&at, &list);
		if (rc != 0)
			goto out;
		free(t->info.signatures);
		t->info.signatures = list;
	} else if (strcmp(name, "publickey-hostbound@openssh.com") == 0) {
		t->info.hostbound = is_zero(&value);
	} else if (strcmp(name, "ping@openssh.com") == 0) {
		t->info.ping = is_zero(&value);
	}
out:
	free(name);
	return rc;
}

static void
take_ext_info(struct transport *t, struct wire w)
{
	uint32_t n;

	if (wire_get_u32(&w, &n) != 0) {
		transport_malformed(t, MSG_EXT_INFO);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		if (take_extension(t, &w) != 0) {
			transport_malformed(t, MSG_EXT_INFO);
			return;
		}
	t->info.has_come = true;
}

static void
answer_ping(struct transport *t, struct wire w)
{
	const unsigned char *data;
	struct buf *out;
	size_t len;

	if (wire_get_string(&w, &data, &len) != 0) {
		transport_malformed(t, MSG_PING);
		return;
	}
	out = transport_begin(t, MSG_PONG);
	wire_put_string(out, data, len);
	transport_end(t);
}

void
notice_unknown(struct transport *t, uint8_t type)
{
	uint32_t sequence = packet_reader_sequence(t->reader);
	struct buf *out;

	if (++t->n_unknown > UNKNOWN_MAX) {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "too many messages of unknown types");
		return;
	}
	log_debug("dispatch_protocol_error: type %u seq %u", (unsigned int)type,
		  (unsigned int)sequence);
	out = transport_begin(t, MSG_UNIMPLEMENTED);
	wire_put_u32(out, sequence);
	transport_end(t);
}

void
notice_forbidden(struct transport *t, uint8_t type)
{
	const char *name = message_name(type);

	transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
		       t->is_strict && !t->has_keys
			   ? "strict KEX violation: unexpected packet type %u "
			     "(%s)"
			   : "the server sent a message of type %u (%s) where "
			     "it must not",
		       (unsigned int)type, name != NULL ? name : "no name");
}

bool
notice_take(struct transport *t, const struct wire *message)
{
	struct wire w = *message;
	uint8_t type;

	wire_get_byte(&w, &type);
	switch (type) {
	case MSG_DISCONNECT:
		take_disconnect(t, w);
		return false;
	case MSG_IGNORE:
	case MSG_PONG:
		return false;
	case MSG_UNIMPLEMENTED:
		take_unimplemented(t, w);
		return false;
	case MSG_DEBUG:
		take_debug(t, w);
		return false;
	case MSG_EXT_INFO:
		take_ext_info(t, w);
		return false;
	case MSG_PING:
		answer_ping(t, w);
		return false;
	default:
		break;
	}
	if (type < MSG_KEXINIT || type > MSG_KEX_LAST)
		return true;
	exchange_take(t, message);
	return false;
}
