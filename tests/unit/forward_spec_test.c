#include <netdb.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/forward_spec.h"
#include "base/xalloc.h"
#include "tap.h"

/* What ssh -G makes of -L, -R and -D; NULL: it refuses. For -R both kinds are
 * tried, as on the command line. */
static const struct {
	const char *text, *local, *remote, *dynamic;
} cases[] = {
	{ "8080:web:80", "8080 [web]:80", "8080 [web]:80", NULL },
	{ ":8080:web:80", "[]:8080 [web]:80", "[]:8080 [web]:80", NULL },
	{ "*:8080:web:80", "[*]:8080 [web]:80", "[*]:8080 [web]:80", NULL },
	{ "[::1]:8080:[2001:db8::1]:80", "[::1]:8080 [2001:db8::1]:80",
	  "[::1]:8080 [2001:db8::1]:80", NULL },
	{ "8080:/run/s", "8080 /run/s", "8080 /run/s", NULL },
	{ "/run/a:web:80", "/run/a [web]:80", "/run/a [web]:80", NULL },
	{ "/run/a:/run/b", "/run/a /run/b", "/run/a /run/b", NULL },
	{ "h:8080:/run/s", "[h]:8080 /run/s", "[h]:8080 /run/s", NULL },
	{ "8080", NULL, "8080 [socks]:0", "8080" },
	{ "h:8080", NULL, "[h]:8080 [socks]:0", "[h]:8080" },
	{ "[::]:8080", NULL, "[::]:8080 [socks]:0", "[::]:8080" },
	{ "/run/a", NULL, "/run/a [socks]:0", "/run/a" },
	{ "/run/a:x", NULL, NULL, NULL },
	{ "[/run/x y]:web:80", "/run/x y [web]:80", "/run/x y [web]:80", NULL },
	{ "/run/a\\:b:web:80", "/run/a:b [web]:80", "/run/a:b [web]:80", NULL },
	{ "/a:1:h:2", "[/a]:1 [h]:2", "[/a]:1 [h]:2", NULL },
	{ "8080:web:80:", "8080 [web]:80", "8080 [web]:80", NULL },
	{ "http:web:https", "80 [web]:443", "80 [web]:443", NULL },
	{ "nosuchservice:web:80", NULL, NULL, NULL },
	{ "8080/web/80", NULL, "8080/web/80 [socks]:0", "8080/web/80" },
	{ " 8080:web:80", "8080 [web]:80", "8080 [web]:80", NULL },
	{ "8080:web:80 ", NULL, NULL, NULL },
	{ "0:web:80", NULL, "0 [web]:80", NULL },
	{ "0", NULL, "0 [socks]:0", NULL },
	{ "h:0", NULL, "[h]:0 [socks]:0", NULL },
	{ "8080:web:0", NULL, NULL, NULL },
	{ "8080:web:80:90:100", NULL, NULL, NULL },
	{ ":::", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
	{ " ", NULL, NULL, NULL },
	{ ":", NULL, NULL, NULL },
	{ "[8080:web:80", NULL, NULL, NULL },
	{ "[::1]8080:web:80", NULL, NULL, NULL },
	{ "8080::80", "8080 []:80", "8080 []:80", NULL },
	{ "65535:a:1", "65535 [a]:1", "65535 [a]:1", NULL },
	{ "65536:a:1", NULL, NULL, NULL },
	{ "1:a:65536", NULL, NULL, NULL },
	{ "x\\", NULL, NULL, NULL },
	{ "-1:a:1", NULL, NULL, NULL },
	{ "80 :a:1", NULL, NULL, NULL },
	{ "+80:a:1", "80 [a]:1", "80 [a]:1", NULL },
	{ "080:a:1", "80 [a]:1", "80 [a]:1", NULL },
	{ "/x/:/y", "/x/ /y", "/x/ /y", NULL },
	{ "[]:80:a:1", "[]:80 [a]:1", "[]:80 [a]:1", NULL },
	{ "8080:[a/b]:80", "8080 [a/b]:80", "8080 [a/b]:80", NULL },
	{ "[1]:a:1", "1 [a]:1", "1 [a]:1", NULL },
	{ "[1/]:a:1", "1/ [a]:1", "1/ [a]:1", NULL },
	{ "[[/x]:a:1", "[/x [a]:1", "[/x [a]:1", NULL },
	{ "${SPEC_HOST}:1:b:2", "[here]:1 [b]:2", "[here]:1 [b]:2", NULL },
	{ "${SPEC_PATH}:b:2", "/run/h [b]:2", "/run/h [b]:2", NULL },
	{ "${SPEC_NONE}:b:2", NULL, NULL, NULL },
	{ "$HOME:b:2", NULL, NULL, NULL },
	{ "%h:1:b:2", "[%h]:1 [b]:2", "[%h]:1 [b]:2", NULL },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct {
	const char *text, *print;
} stdio_cases[] = {
	{ "web:80", "[web]:80" },
	{ "[::1]:80", "[::1]:80" },
	{ "web:http", "[web]:80" },
	{ "/run/s", "/run/s" },
	{ "web", NULL },
	{ "80", NULL },
	{ "web:0", NULL },
	{ "a:b:1", NULL },
	{ "", NULL },
};

/* Returns the print of the spec, which its copy must share; or NULL. */
static char *
through(const char *text, enum forward_kind kind)
{
	struct forward_spec spec, copy;
	struct forward_specs list = { NULL, 0 };
	char *print, *second;

	if (forward_spec_parse(text, kind, &spec) != 0)
		return NULL;
	print = forward_spec_print(&spec, kind);
	copy = forward_spec_copy(&spec);
	ok(!forward_specs_has(&list, &spec), "an empty list");
	forward_specs_add_take(&list, &spec);
	ok(forward_specs_has(&list, &copy), "\"%s\" is in a list", print);
	second = forward_spec_print(&copy, kind);
	is_str(second, print, "its copy prints the same");
	copy.listen.port++;
	ok(!forward_specs_has(&list, &copy), "another is not");
	forward_spec_clear(&copy);
	forward_specs_clear(&list);
	free(second);
	return print;
}

static void
test_cases(void)
{
	for (size_t i = 0; i < N_CASES; i++) {
		const char *text = cases[i].text;
		char *local = through(text, FORWARD_LOCAL);
		char *remote = through(text, FORWARD_REMOTE);
		char *dynamic = through(text, FORWARD_DYNAMIC);

		if (remote == NULL)
			remote = through(text, FORWARD_REMOTE_DYNAMIC);
		is_str(local, cases[i].local, "-L \"%s\"", text);
		is_str(remote, cases[i].remote, "-R \"%s\"", text);
		is_str(dynamic, cases[i].dynamic, "-D \"%s\"", text);
		free(local);
		free(remote);
		free(dynamic);
	}
	for (size_t i = 0; i < sizeof(stdio_cases) / sizeof(stdio_cases[0]);
	     i++) {
		char *print = through(stdio_cases[i].text, FORWARD_STDIO);

		is_str(print, stdio_cases[i].print, "-W \"%s\"",
		       stdio_cases[i].text);
		free(print);
	}
}

static void
test_fields(void)
{
	struct forward_spec s, t;

	is_int(forward_spec_parse("[::1]:80:/run/a\\\\b", FORWARD_LOCAL, &s), 0,
	       "a spec of both sorts");
	is_str(s.listen.host, "::1", "listen host");
	is_int(s.listen.port, 80, "listen port");
	is_str(s.listen.path, NULL, "no listen path");
	is_str(s.connect.path, "/run/a\\b", "connect path");
	is_str(s.connect.host, NULL, "no connect host");
	is_int(s.connect.port, 0, "no connect port");
	ok(!forward_spec_is_dynamic(&s), "it is not dynamic");
	forward_spec_clear(&s);
	is_str(s.listen.host, NULL, "cleared");

	is_int(forward_spec_parse("80", FORWARD_DYNAMIC, &s), 0, "a port");
	is_str(s.listen.host, NULL, "no listen host");
	ok(forward_spec_is_dynamic(&s), "is dynamic");
	is_int(forward_spec_parse(":80", FORWARD_DYNAMIC, &t), 0, "a wildcard");
	is_str(t.listen.host, "", "empty listen host");
	ok(!forward_spec_same_listen(&s, &t), "is another place");
	forward_spec_clear(&t);
	forward_spec_clear(&s);
}

/* A field of len bytes in front of, and after, what is given. */
static int
parse_long(const char *before, size_t len, const char *after)
{
	struct buf text = BUF_INIT;
	struct forward_spec s;
	int rc;

	buf_add_str(&text, before);
	while (len-- > 0)
		buf_add_byte(&text, 'x');
	buf_add_str(&text, after);
	rc = forward_spec_parse(buf_str(&text), FORWARD_LOCAL, &s);
	if (rc == 0)
		forward_spec_clear(&s);
	buf_clear(&text);
	return rc;
}

static void
test_lengths(void)
{
	is_int(parse_long("", NI_MAXHOST - 1, ":1:web:80"), 0,
	       "longest listen host");
	is_int(parse_long("", NI_MAXHOST, ":1:web:80"), -1, "too long");
	is_int(parse_long("1:", NI_MAXHOST - 1, ":80"), 0,
	       "longest connect host");
	is_int(parse_long("1:", NI_MAXHOST, ":80"), -1, "too long");
	is_int(parse_long("/", 106, ":web:80"), 0, "longest listen path");
	is_int(parse_long("/", 107, ":web:80"), -1, "too long");
	is_int(parse_long("1:/", 106, ""), 0, "longest connect path");
	is_int(parse_long("1:/", 107, ""), -1, "too long");
}

int
main(void)
{
	setenv("SPEC_HOST", "here", 1);
	setenv("SPEC_PATH", "/run/h", 1);
	unsetenv("SPEC_NONE");
	test_cases();
	test_fields();
	test_lengths();
	return done_testing();
}
