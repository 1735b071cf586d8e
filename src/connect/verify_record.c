/* What the stage that verifies the host writes down, and how it is told. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/strv.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "trust/known_hosts.h"

void
verify_record(struct connection *c, bool has_address)
{
	const struct strv *files = &c->conf->user_known_hosts_file;
	const char *type = key_type_name(c->host_key);
	struct strv names = STRV_INIT;
	struct err e = { .kind = ERR_NONE };
	char *shown;

	c->has_recorded = true;
	strv_add(&names, c->target->title);
	if (has_address)
		strv_add(&names, c->address);
	shown = strv_join(&names, ",");
	if (files->len == 0)
		log_debug("no file to add the host key to");
	else if (known_hosts_append(files->items[0], &names, c->host_key,
				    c->conf->hash_known_hosts, &e) == 0)
		log_info("Warning: Permanently added '%s' (%s) to the list "
			 "of known hosts.",
			 shown, type);
	else {
		log_debug("%s", e.text);
		log_info("Failed to add the host to the list of known hosts "
			 "(%s).",
			 files->items[0]);
	}
	free(shown);
	strv_clear(&names);
}

void
verify_record_address(struct connection *c)
{
	const struct strv *files = &c->conf->user_known_hosts_file;
	const char *type = key_type_name(c->host_key);
	struct strv names = STRV_INIT;
	struct err e = { .kind = ERR_NONE };

	c->has_recorded = true;
	strv_add(&names, c->address);
	if (files->len > 0 &&
	    known_hosts_append(files->items[0], &names, c->host_key,
			       c->conf->hash_known_hosts, &e) == 0)
		log_info("Warning: Permanently added the %s host key for IP "
			 "address '%s' to the list of known hosts.",
			 type, c->address);
	else
		log_info("Failed to add the %s host key for IP address '%s' "
			 "to the list of known hosts (%s).",
			 type, c->address, e.text);
	strv_clear(&names);
}
