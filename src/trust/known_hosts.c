#include "trust/known_hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "trust/host_hash.h"

enum { SSH_PORT = 22 };

/* Of a whole file, and of one line of it. */
enum { FILE_MAX = 64 * 1024 * 1024, LINE_MAX_LEN = 1024 * 1024 };

/* The entries that match the name asked for last. Hashed names are slow to
 * compare, and questions about one name come in runs. */
struct memo {
	char *name;
	size_t n_seen; /* entries that were looked at */
	size_t *found; /* indexes of the matching ones */
	size_t n_found;
};

struct known_hosts {
	struct known_hosts_entry *entries;
	size_t n_entries, size;
	struct memo *memo;
};

struct known_hosts *
known_hosts_new(void)
{
	struct known_hosts *kh = xcalloc(1, sizeof(*kh));

	kh->memo = xcalloc(1, sizeof(*kh->memo));
	return kh;
}

static void
memo_clear(struct memo *m)
{
	free(m->name);
	m->name = NULL;
	m->n_seen = 0;
	free(m->found);
	m->found = NULL;
	m->n_found = 0;
}

static void
entry_clear(struct known_hosts_entry *entry)
{
	free(entry->path);
	free(entry->names);
	free(entry->about);
	key_free(entry->key);
}

void
known_hosts_free(struct known_hosts *kh)
{
	if (kh == NULL)
		return;
	for (size_t i = 0; i < kh->n_entries; i++)
		entry_clear(&kh->entries[i]);
	free(kh->entries);
	memo_clear(kh->memo);
	free(kh->memo);
	free(kh);
}

/* Takes over what entry owns. */
static void
add_entry(struct known_hosts *kh, const struct known_hosts_entry *entry)
{
	if (kh->n_entries == kh->size) {
		kh->size = kh->size > 0 ? 2 * kh->size : 16;
		kh->entries =
		    xreallocarray(kh->entries, kh->size, sizeof(*kh->entries));
	}
	kh->entries[kh->n_entries++] = *entry;
}

static const char *
skip_blank(const char *s)
{
	return s + strspn(s, " \t");
}

static size_t
word_len(const char *s)
{
	return strcspn(s, " \t");
}

static bool
is_word(const char *s, const char *word)
{
	return word_len(s) == strlen(word) && str_starts(s, word);
}

/* Read the marker, if there is one, and go past it. Returns 0, or -1 if it is
 * unknown or one of several. */
static int
parse_marker(const char **s, enum known_hosts_marker *ret_marker)
{
	enum known_hosts_marker marker = KNOWN_HOSTS_PLAIN;
	const char *p = *s;

	if (*p == '@') {
		if (is_word(p, "@cert-authority"))
			marker = KNOWN_HOSTS_CA;
		else if (is_word(p, "@revoked"))
			marker = KNOWN_HOSTS_REVOKED;
		else
			return -1;
		p = skip_blank(p + word_len(p));
		if (*p == '@')
			return -1;
	}
	*ret_marker = marker;
	*s = p;
	return 0;
}

int
known_hosts_add_line(struct known_hosts *kh, const char *text, const char *path,
		     unsigned long line, bool is_global)
{
	struct known_hosts_entry entry = { .line = line,
					   .is_global = is_global };
	const char *names;
	size_t names_len;
	struct err e;

	text = skip_blank(text);
	if (*text == '\0' || *text == '#' || *text == '\r' || *text == '\n')
		return 0;
	if (parse_marker(&text, &entry.marker) != 0) {
		log_debug("%s:%lu: invalid marker", path, line);
		return -1;
	}
	names = text;
	names_len = word_len(names);
	entry.key = key_from_text(names + names_len, NULL, &e);
	if (entry.key == NULL) {
		log_debug("%s:%lu: parse error in hostkeys file: %s", path,
			  line, e.text);
		return -1;
	}
	entry.names = xstrndup(names, names_len);
	entry.path = xstrdup(path);
	add_entry(kh, &entry);
	return 0;
}

/* Add every line of content, which is cut into lines on the way. */
static void
add_lines(struct known_hosts *kh, struct buf *content, const char *path,
	  bool is_global)
{
	char *line = (char *)content->data, *end = line + content->len;
	unsigned long number = 0;

	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *next = newline != NULL ? newline + 1 : end;

		number++;
		/* The last line ends at the NUL behind the content. */
		if (newline != NULL)
			*newline = '\0';
		if (next - line > LINE_MAX_LEN)
			log_debug("%s:%lu: line is too long", path, number);
		else
			(void)known_hosts_add_line(kh, line, path, number,
						   is_global);
		line = next;
	}
}

int
known_hosts_load(struct known_hosts *kh, const char *path, bool is_global,
		 struct err *e)
{
	struct buf content = BUF_INIT;
	int rc = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	rc = buf_load_file(&content, path, FILE_MAX, e);
	if (rc == 0) {
		(void)buf_str(&content);
		add_lines(kh, &content, path, is_global);
	}
	buf_clear(&content);
	return rc;
}

