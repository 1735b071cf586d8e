/* The part of method.h that decides whether a key signs before the server was
 * asked about it. */
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/keyring.h"
#include "auth/method.h"
#include "base/err.h"
#include "keys/key.h"
#include "ssh/session.h"

/* Is the key the one that let us in last time? */
static bool
is_remembered(const struct auth *a, const struct identity *id)
{
	char *print = key_fingerprint(id->key, KEY_HASH_SHA256);
	bool is_same = a->params->remembered != NULL &&
		       strcmp(print, a->params->remembered) == 0;

	free(print);
	return is_same;
}

/* An agent that is forwarded may have keys that sign only what names the host.
 * Whether OpenSSH understands that, it says in its EXT_INFO. */
static bool
may_ask_agent(const struct auth *a)
{
	return login_knows_signatures(a->session) ||
	       strstr(session_server_identification(a->session), "OpenSSH") ==
		   NULL;
}

/* Can the key sign without a question to the user, as far as we know? */
static bool
is_quiet(struct auth *a, struct identity *id)
{
	struct err ignored = { .kind = ERR_NONE };

	if (key_is_sk(id->key) || id->token_key != NULL)
		return false;
	/* an agent may ask, so only where it would be asked in any case */
	if (id->agent_key != NULL)
		return is_remembered(a, id) && may_ask_agent(a);
	/* it is not added before the server wants it */
	if (id->path == NULL || add_to_agent_is_due(a, id))
		return false;
	return id->private != NULL ||
	       keyring_load(a->params->keyring, id->path, NULL, &id->private,
			    &ignored) == PRIVATE_OK;
}

/* Is there nothing else to offer? */
static bool
is_only(const struct auth *a)
{
	for (size_t i = 0; i < a->identities.len; i++)
		if (i != a->next &&
		    a->identities.items[i].fate == IDENTITY_UNTRIED)
			return false;
	return true;
}

/* A signature in vain costs one of the server's tries, as a question about the
 * key does; so it is made where the answer is as good as known. */
bool
sign_first_is_due(struct auth *a, struct identity *id)
{
	return session_can(a->session, SESSION_SIGN_FIRST) &&
	       ((a->params->may_sign_first && is_only(a)) ||
		(a->params->may_sign_known && is_remembered(a, id))) &&
	       is_quiet(a, id);
}
