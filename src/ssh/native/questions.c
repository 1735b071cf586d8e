/* The methods that ask the user: "password" (RFC 4252 section 8) and
 * "keyboard-interactive" (RFC 4256). */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/userauth.h"

/* Bounds for what a server may ask. */
#define QUESTIONS_MAX 100
#define ROUNDS_MAX 100
#define CHANGES_MAX 10
/* A secret's length shows in steps of this many bytes only. */
#define SECRET_STEP 64

static void
send_password(struct session *s, const char *user, const struct secret *old,
	      const struct secret *new)
{
	struct buf *out =
	    userauth_begin(s, user, "password", USERAUTH_PASSWORD);

	transport_pad_to(s->native->transport, SECRET_STEP);
	wire_put_byte(out, new != NULL);
	wire_put_string(out, old->text, old->len);
	if (new != NULL)
		wire_put_string(out, new->text, new->len);
	transport_end(s->native->transport);
}

/* The server wants another password. */
static enum login_result
change_password(struct session *s, const char *user, struct login_password *p)
{
	struct userauth *u = s->native->userauth;
	struct secret *new;

	if (u->rounds >= CHANGES_MAX || (new = p->change(p->arg)) == NULL) {
		userauth_settle(u);
		return LOGIN_CANCELLED;
	}
	buf_consume(&u->awaited, 1);
	u->rounds++;
	send_password(s, user, p->password, new);
	secret_free(new);
	return LOGIN_AGAIN;
}

enum login_result
native_login_password(struct session *s, const char *user,
		      struct login_password *p)
{
	struct userauth *u = s->native->userauth;
	enum login_result result;
	struct wire w;

	if (!userauth_is_awaited(u, USERAUTH_PASSWORD))
		send_password(s, user, p->password, NULL);
	do {
		result = userauth_answer(s, &w);
		if (result != LOGIN_AGAIN || w.data == NULL)
			return result;
		if (w.data[0] != MSG_USERAUTH_PASSWD_CHANGEREQ)
			return userauth_unexpected(s, &w);
		result = change_password(s, user, p);
	} while (result == LOGIN_AGAIN);
	return result;
}

/* A question of RFC 4256 section 3.2. */
static int
parse_challenge(struct wire *w, struct login_challenge *c,
		struct login_question *questions)
{
	const unsigned char *text;
	struct wire language;
	uint32_t n;
	uint8_t echo;

	if (wire_get_string(w, &text, &c->name_len) != 0)
		return -1;
	c->name = (const char *)text;
	if (wire_get_string(w, &text, &c->instruction_len) != 0)
		return -1;
	c->instruction = (const char *)text;
	if (wire_get_wire(w, &language) != 0 || wire_get_u32(w, &n) != 0 ||
	    n > QUESTIONS_MAX)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (wire_get_string(w, &text, &questions[i].len) != 0 ||
		    wire_get_byte(w, &echo) != 0)
			return -1;
		questions[i].text = (const char *)text;
		questions[i].echo = echo != 0;
	}
	c->questions = questions;
	c->n_questions = n;
	return 0;
}

static void
send_answers(struct session *s, struct secret **answers, size_t n)
{
	struct transport *t = s->native->transport;
	struct buf *out = transport_begin(t, MSG_USERAUTH_INFO_RESPONSE);

	transport_pad_to(t, SECRET_STEP);
	wire_put_u32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_string(out, answers[i] != NULL ? answers[i]->text : "",
				answers[i] != NULL ? answers[i]->len : 0);
	transport_end(t);
}

static enum login_result
answer_challenge(struct session *s, struct wire *w, login_respond_fn *respond,
		 void *arg)
{
	struct userauth *u = s->native->userauth;
	struct login_question questions[QUESTIONS_MAX];
	struct secret *answers[QUESTIONS_MAX] = { NULL };
	struct login_challenge c = { .n_questions = 0 };
	enum login_result result = LOGIN_CANCELLED;
	struct wire rest = *w;
	uint8_t type;

	wire_get_byte(&rest, &type);
	if (type != MSG_USERAUTH_INFO_REQUEST ||
	    parse_challenge(&rest, &c, questions) != 0)
		return userauth_unexpected(s, w);
	if (u->rounds++ < ROUNDS_MAX && respond(arg, &c, answers) == 0) {
		send_answers(s, answers, c.n_questions);
		result = LOGIN_AGAIN;
	} else {
		userauth_settle(
		    u); /* the next request ends this one, unanswered */
	}
	for (size_t i = 0; i < c.n_questions; i++)
		secret_free(answers[i]);
	return result;
}

enum login_result
native_login_interactive(struct session *s, const char *user,
			 login_respond_fn *respond, void *arg)
{
	struct userauth *u = s->native->userauth;
	enum login_result result;
	struct wire w;

	if (!userauth_is_awaited(u, USERAUTH_INTERACTIVE)) {
		struct buf *out = userauth_begin(
		    s, user, "keyboard-interactive", USERAUTH_INTERACTIVE);

		wire_put_cstring(out, ""); /* language */
		wire_put_cstring(out, ""); /* submethods */
		transport_end(s->native->transport);
	}
	do {
		result = userauth_answer(s, &w);
		if (result != LOGIN_AGAIN || w.data == NULL)
			return result;
		result = answer_challenge(s, &w, respond, arg);
	} while (result == LOGIN_AGAIN);
	return result;
}
