/* The stage that decides whether the server is the one it should be: what
 * known_hosts says, what StrictHostKeyChecking makes of it, and what the user
 * answers. The order of the checks is ssh's. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "client/verify.h"
#include "conf/conf.h"
#include "keys/key.h"
#include "keys/verify.h"
#include "net/stream.h"
#include "ssh/session.h"
#include "term/prompt.h"
#include "trust/known_hosts.h"

/* What is known about the host under its name and under its address. */
struct findings {
	enum known_hosts_verdict host, ip;
	const struct known_hosts_entry *host_entry, *ip_entry;
	bool uses_ip; /* CheckHostIP applies */
};

static bool
is_loopback(const char *address)
{
	return str_starts(address, "127.") || strcmp(address, "::1") == 0;
}

/* Has the address a name of its own in known_hosts? As in ssh, not that of this
 * machine, and that the host's name is an alias does not matter. */
static bool
has_own_address(const struct client *c, const char *plain)
{
	return !is_loopback(plain) && strcmp(c->host, c->address) != 0 &&
	       strcmp(c->host_title, c->address) != 0;
}

static void
look_up(struct client *c, struct findings *f)
{
	const char *plain = stream_peer_address(session_stream(c->session));

	memset(f, 0, sizeof(*f));
	f->host = known_hosts_check(c->known_hosts, c->host_title, c->host_key,
				    &f->host_entry);
	f->uses_ip = c->conf->check_host_ip && has_own_address(c, plain);
	c->checks_ip = f->uses_ip;
	f->ip = f->host;
	if (f->uses_ip)
		f->ip = known_hosts_check(c->known_hosts, c->address,
					  c->host_key, &f->ip_entry);
}

/* Ask until the answer is yes, no, or the fingerprint. */
static bool
confirm(const struct client *c, const char *question, const char *fingerprint)
{
	const char *again = fingerprint != NULL
				? "Please type 'yes', 'no' or the fingerprint: "
				: "Please type 'yes' or 'no': ";
	struct err e = { .kind = ERR_NONE };
	int verdict = -1;

	if (c->conf->batch_mode)
		return false;
	while (verdict < 0) {
		struct secret *answer = prompt_line(question, &e);
		char *word;

		if (answer == NULL) {
			log_debug("%s", e.text);
			return false;
		}
		word = answer->text + strspn(answer->text, " \t");
		word[strcspn(word, " \t\r\n")] = '\0';
		if (*word == '\0' || strcasecmp(word, "no") == 0)
			verdict = 0;
		else if (strcasecmp(word, "yes") == 0 ||
			 (fingerprint != NULL &&
			  strcmp(word, fingerprint) == 0))
			verdict = 1;
		secret_free(answer);
		question = again;
	}
	return verdict == 1;
}

/* Write the new key down; failing to is only a warning. */
static void
record(struct client *c, const struct findings *f)
{
	const char *type = key_type_name(c->host_key);
	struct strv names = STRV_INIT;
	struct err e = { .kind = ERR_NONE };
	char *shown;

	c->has_recorded = true;
	strv_add(&names, c->host_title);
	if (f->uses_ip && f->ip == KNOWN_HOSTS_NEW)
		strv_add(&names, c->address);
	shown = strv_join(&names, ",");
	if (c->user_known_hosts.len == 0)
		log_debug("no file to add the host key to");
	else if (known_hosts_append(c->user_known_hosts.items[0], &names,
				    c->host_key, c->conf->hash_known_hosts,
				    &e) == 0)
		log_info("Warning: Permanently added '%s' (%s) to the list "
			 "of known hosts.",
			 shown, type);
	else {
		log_debug("%s", e.text);
		log_info("Failed to add the host to the list of known hosts "
			 "(%s).",
			 c->user_known_hosts.items[0]);
	}
	free(shown);
	strv_clear(&names);
}

