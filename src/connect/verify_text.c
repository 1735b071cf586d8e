#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "keys/key.h"

#define RULE "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define OTHER_NAMES_MAX 8

static char *
fingerprint_of(const struct connection *c, const struct key *key)
{
	return key_fingerprint(key, (enum key_hash)c->conf->fingerprint_hash);
}

void
verify_log_key(const struct connection *c)
{
	const struct key_cert *cert = c->host_key->cert;
	char *fingerprint = fingerprint_of(c, c->host_key);
	char *ca, *validity;

	if (cert == NULL) {
		log_debug("Server host key: %s %s", c->host_key->name,
			  fingerprint);
		free(fingerprint);
		return;
	}
	ca = fingerprint_of(c, cert->ca);
	validity = cert_validity(cert);
	log_debug("Server host certificate: %s %s, serial %llu ID \"%s\" CA "
		  "%s %s valid %s",
		  c->host_key->name, fingerprint,
		  (unsigned long long)cert->serial, cert->id, cert->ca->name,
		  ca, validity);
	for (size_t i = 0; i < cert->principals.len; i++)
		log_debug2("Server host certificate hostname: %s",
			   cert->principals.items[i]);
	free(fingerprint);
	free(ca);
	free(validity);
}

void
verify_show_art(const struct connection *c)
{
	char *fingerprint = fingerprint_of(c, c->host_key);
	char *art = key_randomart(c->host_key,
				  (enum key_hash)c->conf->fingerprint_hash);

	log_info("Host key fingerprint is %s", fingerprint);
	log_lines(LOG_LEVEL_INFO, art);
	free(art);
	free(fingerprint);
}

/* Which other names have this key? */
static void
add_other_names(const struct connection *c, struct buf *text)
{
	const struct known_hosts_entry *entry;
	size_t n = 0, left_out = 0;

	for (size_t i = 0; (entry = known_hosts_get(c->known_hosts, i)) != NULL;
	     i++) {
		if (entry->about != NULL || !key_equal(entry->key, c->host_key))
			continue;
		if (n == 0)
			buf_add_str(text, "This host key is known by the "
					  "following other "
					  "names/addresses:");
		if (n++ >= OTHER_NAMES_MAX) {
			left_out++;
			continue;
		}
		buf_addf(text, "\n    %s:%lu: %s", entry->path, entry->line,
			 entry->names[0] == '|' ? "[hashed name]"
						: entry->names);
	}
	if (n == 0)
		buf_add_str(text, "This key is not known by any other names.");
	else if (left_out > 0)
		buf_addf(text, "\n    (%zu additional names omitted)",
			 left_out);
}

char *
verify_question(const struct connection *c)
{
	struct buf text = BUF_INIT;
	char *fingerprint = fingerprint_of(c, c->host_key);

	buf_addf(&text,
		 "The authenticity of host '%s (%s)' can't be established.\n"
		 "%s key fingerprint is %s.\n",
		 c->target->title, c->address, key_type_name(c->host_key),
		 fingerprint);
	if (c->conf->visual_host_key) {
		char *art = key_randomart(
		    c->host_key, (enum key_hash)c->conf->fingerprint_hash);

		buf_addf(&text, "%s\n", art);
		free(art);
	}
	if (c->conf->verify_host_key_dns != CONF_NO)
		buf_addf(&text, "%s host key fingerprint found in DNS.\n",
			 c->verify->is_in_dns ? "Matching" : "No matching");
	add_other_names(c, &text);
	buf_add_str(&text, "\nAre you sure you want to continue connecting "
			   "(yes/no/[fingerprint])? ");
	free(fingerprint);
	return buf_take_str(&text);
}

void
verify_warn_revoked(const struct connection *c)
{
	log_error(RULE);
	log_error(
	    "@       WARNING: REVOKED HOST KEY DETECTED!               @");
	log_error(RULE);
	log_error("The %s host key for %s is marked as revoked.",
		  key_type_name(c->host_key), c->target->title);
	log_error("This could mean that a stolen key is being used to");
	log_error("impersonate this host.");
}

