/* --explain: where each value is from, and which lines came too late. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "tap.h"

/* argv, up to the first NULL; a file "F"; lines that are shown about keywords,
 * blanks before a comment not counted. */
static const struct {
	const char *argv[8];
	const char *file;
	const char *keyword, *want;
} cases[] = {
	{ { "web" }, "", "host", "host web # the destination\n" },
	{ { "web" }, "", "hostname", "hostname web # the destination\n" },
	{ { "ada@web" },
	  "User bob",
	  "user",
	  "user ada # the destination\n# user bob # F line 1, too late\n" },
	{ { "web" }, "", "port", "port 22 # default\n" },
	{ { "ssh://web:4" }, "", "port", "port 4 # the destination\n" },
	{ { "-p", "5", "-o", "port=6", "web" },
	  "\nPort 7",
	  "port",
	  "port 5 # -p\n# port 6 # -o, too late\n"
	  "# port 7 # F line 2, too late\n" },
	{ { "-c", "aes128-ctr", "-c", "aes256-ctr", "web" },
	  "",
	  "ciphers",
	  "ciphers aes256-ctr # -c\n"
	  "# ciphers aes128-ctr # -c, too late\n" },
	{ { "web" },
	  "Host x\nPort 7\nHost web\nPort 8\nPort 9",
	  "port",
	  "port 8 # F line 4 (Host web)\n"
	  "# port 9 # F line 5 (Host web), too late\n" },
	{ { "web" },
	  "IdentityFile a\nIdentityFile a\nIdentityFile b",
	  "identityfile",
	  "identityfile a # F line 1\nidentityfile b # F line 3\n"
	  "# identityfile a # F line 2, too late\n" },
	{ { "web" },
	  "SendEnv A B\nSendEnv -A\nSendEnv C",
	  "sendenv",
	  "sendenv B # F line 1\nsendenv C # F line 3\n"
	  "# sendenv -A # F line 2, in part\n" },
	{ { "web" },
	  "SetEnv A=1 B=2\nSetEnv C=3",
	  "setenv",
	  "setenv A=1 # F line 1\nsetenv B=2 # F line 1\n"
	  "# setenv C=3 # F line 2, too late\n" },
	{ { "-L", "1:a:2", "web" },
	  "LocalForward 3 b:4",
	  "localforward",
	  "localforward 1 [a]:2 # -L\n"
	  "localforward 3 [b]:4 # F line 1\n" },
	{ { "web" },
	  "LocalForward 3 b:4\nClearAllForwardings yes",
	  "localforward",
	  "# localforward 3 b:4 # F line 1, without effect\n" },
	{ { "web" },
	  "RekeyLimit 1G\nRekeyLimit 2G 1h\nRekeyLimit 3G 2h",
	  "rekeylimit",
	  "rekeylimit 1073741824 3600 # F line 1\n"
	  "# rekeylimit 2G 1h # F line 2, in part\n"
	  "# rekeylimit 3G 2h # F line 3, too late\n" },
	{ { "web" },
	  "ProxyJump one\nProxyCommand nc %h",
	  "proxycommand",
	  "# proxycommand nc %h # F line 2, too late\n" },
	{ { "web" },
	  "BatchMode yes",
	  "serveraliveinterval",
	  "serveraliveinterval 300 # because of BatchMode\n" },
	{ { "web" },
	  "Reconnect yes",
	  "serveraliveinterval",
	  "serveraliveinterval 10 # because of Reconnect\n" },
	{ { "web" },
	  "Reconnect yes",
	  "connecttimeout",
	  "connecttimeout 30 # because of Reconnect\n" },
	{ { "web" },
	  "UserKnownHostsFile x",
	  "updatehostkeys",
	  "updatehostkeys false # because of UserKnownHostsFile\n" },
	{ { "-W", "a:1", "web" },
	  "",
	  "exitonforwardfailure",
	  "exitonforwardfailure yes # -W\n" },
	{ { "-4", "-6", "web" },
	  "",
	  "addressfamily",
	  "addressfamily inet6 # -6\n"
	  "# addressfamily inet # -4, too late\n" },
	{ { "-vv", "web" },
	  "",
	  "loglevel",
	  "loglevel DEBUG2 # -v\n# loglevel DEBUG1 # -v, too late\n" },
	{ { "web" }, "FastOpen no", "fastopen", "fastopen no # F line 1\n" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* Is the line, commented out or not, about the keyword? */
static bool
is_about(const char *line, const char *keyword)
{
	size_t len = strlen(keyword);

	if (strncmp(line, "# ", 2) == 0)
		line += 2;
	return strncmp(line, keyword, len) == 0 && line[len] == ' ';
}

/* Append a line with its blanks as one. */
static void
add_line(FILE *out, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] != ' ' || line[i + 1] != ' ')
			fputc(line[i], out);
	fputc('\n', out);
}

/* The lines of the dump about the keyword. */
static char *
lines_about(const struct conf *c, const char *keyword)
{
	char *all = NULL, *some = NULL, *line;
	size_t all_len = 0, some_len = 0, len;
	FILE *out = open_memstream(&all, &all_len);

	conf_dump(c, out);
	fclose(out);
	out = open_memstream(&some, &some_len);
	for (line = all; *line != '\0'; line += len + 1) {
		len = strcspn(line, "\n");
		if (is_about(line, keyword))
			add_line(out, line, len);
	}
	fclose(out);
	free(all);
	return some;
}

static void
test_case(size_t i)
{
	char *argv[10] = { xstrdup("hawser"), xstrdup("--explain") };
	const char *text = cases[i].file;
	struct err e = { .text = "" };
	struct conf c;
	char *got;
	int argc = 2;

	for (; cases[i].argv[argc - 2] != NULL; argc++)
		argv[argc] = xstrdup(cases[i].argv[argc - 2]);
	conf_init(&c);
	if (ok(conf_parse_argv(&c, argc, argv, &e) == 0 &&
		   conf_load_text(&c, text, strlen(text), "F", &e) == 0 &&
		   conf_finish(&c, &e) == 0,
	       "right: %s", e.text)) {
		got = lines_about(&c, cases[i].keyword);
		is_str(got, cases[i].want, "case %zu: %s", i, cases[i].keyword);
		free(got);
	}
	conf_clear(&c);
	while (argc > 0)
		free(argv[--argc]);
}

/* Nobody asked: nothing is said, and little is kept. */
static void
test_plain(void)
{
	static const char text[] = "Port 1\nPort 2\nPort 3";
	struct err e = { .text = "" };
	struct conf c;
	char *got;

	conf_init(&c);
	c.host = xstrdup("web");
	ok(conf_load_text(&c, text, strlen(text), "F", &e) == 0, "read");
	ok(c.history.len == 1 && c.history.items[0].text == NULL,
	   "only who gave the value is known");
	ok(conf_finish(&c, &e) == 0, "finished");
	got = lines_about(&c, "port");
	is_str(got, "port 1\n", "and not shown");
	free(got);
	conf_clear(&c);
}

int
main(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		test_case(i);
	test_plain();
	return done_testing();
}
