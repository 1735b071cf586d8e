#include "ssh/native/userauth.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/pubkey.h"

#define SERVICE "ssh-connection"
/* Bounds for what a server may say and ask. */
#define BANNER_BYTES_MAX ((size_t)1024 * 1024)
#define TURN_BYTES ((size_t)256 * 1024)

struct userauth *
userauth_new(void)
{
	return xcalloc(1, sizeof(struct userauth));
}

void
userauth_free(struct userauth *u)
{
	if (u == NULL)
		return;
	buf_clear(&u->awaited);
	buf_clear(&u->banner);
	buf_clear(&u->shown);
	free(u->methods);
	challenge_free(u->challenge);
	pubkey_clear(&u->pubkey);
	free(u);
}

bool
native_login_is_done(const struct session *s)
{
	return s->native->userauth->is_done;
}

void
native_login_did_no_harm(struct session *s)
{
	s->native->userauth->n_ahead = 0;
}

bool
native_login_is_ahead(const struct session *s)
{
	return s->native->userauth->n_ahead > 0;
}

const char *
native_login_methods(const struct session *s)
{
	const char *methods = s->native->userauth->methods;

	return methods != NULL ? methods : "";
}

const char *
native_login_banner(struct session *s, size_t *ret_len)
{
	struct userauth *u = s->native->userauth;

	if (u->banner.len == 0)
		return NULL;
	buf_clear(&u->shown);
	u->shown = u->banner;
	buf_init(&u->banner);
	*ret_len = u->shown.len;
	return (const char *)u->shown.data;
}

/* --- requests --- */

static void
ask_for_service(struct session *s)
{
	struct transport *t = s->native->transport;

	if (s->native->userauth->has_asked)
		return;
	s->native->userauth->has_asked = true;
	wire_put_cstring(transport_begin(t, MSG_SERVICE_REQUEST),
			 "ssh-userauth");
	transport_end(t);
}

struct buf *
userauth_begin(struct session *s, const char *user, const char *method,
	       enum userauth_request kind)
{
	struct buf *out =
	    transport_begin(s->native->transport, MSG_USERAUTH_REQUEST);

	buf_add_byte(&s->native->userauth->awaited, (unsigned char)kind);
	wire_put_cstring(out, user);
	wire_put_cstring(out, SERVICE);
	wire_put_cstring(out, method);
	return out;
}

bool
userauth_is_awaited(const struct userauth *u, enum userauth_request kind)
{
	return u->awaited.len > 0 && u->awaited.data[0] == kind;
}

void
userauth_settle(struct userauth *u)
{
	buf_consume(&u->awaited, 1);
	u->n_ahead -= u->n_ahead > 0;
	u->rounds = 0;
}

static void
send_none(struct session *s, const char *user)
{
	userauth_begin(s, user, "none", USERAUTH_NONE);
	transport_end(s->native->transport);
}

/* --- answers --- */

static void
take_banner(struct session *s, struct wire *w)
{
	struct buf *banner = &s->native->userauth->banner;
	const unsigned char *text;
	size_t len;

	if (wire_get_string(w, &text, &len) != 0)
		transport_malformed(s->native->transport, MSG_USERAUTH_BANNER);
	else if (banner->len + len > BANNER_BYTES_MAX)
		transport_fail(s->native->transport, DISCONNECT_PROTOCOL_ERROR,
			       "too much of banners");
	else
		buf_add(banner, text, len);
}

static void
take_service(struct session *s)
{
	struct userauth *u = s->native->userauth;

	if (!u->has_asked || u->is_served)
		transport_fail(s->native->transport, DISCONNECT_PROTOCOL_ERROR,
			       "SSH_MSG_SERVICE_ACCEPT for nothing");
	u->is_served = true;
	log_debug("SSH2_MSG_SERVICE_ACCEPT received");
}

static enum login_result
take_failure(struct session *s, struct wire *w)
{
	struct userauth *u = s->native->userauth;
	char *methods = NULL;
	uint8_t partial;

	if (wire_get_cstring(w, &methods) != 0 ||
	    wire_get_byte(w, &partial) != 0) {
		free(methods);
		transport_malformed(s->native->transport, MSG_USERAUTH_FAILURE);
		return LOGIN_LOST;
	}
	free(u->methods);
	u->methods = methods;
	userauth_settle(u);
	return partial != 0 ? LOGIN_PARTIAL : LOGIN_REFUSED;
}

