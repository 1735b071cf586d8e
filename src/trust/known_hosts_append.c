#include "trust/known_hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/append.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/key.h"
#include "trust/host_hash.h"

/* A name that would be read back as one host and nothing else. */
static bool
is_plain_name(const char *name)
{
	if (name[0] == '\0' || strchr("#@|!", name[0]) != NULL)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr(",*?", *p) != NULL)
			return false;
	}
	return true;
}

static int
put_plain_names(struct buf *line, const struct strv *names, struct err *e)
{
	for (size_t i = 0; i < names->len; i++) {
		if (!is_plain_name(names->items[i]))
			return err_set(e, ERR_LOCAL,
				       "\"%.256s\" cannot be written as a host "
				       "name",
				       names->items[i]);
		buf_addf(line, "%s%s", i > 0 ? "," : "", names->items[i]);
	}
	return 0;
}

static void
put_key(struct buf *lines, const struct key *key)
{
	char *base64 = key_base64(key);

	buf_addf(lines, " %s %s\n", key->name, base64);
	free(base64);
}

int
known_hosts_put(struct buf *lines, const struct strv *names,
		const struct key *key, bool hashed, struct err *e)
{
	if (!hashed) {
		if (put_plain_names(lines, names, e) != 0)
			return -1;
		put_key(lines, key);
		return 0;
	}
	for (size_t i = 0; i < names->len; i++) {
		char *hash = host_hash_make(names->items[i], e);

		if (hash == NULL)
			return -1;
		buf_add_str(lines, hash);
		put_key(lines, key);
		free(hash);
	}
	return 0;
}

int
known_hosts_append(const char *path, const struct strv *names,
		   const struct key *key, bool hashed, struct err *e)
{
	struct buf lines = BUF_INIT;
	int rc;

	assert(names->len > 0);
	rc = known_hosts_put(&lines, names, key, hashed, e);
	if (rc == 0)
		rc = append_lines(path, &lines, e);
	buf_clear(&lines);
	return rc;
}