/* The host is known, but not under its address yet. */
static void
record_address(struct client *c)
{
	const char *type = key_type_name(c->host_key);
	struct strv names = STRV_INIT;
	struct err e = { .kind = ERR_NONE };

	c->has_recorded = true;
	strv_add(&names, c->address);
	if (c->user_known_hosts.len > 0 &&
	    known_hosts_append(c->user_known_hosts.items[0], &names,
			       c->host_key, c->conf->hash_known_hosts, &e) == 0)
		log_info("Warning: Permanently added the %s host key for IP "
			 "address '%s' to the list of known hosts.",
			 type, c->address);
	else
		log_info("Failed to add the %s host key for IP address '%s' "
			 "to the list of known hosts (%s).",
			 type, c->address, e.text);
	strv_clear(&names);
}

static bool
accept_known(struct client *c, const struct findings *f)
{
	const char *type = key_type_name(c->host_key);

	log_debug("Host '%s' is known and matches the %s host key.",
		  c->host_title, type);
	log_debug("Found key in %s:%lu", f->host_entry->path,
		  f->host_entry->line);
	if (f->uses_ip && f->ip == KNOWN_HOSTS_NEW)
		record_address(c);
	else if (c->conf->visual_host_key)
		verify_show_art(c);
	c->may_learn_keys =
	    !f->host_entry->is_global &&
	    (f->ip_entry == NULL || f->ip != KNOWN_HOSTS_MATCH ||
	     !f->ip_entry->is_global);
	return true;
}

/* A key on another port of the same machine counts, as in ssh. */
static bool
is_known_without_port(const struct client *c)
{
	if (c->conf->port == 22 || c->conf->host_key_alias != NULL)
		return false;
	log_debug("checking without port identifier");
	return known_hosts_check(c->known_hosts, c->host, c->host_key, NULL) ==
	       KNOWN_HOSTS_MATCH;
}

static bool
accept_new(struct client *c, const struct findings *f)
{
	char *question, *fingerprint;
	bool is_yes;

	if (is_known_without_port(c)) {
		log_debug("found matching key w/out port");
		return true;
	}
	switch ((enum conf_strict)c->conf->strict_host_key_checking) {
	case CONF_STRICT_YES:
		log_error("No %s host key is known for %s and you have "
			  "requested strict checking.",
			  key_type_name(c->host_key), c->host_title);
		return false;
	case CONF_STRICT_ASK:
		fingerprint = key_fingerprint(
		    c->host_key, (enum key_hash)c->conf->fingerprint_hash);
		question = verify_question(c);
		is_yes = confirm(c, question, fingerprint);
		free(question);
		free(fingerprint);
		if (!is_yes)
			return false;
		c->may_learn_keys = true;
		break;
	case CONF_STRICT_ACCEPT_NEW:
	case CONF_STRICT_NO:
		break;
	}
	record(c, f);
	return true;
}

/* Connect although the key is wrong, but give away no password, and let
 * nobody through to this side. */
static bool
accept_unsafe(struct client *c)
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
	return true;
}

static bool
accept_revoked(struct client *c)
{
	verify_warn_revoked(c);
	if (c->conf->strict_host_key_checking == CONF_STRICT_NO)
		return accept_unsafe(c);
	log_error("%s host key for %s was revoked and you have requested "
		  "strict checking.",
		  key_type_name(c->host_key), c->host_title);
	return false;
}

static bool
accept_changed(struct client *c, const struct findings *f)
{
	bool differs =
	    f->uses_ip && (f->ip != KNOWN_HOSTS_CHANGED ||
			   !key_equal(f->ip_entry->key, f->host_entry->key));

	if (differs)
		verify_warn_spoofing(c, f->ip, f->ip_entry);
	verify_warn_changed(c, f->host_entry);
	if (c->conf->strict_host_key_checking == CONF_STRICT_NO)
		return accept_unsafe(c);
	log_error("Host key for %s has changed and you have requested strict "
		  "checking.",
		  c->host_title);
	return false;
}

