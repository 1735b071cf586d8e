/*
 * key_update - what a host that tells of all its keys means for known_hosts:
 * which of them are new, and which of those known it has no more
 * (UpdateHostKeys in ssh_config(5)). Decides; never asks, never writes.
 */
#ifndef TRUST_KEY_UPDATE_H
#define TRUST_KEY_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/wire.h"

struct buf;
struct err;
struct key;
struct known_hosts;

struct key_update_item {
	struct key *key;
	bool is_new;    /* not known under the host's name */
	bool is_proven; /* a new one that the host has indeed */
};

struct key_update {
	struct key_update_item *items; /* that the host has, in its order */
	size_t n_items, n_new;
	struct key **old; /* known, that it has no more */
	size_t n_old;
};

void key_update_clear(struct key_update *u);

/*
 * Take the keys that the host tells of, as strings with blobs: plain ones that
 * are allowed by algorithms (plain list); others are left out. Returns 0, or -1
 * with e set if they are malformed, or one comes twice.
 */
int key_update_take(struct key_update *u, const struct wire *keys,
		    const char *algorithms, struct err *e);

enum key_update_verdict {
	KEY_UPDATE_NOTHING, /* all is as it should be */
	KEY_UPDATE_MANUAL,  /* the entries are not ours to change */
	KEY_UPDATE_REMOVE,  /* there are only old keys: needs no proof */
	KEY_UPDATE_PROVE,   /* there are new keys, to be proven first */
};

/*
 * Compare with the user's own files in kh (entries of global ones are left
 * alone). ip (may be NULL) is the other name that CheckHostIP keeps. *ret_why
 * is a static sentence for everything but KEY_UPDATE_PROVE.
 */
enum key_update_verdict key_update_judge(struct key_update *u,
					 const struct known_hosts *kh,
					 const char *host, const char *ip,
					 const char **ret_why);

/* Append the new keys, as strings with blobs. */
void key_update_put_new(const struct key_update *u, struct buf *out);

/*
 * Has the host signed claim with this new key, by an algorithm that is allowed?
 * Returns 1 (and notes it), 0 for another algorithm, which forgets the key, or
 * -1 with e set for a wrong signature.
 */
int key_update_prove(struct key_update_item *item, const struct wire *claim,
		     const struct wire *signature, const char *algorithms,
		     struct err *e);

/*
 * Bring a known_hosts file up to date: remove the names' lines with other keys
 * than the host's, and, if may_add, add those of its keys that are missing.
 * hashed as for known_hosts_append(). Returns 0, or -1 with e set (ERR_LOCAL).
 */
struct key_update_names {
	const char *host, *ip; /* ip may be NULL */
	bool hashed;
};
int key_update_apply(const struct key_update *u, const char *path,
		     const struct key_update_names *names, bool may_add,
		     struct err *e);

#endif
