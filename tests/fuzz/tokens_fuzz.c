/* %-tokens, ${VARIABLES} and "~", in the values of each kind of keyword. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does each % begin a token that is among these? */
static bool
has_tokens(const char *text, const char *known)
{
	while ((text = strchr(text, '%')) != NULL) {
		if (text[1] == '\0' || strchr(known, text[1]) == NULL)
			return false;
		text += 2;
	}
	return true;
}

#define USUAL "%CLdhijklnpru"

/* Those that know neither variables nor "~". */
static const struct {
	const char *keyword;
	const char *letters;
} plain[] = {
	{ "HostName", "%h" },     { "ProxyCommand", "%hknpr" },
	{ "ProxyJump", "%hnpr" }, { "RemoteCommand", USUAL },
	{ "Match exec", USUAL },  { "LocalCommand", USUAL "T" },
};

#define N_PLAIN (sizeof(plain) / sizeof(plain[0]))

static void
try_plain(const struct conf *c, const char *text)
{
	for (size_t i = 0; i < N_PLAIN; i++) {
		struct err e = { .text = "" };
		char *got = tokens_expand(c, plain[i].keyword, text, NULL, &e);

		assert((got != NULL) == has_tokens(text, plain[i].letters));
		assert(got != NULL ||
		       strstr(e.text, plain[i].keyword) == e.text);
		free(got);
	}
}

static void
try_others(const struct conf *c, const char *text)
{
	static const char *const keywords[] = {
		"ControlPath",
		"GlobalKnownHostsFile",
		"IdentityFile",
		"Include",
		"KnownHostsCommand",
		"RecordSession",
		"SetEnv",
		"User",
	};
	const struct tokens_extra extra = { .key = text, .searched = "%h" };
	struct err e;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		char *got = tokens_expand(c, keywords[i], text, &extra, &e);

		if (strpbrk(text, "~%$") == NULL)
			assert(got != NULL && strcmp(got, text) == 0);
		free(got);
	}
}

static void
try_paths(const char *text)
{
	struct err e;
	char *variables = path_expand_env(text, &e);
	char *home = path_expand_tilde(text, &e);

	if (strstr(text, "${") == NULL)
		assert(variables != NULL && strcmp(variables, text) == 0);
	if (*text != '~')
		assert(home != NULL && strcmp(home, text) == 0);
	free(variables);
	free(home);
}

/* Before conf_finish() HostName is input, too. */
static void
try_unfinished(char *host, char *text)
{
	struct conf c = { .host = host, .host_name = text };
	struct err e;
	char *got = tokens_expand(&c, "Match exec", "%h", NULL, &e);

	assert((got != NULL) == has_tokens(text, "%h"));
	free(got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char host[] = "web", user[] = "me";
	struct conf c = {
		.host = host,
		.host_name = host,
		.user = user,
		.port = 22,
		.is_finished = true,
	};
	char *text = xstrndup((const char *)data, size);

	setenv("ROPE", "a%hb", 1);
	try_plain(&c, text);
	try_others(&c, text);
	try_paths(text);
	try_unfinished(host, text);
	free(text);
	return 0;
}
