#include "connect/trusted.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/strv.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "keys/key.h"
#include "trust/known_hosts.h"

static void
load(struct connection *c, const struct strv *paths, bool is_global)
{
	struct err e = { .kind = ERR_NONE };

	for (size_t i = 0; i < paths->len; i++)
		if (known_hosts_load(c->known_hosts, paths->items[i], is_global,
				     &e) != 0)
			log_debug("%s", e.text);
}

void
trusted_load(struct connection *c)
{
	c->known_hosts = known_hosts_new();
	load(c, &c->conf->user_known_hosts_file, false);
	load(c, &c->target->global_known_hosts, true);
}

/* Does the entry speak for keys that this algorithm would show? With an
 * authority, every certificate is welcome. The plain key inside a certificate
 * counts, too: it is what remains if the certificate is of no use. */
static bool
is_about(const struct known_hosts_entry *entry, const char *algorithm)
{
	const char *name = key_algorithm_key_name(algorithm);

	switch (entry->marker) {
	case KNOWN_HOSTS_CA:
		return name != NULL &&
		       strcmp(key_algorithm_plain(algorithm), algorithm) != 0;
	case KNOWN_HOSTS_PLAIN:
		return name != NULL && strcmp(entry->key->name, name) == 0;
	case KNOWN_HOSTS_REVOKED:
		break;
	}
	return false;
}

/* The next key known for the host that this algorithm would show, from the nth
 * entry on; NULL after the last. *n goes on behind it. */
static const struct known_hosts_entry *
next_key(const struct connection *c, const char *algorithm, size_t *n)
{
	const struct known_hosts_entry *entry;

	do
		entry =
		    known_hosts_find(c->known_hosts, c->target->title, (*n)++);
	while (entry != NULL && !is_about(entry, algorithm));
	return entry;
}

static bool
is_known(const struct connection *c, const char *algorithm)
{
	size_t n = 0;

	return next_key(c, algorithm, &n) != NULL;
}

static bool
is_first(const char *list, const char *name)
{
	size_t len = strcspn(list, ",");

	return strlen(name) == len && strncmp(list, name, len) == 0;
}

/* Is it known, and no key that would be refused? */
static bool
is_good(const struct connection *c, const char *algorithm)
{
	const struct known_hosts_entry *entry;
	bool is_good = false;
	size_t n = 0;

	while ((entry = next_key(c, algorithm, &n)) != NULL) {
		if (entry->key->type == KEY_RSA &&
		    key_bits(entry->key) < c->conf->required_rsa_size)
			return false;
		is_good = true;
	}
	return is_good;
}

/*
 * What the server itself likes best comes first, if that is all that a guess
 * (RFC 4253 section 7) needs to be right: one key that is known for the host
 * proves it as well as another.
 */
static const char *
favourite(const struct connection *c, const struct strv *names)
{
	const struct memory *m = &c->target->memory;

	if (m->kex == NULL || m->host_key == NULL ||
	    !is_first(c->target->kex, m->kex) ||
	    !strv_has(names, m->host_key) || !is_good(c, m->host_key))
		return NULL;
	return m->host_key;
}

char *
trusted_order(const struct connection *c, const char *list)
{
	struct strv names = STRV_INIT, known = STRV_INIT, other = STRV_INIT;
	const char *first;
	char *joined;

	strv_split(&names, list, ",");
	first = favourite(c, &names);
	if (first != NULL)
		strv_add(&known, first);
	for (size_t i = 0; i < names.len; i++) {
		const char *name = names.items[i];

		if (first == NULL || strcmp(name, first) != 0)
			strv_add(is_known(c, name) ? &known : &other, name);
	}
	for (size_t i = 0; i < other.len; i++)
		strv_add(&known, other.items[i]);
	joined = strv_join(&known, ",");
	strv_clear(&names);
	strv_clear(&known);
	strv_clear(&other);
	return joined;
}
