/* The methods that ask the user: "password" (RFC 4252 section 8) and
 * "keyboard-interactive" (RFC 4256); and "none", which asks nothing. */
#include <stdlib.h>
#include <string.h>

#include "auth/method.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/session.h"

/* A server may ask without an end, also without a question in it. */
#define ROUNDS_MAX 100

/* Start a method afresh. */
static void
reset(struct auth *a)
{
	a->attempts = 0;
	a->rounds = 0;
	a->was_asked = a->is_shown = false;
	a->gave_up = false;
	secret_free(a->password);
	secret_free(a->new_password);
	a->password = a->new_password = NULL;
}

/* May the method try once more after a refusal? */
static bool
may_retry(struct auth *a, const char *method)
{
	auth_log_methods(a);
	return a->attempts < a->params->prompts && !a->gave_up &&
	       auth_can_continue(a, method);
}

static enum step
ask_for_new(struct auth *a, const char *how, struct secret **ret_answer)
{
	char *text = xasprintf("%s %s@%s's new password: ", how,
			       a->params->user, a->params->asked_for);
	enum step step = auth_ask(a, text, false, ret_answer);

	free(text);
	return step;
}

/* What the server says about its questions, as ssh shows it. */
static void
show(const char *text, size_t len)
{
	struct strv lines = STRV_INIT;
	char *shown;

	if (text == NULL || len == 0)
		return;
	shown = str_visible(text, len);
	strv_split(&lines, shown, "\n");
	for (size_t i = 0; i < lines.len; i++)
		log_info("%s", lines.items[i]);
	strv_clear(&lines);
	free(shown);
}

/* In the server's words, as ssh does, if there are any. */
static void
explain_change(const struct login_password *p)
{
	if (p->prompt_len == 0)
		log_info("The server wants a new password.");
	show(p->prompt, p->prompt_len);
}

/* Ask for the same password twice. */
static enum step
change_password(void *arg, const struct login_password *p,
		struct secret **ret_new)
{
	struct auth *a = arg;
	struct secret *again = NULL;
	enum step step = STEP_DONE;

	if (a->rounds >= a->params->prompts) {
		log_debug("no new password was good enough");
		return STEP_FAIL;
	}
	if (a->new_password == NULL) {
		if (!a->is_asking)
			explain_change(p);
		step = ask_for_new(a, "Enter", &a->new_password);
	}
	if (step == STEP_DONE)
		step = ask_for_new(a, "Retype", &again);
	if (step == STEP_AGAIN)
		return step;
	a->rounds++;
	if (step == STEP_DONE &&
	    strcmp(again->text, a->new_password->text) != 0)
		step = STEP_FAIL;
	if (step == STEP_FAIL)
		log_error("%s", again == NULL
				    ? "No new password given."
				    : "Mismatch; the password is not changed.");
	secret_free(again);
	if (step == STEP_DONE)
		*ret_new = a->new_password;
	else
		secret_free(a->new_password);
	a->new_password = NULL;
	return step;
}

/* STEP_FAIL: there is none to try, or none any more. */
static enum step
get_password(struct auth *a)
{
	enum step step;
	char *text;

	if (a->password != NULL)
		return STEP_DONE;
	if (a->attempts >= a->params->prompts)
		return STEP_FAIL;
	text = xasprintf("%s@%s's password: ", a->params->user,
			 a->params->asked_for);
	step = auth_ask(a, text, false, &a->password);
	free(text);
	a->attempts += step == STEP_DONE;
	return step;
}

static enum login_result
password_step(struct auth *a)
{
	struct login_password p = { .change = change_password, .arg = a };
	enum login_result result;
	enum step step;

	while (a->params->can_ask) {
		step = get_password(a);
		if (step != STEP_DONE)
			return step == STEP_AGAIN ? LOGIN_AGAIN : LOGIN_REFUSED;
		p.password = a->password;
		result = login_password(a->session, a->params->user, &p);
		auth_show_banner(a);
		if (result == LOGIN_AGAIN)
			return result;
		secret_free(a->password);
		a->password = NULL;
		if (result != LOGIN_REFUSED || !may_retry(a, "password"))
			return result;
		log_error("Permission denied, please try again.");
	}
	return LOGIN_REFUSED;
}

/* What comes once a round. STEP_FAIL: it is one too many. */
static enum step
begin_round(struct auth *a, const struct login_challenge *c)
{
	if (a->rounds++ >= ROUNDS_MAX) {
		log_debug("too many rounds of questions");
		return STEP_FAIL;
	}
	a->was_asked = a->is_shown = true;
	show(c->name, c->name_len);
	show(c->instruction, c->instruction_len);
	return STEP_DONE;
}

static enum step
ask_question(struct auth *a, const struct login_question *q,
	     struct secret **ret_answer)
{
	char *shown = str_visible(q->text, q->len);
	char *text = xasprintf("(%s@%s) %s", a->params->user,
			       a->params->asked_for, shown);
	enum step step = auth_ask(a, text, q->echo, ret_answer);

	free(text);
	free(shown);
	return step;
}

static enum step
respond(void *arg, const struct login_challenge *c, struct secret **answers)
{
	struct auth *a = arg;
	enum step step = a->is_shown ? STEP_DONE : begin_round(a, c);

	for (size_t i = 0; i < c->n_questions && step == STEP_DONE; i++)
		if (answers[i] == NULL)
			step = ask_question(a, &c->questions[i], &answers[i]);
	if (step == STEP_AGAIN)
		return step;
	a->is_shown = false;
	a->gave_up = step == STEP_FAIL;
	return step;
}

static enum login_result
interactive_step(struct auth *a)
{
	enum login_result result;

	while (a->params->can_ask && a->attempts < a->params->prompts) {
		result =
		    login_interactive(a->session, a->params->user, respond, a);
		auth_show_banner(a);
		if (result == LOGIN_AGAIN)
			return result;
		if (a->is_asking)
			a->params->asker.forget(a->params->asker.arg);
		a->is_asking = a->is_shown = false;
		a->attempts++;
		/* a server that refuses without a question has none */
		if (result != LOGIN_REFUSED || !a->was_asked ||
		    !may_retry(a, "keyboard-interactive"))
			return result;
		a->was_asked = false;
	}
	return LOGIN_REFUSED;
}

/* It was tried first of all, to learn what the server accepts. */
static enum login_result
none_step(struct auth *a)
{
	(void)a;
	return LOGIN_REFUSED;
}

const struct method method_password = {
	.name = "password",
	.step = password_step,
	.reset = reset,
};

const struct method method_interactive = {
	.name = "keyboard-interactive",
	.step = interactive_step,
	.reset = reset,
};

const struct method method_none = {
	.name = "none",
	.step = none_step,
	.reset = reset,
};
