#include "app/host_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "net/hosts_file.h"
#include "trust/known_hosts.h"

/* A shell puts the name on a command line as it is, so nothing in it may be
 * special there; patterns and hashed names have no place either. */
static bool
is_plain(const char *name)
{
	static const char usual[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._:%-";

	return *name != '\0' && *name != '-' &&
	       name[strspn(name, usual)] == '\0';
}

/* The name in "[name]:port", or all of it; the caller frees it. */
static char *
without_port(const char *name)
{
	const char *end = strchr(name, ']');

	if (*name != '[' || end == NULL)
		return xstrdup(name);
	return xstrndup(name + 1, (size_t)(end - name - 1));
}

static void
add(struct strv *names, const char *name)
{
	char *plain = without_port(name);

	if (is_plain(plain))
		strv_add(names, plain);
	free(plain);
}

static void
add_known(struct strv *names, const struct known_hosts *kh)
{
	const struct known_hosts_entry *entry;

	for (size_t i = 0; (entry = known_hosts_get(kh, i)) != NULL; i++) {
		struct strv each = STRV_INIT;

		strv_split(&each, entry->names, ",");
		for (size_t j = 0; j < each.len; j++)
			if (entry->marker == KNOWN_HOSTS_PLAIN)
				add(names, each.items[j]);
		strv_clear(&each);
	}
}

/* A file whose name depends on the host is not there for this. */
static void
load_known(struct known_hosts *kh, const struct strv *paths)
{
	struct err e;

	for (size_t i = 0; i < paths->len; i++) {
		char *variables = path_expand_env(paths->items[i], &e);
		char *path =
		    variables != NULL ? path_expand_tilde(variables, &e) : NULL;

		if (path != NULL)
			(void)known_hosts_load(kh, path, false, &e);
		free(path);
		free(variables);
	}
}

static void
add_from_hosts_file(struct strv *names)
{
	FILE *in = fopen("/etc/hosts", "re");
	struct strv found = STRV_INIT;

	if (in == NULL)
		return;
	hosts_file_list(in, &found);
	(void)fclose(in);
	for (size_t i = 0; i < found.len; i++)
		add(names, found.items[i]);
	strv_clear(&found);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One per line, each once. */
static char *
print_sorted(struct strv *names)
{
	struct buf out = BUF_INIT;

	if (names->len > 0)
		qsort(names->items, names->len, sizeof(*names->items), compare);
	for (size_t i = 0; i < names->len; i++)
		if (i == 0 || strcmp(names->items[i], names->items[i - 1]) != 0)
			buf_addf(&out, "%s\n", names->items[i]);
	return buf_take_str(&out);
}

char *
host_names_list(struct conf *c)
{
	struct known_hosts *kh = known_hosts_new();
	struct strv names = STRV_INIT;
	struct err e;
	char *list;

	/* lines for all hosts count; nothing may be run for a completion */
	if (c->host == NULL)
		c->host = xstrdup("");
	(void)conf_load(c, &e);
	(void)conf_finish(c, &e);
	for (size_t i = 0; i < c->host_patterns.len; i++)
		add(&names, c->host_patterns.items[i]);
	load_known(kh, &c->user_known_hosts_file);
	load_known(kh, &c->global_known_hosts_file);
	add_known(&names, kh);
	add_from_hosts_file(&names);
	list = print_sorted(&names);
	strv_clear(&names);
	known_hosts_free(kh);
	return list;
}
