#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "connect/exceptions.h"
#include "data.h"
#include "tap.h"

#define MIB ((size_t)1 << 20)

/* example.com */
#define HASHED "|1|EPaOpyIVNatdPkKtSW4Z0BzOkL0=|IG5F7vkj+fzRcEjCs3sHLp4MEZc="

/* What the file holds, whom we ask about, and whether he is in it. */
static const struct {
	const char *what, *text, *title;
	bool is_listed;
} lists[] = {
	{ "a name", "example.com\n", "example.com", true },
	{ "the last line without its end", "a\nexample.com", "example.com",
	  true },
	{ "another port", "[example.com]:2222\n", "[example.com]:2222", true },
	{ "not this port", "[example.com]:2222\n", "example.com", false },
	{ "not that port", "example.com\n", "[example.com]:2222", false },
	{ "what follows the name", "example.com 2026-11-20 why\n",
	  "example.com", true },
	{ "a word after the name is no name", "other example.com\n",
	  "example.com", false },
	{ "a tab after the name", "example.com\twhy\n", "example.com", true },
	{ "lines that end with \\r\\n", "a\r\nexample.com\r\n", "example.com",
	  true },
	{ "blanks before the name", " \texample.com\n", "example.com", true },
	{ "letters of either case", "Example.COM\n", "example.com", true },
	{ "the beginning of a name", "example.com\n", "example.co", false },
	{ "more than a name", "example.com\n", "example.com.org", false },
	{ "empty lines", "\n\n \n\nexample.com\n", "example.com", true },
	{ "an address", "2001:db8::1\n", "2001:db8::1", true },
	{ "a comment", "#example.com\n", "example.com", false },
	{ "a comment is not a name", "#example.com\n", "#example.com", false },
	{ "no name at all", "\n\n", "", false },
	{ "an empty file", "", "example.com", false },
	{ "no pattern", "*\n", "example.com", false },
	{ "a hashed name", HASHED " 2026-11-20 why\n", "example.com", true },
	{ "a hashed name is of one case", HASHED "\n", "Example.COM", true },
	{ "another's hashed name", HASHED "\n", "example.org", false },
	{ "a hash is no name", HASHED "\n", HASHED, false },
	{ "a damaged hash", "|1|x|y\nexample.com\n", "example.com", true },
};

static void
test_lists(const char *path)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		data_write(path, lists[i].text, strlen(lists[i].text), 0600);
		is_int(exceptions_have(path, lists[i].title),
		       lists[i].is_listed, "%s", lists[i].what);
	}
}

/* The same, behind a line of so many bytes and its end. */
static const struct {
	const char *what;
	size_t filler;
	const char *text;
	bool is_listed;
} sizes[] = {
	{ "a name after a long line", 100000, "example.com\n", true },
	{ "a name at the end of 1 MiB", MIB - 13, "example.com\n", true },
	{ "a name beyond 1 MiB", MIB, "example.com\n", false },
	{ "a name cut at 1 MiB", MIB - 12, "example.community\n", false },
};

static void
test_sizes(const char *path)
{
	char *line = xmalloc(2 * MIB);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = sizes[i].filler;

		memset(line, 'x', len);
		line[len++] = '\n';
		memcpy(line + len, sizes[i].text, strlen(sizes[i].text));
		len += strlen(sizes[i].text);
		data_write(path, line, len, 0600);
		is_int(exceptions_have(path, "example.com"), sizes[i].is_listed,
		       "%s", sizes[i].what);
	}
	memset(line, ' ', 2000);
	memcpy(line, "example.com", strlen("example.com"));
	data_write(path, line, 1024, 0600);
	ok(exceptions_have(path, "example.com"), "a line of 1 KiB");
	data_write(path, line, 1025, 0600);
	ok(!exceptions_have(path, "example.com"), "a longer line is skipped");
	memset(line, 0, 2 * MIB);
	data_write(path, line, 2 * MIB, 0600);
	ok(!exceptions_have(path, "example.com"), "a file of zeros");
	exceptions_add(path, "example.com", "why", false);
	ok(!exceptions_have(path, "example.com"), "a full file stays as it is");
	free(line);
}

/* What is there before, what is added, and what is there then; "$" stands for
 * the date, and after is NULL for "as before". */