/* As Debian's ssh does, for who is sure that the key was replaced. */
static void
say_how_to_remove(const struct known_hosts_entry *entry, const char *name)
{
	if (entry->about != NULL)
		return;
	log_error("  remove with:");
	log_error("  ssh-keygen -f \"%s\" -R \"%s\"", entry->path, name);
}

static void
warn_changed(const struct connection *c)
{
	struct key *plain = key_plain(c->host_key);
	char *fingerprint = fingerprint_of(c, plain);

	log_error(RULE);
	log_error(
	    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @");
	log_error(RULE);
	log_error("IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!");
	log_error("Someone could be eavesdropping on you right now "
		  "(man-in-the-middle attack)!");
	log_error("It is also possible that a host key has just been changed.");
	log_error("The fingerprint for the %s key sent by the remote host is",
		  key_type_name(plain));
	log_error("%s.", fingerprint);
	log_error("Please contact your system administrator.");
	free(fingerprint);
	key_free(plain);
}

void
verify_warn_dns(const struct connection *c)
{
	warn_changed(c);
	log_error("Update the SSHFP RR in DNS with the new host key to get rid "
		  "of this message.");
}

void
verify_warn_changed(const struct connection *c,
		    const struct known_hosts_entry *offending)
{
	const struct strv *files = c->conf->user_known_hosts_file.len > 0
				       ? &c->conf->user_known_hosts_file
				       : &c->target->global_known_hosts;

	warn_changed(c);
	if (files->len > 0)
		log_error("Add correct host key in %s to get rid of this "
			  "message.",
			  files->items[0]);
	log_error("Offending %s key in %s:%lu", key_type_name(offending->key),
		  offending->path, offending->line);
	say_how_to_remove(offending, c->target->title);
}

void
verify_warn_spoofing(const struct connection *c, enum known_hosts_verdict ip,
		     const struct known_hosts_entry *ip_entry)
{
	const char *state = "has a different value";

	if (ip == KNOWN_HOSTS_NEW)
		state = "is unknown";
	else if (ip == KNOWN_HOSTS_MATCH)
		state = "is unchanged";
	log_error(RULE);
	log_error(
	    "@       WARNING: POSSIBLE DNS SPOOFING DETECTED!          @");
	log_error(RULE);
	log_error("The %s host key for %s has changed,",
		  key_type_name(c->host_key), c->target->title);
	log_error("and the key for the corresponding IP address %s",
		  c->address);
	log_error("%s. This could either mean that", state);
	log_error("DNS SPOOFING is happening or the IP address for the host");
	log_error("and its host key have changed at the same time.");
	if (ip_entry == NULL)
		return;
	log_error("Offending key for IP in %s:%lu", ip_entry->path,
		  ip_entry->line);
	say_how_to_remove(ip_entry, c->address);
}

char *
verify_address_warning(const struct connection *c,
		       const struct known_hosts_entry *ip_entry,
		       const struct known_hosts_entry *host_entry)
{
	struct buf text = BUF_INIT;

	buf_addf(&text,
		 "Warning: the %s host key for '%s' differs from the key for "
		 "the IP address '%s'\n"
		 "Offending key for IP in %s:%lu",
		 key_type_name(c->host_key), c->target->title, c->address,
		 ip_entry->path, ip_entry->line);
	if (host_entry != NULL)
		buf_addf(&text, "\nMatching host key in %s:%lu",
			 host_entry->path, host_entry->line);
	return buf_take_str(&text);
}

bool
verify_revoked_by(const struct connection *c, const char *file)
{
	struct err e = { .kind = ERR_NONE };
	char *path = tokens_expand(c->conf, "RevokedHostKeys", file, NULL, &e);
	char *fingerprint = fingerprint_of(c, c->host_key);
	int revoked = -1;

	if (path != NULL)
		revoked = known_hosts_revoked_file(path, c->host_key, &e);
	if (revoked > 0)
		log_error("Host key %s %s revoked by file %s",
			  key_type_name(c->host_key), fingerprint, path);
	else if (revoked < 0)
		log_error("Error checking host key %s %s in revoked keys file "
			  "%s",
			  key_type_name(c->host_key), fingerprint, e.text);
	free(fingerprint);
	free(path);
	return revoked != 0;
}
