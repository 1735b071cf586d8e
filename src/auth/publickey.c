/* The method "publickey" (RFC 4252 section 7): offer keys one by one, and
 * sign with the one that the server accepts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/agent.h"
#include "auth/auth.h"
#include "auth/method.h"
#include "auth/user_cert.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "keys/private_key.h"
#include "ssh/session.h"

static void
agent_failed(struct auth *a, const char *why)
{
	log_debug("agent: %s", why);
	free(a->agent_trouble);
	a->agent_trouble = xstrdup(why);
	agent_free(a->agent);
	a->agent = NULL;
}

/*
 * Keep an engine that chooses for itself from an RSA algorithm that the user
 * has excluded. Only then, because a server that has none of ours may make it
 * useless for every later key (docs/LIBSSH2.md).
 */
static void
limit_signatures(struct auth *a)
{
	static const char *const names[] = {
		"rsa-sha2-512",
		"rsa-sha2-256",
		"rsa-sha2-512-cert-v01@openssh.com",
		"rsa-sha2-256-cert-v01@openssh.com",
	};
	const size_t n = sizeof(names) / sizeof(names[0]);
	struct strv allowed = STRV_INIT;
	char *list;

	for (size_t i = 0; i < n; i++)
		if (match_list(names[i], a->params->algorithms, false) ==
		    MATCH_YES)
			strv_add(&allowed, names[i]);
	if (allowed.len > 0 && allowed.len < n) {
		list = strv_join(&allowed, ",");
		login_set_signatures(a->session, list);
		free(list);
	}
	strv_clear(&allowed);
	a->is_limited = true;
}

/* What may be offered, in the order in which it will be. */
static void
log_identities(const struct identities *list)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct identity *id = &list->items[i];
		char *text;

		if (id->fate != IDENTITY_UNTRIED)
			continue;
		text = identity_describe(id);
		log_debug("Will attempt key: %s", text);
		free(text);
		if (id->key != NULL && id->key->cert != NULL)
			user_cert_log(id->key, identity_name(id));
	}
}

void
publickey_take_keys(struct auth *a, const struct agent_keys *keys)
{
	struct identity_params p = a->params->identities;

	p.tokens = &a->token_keys;
	identities_clear(&a->identities);
	identities_gather(&p, keys, &a->identities);
	if (a->params->remembered != NULL)
		identities_prefer(&a->identities, a->params->remembered);
	a->n_agent_keys = keys != NULL ? keys->len : 0;
	log_identities(&a->identities);
}

/* Ask the agent what it holds, then put everything in order. */
enum step
publickey_gather(struct auth *a)
{
	const struct auth_params *p = a->params;
	struct agent_keys keys = { NULL, 0 };
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_DONE;

	if (a->is_gathered)
		return STEP_DONE;
	if (token_gather(a) == STEP_AGAIN)
		return STEP_AGAIN;
	if (p->agent_path != NULL && a->agent == NULL) {
		a->agent =
		    agent_new(a->loop, p->agent_path, p->wake, p->wake_arg, &e);
		if (a->agent == NULL)
			agent_failed(a, e.text);
	}
	if (a->agent != NULL)
		step = agent_list(a->agent, &keys, &e);
	if (step == STEP_AGAIN)
		return STEP_AGAIN;
	if (step == STEP_FAIL)
		agent_failed(a, e.text);
	publickey_take_keys(a, a->agent != NULL ? &keys : NULL);
	if (keys.len == 0) {
		/* it is of no more use */
		agent_free(a->agent);
		a->agent = NULL;
	}
	agent_keys_clear(&keys);
	a->is_gathered = true;
	return STEP_DONE;
}

static enum step
sign_with_file(struct auth *a, struct identity *id, const struct agent_job *job,
	       struct buf *sig)
{
	struct wire message;
	struct err e = { .kind = ERR_NONE };
	enum step step;

	if (id->path == NULL) {
		if (id->fate == IDENTITY_UNTRIED)
			identity_set_fate(id, IDENTITY_CANNOT_SIGN,
					  "no private key for it");
		return STEP_FAIL;
	}
	step = passphrase_load(a, id);
	if (step != STEP_DONE)
		return step;
	if (!key_equal_plain(private_key_public(id->private), id->key)) {
		identity_set_fate(id, IDENTITY_CANNOT_SIGN,
				  "the private key is another one than the "
				  "public key beside it");
		return STEP_FAIL;
	}
	if (add_to_agent_is_due(a, id) && add_to_agent(a, id) == STEP_AGAIN)
		return STEP_AGAIN;
	if (key_is_sk(id->key)) {
		step = security_key_sign(a, id, job, sig, &e);
	} else {
		wire_init(&message, job->data, job->len);
		step = private_key_sign(id->private, job->algorithm, &message,
					sig, &e) == 0
			   ? STEP_DONE
			   : STEP_FAIL;
	}
	if (step == STEP_FAIL) {
		log_error("signing failed for %s \"%s\": %s",
			  key_type_name(id->key), id->path, e.text);
		identity_set_fate(id, IDENTITY_CANNOT_SIGN, e.text);
	}
	return step;
}