static enum login_result
take_success(struct session *s)
{
	struct userauth *u = s->native->userauth;

	userauth_settle(u);
	u->is_done = true;
	buf_reset(&u->awaited); /* the rest is ignored, or taken amiss */
	transport_logged_in(s->native->transport);
	native_channel_send_opens(s);
	return LOGIN_SUCCESS;
}

enum login_result
userauth_answer(struct session *s, struct wire *w)
{
	struct userauth *u = s->native->userauth;
	struct transport *t = s->native->transport;
	enum step step;
	uint8_t type;

	w->data = NULL;
	transport_set_budget(t, TURN_BYTES);
	while ((step = transport_receive(t, w)) == STEP_DONE) {
		wire_get_byte(w, &type);
		if (type == MSG_SERVICE_ACCEPT) {
			take_service(s);
		} else if (type == MSG_USERAUTH_BANNER) {
			take_banner(s, w);
		} else if (u->awaited.len == 0 || !u->is_served) {
			transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
				       "an answer to a login that was not "
				       "tried (type %u)",
				       (unsigned int)type);
		} else if (type == MSG_USERAUTH_FAILURE) {
			return take_failure(s, w);
		} else if (type == MSG_USERAUTH_SUCCESS) {
			return take_success(s);
		} else {
			w->data--; /* the type belongs to it */
			w->len++;
			return LOGIN_AGAIN;
		}
		w->data = NULL;
	}
	w->data = NULL;
	return step == STEP_FAIL ? LOGIN_LOST : LOGIN_AGAIN;
}

enum login_result
userauth_unexpected(struct session *s, const struct wire *w)
{
	transport_fail(s->native->transport, DISCONNECT_PROTOCOL_ERROR,
		       "an unexpected answer to the login (type %u)",
		       (unsigned int)w->data[0]);
	return LOGIN_LOST;
}

void
userauth_send(struct session *s, const struct buf *request,
	      enum userauth_request kind)
{
	struct buf *out =
	    transport_begin(s->native->transport, request->data[0]);

	buf_add_byte(&s->native->userauth->awaited, (unsigned char)kind);
	buf_add(out, request->data + 1, request->len - 1);
	transport_end(s->native->transport);
}

enum login_result
userauth_simple_answer(struct session *s)
{
	struct wire w;
	enum login_result result = userauth_answer(s, &w);

	return w.data != NULL && result == LOGIN_AGAIN
		   ? userauth_unexpected(s, &w)
		   : result;
}

/* What comes between requests: banners, and the end. */
enum login_result
native_login_listen(struct session *s)
{
	struct wire w;

	if (s->native->userauth->awaited.len > 0)
		return LOGIN_AGAIN;
	return userauth_answer(s, &w);
}

/* --- methods --- */

/* AsyncSSH works on requests side by side, and may accept a key before it has
 * refused "none"; that of the key is kept. */
static bool
is_answer_too_soon(struct session *s, const struct wire *w)
{
	struct userauth *u = s->native->userauth;

	if (u->awaited.len != 2 || u->awaited.data[1] != USERAUTH_QUERY ||
	    w->data[0] != MSG_USERAUTH_PK_OK || !pubkey_is_echo(&u->pubkey, w))
		return false;
	u->awaited.len = 1;
	u->is_key_accepted = true;
	return true;
}

enum login_result
native_login_none(struct session *s, const char *user)
{
	struct userauth *u = s->native->userauth;
	enum login_result result;
	struct wire w;

	ask_for_service(s);
	if (!userauth_is_awaited(u, USERAUTH_NONE)) {
		/* without FastOpen everything waits for its turn */
		result = LOGIN_AGAIN;
		w.data = NULL;
		if (!u->is_served)
			result = userauth_answer(s, &w);
		if (result == LOGIN_LOST || !u->is_served)
			return result;
		send_none(s, user);
	}
	do
		result = userauth_answer(s, &w);
	while (result == LOGIN_AGAIN && w.data != NULL &&
	       is_answer_too_soon(s, &w));
	return result == LOGIN_AGAIN && w.data != NULL
		   ? userauth_unexpected(s, &w)
		   : result;
}

