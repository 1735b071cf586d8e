#include "user.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/stream.h"
#include "peer.h"
#include "ssh/channel.h"
#include "ssh/incoming.h"
#include "ssh/login.h"
#include "ssh/remote_listener.h"
#include "user_channels.h"

#define NAME "me"
#define TRIES 3
#define REKEY_BYTES 1000
#define WINDOW_MOST (4 * 1024 * 1024)

enum stage {
	STAGE_HANDSHAKE,
	STAGE_NONE, /* the login with "none" */
	STAGE_LOGIN,
	STAGE_RELAY,
	STAGE_OVER,
};

struct user {
	struct user_params params;
	struct session *session;
	enum stage stage;
	int tries;
	struct login_key key;
	struct login_host host;
	struct buf blob;
	struct secret *password;
	bool has_waited; /* with an answer to a question */
	bool has_asked;  /* for what params.wants says */
	struct user_channels channels;
};

/* The stream wants somebody to wake; turns are taken all the time here. */
static void
ignore(void *arg)
{
	(void)arg;
}

static enum step
sign(void *arg, const char *algorithm, const void *data, size_t len,
     struct buf *ret_signature)
{
	static const unsigned char signature[64];

	(void)arg;
	(void)algorithm;
	(void)data;
	(void)len;
	buf_add(ret_signature, signature, sizeof(signature));
	return STEP_DONE;
}

static enum step
sign_as_host(void *arg, const struct buf *data, struct buf *ret_signature)
{
	return sign(arg, PEER_HOST_KEY, data->data, data->len, ret_signature);
}

static void
make_key(struct user *u)
{
	static const unsigned char point[32] = "public";

	wire_put_cstring(&u->blob, "ssh-ed25519");
	wire_put_string(&u->blob, point, sizeof(point));
	u->host = (struct login_host){
		.algorithm = PEER_HOST_KEY,
		.blob = u->blob.data,
		.len = u->blob.len,
		.client_host = "here.",
		.client_user = NAME,
		.sign = sign_as_host,
		.arg = u,
	};
	u->key = (struct login_key){
		.blob = u->blob.data,
		.len = u->blob.len,
		.algorithms = PEER_HOST_KEY,
		.sign = sign,
		.arg = u,
	};
}

struct user *
user_new(struct loop *l, int fd, const struct user_params *p)
{
	struct user *u = xcalloc(1, sizeof(*u));
	struct session_params q = {
		.engine = p->engine,
		.identification = "SSH-2.0-user",
		.kex = PEER_KEX,
		.host_keys = PEER_HOST_KEY,
		.ciphers = p->cipher,
		.macs = p->mac,
		.compression = p->compression,
		.window_most = WINDOW_MOST,
		.offer_at_once = p->ways & USER_AHEAD,
		.preferred_kex = p->ways & USER_AHEAD ? PEER_KEX : NULL,
		.preferred_host_key =
		    p->ways & USER_AHEAD ? PEER_HOST_KEY : NULL,
		.rekey_bytes = p->ways & USER_REKEYS ? REKEY_BYTES : 0,
	};
	struct stream *stream;
	struct err e;

	u->params = *p;
	stream = stream_new(l, fd, ignore, u, &e);
	if (stream != NULL)
		u->session = session_new(stream, &q, &e);
	if (u->session == NULL)
		abort();
	u->channels.session = u->session;
	u->password = secret_new("secret", 6);
	make_key(u);
	return u;
}

void
user_free(struct user *u)
{
	user_channels_clear(&u->channels);
	session_free(u->session);
	secret_free(u->password);
	buf_clear(&u->blob);
	free(u);
}

/* --- logging in --- */

/* An answer comes at the second call for it, where that can be. */
static bool
must_wait(struct user *u)
{
	u->has_waited =
	    !u->has_waited && session_can(u->session, SESSION_LATE_ANSWERS);
	return u->has_waited;
}

static enum step
change(void *arg, const struct login_password *p, struct secret **ret_new)
{
	(void)p;
	if (must_wait(arg))
		return STEP_AGAIN;
	*ret_new = secret_new("changed", 7);
	return STEP_DONE;
}

static enum step
respond(void *arg, const struct login_challenge *c, struct secret **answers)
{
	struct user *u = arg;
	size_t sum = c->name_len + c->instruction_len;

	if (must_wait(u))
		return STEP_AGAIN;
	for (size_t i = 0; i < c->n_questions; i++) {
		/* the sum is there so that every byte is read */
		for (size_t at = 0; at < c->questions[i].len; at++)
			sum += (unsigned char)c->questions[i].text[at];
		answers[i] = secret_new(u->password->text, sum % 7);
	}
	return STEP_DONE;
}

static enum login_result
log_in(struct user *u)
{
	struct login_password password = {
		.password = u->password,
		.change = change,
		.arg = u,
	};

	if ((u->params.ways & USER_HOSTBASED) &&
	    session_can(u->session, SESSION_HOSTBASED))
		return login_hostbased(u->session, NAME, &u->host);
	switch (u->params.login) {
	case USER_LOGIN_NONE:
		break;
	case USER_LOGIN_KEY:
		return login_publickey(u->session, NAME, &u->key);
	case USER_LOGIN_PASSWORD:
		return login_password(u->session, NAME, &password);
	case USER_LOGIN_INTERACTIVE:
		return login_interactive(u->session, NAME, respond, u);
	}
	return LOGIN_REFUSED;
}

