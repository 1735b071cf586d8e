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

static struct secret *
ask(struct auth *a, const char *question, bool echo)
{
	struct err e = { .kind = ERR_NONE };
	struct secret *answer;

	auth_show_banner(a);
	answer = a->params->ask(a->params->arg, question, echo, &e);

	if (answer == NULL)
		log_debug("%s", e.text);
	return answer;
}

/* Start a method afresh. */
static void
reset(struct auth *a)
{
	a->attempts = 0;
	a->rounds = 0;
	a->was_asked = false;
	a->gave_up = false;
	secret_free(a->password);
	a->password = NULL;
}

/* May the method try once more after a refusal? */
static bool
may_retry(struct auth *a, const char *method)
{
	auth_log_methods(a);
	return a->attempts < a->params->prompts && !a->gave_up &&
	       auth_can_continue(a, method);
}

static struct secret *
change_password(void *arg)
{
	struct auth *a = arg;
	struct secret *first, *second = NULL;
	char *question, *again;

	if (a->rounds++ >= a->params->prompts) {
		log_debug("no new password was good enough");
		return NULL;
	}
	question = xasprintf("Enter %s@%s's new password: ", a->params->user,
			     a->params->host);
	again = xasprintf("Retype %s@%s's new password: ", a->params->user,
			  a->params->host);

	log_info("The server wants a new password.");
	first = ask(a, question, false);
	if (first != NULL)
		second = ask(a, again, false);
	if (second == NULL || strcmp(first->text, second->text) != 0) {
		log_error("%s", second == NULL
				    ? "No new password given."
				    : "Mismatch; the password is not changed.");
		secret_free(first);
		first = NULL;
	}
	secret_free(second);
	free(again);
	free(question);
	return first;
}

static enum login_result
password_step(struct auth *a)
{
	struct login_password p = { .change = change_password, .arg = a };
	enum login_result result;
	char *question;

	while (a->params->can_ask) {
		if (a->password == NULL) {
			if (a->attempts >= a->params->prompts)
				return LOGIN_REFUSED;
			question =
			    xasprintf("%s@%s's password: ", a->params->user,
				      a->params->host);
			a->password = ask(a, question, false);
			free(question);
			if (a->password == NULL)
				return LOGIN_REFUSED;
			a->attempts++;
		}
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

/* Name and instruction go above the questions, as ssh shows them. */
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

static int
respond(void *arg, const struct login_challenge *c, struct secret **ret_answers)
{
	struct auth *a = arg;

	if (a->rounds++ >= ROUNDS_MAX) {
		log_debug("too many rounds of questions");
		a->gave_up = true;
		return -1;
	}
	a->was_asked = true;
	show(c->name, c->name_len);
	show(c->instruction, c->instruction_len);
	for (size_t i = 0; i < c->n_questions; i++) {
		const struct login_question *q = &c->questions[i];
		char *shown = str_visible(q->text, q->len);
		char *question = xasprintf("(%s@%s) %s", a->params->user,
					   a->params->host, shown);

		ret_answers[i] = ask(a, question, q->echo);
		free(question);
		free(shown);
		if (ret_answers[i] == NULL) {
			a->gave_up = true;
			return -1;
		}
	}
	return 0;
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
