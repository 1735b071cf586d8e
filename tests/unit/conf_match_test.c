#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/network_list.h"
#include "tap.h"

/* The line before "Port 5", and is that the port? The host is "web", the tag
 * "sea side", and the command "uptime -p". */
static const struct {
	const char *text;
	bool is_match;
} lines[] = {
	{ "Match all", true },
	{ "Match \"all\"", true },
	{ "Match !all", false },
	{ "Match host web all", true },
	{ "Match host x all", false },
	{ "Match all # host x", true },

	/* The forms of an argument. */
	{ "Match host web", true },
	{ "match HOST web", true },
	{ "Match host=web", true },
	{ "Match host =web", true },
	{ "Match host = web", true },
	{ "Match \"host=web\"", true },
	{ "Match host=\"web\"", true },
	{ "Match host 'web'", true },
	{ "Match=host=web", true },
	{ "Match host web # user x", true },
	{ "Match host \"web \"", false },

	/* Patterns, negation, several in a line. */
	{ "Match host WEB", true },
	{ "Match host w*", true },
	{ "Match host a,b", false },
	{ "Match host a,web", true },
	{ "Match host *,!web", false },
	{ "Match !host web", false },
	{ "Match !host x", true },
	{ "Match !host=x", true },
	{ "Match !host *,!web", true },
	{ "Match host web host w*", true },
	{ "Match host web !host w*", false },
	{ "Match host web command x", false },
	{ "Match command x host web", false },

	/* What lines before have given. */
	{ "HostName %h.example\nMatch host web.example", true },
	{ "HostName %h.example\nMatch host web", false },
	{ "HostName %h.example\nMatch originalhost web", true },
	{ "HostName %h.example\nMatch originalhost *.*", false },
	{ "User joe\nMatch user joe", true },
	{ "User joe\nMatch user JOE", false },
	{ "User joe\nUser ann\nMatch user ann", false },
	{ "Host x\nUser joe\nMatch user joe", false },
	{ "Match user joe\nUser x\nMatch user x", false },
	{ "User joe\nMatch localuser joe", false },
	{ "Match tagged \"sea side\"", true },
	{ "Match tagged sea*", true },
	{ "Match tagged \"\"", false },
	{ "Match !tagged \"\"", true },
	{ "Tag port\nMatch tagged port", false },
	{ "Match command \"uptime -p\"", true },
	{ "Match command uptime*", true },
	{ "Match command \"\"", false },
	{ "Match sessiontype exec", true },
	{ "Match sessiontype shell,none", false },
	{ "SessionType none\nMatch sessiontype none", true },
	{ "SessionType subsystem\nMatch sessiontype subsystem", true },
	{ "Match version hawser_*", true },
	{ "Match version hawser_" PACKAGE_VERSION, true },
	{ "Match version OpenSSH_*", false },

	/* The second reading. */
	{ "Match canonical", false },
	{ "Match final", false },
	{ "Match !final", true },
	{ "Match !canonical host web", true },

	/* Networks that this machine is in, and is not. */
	{ "Match localnetwork 0.0.0.0/0,::/0", true },
	{ "Match localnetwork 203.0.113.0/24,2001:db8::/32", false },
	{ "Match !localnetwork 203.0.113.0/24", true },

	/* Commands: what is run stands in the test of them. */
	{ "Match exec yes", true },
	{ "Match exec no", false },
	{ "Match !exec no", true },
	{ "Match exec=yes", true },
};

/* Blocks in blocks. */
static const char *const nested[] = {
	"Match host x\nPort 6\nMatch host web",
	"Host x\nMatch host web",
	"Match host x\nHost web",
};

