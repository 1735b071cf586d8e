/* %-tokens, ${VARIABLES} and "~". */
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

static void
try_sets(const struct conf *c, const char *text)
{
	struct err e;
	char *usual = tokens_expand(c, text, TOKENS_USUAL, &e);
	char *local = tokens_expand(c, text, TOKENS_LOCAL, &e);

	assert((usual != NULL) == has_tokens(text, "%CLdhijklnpru"));
	assert((local != NULL) == has_tokens(text, "%CLdhijklnpruT"));
	free(usual);
	free(local);
}

static void
try_paths(const struct conf *c, const char *text)
{
	struct err e;
	char *variables = path_expand_env(text, &e);
	char *home = path_expand_tilde(text, &e);
	char *path = tokens_expand_path(c, text, &e);

	if (strstr(text, "${") == NULL)
		assert(variables != NULL && strcmp(variables, text) == 0);
	if (*text != '~')
		assert(home != NULL && strcmp(home, text) == 0);
	assert(path == NULL || variables != NULL);
	free(variables);
	free(home);
	free(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char host[] = "web", user[] = "me";
	struct conf c = {
		.host = host, .host_name = host, .user = user, .port = 22
	};
	char *text = xstrndup((const char *)data, size);

	setenv("ROPE", "a%hb", 1);
	try_sets(&c, text);
	try_paths(&c, text);
	free(text);
	return 0;
}