/* A request for a key: to ask whether it would do, or signed. */
static void
send_query(struct session *s, const char *user)
{
	const struct pubkey *p = &s->native->userauth->pubkey;
	struct buf *out = userauth_begin(s, user, "publickey", USERAUTH_QUERY);

	wire_put_byte(out, false);
	pubkey_put(p, out);
	transport_end(s->native->transport);
}

/* Sign what RFC 4252 section 7 says, and send it. LOGIN_AGAIN: the signature is
 * not there yet, or the answer not. */
static enum login_result
send_signed(struct session *s, const char *user, struct login_key *key)
{
	struct userauth *u = s->native->userauth;
	struct buf request = BUF_INIT, signature = BUF_INIT;

	pubkey_put_request(&u->pubkey, s, user, SERVICE, &request);
	switch (pubkey_sign(&u->pubkey, s, key, &request, &signature)) {
	case STEP_DONE:
		buf_add(&request, signature.data, signature.len);
		userauth_send(s, &request, USERAUTH_SIGNED);
		key->has_signed = true;
		native_channel_send_early(s);
		break;
	case STEP_AGAIN:
		break;
	case STEP_FAIL:
		key->has_failed = true;
		break;
	}
	buf_clear(&request);
	buf_clear(&signature);
	return key->has_failed ? LOGIN_CANCELLED : LOGIN_AGAIN;
}

void
native_login_send_first(struct session *s, const char *user,
			struct login_key *key)
{
	struct userauth *u = s->native->userauth;

	bool has_key;

	ask_for_service(s);
	has_key = key != NULL && pubkey_choose(&u->pubkey, s, key);
	if (has_key && key->sign_at_once) {
		send_signed(s, user, key);
		return;
	}
	send_none(s, user);
	u->n_ahead = 1;
	if (key != NULL)
		key->sign_at_once = false;
	if (!has_key)
		return;
	send_query(s, user);
	u->n_ahead = 2;
}

/* What came of a key; the next one starts afresh. */
static enum login_result
end_key(struct session *s, enum login_result result)
{
	if (result == LOGIN_AGAIN)
		return result;
	pubkey_clear(&s->native->userauth->pubkey);
	if (result == LOGIN_PARTIAL || result == LOGIN_REFUSED)
		native_channel_waste_early(s);
	return result;
}

static enum login_result
take_key_answer(struct session *s, struct login_key *key)
{
	struct userauth *u = s->native->userauth;
	struct wire w;
	enum login_result result = userauth_answer(s, &w);

	if (result != LOGIN_AGAIN || w.data == NULL)
		return result;
	if (w.data[0] != MSG_USERAUTH_PK_OK ||
	    !userauth_is_awaited(u, USERAUTH_QUERY) ||
	    !pubkey_is_echo(&u->pubkey, &w))
		return userauth_unexpected(s, &w);
	userauth_settle(u);
	key->was_accepted = true;
	return LOGIN_AGAIN;
}

enum login_result
native_login_publickey(struct session *s, const char *user,
		       struct login_key *key)
{
	struct userauth *u = s->native->userauth;
	enum login_result result = LOGIN_AGAIN;

	if (u->is_key_accepted) {
		u->is_key_accepted = false;
		u->n_ahead = 0;
		key->was_accepted = true;
	}
	if (u->pubkey.key == NULL) {
		if (!pubkey_choose(&u->pubkey, s, key))
			return LOGIN_NO_ALGORITHM;
		if (!key->sign_at_once)
			send_query(s, user);
	}
	if (!key->was_accepted && !key->sign_at_once)
		result = take_key_answer(s, key);
	if (result == LOGIN_AGAIN && !key->has_signed &&
	    (key->was_accepted || key->sign_at_once))
		result = send_signed(s, user, key);
	if (result == LOGIN_AGAIN && key->has_signed)
		result = take_key_answer(s, key);
	return end_key(s, result);
}
