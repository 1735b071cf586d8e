/* The part of key_update.h that writes. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/rewrite.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "trust/key_update.h"
#include "trust/known_hosts.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

struct job {
	const struct key_update *update;
	const struct key_update_names *names;
	const char *path;
	bool may_add;
	bool *has_host, *has_ip; /* the keys that the file has already */
	bool is_changed;
};

/* The host's key that is on the line, as an index; or n_items. */
static size_t
find(const struct key_update *u, const struct key *k)
{
	size_t i = 0;

	while (i < u->n_items &&
	       (u->items[i].key == NULL || !key_equal(u->items[i].key, k)))
		i++;
	return i;
}

/* Is the line to stay? */
static bool
keeps(struct job *j, const struct known_hosts_entry *entry)
{
	const struct key_update_names *names = j->names;
	bool is_host = known_hosts_entry_matches(entry, names->host);
	bool is_ip =
	    names->ip != NULL && known_hosts_entry_matches(entry, names->ip);
	size_t i = find(j->update, entry->key);

	if ((!is_host && !is_ip) || entry->marker != KNOWN_HOSTS_PLAIN)
		return true;
	if (i == j->update->n_items) {
		log_debug("%s: Removed %s key for host %s", j->path,
			  key_type_name(entry->key), names->host);
		return false;
	}
	j->has_host[i] = j->has_host[i] || is_host;
	j->has_ip[i] = j->has_ip[i] || is_ip;
	return true;
}

static bool
keeps_line(struct job *j, const char *line)
{
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *entry;
	bool is_kept = true;

	known_hosts_add_line(kh, line, j->path, 0, false);
	entry = known_hosts_get(kh, 0);
	if (entry != NULL)
		is_kept = keeps(j, entry);
	known_hosts_free(kh);
	return is_kept;
}

static void
copy_lines(struct job *j, struct buf *content, struct buf *out)
{
	const char *at = buf_str(content), *end = at + content->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline != NULL ? newline : end) - at);
		char *line = xstrndup(at, len);

		if (keeps_line(j, line))
			buf_addf(out, "%s\n", line);
		else
			j->is_changed = true;
		free(line);
		at += len + (newline != NULL);
	}
}

/* Add the lines that are missing. */
static int
add_lines(struct job *j, struct buf *out, struct err *e)
{
	const struct key_update_names *n = j->names;

	for (size_t i = 0; i < j->update->n_items; i++) {
		const struct key *k = j->update->items[i].key;
		struct strv names = STRV_INIT;
		int rc = 0;

		if (k == NULL)
			continue;
		if (!j->has_host[i])
			strv_add(&names, n->host);
		if (n->ip != NULL && !j->has_ip[i])
			strv_add(&names, n->ip);
		if (names.len > 0) {
			rc = known_hosts_put(out, &names, k, n->hashed, e);
			j->is_changed = true;
		}
		strv_clear(&names);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int
change(void *arg, struct buf *content, struct buf *out, struct err *e)
{
	struct job *j = arg;

	if (memchr(content->data, '\0', content->len) != NULL)
		return err_set(e, ERR_LOCAL, "%s: not a text file", j->path);
	copy_lines(j, content, out);
	if (j->may_add && add_lines(j, out, e) != 0)
		return -1;
	return j->is_changed ? 1 : 0;
}

int
key_update_apply(const struct key_update *u, const char *path,
		 const struct key_update_names *names, bool may_add,
		 struct err *e)
{
	struct job j = {
		.update = u,
		.names = names,
		.path = path,
		.may_add = may_add,
		.has_host = xcalloc(u->n_items, sizeof(bool)),
		.has_ip = xcalloc(u->n_items, sizeof(bool)),
	};
	int rc = rewrite_file(path, FILE_MAX, change, &j, e);

	free(j.has_host);
	free(j.has_ip);
	return rc;
}