static const struct {
	const char *line, *complaint;
} wrong[] = {
	{ "Match #", "One or more attributes required for Match" },
	{ "Match foo", "Missing Match criteria for foo" },
	{ "Match foo bar", "Unsupported Match attribute foo" },
	{ "Match foo=bar", "Unsupported Match attribute foo" },
	{ "Match host", "Missing Match criteria for host" },
	{ "Match host=", "Missing Match criteria for host" },
	{ "Match host =", "Missing Match criteria for host" },
	{ "Match host \"\"", "Missing Match criteria for host" },
	{ "Match !host", "Missing Match criteria for host" },
	{ "Match host # web", "Missing Match criteria for host" },
	{ "Match tagged", "Missing Match criteria for tagged" },
	{ "Match host x user", "Missing Match criteria for user" },
	{ "Match host x foo y", "Unsupported Match attribute foo" },
	{ "Match all host web", "F line 1: 'all' cannot be combined with "
				"other Match attributes" },
	{ "Match host web user x all", "F line 1: 'all' cannot be combined "
				       "with other Match attributes" },
	{ "Match host x exec %X", "Match exec: unknown key %X" },
	{ "HostName %x\nMatch all", "HostName: unknown key %x" },
	{ "Match localnetwork x", "list entry \"x\" contains invalid "
				  "characters" },
	{ "Match localnetwork 10.0.0.0/33",
	  "Invalid network entry \"10.0.0.0/33\"" },
	{ "Match localnetwork 10.0.0.1/8",
	  "Inconsistent mask length for network \"10.0.0.1/8\"" },
	{ "Match localnetwork 10.0.0.0/8,",
	  "empty entry in list \"10.0.0.0/8,\"" },
	{ "Match localnetwork "
	  "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/"
	  "128",
	  "list entry "
	  "\"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/128\" too "
	  "long" },
	/* also in a block that does not count */
	{ "Match host x\nMatch foo bar", "Unsupported Match attribute foo" },
};

/* Which commands are run, in a file, for the host "web". */
static const struct {
	const char *text, *commands;
} runs[] = {
	{ "Match exec yes", "yes;" },
	{ "Match host x exec yes", "" },
	{ "Match exec no exec yes", "no;" },
	{ "Match !exec yes exec yes", "yes;" },
	{ "Match exec yes host x", "yes;" },
	{ "Host x\nMatch exec yes", "yes;" },
	{ "Match exec \"a %h %n %p %% ${HOME} $1\"",
	  "a web web 22 % ${HOME} $1;" },
	{ "HostName %h.b\nPort 7\nUser joe\nMatch exec \"%h %n %p %r %k\"",
	  "web.b web 7 joe web.b;" },
	{ "HostKeyAlias k\nMatch exec \"%k %r\"", "k me;" },
};

static const struct {
	const char *list, *address;
	bool is_in;
} networks[] = {
	{ "10.0.0.0/8", "10.255.3.4", true },
	{ "10.0.0.0/8", "11.0.0.0", false },
	{ "10.128.0.0/9", "10.127.0.1", false },
	{ "10.128.0.0/9", "10.128.0.1", true },
	{ "192.0.2.7", "192.0.2.7", true },
	{ "192.0.2.7", "192.0.2.6", false },
	{ "192.0.2.7/32,10.0.0.0/8", "10.1.1.1", true },
	{ "0.0.0.0/0", "203.0.113.1", true },
	{ "0.0.0.0/0", "::1", false },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "::1", "::1", true },
	{ "::/0", "127.0.0.1", false },
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static struct buf commands;

/* Says what it is asked to; nothing runs here. */
static int
pretend(const char *command, int patience, struct err *e)
{
	buf_addf(&commands, "%s;", command);
	if (strcmp(command, "broken") == 0)
		return err_set(e, ERR_LOCAL, "patience %d", patience);
	return strcmp(command, "yes") == 0 ? 0 : 3;
}

static int
load(struct conf *c, const char *text, struct err *e)
{
	static const struct conf_outside outside = { .run = pretend };

	buf_reset(&commands);
	conf_init(c);
	c->outside = &outside;
	c->host = xstrdup("web");
	c->command_text = xstrdup("uptime -p");
	conf_set(c, "Tag \"sea side\"", e);
	return conf_load_text(c, text, strlen(text), "F", e);
}

static void
check_line(const char *text, bool is_match)
{
	char *file = xasprintf("%s\nPort 5\n", text);
	struct err e = { .text = "" };
	struct conf c;

	if (load(&c, file, &e) != 0)
		printf("# %s\n", e.text);
	is_int(c.port, is_match ? 5 : 0, "%s", text);
	conf_clear(&c);
	free(file);
}

static void
check_wrong(const char *line, const char *complaint)
{
	struct err e = { .text = "" };
	char *got, *want;
	struct conf c;

	is_int(load(&c, line, &e), -1, "refused: %s", line);
	got = strv_join(&c.errors, "\n");
	want = xasprintf("%s\nF line %d: Bad Match condition", complaint,
			 1 + (strchr(line, '\n') != NULL));
	is_str(got, want, "why: %s", line);
	free(got);
	free(want);
	conf_clear(&c);
}

