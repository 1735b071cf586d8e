/* login.h with libssh2. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"
#include "ssh/libssh2/sign_request.h"

#define QUESTIONS_MAX 100
#define UNANSWERED_MAX 16

/* Memory that libssh2 frees must come from its allocator. */
static void *
give(struct session *s, const void *data, size_t len)
{
	void *copy = tap_alloc(&s->lib->tap, len + 1, 0);

	if (copy != NULL)
		memcpy(copy, data, len);
	return copy;
}

/* Open the gate for a method; 0 once its call may be made. */
static int
begin(struct session *s)
{
	if (!s->lib->in_login) {
		s->lib->in_login = true;
		s->lib->tap.failure_seen = false;
	}
	lib_session_open_gate(s, SESSION_TURN_BYTES);
	return lib_session_await_service(s);
}

/* The method has got its answer: so it did no harm if an open came before. */
static void
end(struct session *s)
{
	s->lib->in_login = false;
	s->lib->n_ahead -= s->lib->n_ahead > 0;
	if (s->lib->has_wasted_open)
		s->lib->is_open_ahead = false;
}

/*
 * What rc of any method means. libssh2 says "refused" also of what it did not
 * understand, so only the tap's word counts: whoever believes in a refusal
 * goes on to send a password.
 */
static enum login_result
finish(struct session *s, int rc)
{
	lib_session_close_gate(s);
	if (rc == LIBSSH2_ERROR_EAGAIN && s->end == SESSION_ALIVE)
		return LOGIN_AGAIN;
	if (rc != 0 && !lib_session_survives(s, rc))
		return LOGIN_LOST;
	end(s);
	if (s->end != SESSION_ALIVE)
		return LOGIN_LOST;
	if (rc == 0) {
		s->lib->tap.has_logged_in = true;
		return LOGIN_SUCCESS;
	}
	if (s->lib->tap.failure_seen)
		return s->lib->tap.partial ? LOGIN_PARTIAL : LOGIN_REFUSED;
	if (rc == LIBSSH2_ERROR_ALGO_UNSUPPORTED ||
	    rc == LIBSSH2_ERROR_METHOD_NONE)
		return LOGIN_NO_ALGORITHM;
	lib_session_note_error(s, rc);
	return LOGIN_LOST;
}

enum login_result
lib_login_none(struct session *s, const char *user)
{
	const char *list;
	int rc = begin(s);

	if (rc != 0)
		return finish(s, rc);
	list = libssh2_userauth_list(s->lib->raw, user, (unsigned)strlen(user));
	if (list == NULL && !libssh2_userauth_authenticated(s->lib->raw))
		rc = libssh2_session_last_errno(s->lib->raw);
	if (list == NULL)
		return finish(s, rc);
	/* libssh2 moved the list inside the packet, so the tap missed it */
	free(s->lib->tap.methods);
	s->lib->tap.methods = xstrdup(list);
	lib_session_close_gate(s);
	end(s);
	return LOGIN_REFUSED;
}

const char *
lib_login_methods(const struct session *s)
{
	return s->lib->tap.methods != NULL ? s->lib->tap.methods : "";
}

const char *
lib_login_banner(struct session *s, size_t *ret_len)
{
	struct buf *shown = &s->lib->banner;

	buf_clear(shown);
	*shown = s->lib->tap.banners;
	buf_init(&s->lib->tap.banners);
	*ret_len = shown->len;
	return shown->len > 0 ? (const char *)shown->data : NULL;
}

bool
lib_login_is_done(const struct session *s)
{
	return libssh2_userauth_authenticated(s->lib->raw) != 0;
}

/* NOLINTNEXTLINE(readability-function-size): libssh2 says how many */
static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct session *s = *libssh2_session_abstract(session);
	struct login_key *key = *abstract;
	struct buf signature = BUF_INIT;
	char *algorithm = sign_request_algorithm(data, data_len);
	enum step step = STEP_FAIL;

	key->was_accepted = true;
	s->lib->n_ahead =
	    0; /* an offer that was sent early is answered by this */
	if (algorithm != NULL)
		step =
		    key->sign(key->arg, algorithm, data, data_len, &signature);
	if (step == STEP_DONE) {
		*sig = give(s, signature.data, signature.len);
		*sig_len = signature.len;
	}
	free(algorithm);
	buf_clear(&signature);
	switch (step) {
	case STEP_DONE:
		key->has_signed = true;
		return 0;
	case STEP_AGAIN:
		return LIBSSH2_ERROR_EAGAIN;
	case STEP_FAIL:
		break;
	}
	key->has_failed = true;
	return -1;
}

/*
 * libssh2 writes the signature algorithms that the server and it have in
 * common into a block that holds each of them once; but a server may repeat
 * them, by mistake as AsyncSSH does or to do harm, as often as a packet can
 * hold. Give it as much room as that takes.
 */
static int
call_publickey(struct session *s, const char *user, struct login_key *key)
{
	void *arg = key;
	int rc;

	s->lib->spare = LIBSSH2_PACKET_MAXPAYLOAD;
	rc = libssh2_userauth_publickey(s->lib->raw, user, key->blob, key->len,
					on_sign, &arg);
	s->lib->spare = 0;
	return rc;
}

