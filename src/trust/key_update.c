#include "trust/key_update.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/verify.h"
#include "trust/known_hosts.h"

void
key_update_clear(struct key_update *u)
{
	for (size_t i = 0; i < u->n_items; i++)
		key_free(u->items[i].key);
	for (size_t i = 0; i < u->n_old; i++)
		key_free(u->old[i]);
	free(u->items);
	free(u->old);
	memset(u, 0, sizeof(*u));
}

/* --- what the host tells --- */

static bool
is_allowed(const struct key *k, const char *algorithms)
{
	const char *const *names = key_algorithms(k);

	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (match_list(names[i], algorithms, false) == MATCH_YES)
			return true;
	return false;
}

static struct key_update_item *
find(const struct key_update *u, const struct key *k)
{
	for (size_t i = 0; i < u->n_items; i++)
		if (u->items[i].key != NULL && key_equal(u->items[i].key, k))
			return &u->items[i];
	return NULL;
}

/* Takes over the key. */
static int
take_key(struct key_update *u, struct key *k, const char *algorithms,
	 struct err *e)
{
	if (k->cert != NULL || !is_allowed(k, algorithms)) {
		log_debug2("%s key not permitted by HostkeyAlgorithms",
			   k->name);
		key_free(k);
		return 0;
	}
	if (find(u, k) != NULL) {
		err_set(e, ERR_PROTOCOL, "received duplicated %s host key",
			key_type_name(k));
		key_free(k);
		return -1;
	}
	u->items = xreallocarray(u->items, u->n_items + 1, sizeof(*u->items));
	u->items[u->n_items++] = (struct key_update_item){ .key = k };
	return 0;
}

int
key_update_take(struct key_update *u, const struct wire *keys,
		const char *algorithms, struct err *e)
{
	struct wire rest = *keys, blob;

	while (rest.len > 0) {
		struct err ignored = { .kind = ERR_NONE };
		struct key *k;

		if (wire_get_wire(&rest, &blob) != 0)
			return err_set(e, ERR_PROTOCOL,
				       "the host's list of keys is malformed");
		k = key_from_blob(blob.data, blob.len, &ignored);
		if (k == NULL)
			log_debug("a host key is of no use: %s", ignored.text);
		else if (take_key(u, k, algorithms, e) != 0)
			return -1;
	}
	return 0;
}

/* --- against known_hosts --- */

/* What was found in the files so far. */
struct comparison {
	const char *host, *ip;
	const struct known_hosts_entry
	    *next;       /* the next with the host's name */
	size_t n;        /* how many were before it */
	bool is_complex; /* entries that somebody has made by hand */
	bool has_other;  /* a key is known under another name */
};

/* More than a name, or a name with its address? */
static bool
is_complex(const char *names)
{
	const char *comma = strchr(names, ',');

	return strpbrk(names, "*?") != NULL ||
	       (comma != NULL && strchr(comma + 1, ',') != NULL);
}

static void
note_old(struct key_update *u, const struct key *k)
{
	u->old = xreallocarray(u->old, u->n_old + 1, sizeof(struct key *));
	u->old[u->n_old++] = key_plain(k);
}

/* Entries are looked at in their order; hashed names are slow to compare, and
 * known_hosts remembers. */
static bool
is_of_host(struct comparison *c, const struct known_hosts *kh,
	   const struct known_hosts_entry *entry)
{
	if (c->next != entry)
		return false;
	c->next = known_hosts_find(kh, c->host, ++c->n);
	return true;
}

static void
compare(struct key_update *u, struct comparison *c,
	const struct known_hosts *kh, const struct known_hosts_entry *entry)
{
	struct key_update_item *item = find(u, entry->key);
	bool is_host = is_of_host(c, kh, entry);
	bool is_ip = c->ip != NULL && known_hosts_entry_matches(entry, c->ip);

	if (entry->is_global)
		return;
	if (!is_host && !is_ip)
		c->has_other = c->has_other || item != NULL;
	else if (entry->marker != KNOWN_HOSTS_PLAIN)
		c->is_complex = true;
	else if (c->ip != NULL && strchr(entry->names, ',') != NULL &&
		 !(is_host && is_ip))
		c->has_other = true;
	else if (is_complex(entry->names))
		c->is_complex = true;
	else if (item != NULL)
		/* whoever else has the address does not vouch for the name */
		item->is_new = item->is_new && !is_host;
	else
		note_old(u, entry->key);
}

