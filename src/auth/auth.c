#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth/agent.h"
#include "auth/method.h"
#include "auth/token.h"
#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "ssh/login.h"
#include "ssh/session.h"

static const struct method *const methods[] = {
#ifdef HAVE_GSSAPI
	&method_gssapi,
#endif
	&method_hostbased, &method_publickey, &method_interactive,
	&method_password,  &method_none,
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

struct auth *
auth_new(struct loop *l, const struct auth_params *p)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->loop = l;
	a->params = p;
	return a;
}

void
auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	agent_free(a->agent);
	agent_free(a->keeper);
	token_free(a->token);
	secret_free(a->pin);
	agent_keys_clear(&a->token_keys);
	free(a->agent_trouble);
	identities_clear(&a->identities);
#ifdef HAVE_GSSAPI
	gssapi_free(a->gssapi);
#endif
	hostbased_free(a->hostbased);
	security_key_free(a->security_key);
	secret_free(a->password);
	secret_free(a->new_password);
	strv_clear(&a->used_up);
	free(a);
}

const char *
auth_method(const struct auth *a)
{
	return a->method != NULL ? a->method->name : "none";
}

char *
auth_describe(const struct auth *a)
{
	for (size_t i = 0; i < a->identities.len; i++) {
		const struct identity *id = &a->identities.items[i];
		char *print, *text;

		if (id->fate != IDENTITY_ACCEPTED)
			continue;
		print = key_fingerprint(id->key, KEY_HASH_SHA256);
		text =
		    xasprintf("%s (%s %s %s)", auth_method(a),
			      identity_name(id), key_type_name(id->key), print);
		free(print);
		return text;
	}
	return xstrdup(auth_method(a));
}

static bool
list_has(const char *list, const char *name)
{
	struct strv items = STRV_INIT;
	bool found;

	strv_split(&items, list, ",");
	found = strv_has(&items, name);
	strv_clear(&items);
	return found;
}

void
auth_log_methods(const struct auth *a)
{
	const char *list = login_methods(a->session);
	char *shown = str_visible_line(list, strlen(list));

	log_debug("Authentications that can continue: %s", shown);
	free(shown);
}

bool
auth_can_continue(const struct auth *a, const char *method)
{
	return list_has(login_methods(a->session), method);
}

void
auth_show_banner(struct auth *a)
{
	size_t len;
	const char *banner = login_banner(a->session, &len);

	if (banner != NULL)
		a->params->banner(a->params->arg, banner, len);
}

enum step
auth_ask(struct auth *a, const char *text, bool echo,
	 struct secret **ret_answer)
{
	struct question q = {
		.text = text,
		.echo = echo,
		.at_once = !session_can(a->session, SESSION_LATE_ANSWERS),
	};
	enum step step;

	if (!a->is_asking)
		auth_show_banner(a);
	step = a->params->asker.ask(a->params->asker.arg, &q, ret_answer);
	a->is_asking = step == STEP_AGAIN;
	return step;
}

enum step
auth_confirm(struct auth *a, const char *text)
{
	const struct question q = {
		.text = text,
		.echo = true,
		.is_confirmation = true,
		.at_once = !session_can(a->session, SESSION_LATE_ANSWERS),
	};
	enum step step;

	if (!a->is_asking)
		auth_show_banner(a);
	step = asker_is_yes(&a->params->asker, &q);
	a->is_asking = step == STEP_AGAIN;
	return step;
}

/* Learn what the server accepts; some let us in at once. */
static enum login_result
ask_none(struct auth *a)
{
	enum login_result result = login_none(a->session, a->params->user);

	auth_show_banner(a);
	if (result == LOGIN_AGAIN)
		return result;
	a->has_asked_none = true;
	if (result != LOGIN_SUCCESS && result != LOGIN_LOST)
		auth_log_methods(a);
	return result;
}

static const struct method *
find_method(const char *name)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (strcmp(methods[i]->name, name) == 0)
			return methods[i];
	return NULL;
}

/* The first method in the user's order that the server accepts and that has
 * something left to offer. */
static const struct method *
choose(struct auth *a)
{
	struct strv wanted = STRV_INIT;
	const struct method *found = NULL;

	strv_split(&wanted, a->params->methods, ",");
	for (size_t i = 0; i < wanted.len && found == NULL; i++) {
		const char *name = wanted.items[i];

		if (auth_can_continue(a, name) && !strv_has(&a->used_up, name))
			found = find_method(name);
	}
	strv_clear(&wanted);
	if (found != NULL)
		log_debug("Next authentication method: %s", found->name);
	else
		log_debug("No more authentication methods to try.");
	return found;
}

/* Would keys have helped, and were they to be used? */
static bool
misses_keys(const struct auth *a)
{
	return auth_can_continue(a, "publickey") &&
	       match_list("publickey", a->params->methods, false) == MATCH_YES;
}

/* The first key that was not used because others can read it, or NULL. */
static const struct identity *
find_exposed(const struct identities *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->items[i].fate == IDENTITY_EXPOSED)
			return &list->items[i];
	return NULL;
}

static void
add_hint(const struct auth *a, struct err *e)
{
	const struct identities *all = &a->identities;
	const struct identity *exposed = find_exposed(all);

	if (exposed != NULL && str_ends(exposed->path, ".pub"))
		err_hint(e, "-i wants the private key: the name without .pub.");
	else if (exposed != NULL)
		err_hint(e, "\"chmod 600 %.160s\" makes that key usable.",
			 exposed->path);
	else if (identities_count(all, IDENTITY_ABSENT) == all->len)
		err_hint(e, "There was no key to offer: ssh-keygen makes one, "
			    "ssh-copy-id puts it on the server.");
	else if (identities_count(all, IDENTITY_REFUSED) > 0)
		err_hint(e,
			 "The server has none of these keys for \"%.64s\": "
			 "is it the right user (USER@HOST)? ssh-copy-id "
			 "puts a key there.",
			 a->params->user);
}

