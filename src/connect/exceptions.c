#include "connect/exceptions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/append.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "trust/host_hash.h"

/* Longer lines are skipped, and what comes later in a file. */
#define LINE_BYTES ((size_t)1024)
#define FILE_BYTES ((size_t)1 << 20)
/* What we write must be found again. Names are shorter (RFC 1035), and one
 * byte of a reason may need four to be visible. */
#define NAME_BYTES 300
#define REASON_BYTES 160
#define DATE_BYTES sizeof(" 2000-12-31 ")

_Static_assert(NAME_BYTES + DATE_BYTES + 4 * REASON_BYTES <= LINE_BYTES,
	       "our own lines are too long");

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The beginning of a file, in whole lines; nothing if it cannot be read. */
static void
load(struct buf *text, const char *path)
{
	/* a FIFO must not make us wait for its other end */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int error = 0;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		error = buf_load_fd(text, fd, FILE_BYTES);
	close(fd);
	if (error == EFBIG)
		text->len = FILE_BYTES;
	/* where it was cut, a name may look like another */
	while (error == EFBIG && text->len > 0 &&
	       text->data[text->len - 1] != '\n')
		text->len--;
}

/* Is it the host's line? The name is in lower case. */
static bool
is_line_of(const char *line, size_t len, const char *name)
{
	size_t word_len = 0;
	char *word;
	bool is_it;

	if (len > LINE_BYTES || *name == '#')
		return false;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	while (word_len < len && !is_blank(line[word_len]))
		word_len++;
	word = xstrndup(line, word_len);
	is_it = host_hash_is(word) ? host_hash_matches(word, name)
				   : strcasecmp(word, name) == 0;
	free(word);
	return is_it;
}

bool
exceptions_have(const char *path, const char *host_title)
{
	struct buf text = BUF_INIT;
	bool found = false;
	size_t at = 0;
	char *name;

	if (path == NULL || *host_title == '\0')
		return false;
	name = str_lower(host_title);
	load(&text, path);
	while (at < text.len && !found) {
		const char *line = (const char *)text.data + at;
		const char *end = memchr(line, '\n', text.len - at);
		size_t len = end != NULL ? (size_t)(end - line) : text.len - at;

		found = is_line_of(line, len, name);
		at += len + 1;
	}
	free(name);
	buf_clear(&text);
	return found;
}

/* Would it be read back as it is? HostKeyAlias can be anything. */
static bool
is_name(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= NAME_BYTES && text[0] != '#' &&
	       !host_hash_is(text);
}

/* Something else than a file is left alone; a full one is not read to its
 * end, and would grow with each connection. */
static bool
can_grow(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 ||
	       (S_ISREG(st.st_mode) &&
		st.st_size < (off_t)(FILE_BYTES - LINE_BYTES));
}

static void
put_line(struct buf *line, const char *name, const char *reason)
{
	char *shown = str_visible_line(reason, strnlen(reason, REASON_BYTES));
	char date[DATE_BYTES] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof(date), " %Y-%m-%d ", &tm) == 0)
		snprintf(date, sizeof(date), " ");
	buf_addf(line, "%s%s%s\n", name, date, shown);
	free(shown);
}

/* As it is written down; NULL with e set on failure. */
static char *
written_name(const char *host_title, bool is_hashed, struct err *e)
{
	char *lower, *hashed;

	if (!is_hashed)
		return xstrdup(host_title);
	lower = str_lower(host_title);
	hashed = host_hash_make(lower, e);
	free(lower);
	return hashed;
}

void
exceptions_add(const char *path, const char *host_title, const char *reason,
	       bool is_hashed)
{
	struct buf line = BUF_INIT;
	struct err e;
	char *name;

	if (path == NULL || exceptions_have(path, host_title))
		return;
	if (!is_name(host_title) || !can_grow(path)) {
		log_debug("%s: \"%s\" cannot be remembered", path, host_title);
		return;
	}
	name = written_name(host_title, is_hashed, &e);
	if (name != NULL)
		put_line(&line, name, reason);
	if (name == NULL || append_lines(path, &line, &e) != 0)
		log_debug("%s", e.text);
	free(name);
	buf_clear(&line);
}