/* Keep the entries from the nth on that is_kept says yes to. */
static void
filter(struct known_hosts *kh, size_t n,
       bool (*is_kept)(const struct known_hosts_entry *entry, const char *name),
       const char *name)
{
	size_t kept = n;

	for (size_t i = n; i < kh->n_entries; i++) {
		if (is_kept(&kh->entries[i], name))
			kh->entries[kept++] = kh->entries[i];
		else
			entry_clear(&kh->entries[i]);
	}
	kh->n_entries = kept;
	memo_clear(kh->memo);
}

void
known_hosts_add_answer(struct known_hosts *kh, struct buf *text,
		       const char *source, const char *searched,
		       const char *about)
{
	size_t n = kh->n_entries;

	(void)buf_str(text);
	add_lines(kh, text, source, true);
	filter(kh, n, known_hosts_entry_matches, searched);
	for (; n < kh->n_entries; n++)
		kh->entries[n].about = xstrdup(about);
}

static bool
is_of_file(const struct known_hosts_entry *entry, const char *name)
{
	(void)name;
	return entry->about == NULL;
}

void
known_hosts_forget_answers(struct known_hosts *kh)
{
	filter(kh, 0, is_of_file, NULL);
}

char *
known_hosts_name(const char *host, int port)
{
	char *lower = str_lower(host), *name;

	if (port == SSH_PORT)
		return lower;
	name = xasprintf("[%s]:%d", lower, port);
	free(lower);
	return name;
}

bool
known_hosts_entry_matches(const struct known_hosts_entry *entry,
			  const char *name)
{
	if (entry->about != NULL)
		return strcmp(entry->about, name) == 0;
	if (host_hash_is(entry->names))
		return host_hash_matches(entry->names, name);
	return match_host(name, entry->names) == MATCH_YES;
}

/* Find everything that matches name. */
static const struct memo *
find_all(const struct known_hosts *kh, const char *name)
{
	struct memo *m = kh->memo;

	if (m->name == NULL || strcmp(m->name, name) != 0) {
		memo_clear(m);
		m->name = xstrdup(name);
	}
	for (; m->n_seen < kh->n_entries; m->n_seen++) {
		if (!known_hosts_entry_matches(&kh->entries[m->n_seen], name))
			continue;
		m->found =
		    xreallocarray(m->found, m->n_found + 1, sizeof(*m->found));
		m->found[m->n_found++] = m->n_seen;
	}
	return m;
}

/* The entries that speak about one key; each may be NULL. */
struct evidence {
	const struct known_hosts_entry *revoked, *same;
	const struct known_hosts_entry *other; /* ssh shows the last of them */
};

/* Does the entry hold the key, or the authority that certified it? */
static bool
revokes(const struct known_hosts_entry *entry, const struct key *key)
{
	return key_equal_plain(entry->key, key) ||
	       (key->cert != NULL &&
		key_equal_plain(entry->key, key->cert->ca));
}

static void
weigh(struct evidence *found, const struct known_hosts_entry *entry,
      const struct key *key)
{
	bool is_cert = key->cert != NULL;
	bool is_same = key_equal(entry->key, is_cert ? key->cert->ca : key);

	switch (entry->marker) {
	case KNOWN_HOSTS_REVOKED:
		if (revokes(entry, key) && found->revoked == NULL)
			found->revoked = entry;
		break;
	case KNOWN_HOSTS_CA:
		if (is_cert && is_same && found->same == NULL)
			found->same = entry;
		break;
	case KNOWN_HOSTS_PLAIN:
		if (is_cert)
			break;
		if (is_same && found->same == NULL)
			found->same = entry;
		if (!is_same)
			found->other = entry;
		break;
	}
}

enum known_hosts_verdict
known_hosts_check(const struct known_hosts *kh, const char *name,
		  const struct key *key,
		  const struct known_hosts_entry **ret_entry)
{
	const struct memo *matching = find_all(kh, name);
	struct evidence found = { 0 };
	const struct known_hosts_entry *decided = NULL;
	enum known_hosts_verdict verdict = KNOWN_HOSTS_NEW;

	for (size_t i = 0; i < matching->n_found; i++)
		weigh(&found, &kh->entries[matching->found[i]], key);
	if (found.revoked != NULL) {
		decided = found.revoked;
		verdict = KNOWN_HOSTS_IS_REVOKED;
	} else if (found.same != NULL) {
		decided = found.same;
		verdict = KNOWN_HOSTS_MATCH;
	} else if (found.other != NULL) {
		decided = found.other;
		verdict = KNOWN_HOSTS_CHANGED;
	}
	if (ret_entry != NULL)
		*ret_entry = decided;
	return verdict;
}

const struct known_hosts_entry *
known_hosts_find(const struct known_hosts *kh, const char *name, size_t n)
{
	const struct memo *matching = find_all(kh, name);

	return n < matching->n_found ? &kh->entries[matching->found[n]] : NULL;
}

const struct known_hosts_entry *
known_hosts_get(const struct known_hosts *kh, size_t n)
{
	return n < kh->n_entries ? &kh->entries[n] : NULL;
}