/* Is a key that is to go known under another name, too? */
static bool
has_old_elsewhere(const struct key_update *u, const struct comparison *c,
		  const struct known_hosts_entry *entry)
{
	bool is_old = false;

	for (size_t i = 0; i < u->n_old && !is_old; i++)
		is_old = key_equal(u->old[i], entry->key);
	return is_old && !known_hosts_entry_matches(entry, c->host) &&
	       (c->ip == NULL || !known_hosts_entry_matches(entry, c->ip));
}

static enum key_update_verdict
conclude(const struct key_update *u, const struct comparison *c,
	 const struct known_hosts *kh, const char **ret_why)
{
	const struct known_hosts_entry *entry;

	if (u->n_new == 0 && u->n_old == 0) {
		*ret_why = "no new or deprecated keys from server";
		return KEY_UPDATE_NOTHING;
	}
	*ret_why = "CA/revocation marker, manual host list or wildcard host "
		   "pattern found, skipping UserKnownHostsFile update";
	if (c->is_complex)
		return KEY_UPDATE_MANUAL;
	*ret_why = "host key found matching a different name/address, "
		   "skipping UserKnownHostsFile update";
	if (c->has_other)
		return KEY_UPDATE_MANUAL;
	*ret_why = "old keys exist under other names; skipping "
		   "UserKnownHostsFile update";
	for (size_t i = 0; (entry = known_hosts_get(kh, i)) != NULL; i++)
		if (!entry->is_global && has_old_elsewhere(u, c, entry))
			return KEY_UPDATE_MANUAL;
	*ret_why = "only keys that the server has no more";
	return u->n_new > 0 ? KEY_UPDATE_PROVE : KEY_UPDATE_REMOVE;
}

enum key_update_verdict
key_update_judge(struct key_update *u, const struct known_hosts *kh,
		 const char *host, const char *ip, const char **ret_why)
{
	struct comparison c = { .host = host,
				.ip = ip,
				.next = known_hosts_find(kh, host, 0) };
	const struct known_hosts_entry *entry;

	if (u->n_items == 0) {
		*ret_why = "server sent no hostkeys";
		return KEY_UPDATE_NOTHING;
	}
	for (size_t i = 0; i < u->n_items; i++)
		u->items[i].is_new = true;
	for (size_t i = 0; (entry = known_hosts_get(kh, i)) != NULL; i++)
		compare(u, &c, kh, entry);
	for (size_t i = 0; i < u->n_items; i++)
		u->n_new += u->items[i].is_new;
	return conclude(u, &c, kh, ret_why);
}

/* --- proof --- */

void
key_update_put_new(const struct key_update *u, struct buf *out)
{
	for (size_t i = 0; i < u->n_items; i++)
		if (u->items[i].is_new)
			wire_put_string(out, u->items[i].key->blob,
					u->items[i].key->len);
}

int
key_update_prove(struct key_update_item *item, const struct wire *claim,
		 const struct wire *signature, const char *algorithms,
		 struct err *e)
{
	struct wire w = *signature;
	char *name = NULL;
	int rc;

	if (wire_get_cstring(&w, &name) != 0)
		return err_set(e, ERR_PROTOCOL, "malformed signature");
	if (match_list(name, algorithms, false) != MATCH_YES) {
		log_debug("server used untrusted signature algorithm %s, "
			  "disregarding",
			  name);
		key_free(item->key);
		item->key = NULL;
		rc = 0;
	} else {
		rc = key_verify(item->key, name, claim, signature, e);
		item->is_proven = rc == 0;
		rc = rc == 0 ? 1 : -1;
	}
	free(name);
	return rc;
}