/* The name's key is right, the address's is not. */
static bool
accept_other_address(const struct client *c, const struct findings *f)
{
	char *warning, *question;
	bool is_yes;

	if (!f->uses_ip || f->host == KNOWN_HOSTS_CHANGED ||
	    f->ip != KNOWN_HOSTS_CHANGED)
		return true;
	warning = verify_address_warning(
	    c, f->ip_entry,
	    f->host == KNOWN_HOSTS_MATCH ? f->host_entry : NULL);
	if (c->conf->strict_host_key_checking == CONF_STRICT_ASK) {
		question = xasprintf("%s\nAre you sure you want to continue "
				     "connecting (yes/no)? ",
				     warning);
		is_yes = confirm(c, question, NULL);
		free(question);
	} else {
		verify_log_lines(LOG_LEVEL_INFO, warning);
		is_yes = c->conf->strict_host_key_checking == CONF_STRICT_NO;
		if (!is_yes)
			log_error("Exiting, you have requested strict "
				  "checking.");
	}
	free(warning);
	return is_yes;
}

static bool
is_revoked_by_file(const struct client *c)
{
	const struct strv *files = &c->conf->revoked_host_keys;

	for (size_t i = 0; i < files->len; i++)
		if (verify_revoked_by(c, files->items[i]))
			return true;
	return false;
}

static bool
is_acceptable(struct client *c)
{
	struct findings f;
	bool is_good = false;

	if (is_revoked_by_file(c))
		return false;
	if (c->conf->no_host_authentication_for_localhost &&
	    c->conf->host_key_alias == NULL &&
	    is_loopback(stream_peer_address(session_stream(c->session)))) {
		log_debug("Forcing accepting of host key for "
			  "loopback/localhost.");
		return true;
	}
	if (c->host_key->cert != NULL &&
	    known_hosts_check(c->known_hosts, c->host_title, c->host_key,
			      NULL) != KNOWN_HOSTS_IS_REVOKED) {
		if (verify_certificate(c))
			return true;
		verify_drop_certificate(c);
	}
	look_up(c, &f);
	switch (f.host) {
	case KNOWN_HOSTS_MATCH:
		is_good = accept_known(c, &f);
		break;
	case KNOWN_HOSTS_NEW:
		is_good = accept_new(c, &f);
		break;
	case KNOWN_HOSTS_CHANGED:
		is_good = accept_changed(c, &f);
		break;
	case KNOWN_HOSTS_IS_REVOKED:
		is_good = accept_revoked(c);
		break;
	}
	return is_good && accept_other_address(c, &f);
}

/* Take the server's key as it came; a certificate must be what its authority
 * signed, whoever that is. */
static int
take_host_key(struct client *c, struct err *e)
{
	size_t len;
	const void *blob = session_host_key(c->session, &len);

	c->host_key = key_from_blob(blob, len, e);
	if (c->host_key == NULL ||
	    (c->host_key->cert != NULL && key_verify_cert(c->host_key, e) != 0))
		return err_wrap(e, "The server's host key");
	verify_log_key(c);
	if (c->host_key->type == KEY_RSA &&
	    key_bits(c->host_key) < c->conf->required_rsa_size)
		return err_set(e, ERR_HOST_KEY,
			       "Bad server host key: Invalid key length (%d "
			       "bits, RequiredRSASize is %d)",
			       key_bits(c->host_key),
			       c->conf->required_rsa_size);
	return 0;
}

enum step
client_verify(struct client *c, struct err *e)
{
	if (take_host_key(c, e) != 0)
		return STEP_FAIL;
	c->address = known_hosts_name(
	    stream_peer_address(session_stream(c->session)), c->conf->port);
	if (!is_acceptable(c)) {
		err_set(e, ERR_HOST_KEY, "Host key verification failed.");
		return STEP_FAIL;
	}
	if (c->is_untrusted && c->conf->exit_on_forward_failure) {
		err_set(e, ERR_FORWARD,
			"Error: forwarding disabled due to host key check "
			"failure");
		return STEP_FAIL;
	}
	return STEP_DONE;
}
