/* The method "gssapi-with-mic" (RFC 4462 section 3). */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/userauth.h"

#define METHOD "gssapi-with-mic"

/* What a request and the data to sign have in common. */
static void
put_start(struct buf *out, const char *user)
{
	wire_put_byte(out, MSG_USERAUTH_REQUEST);
	wire_put_cstring(out, user);
	wire_put_cstring(out, "ssh-connection");
	wire_put_cstring(out, METHOD);
}

static void
send_request(struct session *s, const char *user, struct login_gssapi *g)
{
	struct buf request = BUF_INIT;

	put_start(&request, user);
	wire_put_u32(&request, 1);
	wire_put_string(&request, g->mechanism, g->len);
	userauth_send(s, &request, USERAUTH_GSSAPI);
	buf_clear(&request);
	g->is_sent = true;
}

static void
send_string(struct session *s, uint8_t type, const struct buf *text)
{
	struct transport *t = s->native->transport;

	wire_put_string(transport_begin(t, type), text->data, text->len);
	transport_end(t);
}

/* The context stands: prove that the session is the one it was made for. */
static int
send_end(struct session *s, const char *user, struct login_gssapi *g)
{
	struct transport *t = s->native->transport;
	struct wire id = transport_session_id(t);
	struct buf data = BUF_INIT, mic = BUF_INIT;
	int rc = 0;

	g->is_established = true;
	if (!g->has_integrity) {
		transport_begin(t, MSG_USERAUTH_GSSAPI_EXCHANGE_COMPLETE);
		transport_end(t);
		return 0;
	}
	wire_put_string(&data, id.data, id.len);
	put_start(&data, user);
	rc = g->sign(g->arg, &data, &mic);
	if (rc == 0)
		send_string(s, MSG_USERAUTH_GSSAPI_MIC, &mic);
	buf_clear(&data);
	buf_clear(&mic);
	return rc;
}

/* One more token; -1: it cannot go on. */
static int
negotiate(struct session *s, const char *user, struct login_gssapi *g,
	  const struct wire *token)
{
	struct buf answer = BUF_INIT;
	enum step step = g->negotiate(g->arg, token, &answer);
	int rc = step == STEP_FAIL ? -1 : 0;

	if (answer.len > 0)
		send_string(s,
			    rc == 0 ? MSG_USERAUTH_GSSAPI_TOKEN
				    : MSG_USERAUTH_GSSAPI_ERRTOK,
			    &answer);
	buf_clear(&answer);
	if (step == STEP_DONE)
		rc = send_end(s, user, g);
	return rc;
}

/* The server tells why it will refuse. */
static void
log_error_message(struct wire w)
{
	uint32_t major, minor;
	struct wire text;
	char *shown;

	if (wire_get_u32(&w, &major) != 0 || wire_get_u32(&w, &minor) != 0 ||
	    wire_get_wire(&w, &text) != 0)
		return;
	shown = str_visible_line((const char *)text.data, text.len);
	log_debug("Server GSSAPI Error:");
	log_debug("%s", shown);
	free(shown);
}

/* LOGIN_AGAIN: the conversation goes on. */
static enum login_result
take_message(struct session *s, const char *user, struct login_gssapi *g,
	     const struct wire *message)
{
	struct wire w = *message, text = { NULL, 0 };
	struct wire none = { NULL, 0 };
	uint8_t type;
	int rc = -1;

	wire_get_byte(&w, &type);
	if (type == MSG_USERAUTH_GSSAPI_ERROR) {
		log_error_message(w);
		return LOGIN_AGAIN;
	}
	if (wire_get_wire(&w, &text) != 0 || g->is_established)
		return userauth_unexpected(s, message);
	if (type == MSG_USERAUTH_GSSAPI_RESPONSE && !g->is_chosen) {
		g->is_chosen = true;
		if (text.len != g->len ||
		    memcmp(text.data, g->mechanism, g->len) != 0)
			return userauth_unexpected(s, message);
		rc = negotiate(s, user, g, &none);
	} else if (type == MSG_USERAUTH_GSSAPI_TOKEN && g->is_chosen) {
		rc = negotiate(s, user, g, &text);
	} else if (type == MSG_USERAUTH_GSSAPI_ERRTOK && g->is_chosen) {
		/* the library explains it; the server's refusal follows */
		struct buf ignored = BUF_INIT;

		g->negotiate(g->arg, &text, &ignored);
		buf_clear(&ignored);
		rc = 0;
	} else {
		return userauth_unexpected(s, message);
	}
	return rc == 0 ? LOGIN_AGAIN : LOGIN_CANCELLED;
}

enum login_result
native_login_gssapi(struct session *s, const char *user, struct login_gssapi *g)
{
	enum login_result result;
	struct wire w;

	if (!g->is_sent)
		send_request(s, user, g);
	do {
		result = userauth_answer(s, &w);
		if (result != LOGIN_AGAIN || w.data == NULL)
			return result;
		result = take_message(s, user, g, &w);
	} while (result == LOGIN_AGAIN);
	if (result == LOGIN_CANCELLED)
		userauth_settle(s->native->userauth);
	return result;
}
