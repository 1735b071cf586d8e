#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "tap.h"

static const struct path_token tokens[] = {
	{ 'h', "host" },
	{ 'p', "22" },
	{ 'e', "" },
	{ 'n', NULL },
};

static const struct {
	const char *in, *want, *error;
} expansions[] = {
	{ "", "", NULL },
	{ "plain", "plain", NULL },
	{ "%h", "host", NULL },
	{ "%h:%p", "host:22", NULL },
	{ "%%h", "%h", NULL },
	{ "<%e>", "<>", NULL },
	{ "%x", NULL, "unknown key %x" },
	{ "%n", NULL, "unknown key %n" },
	{ "50%", NULL, "unfinished % at the end" },
};

static const struct {
	const char *in, *want, *error;
} variables[] = {
	{ "plain $HOME $", "plain $HOME $", NULL },
	{ "${HAWSER_A}", "value", NULL },
	{ "x${HAWSER_A}y${HAWSER_A}", "xvalueyvalue", NULL },
	{ "<${HAWSER_EMPTY}>", "<>", NULL },
	{ "${HAWSER_NONE}", NULL, "env var ${HAWSER_NONE} has no value" },
	{ "${}", NULL, "zero-length environment variable" },
	{ "${HAWSER_A", NULL,
	  "environment variable 'HAWSER_A' missing closing '}'" },
};

/* HAWSER_TOKEN holds "%h", which is no token. */
static const struct {
	const char *in, *want, *error;
} both[] = {
	{ "%h${HAWSER_A}", "hostvalue", NULL },
	{ "${HAWSER_TOKEN}/%h", "%h/host", NULL },
	{ "%%{HAWSER_A}", "%{HAWSER_A}", NULL },
	{ "$%h{HAWSER_A}", "$host{HAWSER_A}", NULL },
	{ "${HAWSER_NONE}", NULL, "env var ${HAWSER_NONE} has no value" },
	{ "%x", NULL, "unknown key %x" },
};

static void
test_tilde(void)
{
	const struct passwd *root = getpwuid(0);
	struct err e = { 0 };
	char want[4096], path[256];
	char *got;

	got = path_expand_tilde("/a/~/b", &e);
	is_str(got, "/a/~/b", "a tilde elsewhere is a tilde");
	free(got);
	ok(path_expand_tilde("~no-such-user-here/x", &e) == NULL,
	   "unknown user");
	is_str(e.text, "No such user no-such-user-here", "unknown user's text");
	is_int(e.kind, ERR_CONF, "unknown user's kind");
	if (root == NULL) {
		skip("uid 0 has no name");
		return;
	}
	snprintf(want, sizeof(want), "%s/x", root->pw_dir);
	snprintf(path, sizeof(path), "~%s/x", root->pw_name);
	got = path_expand_tilde(path, &e);
	is_str(got, want, "~user/x");
	free(got);
}

static void
test_home(void)
{
	const struct passwd *me = getpwuid(getuid());
	struct err e = { 0 };
	char want[4096];
	char *got;

	if (me == NULL) {
		skip("this user has no entry");
		return;
	}
	setenv("HOME", "/somewhere/else", 1);
	snprintf(want, sizeof(want), "%s", me->pw_dir);
	is_str(path_home(), want, "home is not $HOME");
	got = path_expand_tilde("~", &e);
	is_str(got, want, "~");
	free(got);
	snprintf(want, sizeof(want), "%s/.ssh/x", me->pw_dir);
	got = path_expand_tilde("~/.ssh/x", &e);
	is_str(got, want, "~/x");
	free(got);
	ok(path_user() == path_user() && path_user() != NULL, "user");
}

int
main(void)
{
	setenv("HAWSER_A", "value", 1);
	setenv("HAWSER_EMPTY", "", 1);
	unsetenv("HAWSER_NONE");
	for (size_t i = 0; i < sizeof(expansions) / sizeof(*expansions); i++) {
		struct err e = { 0 };
		char *got = path_expand_tokens(expansions[i].in, tokens, 4, &e);

		is_str(got, expansions[i].want, "tokens in '%s'",
		       expansions[i].in);
		if (expansions[i].error != NULL)
			is_str(e.text, expansions[i].error, "its error");
		free(got);
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		struct err e = { 0 };
		char *got = path_expand_env(variables[i].in, &e);

		is_str(got, variables[i].want, "variables in '%s'",
		       variables[i].in);
		if (variables[i].error != NULL)
			is_str(e.text, variables[i].error, "its error");
		free(got);
	}
	setenv("HAWSER_TOKEN", "%h", 1);
	for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++) {
		struct err e = { 0 };
		char *got = path_expand(both[i].in, tokens, 4, &e);

		is_str(got, both[i].want, "both in '%s'", both[i].in);
		if (both[i].error != NULL)
			is_str(e.text, both[i].error, "its error");
		free(got);
	}
	test_tilde();
	test_home();
	return done_testing();
}
