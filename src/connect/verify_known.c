/* What known_hosts says of the server's plain key, what StrictHostKeyChecking
 * makes of it, and what the user answers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/decision.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "trust/known_hosts.h"

/* A key on another port of the same machine counts, as in ssh. */
static bool
is_known_without_port(const struct connection *c)
{
	if (c->conf->port == 22 || c->conf->host_key_alias != NULL)
		return false;
	log_debug("checking without port identifier");
	return known_hosts_check(c->known_hosts, c->target->host, c->host_key,
				 NULL) == KNOWN_HOSTS_MATCH;
}

static void
look_up(struct connection *c, struct verify *v)
{
	struct host_findings *f = &v->findings;

	f->host = known_hosts_check(c->known_hosts, c->target->title,
				    c->host_key, &v->host_entry);
	f->is_known_without_port =
	    f->host == KNOWN_HOSTS_NEW && is_known_without_port(c);
	f->uses_ip = c->checks_ip;
	f->ip = f->host;
	if (f->uses_ip)
		f->ip = known_hosts_check(c->known_hosts, c->address,
					  c->host_key, &v->ip_entry);
	f->is_one_key = v->host_entry != NULL && v->ip_entry != NULL &&
			key_equal(v->ip_entry->key, v->host_entry->key);
}

/* Yes, no, or neither: -1. */
static int
judge_answer(const struct secret *answer, const char *fingerprint)
{
	char *word = answer->text + strspn(answer->text, " \t");

	word[strcspn(word, " \t\r\n")] = '\0';
	if (*word == '\0' || strcasecmp(word, "no") == 0)
		return 0;
	if (strcasecmp(word, "yes") == 0 ||
	    (fingerprint != NULL && strcmp(word, fingerprint) == 0))
		return 1;
	return -1;
}

/* Ask until the answer is yes (STEP_DONE), no, or the fingerprint. */
static enum step
confirm(const struct connection *c, const char *fingerprint)
{
	const struct asker *asker = &c->asker;
	struct verify *v = c->verify;
	int verdict = -1;

	if (c->conf->batch_mode)
		return STEP_FAIL;
	while (verdict < 0) {
		struct question q = { .text = v->question, .echo = true };
		struct secret *answer;
		enum step step;

		if (v->is_again)
			q.text = fingerprint != NULL
				     ? "Please type 'yes', 'no' or the "
				       "fingerprint: "
				     : "Please type 'yes' or 'no': ";
		step = asker->ask(asker->arg, &q, &answer);
		if (step != STEP_DONE)
			return step;
		verdict = judge_answer(answer, fingerprint);
		secret_free(answer);
		v->is_again = verdict < 0;
	}
	return verdict == 1 ? STEP_DONE : STEP_FAIL;
}

/* Write the new key down, with the address if that is new, too. */
static void
record(struct connection *c)
{
	verify_record(c, c->checks_ip &&
			     c->verify->findings.ip == KNOWN_HOSTS_NEW);
}

static void
take_known(struct connection *c)
{
	const struct verify *v = c->verify;

	log_debug("Host '%s' is known and matches the %s host key.",
		  c->target->title, key_type_name(c->host_key));
	log_debug("Found key in %s:%lu", v->host_entry->path,
		  v->host_entry->line);
	if (v->decision.address != ADDRESS_STORE && c->conf->visual_host_key)
		verify_show_art(c);
	c->may_learn_keys =
	    !v->host_entry->is_global &&
	    (v->ip_entry == NULL || v->findings.ip != KNOWN_HOSTS_MATCH ||
	     !v->ip_entry->is_global);
}

static enum step
ask_about_key(struct connection *c)
{
	struct verify *v = c->verify;
	char *fingerprint = key_fingerprint(
	    c->host_key, (enum key_hash)c->conf->fingerprint_hash);
	enum step step;

	if (v->question == NULL)
		v->question = verify_question(c);
	step = confirm(c, fingerprint);
	free(fingerprint);
	if (step != STEP_DONE)
		return step;
	c->may_learn_keys = true;
	record(c);
	return STEP_DONE;
}

/* Connect although the key is wrong, but give away no password, and let
 * nobody through to this side. */
static void
entrust_nothing(struct connection *c)
{
	const struct conf *o = c->conf;
	const struct {
		const char *name;
		bool is_wanted;
	} uses[] = {
		{ "Password authentication", o->password_authentication },
		{ "Keyboard-interactive authentication",
		  o->kbd_interactive_authentication },
		{ "Agent forwarding", o->forward_agent },
		{ "X11 forwarding", o->forward_x11 },
		{ "Port forwarding", o->local_forward.len +
					     o->dynamic_forward.len +
					     o->remote_forward.len >
					 0 },
	};

	c->is_untrusted = true;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (uses[i].is_wanted)
			log_error("%s is disabled to avoid man-in-the-middle "
				  "attacks.",
				  uses[i].name);
	if (o->update_host_keys != CONF_NO)
		log_error("UpdateHostkeys is disabled because the host key is "
			  "not trusted.");
}

