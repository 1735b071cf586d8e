/* Private key files are opened when they are to sign; here the passphrase is
 * asked for. */
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/keyring.h"
#include "auth/method.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"

/* Ask for the passphrase of a key file. */
static enum step
ask(struct auth *a, const struct identity *id, struct secret **ret_passphrase)
{
	char *shown = str_visible(id->path, strlen(id->path));
	char *text = xasprintf("Enter passphrase for key '%s': ", shown);
	enum step step = auth_ask(a, text, false, ret_passphrase);

	free(text);
	free(shown);
	return step;
}

/* Until the file opens, the user gives up, or the tries are used up. STEP_DONE:
 * *ret_result is what came of it. */
static enum step
ask_and_load(struct auth *a, struct identity *id,
	     enum private_result *ret_result, struct err *e)
{
	struct secret *passphrase = NULL;
	enum step step;
	bool is_empty;

	while (a->params->can_ask && a->passphrases < a->params->prompts) {
		step = ask(a, id, &passphrase);
		if (step == STEP_AGAIN)
			return step;
		is_empty = step == STEP_FAIL || passphrase->len == 0;
		if (!is_empty)
			*ret_result = keyring_load(a->params->keyring, id->path,
						   passphrase, &id->private, e);
		secret_free(passphrase);
		a->passphrases++;
		if (is_empty)
			log_debug("no passphrase given, try next key");
		if (is_empty || *ret_result != PRIVATE_WRONG_PASSPHRASE)
			break;
		log_debug("bad passphrase given, try again...");
	}
	a->passphrases = 0;
	return STEP_DONE;
}

enum step
passphrase_load(struct auth *a, struct identity *id)
{
	struct err e = { .kind = ERR_NONE };
	enum private_result result = PRIVATE_ENCRYPTED;

	if (id->private != NULL)
		return STEP_DONE;
	if (!a->is_asking)
		result = keyring_load(a->params->keyring, id->path, NULL,
				      &id->private, &e);
	if (result == PRIVATE_ENCRYPTED &&
	    ask_and_load(a, id, &result, &e) == STEP_AGAIN)
		return STEP_AGAIN;
	switch (result) {
	case PRIVATE_OK:
		return STEP_DONE;
	case PRIVATE_ABSENT:
		identity_set_fate(id, IDENTITY_CANNOT_SIGN,
				  "the private key file is not there");
		break;
	case PRIVATE_EXPOSED:
		log_lines(LOG_LEVEL_ERROR, e.text);
		log_error("Load key \"%s\": bad permissions", id->path);
		identity_set_fate(id, IDENTITY_EXPOSED, NULL);
		break;
	case PRIVATE_UNREADABLE:
	case PRIVATE_BAD_FORMAT:
		log_error("%s", e.text);
		identity_set_fate(id, IDENTITY_UNREADABLE, e.text);
		break;
	case PRIVATE_ENCRYPTED:
		identity_set_fate(id, IDENTITY_NO_PASSPHRASE, NULL);
		break;
	case PRIVATE_WRONG_PASSPHRASE:
		identity_set_fate(id, IDENTITY_WRONG_PASSPHRASE, NULL);
		break;
	}
	return STEP_FAIL;
}