static const struct {
	const char *what, *before, *title, *reason, *after;
} additions[] = {
	{ "to an empty file", "", "example.com", "why", "example.com $ why\n" },
	{ "a port", "# x\n", "[example.com]:2222", "why",
	  "# x\n[example.com]:2222 $ why\n" },
	{ "where the last line is open", "a b", "example.com", "why",
	  "a b\nexample.com $ why\n" },
	{ "once only", "a\nexample.com\n", "example.com", "why", NULL },
	{ "a reason with control characters", "", "example.com",
	  "a\nb\tc\033[2J\r\n#",
	  "example.com $ a\\012b\\011c\\033[2J\\012#\n" },
	{ "no reason", "", "example.com", "", "example.com $ \n" },
	{ "a name with a blank", "a\n", "two words", "why", NULL },
	{ "a name with a line end", "a\n", "two\nlines", "why", NULL },
	{ "a name like a comment", "a\n", "#example.com", "why", NULL },
	{ "no name", "a\n", "", "why", NULL },
	{ "a name like a hashed one", "a\n", "|1|x", "why", NULL },
};

static void
is_content(const char *path, const char *want, const char *what)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	(void)buf_load_file(&b, path, MIB, &e);
	is_str(buf_str(&b), want, "%s %s", what, e.text);
	buf_clear(&b);
}

static char *
with_date(const char *text)
{
	size_t at = strcspn(text, "$");
	time_t now = time(NULL);
	char date[16] = "";
	struct tm tm;

	if (text[at] == '\0')
		return xstrdup(text);
	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) == 0)
		abort();
	return xasprintf("%.*s%s%s", (int)at, text, date, text + at + 1);
}

static void
test_additions(const char *path)
{
	for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		const char *before = additions[i].before;
		const char *after = additions[i].after;
		char *want = with_date(after != NULL ? after : before);

		data_write(path, before, strlen(before), 0640);
		exceptions_add(path, additions[i].title, additions[i].reason,
			       false);
		is_content(path, want, additions[i].what);
		exceptions_add(path, additions[i].title, "again", false);
		is_content(path, want, "and not twice");
		free(want);
	}
}

static char *
repeat(char c, size_t len)
{
	char *text = xmalloc(len + 1);

	memset(text, c, len);
	text[len] = '\0';
	return text;
}

/* Whatever is written is found again. */
static void
test_long(const char *path)
{
	char *name = repeat('n', 300), *long_name = repeat('n', 301);
	char *reason = repeat('\n', 5000);

	data_write(path, "", 0, 0600);
	exceptions_add(path, long_name, "why", false);
	is_content(path, "", "a name that is too long is not remembered");
	exceptions_add(path, name, reason, false);
	ok(exceptions_have(path, name), "a long name and a long reason");
	free(name);
	free(long_name);
	free(reason);
}

static void
test_hashed(const char *path)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	data_write(path, "", 0, 0600);
	exceptions_add(path, "[Example.COM]:22", "why", true);
	exceptions_add(path, "[example.com]:22", "again", true);
	ok(exceptions_have(path, "[example.com]:22"), "found by its hash");
	ok(!exceptions_have(path, "example.com"), "and nobody else");
	(void)buf_load_file(&b, path, MIB, &e);
	ok(str_starts(buf_str(&b), "|1|") &&
	       strstr(buf_str(&b), "xample") == NULL &&
	       strstr(buf_str(&b), "again") == NULL,
	   "its name is not in the file: %s", buf_str(&b));
	buf_clear(&b);
}

static void
test_new(const char *path)
{
	mode_t mask = umask(022);
	struct stat st = { 0 };

	(void)unlink(path);
	ok(!exceptions_have(path, "example.com"), "no file lists nobody");
	exceptions_add(path, "example.com", "why", false);
	ok(exceptions_have(path, "example.com"), "a file is made");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "for us only");
	(void)umask(mask);
	exceptions_add(NULL, "example.com", "why", false);
	ok(!exceptions_have(NULL, "example.com"), "no path, no memory");
}

/* None of these may hang, fail or change. */
static void
test_not_files(const char *folder, const char *path)
{
	char *absent = xasprintf("%s/no/file", folder), byte;
	int fd;

	exceptions_add(absent, "example.com", "why", false);
	ok(!exceptions_have(absent, "example.com"), "no folder");
	exceptions_add(folder, "example.com", "why", false);
	ok(!exceptions_have(folder, "example.com"), "a folder");
	(void)unlink(path);
	if (mkfifo(path, 0600) != 0)
		abort();
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	exceptions_add(path, "example.com", "why", false);
	ok(read(fd, &byte, 1) < 0, "nothing is written to a FIFO");
	ok(!exceptions_have(path, "example.com"), "nor read from it");
	close(fd);
	ok(!exceptions_have(path, "example.com"), "a FIFO that nobody has");
	exceptions_add(path, "example.com", "why", false);
	ok(!exceptions_have("/dev/zero", "example.com"), "an endless device");
	free(absent);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/file", folder);

	test_lists(path);
	test_sizes(path);
	test_additions(path);
	test_long(path);
	test_hashed(path);
	test_new(path);
	test_not_files(folder, path);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
	return done_testing();
}
