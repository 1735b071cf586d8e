#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "tap.h"

/* What ssh_config(5) says, and hawser_config(5) adds. */
#define USUAL "%CLdhijklnpru"

static const struct {
	const char *keyword, *letters;
	bool has_variables, has_home;
} takes[] = {
	{ "CertificateFile", USUAL, true, true },
	{ "ControlPath", USUAL, true, true },
	{ "DynamicForward", USUAL, false, false },
	{ "FastOpenExceptions", USUAL, true, true },
	{ "ForwardAgent", USUAL, true, true },
	{ "HostName", "%h", false, false },
	{ "IdentityAgent", USUAL, true, true },
	{ "IdentityFile", USUAL, true, true },
	{ "Include", USUAL, true, false },
	{ "KnownHostsCommand", USUAL "HIKft", true, false },
	{ "LocalCommand", USUAL "T", false, false },
	{ "LocalForward", USUAL, false, false },
	{ "Match exec", USUAL, false, false },
	{ "ProxyCommand", "%hknpr", false, false },
	{ "ProxyJump", "%hnpr", false, false },
	{ "RecordSession", USUAL "D", true, true },
	{ "RemoteCommand", USUAL, false, false },
	{ "RemoteForward", USUAL, false, false },
	{ "RevokedHostKeys", USUAL, true, true },
	{ "SetEnv", USUAL, true, false },
	{ "User", "%Ldhijklnpu", true, false },
	{ "UserKnownHostsFile", USUAL, true, true },
	{ "VersionAddendum", USUAL, false, false },
};

#define N_TAKES (sizeof(takes) / sizeof(takes[0]))

static const char letters[] = "%abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static void
test_letters(const struct conf *c, size_t row)
{
	const char *keyword = takes[row].keyword;

	for (const char *l = letters; *l != '\0'; l++) {
		char *text = xasprintf("<%%%c>", *l);
		char *error = xasprintf("%s: unknown key %%%c", keyword, *l);
		struct err e = { .text = "" };
		char *got = tokens_expand(c, keyword, text, NULL, &e);

		if (strchr(takes[row].letters, *l) != NULL)
			ok(got != NULL, "%s takes %%%c", keyword, *l);
		else
			is_str(e.text, error, "%s does not take %%%c", keyword,
			       *l);
		free(got);
		free(text);
		free(error);
	}
}

static void
test_others(const struct conf *c, size_t row)
{
	const char *keyword = takes[row].keyword;
	char *home = xasprintf("%s/x", path_home());
	char *error =
	    xasprintf("%s: env var ${HAWSER_NONE} has no value", keyword);
	struct err e = { .text = "" };
	char *got;

	got = tokens_expand(c, keyword, "${HAWSER_A}", NULL, &e);
	is_str(got, takes[row].has_variables ? "a%h" : "${HAWSER_A}",
	       "%s and variables", keyword);
	free(got);
	got = tokens_expand(c, keyword, "${HAWSER_NONE}", NULL, &e);
	if (takes[row].has_variables)
		is_str(e.text, error, "%s and a missing variable", keyword);
	free(got);
	got = tokens_expand(c, keyword, "~/x", NULL, &e);
	is_str(got, takes[row].has_home ? home : "~/x", "%s and ~", keyword);
	free(got);
	free(home);
	free(error);
}

static const struct tokens_extra extra = {
	.tunnel = "tun3",
	.fingerprint = "SHA256:x",
	.searched = "%h",
	.reason = "ORDER",
	.key = "AAAA",
	.key_type = "ssh-ed25519",
};

static const struct {
	const char *keyword, *text, *want;
	const struct tokens_extra *extra;
} values[] = {
	{ "IdentityFile", "%h %n %p %r %k %j", "web.org web 2200 ada box one",
	  NULL },
	{ "HostName", "%h", "web", NULL },
	{ "HostName", "a%%b", "a%b", NULL },
	{ "GlobalKnownHostsFile", "/a/%h${B}", "/a/%h${B}", NULL },
	{ "KnownHostsCommand", "%f %H %I %K %t",
	  "SHA256:x %h ORDER AAAA ssh-ed25519", &extra },
	{ "KnownHostsCommand", "%f %H %I %K %t", "NONE NONE NONE NONE NONE",
	  NULL },
	{ "LocalCommand", "%T", "tun3", &extra },
	{ "LocalCommand", "%T", "NONE", NULL },
	{ "RecordSession", "a", "a", NULL },
};

#define N_VALUES (sizeof(values) / sizeof(values[0]))

static void
test_values(const struct conf *c)
{
	for (size_t i = 0; i < N_VALUES; i++) {
		struct err e = { .text = "" };
		char *got = tokens_expand(c, values[i].keyword, values[i].text,
					  values[i].extra, &e);

		is_str(got, values[i].want, "%s %s", values[i].keyword,
		       values[i].text);
		free(got);
	}
}

/* While lines are still being read. */
static void
test_unfinished(void)
{
	char host[] = "web", name[] = "%h.org", bad[] = "%x";
	struct conf c = { .host = host };
	struct err e = { .text = "" };
	char *want = xasprintf("web web 22 %s ", path_user());
	char *got = tokens_expand(&c, "Match exec", "%h %n %p %r %j", NULL, &e);

	is_str(got, want, "nothing is given yet");
	free(got);
	free(want);
	c.host_name = name;
	got = tokens_expand(&c, "Match exec", "%h", NULL, &e);
	is_str(got, "web.org", "HostName is given");
	free(got);
	got = tokens_expand(&c, "HostName", name, NULL, &e);
	is_str(got, "web.org", "and is about what was typed");
	free(got);
	c.host_name = bad;
	got = tokens_expand(&c, "Match exec", "%h", NULL, &e);
	is_str(e.text, "Match exec: HostName: unknown key %x", "it is wrong");
	free(got);
}

int
main(void)
{
	char host[] = "web", name[] = "web.org", user[] = "ada",
	     alias[] = "box";
	char jump[] = "one";
	struct spec_place place = { NULL, jump, 0 };
	struct conf c = {
		.host = host,
		.host_name = name,
		.user = user,
		.port = 2200,
		.host_key_alias = alias,
		.proxy_jump = { &place, 1, jump },
		.is_finished = true,
	};

	setenv("HAWSER_A", "a%h", 1);
	unsetenv("HAWSER_NONE");
	for (size_t row = 0; row < N_TAKES; row++) {
		test_letters(&c, row);
		test_others(&c, row);
	}
	test_values(&c);
	test_unfinished();
	return done_testing();
}
