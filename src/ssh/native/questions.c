/* The methods that ask the user: "password" (RFC 4252 section 8) and
 * "keyboard-interactive" (RFC 4256). */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/userauth.h"

/* Bounds for what a server may ask. */
#define QUESTIONS_MAX 100
#define ROUNDS_MAX 100
#define CHANGES_MAX 10
/* A secret's length shows in steps of this many bytes only. */
#define SECRET_STEP 64

/* What the server asks, while the user answers. */
struct challenge {
	struct buf message; /* that the rest points into */
	struct login_challenge c;
	struct login_question questions[QUESTIONS_MAX];
	struct secret *answers[QUESTIONS_MAX];
};

void
challenge_free(struct challenge *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		secret_free(c->answers[i]);
	buf_clear(&c->message);
	free(c);
}

static void
send_password(struct session *s, const char *user, const struct secret *old,
	      const struct secret *new)
{
	struct buf *out =
	    userauth_begin(s, user, "password", USERAUTH_PASSWORD);

	transport_pad_to(s->native->transport, SECRET_STEP);
	transport_make_room(s->native->transport,
			    old->len + (new != NULL ? new->len : 0));
	wire_put_byte(out, new != NULL);
	wire_put_string(out, old->text, old->len);
	if (new != NULL)
		wire_put_string(out, new->text, new->len);
	transport_end(s->native->transport);
}

/* The server wants another password; u->wants_new until the user gave one. */
static enum login_result
change_password(struct session *s, const char *user, struct login_password *p)
{
	struct userauth *u = s->native->userauth;
	struct secret *new = NULL;
	enum step step = STEP_FAIL;

	if (u->rounds < CHANGES_MAX)
		step = p->change(p->arg, p, &new);
	if (step == STEP_AGAIN)
		return LOGIN_AGAIN;
	u->wants_new = false;
	if (step == STEP_FAIL) {
		userauth_settle(u);
		return LOGIN_CANCELLED;
	}
	buf_consume(&u->awaited, 1);
	u->rounds++;
	send_password(s, user, p->password, new);
	secret_free(new);
	return LOGIN_AGAIN;
}

/* The server's own words, if the message has them. */
static void
take_prompt(struct wire w, struct login_password *p)
{
	struct wire prompt = { NULL, 0 };
	uint8_t type;

	wire_get_byte(&w, &type);
	wire_get_wire(&w, &prompt);
	p->prompt = (const char *)prompt.data;
	p->prompt_len = prompt.len;
}

enum login_result
native_login_password(struct session *s, const char *user,
		      struct login_password *p)
{
	struct userauth *u = s->native->userauth;
	enum login_result result = LOGIN_AGAIN;
	struct wire w;

	if (!userauth_is_awaited(u, USERAUTH_PASSWORD))
		send_password(s, user, p->password, NULL);
	do {
		result = userauth_answer(s, &w);
		if (result != LOGIN_AGAIN)
			break;
		if (w.data != NULL &&
		    (w.data[0] != MSG_USERAUTH_PASSWD_CHANGEREQ ||
		     u->wants_new))
			return userauth_unexpected(s, &w);
		if (w.data == NULL && !u->wants_new)
			return LOGIN_AGAIN;
		if (!u->wants_new)
			take_prompt(w, p);
		u->wants_new = true;
		result = change_password(s, user, p);
	} while (result == LOGIN_AGAIN && !u->wants_new);
	u->wants_new = u->wants_new && result == LOGIN_AGAIN;
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
send_answers(struct session *s, const struct challenge *c)
{
	struct transport *t = s->native->transport;
	struct buf *out = transport_begin(t, MSG_USERAUTH_INFO_RESPONSE);
	size_t len = 0;

	for (size_t i = 0; i < c->c.n_questions; i++)
		len += 4 + c->answers[i]->len;
	transport_pad_to(t, SECRET_STEP);
	transport_make_room(t, len);
	wire_put_u32(out, (uint32_t)c->c.n_questions);
	for (size_t i = 0; i < c->c.n_questions; i++)
		wire_put_string(out, c->answers[i]->text, c->answers[i]->len);
	transport_end(t);
}

/* The challenge is over. */
static void
drop_challenge(struct userauth *u)
{
	challenge_free(u->challenge);
	u->challenge = NULL;
}

/* Keep what the server asks until it is answered. */
static enum login_result
take_challenge(struct session *s, const struct wire *w)
{
	struct userauth *u = s->native->userauth;
	struct challenge *c;
	struct wire rest;

	if (w->data[0] != MSG_USERAUTH_INFO_REQUEST || u->challenge != NULL)
		return userauth_unexpected(s, w);
	c = xcalloc(1, sizeof(*c));
	u->challenge = c;
	buf_add(&c->message, w->data, w->len);
	wire_init(&rest, c->message.data + 1, c->message.len - 1);
	if (parse_challenge(&rest, &c->c, c->questions) != 0)
		return userauth_unexpected(s, w);
	if (u->rounds++ < ROUNDS_MAX)
		return LOGIN_AGAIN;
	userauth_settle(u);
	return LOGIN_CANCELLED;
}

/* LOGIN_AGAIN: answered, or, if u->challenge is still there, not yet. */
static enum login_result
answer_challenge(struct session *s, login_respond_fn *respond, void *arg)
{
	struct userauth *u = s->native->userauth;
	enum login_result result = LOGIN_AGAIN;

	switch (respond(arg, &u->challenge->c, u->challenge->answers)) {
	case STEP_AGAIN:
		return LOGIN_AGAIN;
	case STEP_DONE:
		send_answers(s, u->challenge);
		break;
	case STEP_FAIL:
		userauth_settle(u);
		result = LOGIN_CANCELLED;
		break;
	}
	drop_challenge(u);
	return result;
}

static void
send_request(struct session *s, const char *user)
{
	struct buf *out = userauth_begin(s, user, "keyboard-interactive",
					 USERAUTH_INTERACTIVE);

	wire_put_cstring(out, ""); /* language */
	wire_put_cstring(out, ""); /* submethods */
	transport_end(s->native->transport);
}

enum login_result
native_login_interactive(struct session *s, const char *user,
			 login_respond_fn *respond, void *arg)
{
	struct userauth *u = s->native->userauth;
	enum login_result result;
	struct wire w;

	if (!userauth_is_awaited(u, USERAUTH_INTERACTIVE))
		send_request(s, user);
	do {
		result = userauth_answer(s, &w);
		if (result == LOGIN_AGAIN && w.data != NULL)
			result = take_challenge(s, &w);
		if (result == LOGIN_AGAIN && u->challenge == NULL)
			return LOGIN_AGAIN;
		if (result == LOGIN_AGAIN)
			result = answer_challenge(s, respond, arg);
	} while (result == LOGIN_AGAIN && u->challenge == NULL);
	if (result != LOGIN_AGAIN)
		drop_challenge(u);
	return result;
}
