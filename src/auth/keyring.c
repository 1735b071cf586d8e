#include "auth/keyring.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/system.h"
#include "base/xalloc.h"
#include "keys/private_key.h"

struct entry {
	struct entry *next;
	char *path;
	struct stat file; /* when it was read */
	struct private_key *key;
};

struct keyring {
	unsigned n_owners;
	struct entry *entries;
};

struct keyring *
keyring_new(void)
{
	struct keyring *r = xcalloc(1, sizeof(*r));

	r->n_owners = 1;
	return r;
}

struct keyring *
keyring_share(struct keyring *r)
{
	r->n_owners++;
	return r;
}

void
keyring_clear(struct keyring *r)
{
	struct entry *entry;

	while ((entry = r->entries) != NULL) {
		r->entries = entry->next;
		private_key_free(entry->key);
		free(entry->path);
		free(entry);
	}
}

void
keyring_free(struct keyring *r)
{
	if (r == NULL || --r->n_owners > 0)
		return;
	keyring_clear(r);
	free(r);
}

/* Is the file what it was? */
static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mode == b->st_mode && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct entry *
find(const struct keyring *r, const char *path, const struct stat *file)
{
	struct entry *entry = r->entries;

	while (entry != NULL &&
	       (strcmp(entry->path, path) != 0 || !is_same(&entry->file, file)))
		entry = entry->next;
	return entry;
}

enum private_result
keyring_load(struct keyring *r, const char *path,
	     const struct secret *passphrase,
	     const struct private_key **ret_key, struct err *e)
{
	struct private_key *key;
	struct stat file = { .st_size = -1 };
	struct entry *entry = NULL;
	enum private_result result;

	if (stat(path, &file) == 0)
		entry = find(r, path, &file);
	if (entry != NULL) {
		*ret_key = entry->key;
		return PRIVATE_OK;
	}
	result = private_key_load(path, passphrase, &key, e);
	if (result != PRIVATE_OK)
		return result;
	entry = xcalloc(1, sizeof(*entry));
	entry->path = xstrdup(path);
	entry->file = file;
	entry->key = key;
	entry->next = r->entries;
	r->entries = entry;
	*ret_key = key;
	return PRIVATE_OK;
}
