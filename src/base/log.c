#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* Longer messages are cut, as everything in them may come from outside. */
enum { LOG_TEXT_MAX = 4096 };

static enum log_level current_level = LOG_LEVEL_INFO;
static int log_fd = STDERR_FILENO;
static bool use_syslog;
static bool is_standing; /* a line that is to go before the next one */

/* To the line's beginning, and away with what is there. */
#define WIPE_LINE "\r\033[K"

void
log_set_level(enum log_level level)
{
	current_level = level;
}

enum log_level
log_get_level(void)
{
	return current_level;
}

int
log_to_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
	use_syslog = false;
	return 0;
}

void
log_to_syslog(int facility)
{
	openlog("hawser", LOG_PID, facility);
	use_syslog = true;
}

int
log_keep(void)
{
	if (use_syslog)
		closelog();
	return log_fd;
}

/* What goes before the text; fatal and error only matter in syslog. */
static const char *
prefix_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_DEBUG1:
		return "debug1: ";
	case LOG_LEVEL_DEBUG2:
		return "debug2: ";
	case LOG_LEVEL_DEBUG3:
		return "debug3: ";
	case LOG_LEVEL_FATAL:
		return use_syslog ? "fatal: " : "";
	case LOG_LEVEL_ERROR:
		return use_syslog ? "error: " : "";
	case LOG_LEVEL_QUIET:
	case LOG_LEVEL_INFO:
	case LOG_LEVEL_VERBOSE:
		return "";
	}
	return "";
}

static int
priority_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_QUIET:
	case LOG_LEVEL_FATAL:
		return LOG_CRIT;
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_INFO:
	case LOG_LEVEL_VERBOSE:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG1:
	case LOG_LEVEL_DEBUG2:
	case LOG_LEVEL_DEBUG3:
		return LOG_DEBUG;
	}
	return LOG_INFO;
}

/*
 * Write src to dst with everything but printable ASCII, tabs and newlines as
 * octal; what str_visible() made passes unchanged. dst has room for four bytes
 * per byte of src. Returns the length.
 */
static size_t
make_visible(char *dst, const char *src)
{
	char *start = dst;

	for (; *src != '\0'; src++) {
		unsigned char c = (unsigned char)*src;

		if ((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t') {
			*dst++ = (char)c;
		} else {
			*dst++ = '\\';
			*dst++ = (char)('0' + (c >> 6));
			*dst++ = (char)('0' + (c >> 3 & 7));
			*dst++ = (char)('0' + (c & 7));
		}
	}
	return (size_t)(dst - start);
}

static void
write_line(const char *line, size_t len)
{
	ssize_t n;

	/* One write, so that lines of several processes do not mix. */
	do
		n = write(log_fd, line, len);
	while (n < 0 && errno == EINTR);
}

void
log_write(enum log_level level, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX], line[4 * LOG_TEXT_MAX + 32];
	int saved_errno = errno;
	size_t len;
	va_list ap;

	if (level > current_level || level == LOG_LEVEL_QUIET)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	len = (size_t)snprintf(line, sizeof(line), "%s%s",
			       is_standing ? WIPE_LINE : "", prefix_of(level));
	is_standing = false;
	len += make_visible(line + len, text);
	if (use_syslog) {
		syslog(priority_of(level), "%.*s", (int)len, line);
	} else {
		line[len++] = '\r';
		line[len++] = '\n';
		write_line(line, len);
	}
	errno = saved_errno;
}

bool
log_can_stand(void)
{
	return !use_syslog &&
	       (current_level == LOG_LEVEL_INFO ||
		current_level == LOG_LEVEL_VERBOSE) &&
	       isatty(log_fd);
}

void
log_stand(const char *text)
{
	char line[4 * LOG_TEXT_MAX + 32] = WIPE_LINE;
	size_t len = strlen(line);

	if (!is_standing && text == NULL)
		return;
	if (text != NULL)
		len += make_visible(line + len, text);
	write_line(line, len);
	is_standing = text != NULL;
}

void
log_lines(enum log_level level, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (len > 0)
			log_write(level, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}
