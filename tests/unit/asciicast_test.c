#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_text.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "tap.h"
#include "term/asciicast.h"

#define FFFD "\xef\xbf\xbd"

static char *folder;

static const struct {
	const char *name, *bytes, *json;
} texts[] = {
	{ "nothing", "", "" },
	{ "plain text", "hello, world/", "hello, world/" },
	{ "what JSON escapes", "\"\\\b\f\n\r\t", "\\\"\\\\\\b\\f\\n\\r\\t" },
	{ "other control characters", "\x1b[0m\x01\x7f",
	  "\\u001b[0m\\u0001\\u007f" },
	{ "UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "the ends of what there is",
	  "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf\xf4\x8f\xbf"
	  "\xbf",
	  "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf\xf4\x8f\xbf"
	  "\xbf" },
	{ "a continuation alone", "a\x80z", "a" FFFD "z" },
	{ "never a first byte", "\xc0\xc1\xf5\xff", FFFD FFFD FFFD FFFD },
	{ "overlong", "\xe0\x80\x80\xf0\x8f\xbf\xbf",
	  FFFD FFFD FFFD FFFD FFFD FFFD FFFD },
	{ "surrogate", "\xed\xa0\x80", FFFD FFFD FFFD },
	{ "too large", "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD },
	{ "cut by text", "\xe2\x82z\xf0\x9f\x98z", FFFD "z" FFFD "z" },
	{ "cut by a character", "\xe2\x82\xc3\xa9", FFFD "\xc3\xa9" },
	{ "cut by the end", "z\xf0\x9f", "z" FFFD },
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void
check_text(const char *name, const char *bytes, const char *json)
{
	size_t len = strlen(bytes);
	bool same = true;

	for (size_t cut = 0; cut <= len; cut++) {
		struct json_text t = JSON_TEXT_INIT;
		struct buf out = BUF_INIT;

		json_text_add(&t, bytes, cut, &out);
		json_text_add(&t, bytes + cut, len - cut, &out);
		json_text_end(&t, &out);
		if (same && strcmp(buf_str(&out), json) != 0)
			same = is_str(buf_str(&out), json, "%s, cut at %zu",
				      name, cut);
		buf_clear(&out);
	}
	ok(same, "%s", name);
}

/* As much of a JSON parser as the files need. */

static bool
eat(const char **s, const char *what)
{
	size_t len = strlen(what);

	if (strncmp(*s, what, len) != 0)
		return false;
	*s += len;
	return true;
}

static bool
eat_escape(const char **s)
{
	if (**s == 'u') {
		if (strspn(*s + 1, "0123456789abcdef") < 4)
			return false;
		*s += 5;
		return true;
	}
	if (**s == '\0' || strchr("\"\\/bfnrt", **s) == NULL)
		return false;
	(*s)++;
	return true;
}

static bool
eat_string(const char **s)
{
	if (!eat(s, "\""))
		return false;
	while (**s != '"') {
		if ((unsigned char)**s < 0x20)
			return false;
		if (*(*s)++ == '\\' && !eat_escape(s))
			return false;
	}
	return eat(s, "\"");
}

static bool
eat_number(const char **s)
{
	size_t len = strspn(*s, "0123456789");

	if (len == 0 || (len > 1 && **s == '0'))
		return false;
	*s += len;
	if (!eat(s, "."))
		return true;
	len = strspn(*s, "0123456789");
	*s += len;
	return len > 0;
}

static bool eat_object(const char **s);

static bool
eat_value(const char **s)
{
	if (**s == '"')
		return eat_string(s);
	if (**s == '{')
		return eat_object(s);
	return eat_number(s);
}

static bool
eat_object(const char **s)
{
	if (!eat(s, "{"))
		return false;
	if (eat(s, "}"))
		return true;
	do
		if (!eat_string(s) || !eat(s, ": ") || !eat_value(s))
			return false;
	while (eat(s, ", "));
	return eat(s, "}");
}

static bool
is_header(const char *s)
{
	return strncmp(s, "{\"version\": 2, ", 15) == 0 && eat_object(&s) &&
	       *s == '\0';
}

static bool
is_event(const char *s)
{
	if (!eat(&s, "[") || !eat_number(&s) || !eat(&s, ", \"") ||
	    (*s != 'o' && *s != 'i' && *s != 'r'))
		return false;
	s++;
	return eat(&s, "\", ") && eat_string(&s) && eat(&s, "]") && *s == '\0';
}

/* The lines of a recording, each of which must be right. */
static void
load(const char *path, struct strv *ret_lines, const char *name)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	bool right;

	if (buf_load_file(&b, path, 1 << 20, &e) != 0) {
		ok(false, "%s", e.text);
		return;
	}
	right = b.len > 0 && b.data[b.len - 1] == '\n';
	strv_split(ret_lines, buf_str(&b), "\n");
	for (size_t i = 0; i < ret_lines->len; i++)
		right = right && (i == 0 ? is_header(ret_lines->items[i])
					 : is_event(ret_lines->items[i]));
	ok(right && ret_lines->len > 0, "%s: every line is right", name);
	buf_clear(&b);
}

/* What stands after the time of a line. */
static const char *
after_time(const struct strv *lines, size_t i)
{
	const char *at = i < lines->len ? strstr(lines->items[i], ", ") : NULL;

	return at != NULL ? at + 2 : NULL;
}

static char *
new_path(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static struct asciicast *
open_recording(const char *path, const struct asciicast_about *about)
{
	struct err e = { 0 };
	struct asciicast *r = asciicast_open(path, about, &e);

	if (r == NULL) {
		ok(false, "asciicast_open: %s", e.text);
		abort();
	}
	return r;
}

static void
output(struct asciicast *r, const char *s)
{
	struct err e = { 0 };

	if (asciicast_output(r, s, strlen(s), &e) != 0)
		ok(false, "asciicast_output: %s", e.text);
}

static void
test_session(void)
{
	const struct asciicast_about about = {
		.cols = 100,
		.rows = 30,
		.term = "xterm-256color",
		.shell = "/bin/sh",
		.title = "a \"title\" \xff",
		.command = "top",
	};
	struct strv lines = STRV_INIT;
	char *path = new_path("session");
	struct asciicast *r = open_recording(path, &about);
	struct err e = { 0 };
	struct stat st;

	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "its owner's");
	output(r, "\033[1mhello\r\n");
	output(r, "\xe2\x82");
	output(r, "\xac");
	is_int(asciicast_input(r, "\xc3", 1, &e), 0, "input");
	output(r, "between");
	is_int(asciicast_input(r, "\xa9\r", 2, &e), 0, "and the rest of it");
	is_int(asciicast_resize(r, 120, 40, &e), 0, "resize");
	output(r, "cut\xf0\x9f");
	is_int(asciicast_close(r, &e), 0, "close");
	load(path, &lines, "session");
	is_int((long long)lines.len, 8, "a line for each event");
	ok(strstr(lines.items[0],
		  ", \"title\": \"a \\\"title\\\" " FFFD "\""
		  ", \"command\": \"top\", \"env\": {\"TERM\": "
		  "\"xterm-256color\", \"SHELL\": \"/bin/sh\"}}") != NULL,
	   "the header says what is known");
	ok(strstr(lines.items[0], "\"width\": 100, \"height\": 30, "
				  "\"timestamp\": 1") != NULL,
	   "and when and how large");
	is_str(after_time(&lines, 1), "\"o\", \"\\u001b[1mhello\\r\\n\"]",
	       "output");
	is_str(after_time(&lines, 2), "\"o\", \"\xe2\x82\xac\"]",
	       "a character is held back until it is whole");
	is_str(after_time(&lines, 4), "\"i\", \"\xc3\xa9\\r\"]",
	       "input is apart from output");
	is_str(after_time(&lines, 5), "\"r\", \"120x40\"]", "resize");
	is_str(after_time(&lines, 6), "\"o\", \"cut\"]", "the end comes");
	is_str(after_time(&lines, 7), "\"o\", \"" FFFD "\"]",
	       "within a character");
	strv_clear(&lines);
	free(path);
}

static void
test_little_known(void)
{
	const struct asciicast_about about = { 0 };
	struct strv lines = STRV_INIT;
	char *path = new_path("unknown");
	struct err e = { 0 };

	asciicast_close(open_recording(path, &about), &e);
	load(path, &lines, "nothing known");
	ok(strstr(lines.items[0], "\"width\": 80, \"height\": 24, ") != NULL &&
	       strstr(lines.items[0], ", \"env\": {}}") != NULL,
	   "a usual size and nothing else");
	is_int(asciicast_close(NULL, &e), 0, "close nothing");
	strv_clear(&lines);
	free(path);
}

/* What is there stays; the next ones stand beside it. */
static void
test_beside(void)
{
	const struct asciicast_about about = { 0 };
	char *path = new_path("taken");
	char *no_folder = xasprintf("%s/file", path);
	char *others[2] = { NULL };
	struct err e = { 0 };

	asciicast_close(open_recording(path, &about), &e);
	for (int i = 0; i < 2; i++) {
		struct asciicast *r = open_recording(path, &about);

		others[i] = xasprintf("%s.%d", path, i + 1);
		is_str(asciicast_path(r), others[i], "beside it");
		asciicast_close(r, &e);
	}
	is_int(access(others[1], R_OK), 0, "it is there");
	ok(asciicast_open(no_folder, &about, &e) == NULL && e.kind == ERR_LOCAL,
	   "no such folder: %s", e.text);
	for (int i = 0; i < 2; i++) {
		unlink(others[i]);
		free(others[i]);
	}
	unlink(path);
	free(no_folder);
	free(path);
}

static long long
seconds_in(const struct strv *lines, size_t i, long long *ret_us)
{
	char *end;
	long long s = strtoll(lines->items[i] + 1, &end, 10);

	*ret_us = strtoll(end + 1, NULL, 10);
	return s;
}

static void
test_time(void)
{
	const struct asciicast_about about = { 0 };
	const struct timespec nap = { 0, 20000000 };
	struct strv lines = STRV_INIT;
	char *path = new_path("time");
	struct asciicast *r = open_recording(path, &about);
	struct err e = { 0 };
	long long s1, s2, us1, us2, us;

	output(r, "a");
	nanosleep(&nap, NULL);
	output(r, "b");
	asciicast_close(r, &e);
	load(path, &lines, "time");
	s1 = seconds_in(&lines, 1, &us1);
	s2 = seconds_in(&lines, 2, &us2);
	us = (s2 - s1) * 1000000 + us2 - us1;
	ok(us >= 20000 && us < 20000000, "microseconds: %lld", us);
	strv_clear(&lines);
	free(path);
}

static void
test_flush(void)
{
	const struct asciicast_about about = { 0 };
	char *path = new_path("flush"), *many = xcalloc(1, 65536);
	struct asciicast *r = open_recording(path, &about);
	struct err e = { 0 };
	struct strv lines = STRV_INIT;
	struct stat before, after;

	stat(path, &before);
	output(r, "kept");
	stat(path, &after);
	ok(after.st_size == before.st_size, "events are kept");
	is_int(asciicast_flush(r, &e), 0, "until flush");
	load(path, &lines, "flushed");
	is_int((long long)lines.len, 2, "writes them");
	memset(many, 'x', 65535);
	output(r, many);
	stat(path, &after);
	ok(after.st_size > 65536, "or until there are many");
	asciicast_close(r, &e);
	strv_clear(&lines);
	free(many);
	free(path);
}

static void
test_full(void)
{
	const struct asciicast_about about = { 0 };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit old, small;
	char *path = new_path("full");
	struct asciicast *r = open_recording(path, &about);
	struct err e = { 0 }, none = { 0 };
	struct strv lines = STRV_INIT;
	int results[6];

	sigaction(SIGXFSZ, &ignore, NULL);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 200;
	/* this program's own output may be a file too: say nothing meanwhile */
	setrlimit(RLIMIT_FSIZE, &small);
	output(r, "this fits");
	results[0] = asciicast_flush(r, &e);
	for (int i = 0; i < 10; i++)
		output(r, "this does not fit");
	results[1] = asciicast_flush(r, &e);
	results[2] = asciicast_output(r, "x", 1, &none);
	results[3] = asciicast_resize(r, 1, 1, &none);
	results[4] = asciicast_flush(r, &none);
	results[5] = asciicast_close(r, &none);
	setrlimit(RLIMIT_FSIZE, &old);
	is_int(results[0], 0, "room for one line");
	is_int(results[1], -1, "no room for ten");
	ok(strstr(e.text, "full: File too large") != NULL, "%s", e.text);
	is_int(results[2], 0, "said once");
	is_int(results[3], 0, "and not again");
	is_int(results[4], 0, "by anything");
	is_int(results[5], 0, "until the end");
	load(path, &lines, "a full disk");
	ok(lines.len >= 2 && lines.len < 12, "%zu lines are there", lines.len);
	strv_clear(&lines);
	free(path);
}

static void
remove_folder(void)
{
	static const char *const names[] = { "session", "unknown", "time",
					     "flush", "full" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = new_path(names[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
	free(folder);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	folder = xasprintf("%s/record.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	for (size_t i = 0; i < N_TEXTS; i++)
		check_text(texts[i].name, texts[i].bytes, texts[i].json);
	test_session();
	test_little_known();
	test_beside();
	test_time();
	test_flush();
	test_full();
	remove_folder();
	return done_testing();
}
