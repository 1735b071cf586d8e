#include "client/exceptions.h"

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

/* Longer lines are skipped, and what comes later in a file. */
#define LINE_BYTES ((size_t)1024)
#define FILE_BYTES ((size_t)1 << 20)
#define PIECE_BYTES ((size_t)4096)
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
	ssize_t n = 1;

	if (fd < 0)
		return;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		n = 0;
	while (n > 0 && text->len < FILE_BYTES) {
		n = read(fd, buf_room(text, PIECE_BYTES), PIECE_BYTES);
		if (n > 0)
			text->len += (size_t)n;
	}
	close(fd);
	/* where it was cut, a name may look like another */
	while (n > 0 && text->len > 0 && text->data[text->len - 1] != '\n')
		text->len--;
}

static bool
is_line_of(const char *line, size_t len, const char *host_title)
{
	size_t name_len = strlen(host_title);

	if (len > LINE_BYTES)
		return false;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	return len >= name_len && *host_title != '#' &&
	       strncasecmp(line, host_title, name_len) == 0 &&
	       (len == name_len || is_blank(line[name_len]));
}

bool
exceptions_have(const char *path, const char *host_title)
{
	struct buf text = BUF_INIT;
	bool found = false;
	size_t at = 0;

	if (path == NULL || *host_title == '\0')
		return false;
	load(&text, path);
	while (at < text.len && !found) {
		const char *line = (const char *)text.data + at;
		const char *end = memchr(line, '\n', text.len - at);
		size_t len = end != NULL ? (size_t)(end - line) : text.len - at;

		found = is_line_of(line, len, host_title);
		at += len + 1;
	}
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
	return len > 0 && len <= NAME_BYTES && text[0] != '#';
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
put_line(struct buf *line, const char *host_title, const char *reason)
{
	char *shown = str_visible_line(reason, strnlen(reason, REASON_BYTES));
	char date[DATE_BYTES] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof(date), " %Y-%m-%d ", &tm) == 0)
		snprintf(date, sizeof(date), " ");
	buf_addf(line, "%s%s%s\n", host_title, date, shown);
	free(shown);
}

void
exceptions_add(const char *path, const char *host_title, const char *reason)
{
	struct buf line = BUF_INIT;
	struct err e;

	if (path == NULL || exceptions_have(path, host_title))
		return;
	if (!is_name(host_title) || !can_grow(path)) {
		log_debug("%s: \"%s\" cannot be remembered", path, host_title);
		return;
	}
	put_line(&line, host_title, reason);
	if (append_lines(path, &line, &e) != 0)
		log_debug("%s", e.text);
	buf_clear(&line);
}