static enum step
refused(struct auth *a, struct err *e)
{
	const char *list = login_methods(a->session);
	char *shown = str_visible_line(list, strlen(list));

	err_set(e, ERR_AUTH, "%s@%s: Permission denied (%s).", a->params->user,
		a->params->host, shown);
	free(shown);
	if (misses_keys(a))
		add_hint(a, e);
	return STEP_FAIL;
}

/* Did it end among keys, the right one being perhaps among those to come? */
static bool
was_offered_too_much(const struct auth *a)
{
	const struct identities *all = &a->identities;

	return identities_count(all, IDENTITY_REFUSED) > 0 &&
	       identities_count(all, IDENTITY_OFFERED) > 0 &&
	       identities_count(all, IDENTITY_UNTRIED) > 0;
}

static enum step
lost(struct auth *a, struct err *e)
{
	publickey_note_end(a);
	a->params->asker.forget(a->params->asker.arg);
	session_explain(a->session, e);
	if (was_offered_too_much(a))
		err_hint(e, "The server has refused as many keys as it lets "
			    "somebody try: name the right one, with -i FILE "
			    "-o IdentitiesOnly=yes.");
	return STEP_FAIL;
}

/* The server accepted something and wants more: everything may be tried
 * again, but for keys that it has already seen. */
static void
start_over(struct auth *a)
{
	log_verbose("Authenticated using \"%s\" with partial success.",
		    a->method->name);
	strv_clear(&a->used_up);
	a->method = NULL;
}

/* What came of a method; STEP_DONE here means: go on. */
static enum step
take_result(struct auth *a, enum login_result result, struct err *e)
{
	switch (result) {
	case LOGIN_AGAIN:
		return STEP_AGAIN;
	case LOGIN_SUCCESS:
		return STEP_DONE;
	case LOGIN_PARTIAL:
		auth_log_methods(a);
		start_over(a);
		return STEP_DONE;
	case LOGIN_REFUSED:
	case LOGIN_CANCELLED:
	case LOGIN_NO_ALGORITHM:
		strv_add(&a->used_up, a->method->name);
		a->method = NULL;
		return STEP_DONE;
	case LOGIN_LOST:
		break;
	}
	return lost(a, e);
}

/* Whom we wait for need not be the server, which may lose patience. */
static enum step
wait(struct auth *a, struct err *e)
{
	return login_listen(a->session) == LOGIN_LOST ? lost(a, e) : STEP_AGAIN;
}

void
auth_prepare(struct auth *a)
{
	publickey_gather(a);
}

enum step
auth_bind(struct auth *a, struct session *s, struct err *e)
{
	enum step step;

	a->session = s;
	step = publickey_bind(a);
	return step == STEP_AGAIN ? wait(a, e) : step;
}

/* A key is offered before the server was asked only if keys come first. */
void
auth_begin(struct auth *a, struct session *s, bool is_early)
{
	const char *first = method_publickey.name;
	size_t len = strlen(first);
	const char *list = a->params->methods;
	struct login_key *key = NULL;

	a->session = s;
	if (!is_early)
		return;
	if (strncmp(list, first, len) == 0 && strchr(",", list[len]) != NULL)
		key = publickey_offer_first(a);
	login_send_first(s, a->params->user, key);
	/* a signature is answered without a question before it */
	a->has_asked_none = key != NULL && key->sign_at_once;
}

/* What is tried next; false if there is nothing. */
static bool
begin_method(struct auth *a)
{
	if (a->is_offering) {
		/* the answer to what was sent early comes first */
		a->method = &method_publickey;
		log_debug("Next authentication method: %s", a->method->name);
		return true;
	}
	a->method = choose(a);
	if (a->method != NULL)
		a->method->reset(a);
	return a->method != NULL;
}

enum step
auth_step(struct auth *a, struct err *e)
{
	enum login_result result;
	enum step step;

	while (!login_is_done(a->session)) {
		if (!a->has_asked_none) {
			result = ask_none(a);
			if (result == LOGIN_AGAIN)
				return STEP_AGAIN;
			if (result == LOGIN_LOST)
				return lost(a, e);
			continue;
		}
		if (a->method == NULL && !begin_method(a))
			return refused(a, e);
		result = a->method->step(a);
		if (!a->has_asked_none) {
			/* a key that was to sign first cannot: begin again */
			a->method = NULL;
			continue;
		}
		step = take_result(a, result, e);
		if (step != STEP_DONE)
			return step == STEP_AGAIN ? wait(a, e) : step;
	}
	return STEP_DONE;
}

char *
auth_fingerprint(const struct auth *a)
{
	for (size_t i = 0; i < a->identities.len; i++)
		if (a->identities.items[i].fate == IDENTITY_ACCEPTED)
			return key_fingerprint(a->identities.items[i].key,
					       KEY_HASH_SHA256);
	return NULL;
}

void
auth_report(const struct auth *a, struct strv *lines)
{
	char *text;

	if (!a->is_gathered)
		return;
	identities_report(&a->identities, lines);
	if (a->agent_trouble == NULL)
		return;
	text = xasprintf("  agent: %s", a->agent_trouble);
	strv_add_take(lines, text);
}