/* What is sent together with the service's request, and with the signature. */
static void
go_ahead(struct user *u)
{
	bool has_key = u->params.login == USER_LOGIN_KEY;
	unsigned ways = u->params.ways;

	if (!(u->params.wants & USER_EARLY))
		return;
	u->key.sign_at_once = has_key && (ways & USER_SIGN_FIRST) &&
			      session_can(u->session, SESSION_SIGN_FIRST);
	if (u->key.sign_at_once)
		u->stage = STAGE_LOGIN;
	login_send_first(u->session, NAME, has_key ? &u->key : NULL);
	if (u->params.compression)
		return;
	session_allow_early_open(u->session);
	if ((ways & USER_START_EARLY) &&
	    session_can(u->session, SESSION_EARLY_START))
		session_allow_early_start(u->session);
	u->has_asked = true;
	user_channels_ask(&u->channels, u->params.wants);
}

static void
take_result(struct user *u, enum login_result result, enum stage refused)
{
	switch (result) {
	case LOGIN_AGAIN:
		break;
	case LOGIN_SUCCESS:
		u->stage = STAGE_RELAY;
		break;
	case LOGIN_REFUSED:
	case LOGIN_PARTIAL:
	case LOGIN_NO_ALGORITHM:
		(void)login_methods(u->session);
		u->stage = ++u->tries < TRIES ? refused : STAGE_OVER;
		break;
	case LOGIN_CANCELLED:
	case LOGIN_LOST:
		u->stage = STAGE_OVER;
		break;
	}
}

static void
check_handshake(struct user *u)
{
	struct err e = { .kind = ERR_NONE };
	size_t len = 0;

	switch (session_handshake(u->session, &e)) {
	case STEP_AGAIN:
		return;
	case STEP_FAIL:
		assert(e.kind != ERR_NONE);
		u->stage = STAGE_OVER;
		return;
	case STEP_DONE:
		break;
	}
	/* nobody else's key can have been verified */
	assert(session_host_key(u->session, &len) != NULL && len == 51);
	assert(*session_method_name(u->session, SESSION_CIPHER) != '\0');
	u->stage = STAGE_NONE;
	go_ahead(u);
}

static void
check_none(struct user *u)
{
	enum login_result result = login_none(u->session, NAME);
	size_t len = 0;

	(void)login_banner(u->session, &len);
	take_result(u, result, STAGE_LOGIN);
}

/* --- the session --- */

static void
relay(struct user *u)
{
	if (!u->has_asked) {
		u->has_asked = true;
		user_channels_ask(&u->channels, u->params.wants);
	}
	session_pump(u->session);
	session_poll_requests(u->session);
	user_channels_step(&u->channels);
	if (session_ended(u->session) != SESSION_ALIVE)
		u->stage = STAGE_OVER;
}

/* It ended: that can be explained, and nothing more comes of it. */
static void
check_end(struct user *u)
{
	struct err e = { .kind = ERR_NONE };

	if (session_ended(u->session) == SESSION_ALIVE)
		return;
	assert(session_explain(u->session, &e) == -1);
	assert(e.kind != ERR_NONE && e.text[0] != '\0');
	session_pump(u->session);
	session_poll_requests(u->session);
	user_channels_step(&u->channels);
}

static void
step_stage(struct user *u)
{
	switch (u->stage) {
	case STAGE_HANDSHAKE:
		check_handshake(u);
		break;
	case STAGE_NONE:
		check_none(u);
		break;
	case STAGE_LOGIN:
		take_result(u, log_in(u), STAGE_LOGIN);
		break;
	case STAGE_RELAY:
		relay(u);
		break;
	case STAGE_OVER:
		break;
	}
}

void
user_step(struct user *u)
{
	enum stage before;

	if (u->stage == STAGE_OVER)
		return;
	do {
		before = u->stage;
		step_stage(u);
	} while (u->stage != before && u->stage != STAGE_OVER);
	if (u->stage == STAGE_OVER)
		check_end(u);
	session_flush(u->session);
}

void
user_act(struct user *u, uint8_t what, uint8_t arg)
{
	if (u->stage == STAGE_RELAY && u->has_asked)
		user_channels_act(&u->channels, what, arg);
}

bool
user_is_over(const struct user *u)
{
	return u->stage == STAGE_OVER;
}

struct user_outcome
user_outcome(const struct user *u)
{
	const char *cipher = session_method_name(u->session, SESSION_CIPHER);
	struct user_outcome o = {
		.is_handshaken = u->stage > STAGE_HANDSHAKE && *cipher != '\0',
		.is_in = u->stage == STAGE_RELAY || login_is_done(u->session),
		.is_alive = session_ended(u->session) == SESSION_ALIVE,
		.bytes = u->channels.bytes,
		.exit = u->channels.exit,
		.status = u->channels.status,
	};
	struct err e;

	if (!o.is_alive && session_explain(u->session, &e) != 0)
		snprintf(o.why, sizeof(o.why), "%.100s", e.text);
	return o;
}

const struct buf *
user_output(const struct user *u)
{
	return &u->channels.output;
}
