#include "connect/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/path.h"
#include "base/put_file.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "trust/host_hash.h"

/* A hash for each line that is looked at takes time, too. */
#define LINES_MAX 200
#define FILE_BYTES ((size_t)128 * 1024)
#define FIELDS 4 /* name, key, key exchange, host key */
#define NOTHING "-"

void
memory_clear(struct memory *m)
{
	free(m->key);
	free(m->kex);
	free(m->host_key);
	memset(m, 0, sizeof(*m));
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
memory_equal(const struct memory *a, const struct memory *b)
{
	return is_same(a->key, b->key) && is_same(a->kex, b->kex) &&
	       is_same(a->host_key, b->host_key);
}

/* The XDG base directories' place for what is of use but can be lost. */
char *
memory_path(void)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *state = getenv("XDG_STATE_HOME");
	char *path;

	if (state != NULL && *state == '/')
		return xasprintf("%s/hawser/servers", state);
	path = path_expand_tilde("~/.local/state/hawser/servers", &ignored);
	return path;
}

static void
load_lines(const char *path, struct strv *ret_lines)
{
	struct err ignored = { .kind = ERR_NONE };
	struct buf text = BUF_INIT;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    buf_load_file(&text, path, FILE_BYTES, &ignored) == 0)
		strv_split(ret_lines, buf_str(&text), "\n");
	buf_clear(&text);
}

/* Is the line about the name? Then its fields are set. */
static bool
parse(const char *line, const char *name, struct strv *ret_fields)
{
	strv_clear(ret_fields);
	strv_split(ret_fields, line, " ");
	return ret_fields->len == FIELDS &&
	       host_hash_matches(ret_fields->items[0], name);
}

static char *
value(const char *field)
{
	return strcmp(field, NOTHING) != 0 ? xstrdup(field) : NULL;
}

void
memory_load(const char *path, const char *name, struct memory *ret_memory)
{
	struct strv lines = STRV_INIT, fields = STRV_INIT;

	memory_clear(ret_memory);
	if (path != NULL)
		load_lines(path, &lines);
	for (size_t i = lines.len; i-- > 0;) {
		if (!parse(lines.items[i], name, &fields))
			continue;
		ret_memory->key = value(fields.items[1]);
		ret_memory->kex = value(fields.items[2]);
		ret_memory->host_key = value(fields.items[3]);
		break;
	}
	strv_clear(&fields);
	strv_clear(&lines);
}

/* A server's words may hold anything; ours must stay a line of fields. */
static const char *
field(const char *text)
{
	if (text == NULL || *text == '\0' || strlen(text) > 100)
		return NOTHING;
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return NOTHING;
	return text;
}

/* The file's new content: the lines about others, and one about the name. */
static int
put_lines(struct buf *out, const char *path, const char *name,
	  const struct memory *m)
{
	struct err e = { .kind = ERR_NONE };
	struct strv lines = STRV_INIT, fields = STRV_INIT;
	char *hash = host_hash_make(name, &e);
	size_t skip;

	if (hash == NULL) {
		log_debug("%s", e.text);
		return -1;
	}
	load_lines(path, &lines);
	skip = lines.len >= LINES_MAX ? lines.len - LINES_MAX + 1 : 0;
	for (size_t i = skip; i < lines.len; i++)
		if (!parse(lines.items[i], name, &fields))
			buf_addf(out, "%s\n", lines.items[i]);
	buf_addf(out, "%s %s %s %s\n", hash, field(m->key), field(m->kex),
		 field(m->host_key));
	strv_clear(&fields);
	strv_clear(&lines);
	free(hash);
	return 0;
}

/* Make the folders on the way to the file; all but the last may be there. */
static void
make_folders(const char *path)
{
	char *folder = xstrdup(path);

	for (char *slash = strchr(folder + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0700);
		*slash = '/';
	}
	free(folder);
}

void
memory_save(const char *path, const char *name, const struct memory *m)
{
	struct buf text = BUF_INIT;

	if (path == NULL)
		return;
	make_folders(path);
	if (put_lines(&text, path, name, m) == 0 &&
	    put_file_whole(path, &text, 0600) != 0)
		log_debug("%s: %s", path, strerror(errno));
	buf_clear(&text);
}
