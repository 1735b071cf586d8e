#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "tap.h"

/* What the log file holds after one message at this level. */
static void
test_line(const char *path, enum log_level level, const char *text,
	  const char *want)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	if (truncate(path, 0) != 0)
		abort();
	log_write(level, "%s", text);
	if (buf_load_file(&b, path, 1 << 20, &e) != 0)
		abort();
	is_str(buf_str(&b), want, "level %d", level);
	buf_clear(&b);
}

static void
test_lines(const char *path)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "one", "one\r\n" },
		{ "one\ntwo\n", "one\r\ntwo\r\n" },
		{ "\n\none\n\n\ttwo", "one\r\n\ttwo\r\n" },
	};
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		if (truncate(path, 0) != 0)
			abort();
		log_lines(LOG_LEVEL_INFO, cases[i].text);
		if (buf_load_file(&b, path, 1 << 20, &e) != 0)
			abort();
		is_str(buf_str(&b), cases[i].want, "lines %zu", i);
	}
	buf_clear(&b);
}

static void
test_long(const char *path)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	char *text = xmalloc(100000);

	memset(text, '\033', 99999);
	text[99999] = '\0';
	if (truncate(path, 0) != 0)
		abort();
	log_info("%s", text);
	if (buf_load_file(&b, path, 1 << 20, &e) != 0)
		abort();
	ok(b.len > 1000 && b.len < 20000 &&
	       memcmp(b.data + b.len - 6, "\\033\r\n", 6) == 0,
	   "long text is cut");
	free(text);
	buf_clear(&b);
}

int
main(void)
{
	const char *dir = getenv("TMPDIR");
	char *path =
	    xasprintf("%s/hawser-log-XXXXXX", dir != NULL ? dir : "/tmp");
	int fd = mkstemp(path);

	close(fd);
	is_int(log_get_level(), LOG_LEVEL_INFO, "info is the default");
	is_int(log_to_file(path), 0, "log to a file");
	test_line(path, LOG_LEVEL_INFO, "text", "text\r\n");
	test_line(path, LOG_LEVEL_ERROR, "two\nlines", "two\nlines\r\n");
	test_line(path, LOG_LEVEL_FATAL, "a\tb\\", "a\tb\\\r\n");
	test_line(path, LOG_LEVEL_INFO, "\033[2J\303\251\r\b",
		  "\\033[2J\\303\\251\\015\\010\r\n");
	test_line(path, LOG_LEVEL_VERBOSE, "text", "");
	test_line(path, LOG_LEVEL_DEBUG1, "text", "");
	log_set_level(LOG_LEVEL_DEBUG3);
	test_line(path, LOG_LEVEL_VERBOSE, "text", "text\r\n");
	test_line(path, LOG_LEVEL_DEBUG1, "text", "debug1: text\r\n");
	test_line(path, LOG_LEVEL_DEBUG2, "text", "debug2: text\r\n");
	test_line(path, LOG_LEVEL_DEBUG3, "text", "debug3: text\r\n");
	test_lines(path);
	test_long(path);
	log_set_level(LOG_LEVEL_QUIET);
	test_line(path, LOG_LEVEL_FATAL, "text", "");
	errno = EPIPE;
	log_error("text");
	is_int(errno, EPIPE, "errno is kept");
	unlink(path);
	is_int(log_to_file("/no/such/folder/file"), -1, "no such folder");
	is_int(errno, ENOENT, "its errno");
	free(path);
	return done_testing();
}