static enum step
sign_with_token(struct auth *a, struct identity *id,
		const struct agent_job *job, struct buf *sig)
{
	struct agent_job token_job = *job;
	struct err e = { .kind = ERR_NONE };
	enum step step;

	token_job.key = id->token_key;
	step = token_sign_for(a, id, &token_job, sig, &e);
	if (step == STEP_FAIL) {
		log_error("signing failed for %s \"%s\": %s",
			  key_type_name(id->key), identity_name(id), e.text);
		identity_set_fate(id, IDENTITY_CANNOT_SIGN, e.text);
	}
	return step;
}

static void
log_accepted(const struct identity *id)
{
	char *text = identity_describe(id);

	log_debug("Server accepts key: %s", text);
	free(text);
}

/* The server accepts the key on offer: sign, by the agent if it can. */
static enum step
sign(void *arg, const char *algorithm, const void *data, size_t len,
     struct buf *sig)
{
	struct auth *a = arg;
	struct identity *id = &a->identities.items[a->next];
	struct agent_job job = { id->agent_key, algorithm, data, len };
	struct err e = { .kind = ERR_NONE };
	enum step step = STEP_FAIL;

	if (match_list(algorithm, a->params->algorithms, false) != MATCH_YES) {
		identity_set_fate(id, IDENTITY_NOT_ALLOWED, algorithm);
		return STEP_FAIL;
	}
	if (!a->was_accepted && !a->key.sign_at_once)
		log_accepted(id);
	a->was_accepted = true;
	/* one that was no help is not asked again while others are at it */
	if (id->agent_key != NULL && a->agent != NULL &&
	    id->fate == IDENTITY_UNTRIED)
		step = agent_sign(a->agent, &job, sig, &e);
	if (step != STEP_FAIL)
		return step;
	if (e.kind != ERR_NONE) {
		log_error("signing failed for %s \"%s\" from agent: %s",
			  key_type_name(id->key), identity_name(id), e.text);
		identity_set_fate(id, IDENTITY_CANNOT_SIGN, e.text);
	}
	if (id->token_key != NULL && a->token != NULL)
		return sign_with_token(a, id, &job, sig);
	return sign_with_file(a, id, &job, sig);
}

/* May any signature algorithm of the key be used? */
static bool
is_allowed(const struct auth *a, const struct key *key)
{
	const char *const *names = key_algorithms(key);

	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (match_list(names[i], a->params->algorithms, false) ==
		    MATCH_YES)
			return true;
	return false;
}

/* Learn the public half of a key that only its passphrase shows. */
static enum step
learn_key(struct auth *a, struct identity *id)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct key *public;
	enum step step;

	if (id->key != NULL)
		return STEP_DONE;
	if (!a->is_asking)
		log_debug("Trying private key: %s", id->path);
	step = passphrase_load(a, id);
	if (step != STEP_DONE)
		return step;
	public = private_key_public(id->private);
	id->key = key_from_blob(public->blob, public->len, &ignored);
	return id->key != NULL ? STEP_DONE : STEP_FAIL;
}

/* Is it a security key's that nobody could reach? */
static bool
lacks_provider(const struct auth *a, const struct identity *id)
{
	return key_is_sk(id->key) && id->agent_key == NULL &&
	       id->path != NULL && a->params->security_key_provider == NULL;
}

/* Can this identity be offered? STEP_FAIL: no. */
static enum step
check(struct auth *a, struct identity *id)
{
	enum step step;

	if (id->fate == IDENTITY_UNREADABLE && id->detail != NULL)
		log_error("%s", id->detail);
	if (id->fate == IDENTITY_ABSENT && id->is_explicit)
		log_info("no such identity: %s: %s", id->path,
			 strerror(ENOENT));
	if (id->fate != IDENTITY_UNTRIED)
		return STEP_FAIL;
	step = learn_key(a, id);
	if (step != STEP_DONE)
		return step;
	if (identity_is_too_small(&a->params->identities, id->key)) {
		log_debug("Skipping key %s: Invalid key length",
			  identity_name(id));
		identity_set_fate(id, IDENTITY_TOO_SMALL, NULL);
		return STEP_FAIL;
	}
	if (lacks_provider(a, id)) {
		log_debug("ignoring authenticator-hosted key %s as no "
			  "SecurityKeyProvider has been specified",
			  identity_name(id));
		identity_set_fate(id, IDENTITY_NO_PROVIDER, NULL);
		return STEP_FAIL;
	}
	if (!is_allowed(a, id->key)) {
		log_debug("Skipping %s key %s - corresponding algorithm not "
			  "in PubkeyAcceptedAlgorithms",
			  key_type_name(id->key), identity_name(id));
		identity_set_fate(id, IDENTITY_NOT_ALLOWED, NULL);
		return STEP_FAIL;
	}
	return STEP_DONE;
}