static void
check_runs(const char *text, const char *want)
{
	char *me = xstrdup(path_user() != NULL ? path_user() : "");
	struct err e = { .text = "" };
	struct conf c;
	char *got;

	is_int(load(&c, text, &e), 0, "read: %s", text);
	got = xstrdup(buf_str(&commands));
	if (strstr(want, " me;") != NULL) {
		char *whole =
		    xasprintf("%.*s %s;", (int)strcspn(want, " "), want, me);

		is_str(got, whole, "runs: %s", text);
		free(whole);
	} else {
		is_str(got, want, "runs: %s", text);
	}
	free(got);
	free(me);
	conf_clear(&c);
}

/* The name that Host lines, canonical and final see then. */
static void
test_second_reading(void)
{
	static const char text[] = "Match final host web.example\nPort 5\n"
				   "Host web.example\nUser a\n"
				   "Host web\nTag b\nMatch canonical\n"
				   "Compression yes\n";
	struct err e = { .text = "" };
	struct conf c;

	is_int(load(&c, text, &e), 0, "a first reading");
	is_int(c.port, 0, "nothing of the second one counts");
	ok(c.wants_second_reading, "it is wanted");
	c.canonical_host = xstrdup("web.example");
	is_int(conf_load_text(&c, text, strlen(text), "F", &e), 0, "again");
	is_int(c.port, 5, "final, and host");
	is_str(c.user, "a", "Host");
	ok(c.compression, "canonical");
	is_int((long long)c.host_patterns.len, 3, "patterns are noted once");
	conf_clear(&c);
	is_int(load(&c, "Match canonical\nPort 5\n", &e), 0, "canonical alone");
	ok(!c.wants_second_reading, "asks for nothing");
	conf_clear(&c);
}

/* Without a command or a tag no pattern fits, but "" does; and without somebody
 * to run a command, its block does not count in either form. */
static void
check_absent(const char *line, bool is_match)
{
	char *file = xasprintf("Match %s\nPort 5\n", line);
	struct err e = { .text = "" };
	struct conf c;

	conf_init(&c);
	c.host = xstrdup("web");
	is_int(conf_load_text(&c, file, strlen(file), "F", &e), 0,
	       "nothing is there: %s", line);
	is_int(c.port, is_match ? 5 : 0, "does it fit?");
	conf_clear(&c);
	free(file);
}

static void
test_broken_command(void)
{
	struct err e = { .text = "" };
	struct conf c;

	is_int(load(&c,
		    "ConnectTimeout 7\nMatch exec broken\nPort x\n"
		    "Match exec yes\n",
		    &e),
	       -1, "a command that is no answer");
	is_str(e.text, "F line 2: match exec 'broken' error: patience 7",
	       "is what is wrong, and nothing else is said");
	is_int((long long)c.errors.len, 0, "nor read");
	is_str(buf_str(&commands), "broken;", "nor run");
	conf_clear(&c);
}

static void
check_network(const char *list, const char *text, bool want)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	const struct sockaddr *address = (const void *)&six;
	struct err e = { .text = "" };

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		address = (const void *)&four;
	else
		inet_pton(AF_INET6, text, &six.sin6_addr);
	is_int(network_list_check(list, &e), 0, "networks: %s", list);
	ok(network_list_has(list, address) == want, "is %s in it?", text);
}

int
main(void)
{
	buf_init(&commands);
	for (size_t i = 0; i < N(lines); i++)
		check_line(lines[i].text, lines[i].is_match);
	for (size_t i = 0; i < N(nested); i++)
		check_line(nested[i], true);
	for (size_t i = 0; i < N(wrong); i++)
		check_wrong(wrong[i].line, wrong[i].complaint);
	for (size_t i = 0; i < N(runs); i++)
		check_runs(runs[i].text, runs[i].commands);
	for (size_t i = 0; i < N(networks); i++)
		check_network(networks[i].list, networks[i].address,
			      networks[i].is_in);
	check_absent("command *", false);
	check_absent("!command *", true);
	check_absent("command \"\"", true);
	check_absent("tagged *", false);
	check_absent("tagged \"\"", true);
	check_absent("exec yes", false);
	check_absent("!exec yes", false);
	test_second_reading();
	test_broken_command();
	buf_clear(&commands);
	return done_testing();
}
