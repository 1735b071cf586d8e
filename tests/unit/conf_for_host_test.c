#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf_lines.h"
#include "data.h"
#include "tap.h"

static const char two_hosts[] = "Host h\nPort 7\nUser x\n"
				"Host b\nPort 8\nUser y\nHostName %h.Example\n"
				"LocalForward 80 h:1\nRequestTTY yes\n";

/* A command line (words separated by one blank, '@' for the file) and its
 * host's last hop, as lines of -G; or the message. to: where its one channel
 * leads. */
static const struct {
	const char *argv, *file, *want, *to;
} hops[] = {
	{ "-F @ -J b h", two_hosts,
	  "host b\nhostname b.example\nport 8\nuser y\n!proxyjump\n"
	  "sessiontype none\nrequesttty false\nexitonforwardfailure yes\n"
	  "!localforward",
	  "[h]:7" },
	{ "-F @ -J v@b:9 h", two_hosts, "host b\nport 9\nuser v", "[h]:7" },
	{ "-F @ -J ssh://v%40w@b: h", two_hosts, "port 8\nuser v@w", "[h]:7" },
	{ "-F @ -J h -l z b", two_hosts, "port 7\nuser x", "[b.example]:8" },
	{ "-F none -l nobody -p 6 -A -C -L 80:h:1 -i /dev/null -t -J b h ls",
	  "",
	  "port 22\n!user nobody\nforwardagent no\ncompression no\n"
	  "!identityfile /dev/null\nrequesttty false\n!localforward",
	  "[h]:6" },
	{ "-F none -o Port=6 -o User=nobody -o BatchMode=yes -J b h", "",
	  "port 22\n!user nobody\nbatchmode no", "[h]:6" },
	{ "-F @ -o JumpIdentityFile=~/j -i /k -J b h",
	  "IdentityFile /f\nJumpIdentityFile /g\n",
	  "identityfile ~/j\nidentityfile /f\njumpidentityfile ~/j\n"
	  "jumpidentityfile /g\n!identityfile /k",
	  "[h]:22" },
	{ "-F none -J %n-%p,u%%u@%n.gate h", "",
	  "host h.gate\nuser u%u\nproxyjump h-22", "[h]:22" },
	{ "-F none -J %x h", "", "ProxyJump: unknown key %x", NULL },
	{ "-F none -vv -J b h", "", "loglevel DEBUG2", "[h]:22" },
	{ "-F none -q -J b h", "", "loglevel INFO", "[h]:22" },
	{ "-F @ -J b h", "LogLevel DEBUG\nHost b\nLogLevel ERROR\n",
	  "loglevel DEBUG", "[h]:22" },
	{ "-F none -J a,ssh://u@b:5,c h", "", "host c\nproxyjump a,u@b:5",
	  "[h]:22" },
	{ "-F none -J [::1]:5 fe80::1%eth0", "", "host ::1\nport 5",
	  "[fe80::1%eth0]:22" },
	{ "-F @ -J b h", "Host b\nProxyJump a\n", "host b\nproxyjump a",
	  "[h]:22" },
	{ "-F @ h", "ProxyJump b\n", "jumphost loop via b", NULL },
	{ "-F @ -J b h", "Host b\nHostName %x\n", "HostName: unknown key %x",
	  NULL },
};