/* Say what is wrong with the key, as ssh does. */
static void
warn(const struct connection *c)
{
	const struct verify *v = c->verify;

	switch (v->findings.host) {
	case KNOWN_HOSTS_MATCH:
	case KNOWN_HOSTS_NEW:
		break;
	case KNOWN_HOSTS_CHANGED:
		if (v->decision.is_spoofing)
			verify_warn_spoofing(c, v->findings.ip, v->ip_entry);
		verify_warn_changed(c, v->host_entry);
		break;
	case KNOWN_HOSTS_IS_REVOKED:
		verify_warn_revoked(c);
		break;
	}
}

static void
refuse(const struct connection *c)
{
	const char *type = key_type_name(c->host_key);
	const char *title = c->target->title;

	warn(c);
	switch (c->verify->findings.host) {
	case KNOWN_HOSTS_MATCH:
		break;
	case KNOWN_HOSTS_NEW:
		log_error("No %s host key is known for %s and you have "
			  "requested strict checking.",
			  type, title);
		break;
	case KNOWN_HOSTS_CHANGED:
		log_error("Host key for %s has changed and you have requested "
			  "strict checking.",
			  title);
		break;
	case KNOWN_HOSTS_IS_REVOKED:
		log_error("%s host key for %s was revoked and you have "
			  "requested strict checking.",
			  type, title);
		break;
	}
}

/* Whoever has an authority for the host wonders why it is new. */
static void
explain_new(const struct connection *c)
{
	const struct known_hosts_entry *entry;

	for (size_t i = 0;
	     (entry = known_hosts_find(c->known_hosts, c->target->title, i)) !=
	     NULL;
	     i++)
		if (entry->marker == KNOWN_HOSTS_CA)
			log_debug("The host has shown no valid certificate of "
				  "the CA key in %s:%lu.",
				  entry->path, entry->line);
}

enum step
verify_known_host(struct connection *c)
{
	struct verify *v = c->verify;

	if (v->question == NULL) {
		look_up(c, v);
		if (v->findings.host == KNOWN_HOSTS_NEW)
			explain_new(c);
		v->decision =
		    decide(&v->findings,
			   (enum conf_strict)c->conf->strict_host_key_checking);
	}
	switch (v->decision.host) {
	case HOST_TAKE:
		if (v->findings.host == KNOWN_HOSTS_MATCH)
			take_known(c);
		else
			log_debug("found matching key w/out port");
		break;
	case HOST_ASK:
		return ask_about_key(c);
	case HOST_STORE:
		record(c);
		break;
	case HOST_RISK:
		warn(c);
		entrust_nothing(c);
		break;
	case HOST_REFUSE:
		refuse(c);
		return STEP_FAIL;
	}
	return STEP_DONE;
}

/* What is said of a name whose key is right, and the address's is not. */
static char *
address_warning(const struct connection *c)
{
	const struct verify *v = c->verify;
	bool is_match = v->findings.host == KNOWN_HOSTS_MATCH;

	return verify_address_warning(c, v->ip_entry,
				      is_match ? v->host_entry : NULL);
}

static enum step
ask_about_address(struct connection *c)
{
	struct verify *v = c->verify;

	if (v->question == NULL) {
		char *warning = address_warning(c);

		v->question = xasprintf("%s\nAre you sure you want to continue "
					"connecting (yes/no)? ",
					warning);
		free(warning);
	}
	return confirm(c, NULL);
}

static void
warn_of_address(const struct connection *c)
{
	char *warning = address_warning(c);

	log_lines(LOG_LEVEL_INFO, warning);
	free(warning);
}

enum step
verify_known_address(struct connection *c)
{
	switch (c->verify->decision.address) {
	case ADDRESS_FINE:
		break;
	case ADDRESS_STORE:
		/* what a command knows is not ours to write down */
		if (c->verify->host_entry->about != NULL)
			log_info("%s host key for IP address '%s' not in list "
				 "of known hosts.",
				 key_type_name(c->host_key), c->address);
		else
			verify_record_address(c);
		break;
	case ADDRESS_ASK:
		return ask_about_address(c);
	case ADDRESS_WARN:
		warn_of_address(c);
		break;
	case ADDRESS_REFUSE:
		warn_of_address(c);
		log_error("Exiting, you have requested strict checking.");
		return STEP_FAIL;
	}
	return STEP_DONE;
}
