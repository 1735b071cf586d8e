/* Host certificates: is there an authority that we trust for this host, and is
 * what it signed good for it now? The order of the checks is ssh's. */
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "trust/host_cert.h"
#include "trust/known_hosts.h"

/* Does an authority that is trusted under this name vouch for the host? */
static bool
is_certified_as(const struct connection *c, const char *name,
		const struct known_hosts_entry *authority)
{
	const struct conf *o = c->conf;
	const char *principal =
	    o->host_key_alias != NULL ? c->target->title : c->target->host;
	struct err e = { .kind = ERR_NONE };

	log_debug("Host '%s' is known and matches the %s host certificate.",
		  name, key_type_name(c->host_key));
	log_debug("Found CA key in %s:%lu", authority->path, authority->line);
	if (host_cert_check(c->host_key, principal, (uint64_t)time(NULL),
			    c->target->ca_signatures, &e) == 0)
		return true;
	log_error("%s", e.text);
	return false;
}

bool
verify_certificate(const struct connection *c)
{
	const struct known_hosts_entry *authority;

	if (known_hosts_check(c->known_hosts, c->target->title, c->host_key,
			      &authority) == KNOWN_HOSTS_MATCH) {
		if (!is_certified_as(c, c->target->title, authority))
			return false;
		if (c->conf->visual_host_key)
			verify_show_art(c);
		return true;
	}
	if (c->conf->port == 22 || c->conf->host_key_alias != NULL)
		return false;
	/* As for plain keys, what is known of the machine's port 22 counts. */
	log_debug("checking without port identifier");
	if (known_hosts_check(c->known_hosts, c->target->host, c->host_key,
			      &authority) != KNOWN_HOSTS_MATCH ||
	    !is_certified_as(c, c->target->host, authority))
		return false;
	log_debug("found matching key w/out port");
	return true;
}

void
verify_drop_certificate(struct connection *c)
{
	struct key *plain = key_plain(c->host_key);

	log_debug("No matching CA found. Retry with plain key");
	key_free(c->host_key);
	c->host_key = plain;
}