void
lib_login_send_first(struct session *s, const char *user, struct login_key *key)
{
	/* with the gate closed each call sends its request, finds no answer,
	 * and goes on from there the next time */
	libssh2_userauth_list(s->lib->raw, user, (unsigned)strlen(user));
	s->lib->n_ahead = key != NULL ? 2 : 1;
	if (key != NULL)
		call_publickey(s, user, key);
}

bool
lib_login_knows_signatures(const struct session *s)
{
	return s->lib->tap.ext_info_seen;
}

enum login_result
lib_login_publickey(struct session *s, const char *user, struct login_key *key)
{
	enum login_result result;
	int rc = begin(s);

	if (rc == 0)
		rc = call_publickey(s, user, key);
	if (key->has_failed && rc != LIBSSH2_ERROR_EAGAIN) {
		lib_session_close_gate(s);
		end(s);
		return LOGIN_CANCELLED;
	}
	result = finish(s, rc);
	if (result == LOGIN_AGAIN && key->has_signed)
		queue_open_early(s);
	if (result == LOGIN_PARTIAL || result == LOGIN_REFUSED)
		queue_cancel_early_open(s);
	return result;
}

void
lib_login_set_signatures(struct session *s, const char *list)
{
	if (libssh2_session_method_pref(s->lib->raw, LIBSSH2_METHOD_SIGN_ALGO,
					list) != 0)
		log_debug("libssh2 refuses the signature algorithms %s", list);
}

static LIBSSH2_PASSWD_CHANGEREQ_FUNC(on_change)
{
	struct session *s = *abstract;
	struct login_password *p = s->lib->login_arg;
	struct secret *wanted = NULL;

	(void)session;
	if (p->change(p->arg, p, &wanted) != STEP_DONE)
		return;
	*newpw = give(s, wanted->text, wanted->len);
	*newpw_len = (int)wanted->len;
	secret_free(wanted);
}

enum login_result
lib_login_password(struct session *s, const char *user,
		   struct login_password *p)
{
	int rc = begin(s);

	s->lib->login_arg = p;
	if (rc == 0)
		rc = libssh2_userauth_password_ex(
		    s->lib->raw, user, (unsigned)strlen(user),
		    p->password->text, (unsigned)p->password->len, on_change);
	s->lib->login_arg = NULL;
	if (rc == LIBSSH2_ERROR_PASSWORD_EXPIRED) {
		/* libssh2's state is now half-way (docs/LIBSSH2.md) */
		finish(s, rc);
		return LOGIN_CANCELLED;
	}
	return finish(s, rc);
}

struct interactive {
	login_respond_fn *respond;
	void *arg;
	bool gave_up;
};

/* NOLINTNEXTLINE(readability-function-size): libssh2 says how many */
static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(on_challenge)
{
	struct session *s = *abstract;
	struct interactive *i = s->lib->login_arg;
	struct login_question questions[QUESTIONS_MAX];
	struct secret *answers[QUESTIONS_MAX] = { NULL };
	struct login_challenge c = {
		.name = name,
		.name_len = (size_t)name_len,
		.instruction = instruction,
		.instruction_len = (size_t)instruction_len,
		.questions = questions,
		.n_questions = (size_t)num_prompts,
	};

	if (num_prompts < 0 || num_prompts > QUESTIONS_MAX || i->gave_up ||
	    s->lib->login_gave_up) {
		i->gave_up = true;
		/* libssh2 answers with nothing, as often as it is asked */
		if (s->lib->n_unanswered++ >= UNANSWERED_MAX)
			session_note_trouble(s, "questions without an end");
		return;
	}
	for (size_t n = 0; n < c.n_questions; n++) {
		questions[n].text = (const char *)prompts[n].text;
		questions[n].len = prompts[n].length;
		questions[n].echo = prompts[n].echo != 0;
	}
	if (i->respond(i->arg, &c, answers) != STEP_DONE)
		i->gave_up = true;
	for (size_t n = 0; n < c.n_questions; n++) {
		if (answers[n] == NULL)
			continue;
		responses[n].text = give(s, answers[n]->text, answers[n]->len);
		responses[n].length = (unsigned)answers[n]->len;
		secret_free(answers[n]);
	}
}

enum login_result
lib_login_interactive(struct session *s, const char *user,
		      login_respond_fn *respond, void *arg)
{
	struct interactive i = { .respond = respond, .arg = arg };
	enum login_result result;
	int rc = begin(s);

	s->lib->login_arg = &i;
	if (rc == 0)
		rc = libssh2_userauth_keyboard_interactive_ex(
		    s->lib->raw, user, (unsigned)strlen(user), on_challenge);
	s->lib->login_arg = NULL;
	s->lib->login_gave_up = s->lib->login_gave_up || i.gave_up;
	result = finish(s, rc);
	if (result == LOGIN_REFUSED && s->lib->login_gave_up)
		result = LOGIN_CANCELLED;
	if (result != LOGIN_AGAIN) {
		s->lib->login_gave_up = false;
		s->lib->n_unanswered = 0;
	}
	return result;
}
