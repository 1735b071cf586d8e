/* The part of method.h that is about the keys of tokens (PKCS11Provider). */
#include <stdlib.h>
#include <string.h>

#include "auth/agent.h"
#include "auth/auth.h"
#include "auth/method.h"
#include "auth/token.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"

enum step
token_gather(struct auth *a)
{
	const struct auth_params *p = a->params;
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (p->pkcs11_provider == NULL || a->has_asked_token)
		return STEP_DONE;
	if (a->token == NULL)
		a->token = token_new(a->loop, p->pkcs11_provider, p->wake,
				     p->wake_arg, &e);
	if (a->token != NULL)
		step = token_list(a->token, &a->token_keys, &e);
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL) {
		log_debug("PKCS11Provider %s: %s", p->pkcs11_provider, e.text);
		token_free(a->token);
		a->token = NULL;
	} else {
		log_debug("PKCS11Provider %s: %zu keys", p->pkcs11_provider,
			  a->token_keys.len);
	}
	a->has_asked_token = true;
	return STEP_DONE;
}

static enum step
ask_pin(struct auth *a, const struct identity *id)
{
	char *shown = str_visible(id->token, strlen(id->token));
	char *text = xasprintf("Enter PIN for '%s': ", shown);
	enum step step = STEP_FAIL;

	if (a->params->can_ask)
		step = auth_ask(a, text, false, &a->pin);
	free(text);
	free(shown);
	return step;
}

static enum step
log_in(struct auth *a, const struct identity *id, struct err *e)
{
	enum step step = token_log_in(a->token, id->token, a->pin, e);

	if (step == STEP_AGAIN)
		return step;
	secret_free(a->pin);
	a->pin = NULL;
	return step;
}

/* Without a PIN at first: not every token wants one, or for every key. */
enum step
token_sign_for(struct auth *a, const struct identity *id,
	       const struct agent_job *job, struct buf *sig, struct err *e)
{
	enum step step;

	if (id->token == NULL && !a->params->can_ask) {
		err_set(e, ERR_LOCAL, "need pin entry on reader keypad");
		return STEP_FAIL;
	}
	if (a->pin == NULL && !a->is_asking) {
		step = token_sign(a->token, job, sig, e);
		if (step != STEP_FAIL || id->token == NULL ||
		    !token_may_want_pin(a->token, id->token))
			return step;
	}
	if (a->pin == NULL) {
		step = ask_pin(a, id);
		if (step == STEP_DONE && a->pin->len == 0) {
			/* for the token it would be a wrong one */
			secret_free(a->pin);
			a->pin = NULL;
			step = STEP_FAIL;
		}
		if (step == STEP_FAIL)
			err_set(e, ERR_LOCAL, "no PIN was given");
		if (step != STEP_DONE)
			return step;
	}
	step = log_in(a, id, e);
	return step == STEP_DONE ? token_sign(a->token, job, sig, e) : step;
}