/* The same for a member of a fleet. */
static const struct {
	const char *argv, *file, *destination, *want;
} members[] = {
	{ "-F @ -p 5 -L 80:h:1 -o BatchMode=yes web", two_hosts, "b",
	  "host b\nhostname b.example\nport 5\nuser y\nbatchmode yes\n"
	  "localforward 80 [h]:1" },
	{ "web -F @", two_hosts, "z@b", "port 8\nuser z" },
	{ "-F none ann@web", "", "db", "host db\n!user ann" },
	{ "-F none ann@web", "", "ssh://bob@db:7", "user bob\nport 7" },
	{ "-F none -l eve ann@web", "", "bob@db", "user eve" },
	{ "-F none -J a,b web", "", "db", "host db\nproxyjump a,b" },
	{ "-F none web ls", "", "-p5", "hostname contains invalid characters" },
	{ "-F none -- web", "", "-p5", "hostname contains invalid characters" },
	{ "-F none web", "", "x;y", "hostname contains invalid characters" },
	{ "-F @ web", "Host db\nUser a;%h\n", "db",
	  "remote username contains invalid characters" },
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static char *path;

/* The configuration of the command line, or the end of the test. */
static void
begin(struct conf *c, const char *line, const char *file)
{
	struct strv words = STRV_INIT;
	struct err e = { .text = "" };

	data_write(path, file, strlen(file), 0600);
	strv_add(&words, "hawser");
	strv_split(&words, line, " ");
	for (size_t i = 0; i < words.len; i++)
		if (strcmp(words.items[i], "@") == 0) {
			free(words.items[i]);
			words.items[i] = xstrdup(path);
		}
	conf_init(c);
	if (conf_parse_argv(c, (int)words.len, words.items, &e) != 0 ||
	    conf_load(c, &e) != 0 || conf_finish(c, &e) != 0)
		printf("# %s: %s\n", line, e.text);
	strv_clear(&words);
}

static bool
check(const struct conf *c, int rc, const struct err *e, const char *want)
{
	const char *differs = rc == 0 ? conf_differs(c, want) : NULL;
	bool is_good = rc == 0 ? differs == NULL : strcmp(e->text, want) == 0;

	if (!is_good)
		printf("# error: %s; at: %s\n", e->text,
		       differs == NULL ? "" : differs);
	return is_good;
}

static char *
target(const struct conf *c)
{
	if (c->stdio_forward == NULL)
		return NULL;
	return forward_spec_print(c->stdio_forward, FORWARD_STDIO);
}

static void
test_hop(size_t i)
{
	struct err e = { .text = "" };
	struct conf from, hop;
	char *to;
	int rc;

	begin(&from, hops[i].argv, hops[i].file);
	rc = conf_for_hop(&from, &hop, &e);
	ok(check(&hop, rc, &e, hops[i].want), "the hop of %s", hops[i].argv);
	to = rc == 0 ? target(&hop) : NULL;
	is_str(to, hops[i].to, "and where it leads");
	free(to);
	conf_clear(&hop);
	conf_clear(&from);
}

static void
test_member(size_t i)
{
	struct err e = { .text = "" };
	struct conf from, c;
	int rc;

	begin(&from, members[i].argv, members[i].file);
	rc = conf_for_host(&from, members[i].destination, &c, &e);
	ok(check(&c, rc, &e, members[i].want), "%s for %s", members[i].argv,
	   members[i].destination);
	conf_clear(&c);
	conf_clear(&from);
}

/* From the far end to the near one. */
static void
test_chain(void)
{
	struct err e = { .text = "" };
	struct conf h, c, b, a;
	char *to;

	begin(&h, "-F none -v -J a,u@b:5,c h", "");
	is_int(conf_for_hop(&h, &c, &e), 0, "the last hop");
	is_int(conf_for_hop(&c, &b, &e), 0, "the one before it");
	ok(check(&b, 0, &e,
		 "host b\nuser u\nport 5\nproxyjump a\n"
		 "loglevel DEBUG"),
	   "is the one in the middle");
	to = target(&b);
	is_str(to, "[c]:22", "it leads to the last");
	free(to);
	is_int(conf_for_hop(&b, &a, &e), 0, "the first");
	ok(check(&a, 0, &e, "host a\n!proxyjump\n!user u"), "is reached alone");
	conf_clear(&a);
	conf_clear(&b);
	conf_clear(&c);
	conf_clear(&h);
}

static void
test_notes(void)
{
	struct err e = { .text = "" };
	struct conf from, c;

	begin(&from, "-F none -i /nonexistent/key web ls -l", "");
	is_int((long long)from.warnings.len, 1, "a warning");
	is_int(conf_for_host(&from, "db", &c, &e), 0, "another host");
	is_int((long long)c.warnings.len, 0, "is not warned of again");
	is_str(c.command_text, "ls -l", "the command is the same");
	conf_clear(&c);
	conf_clear(&from);
}

int
main(void)
{
	char *folder = data_scratch();

	path = xasprintf("%s/conf", folder);
	for (size_t i = 0; i < N(hops); i++)
		test_hop(i);
	for (size_t i = 0; i < N(members); i++)
		test_member(i);
	test_chain();
	test_notes();
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
	return done_testing();
}