/* A server may refuse a key for which a signature is being made. */
static void
drop_signature(struct auth *a)
{
	security_key_free(a->security_key);
	a->security_key = NULL;
	secret_free(a->pin);
	a->pin = NULL;
	agent_free(a->keeper);
	a->keeper = NULL;
}

static void
offer(struct auth *a, struct identity *id)
{
	char *text = identity_describe(id);

	drop_signature(a);
	log_debug("Offering public key: %s", text);
	free(text);
	if (!a->is_limited)
		limit_signatures(a);
	memset(&a->key, 0, sizeof(a->key));
	a->key.blob = id->key->blob;
	a->key.len = id->key->len;
	a->key.algorithms = a->params->algorithms;
	a->key.unbound = a->params->unbound;
	a->key.sign = sign;
	a->key.arg = a;
	a->is_offering = true;
	a->was_accepted = false;
}

static void
note_refusal(struct auth *a, struct identity *id)
{
	if (a->key.was_accepted)
		identity_set_fate(id, IDENTITY_BAD_SIGNATURE, NULL);
	else
		identity_set_fate(id, IDENTITY_REFUSED,
				  user_cert_trouble(id->key, a->params->user,
						    (uint64_t)time(NULL)));
}

/* What came of an offer; LOGIN_REFUSED means: try the next key. */
static enum login_result
take_answer(struct auth *a, enum login_result result)
{
	struct identity *id = &a->identities.items[a->next];

	if (result == LOGIN_AGAIN || result == LOGIN_LOST)
		return result;
	a->is_offering = false;
	switch (result) {
	case LOGIN_AGAIN:
	case LOGIN_LOST:
		break;
	case LOGIN_SUCCESS:
		identity_set_fate(id, IDENTITY_ACCEPTED, NULL);
		break;
	case LOGIN_PARTIAL:
		identity_set_fate(id, IDENTITY_PARTIAL, NULL);
		break;
	case LOGIN_REFUSED:
		auth_log_methods(a);
		note_refusal(a, id);
		break;
	case LOGIN_CANCELLED:
		/* sign() has noted why; and the server heard nothing of it */
		if (a->key.sign_at_once && !a->key.has_signed)
			a->has_asked_none = false;
		result = LOGIN_REFUSED;
		break;
	case LOGIN_NO_ALGORITHM:
		/* or the engine would say so for every later key too
		 * (docs/LIBSSH2.md) */
		a->keys_are_useless =
		    !session_can(a->session, SESSION_KEYS_APART);
		identity_set_fate(id, IDENTITY_CANNOT_SIGN,
				  "no signature algorithm in common with the "
				  "server");
		result = LOGIN_REFUSED;
		break;
	}
	a->next++;
	return result;
}

struct login_key *
publickey_offer_first(struct auth *a)
{
	for (; a->is_gathered && a->next < a->identities.len; a->next++) {
		struct identity *id = &a->identities.items[a->next];

		/* this would ask for a passphrase */
		if (id->fate == IDENTITY_UNTRIED && id->key == NULL)
			return NULL;
		if (check(a, id) != STEP_DONE)
			continue;
		if (id->key->type == KEY_RSA &&
		    !login_knows_signatures(a->session))
			return NULL;
		offer(a, id);
		a->key.sign_at_once = sign_first_is_due(a, id);
		return &a->key;
	}
	return NULL;
}

void
publickey_note_end(struct auth *a)
{
	if (a->is_offering)
		identity_set_fate(&a->identities.items[a->next],
				  a->key.has_signed ? IDENTITY_SIGNED
						    : IDENTITY_OFFERED,
				  NULL);
}

static enum login_result
publickey_step(struct auth *a)
{
	enum login_result result;

	if (publickey_gather(a) == STEP_AGAIN ||
	    publickey_bind(a) == STEP_AGAIN)
		return LOGIN_AGAIN;
	while (a->next < a->identities.len && !a->keys_are_useless) {
		struct identity *id = &a->identities.items[a->next];
		enum step step = a->is_offering ? STEP_DONE : check(a, id);

		if (step == STEP_AGAIN)
			return LOGIN_AGAIN;
		if (step == STEP_FAIL) {
			a->next++;
			continue;
		}
		if (!a->is_offering)
			offer(a, id);
		result = login_publickey(a->session, a->params->user, &a->key);
		auth_show_banner(a);
		result = take_answer(a, result);
		if (result != LOGIN_REFUSED)
			return result;
		if (!auth_can_continue(a, "publickey"))
			break;
	}
	return LOGIN_REFUSED;
}

/* After a partial success the other keys get another chance. */
static void
publickey_reset(struct auth *a)
{
	a->next = 0;
	for (size_t i = 0; i < a->identities.len; i++)
		if (a->identities.items[i].fate == IDENTITY_REFUSED)
			identity_set_fate(&a->identities.items[i],
					  IDENTITY_UNTRIED, NULL);
}

const struct method method_publickey = {
	.name = "publickey",
	.step = publickey_step,
	.reset = publickey_reset,
};
