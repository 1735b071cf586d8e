/* %-tokens, ${VARIABLES} and "~". */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "client/tokens.h"
#include "conf/conf.h"

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

/* What HostName becomes; NULL for an unknown token. */
static char *
expand_slowly(const char *text, const char *host)
{
	struct buf out = BUF_INIT;

	if (!has_tokens(text, "%h"))
		return NULL;
	for (; *text != '\0'; text++)
		if (*text != '%')
			buf_add(&out, text, 1);
		else
			buf_add_str(&out, *++text == 'h' ? host : "%");
	return buf_take_str(&out);
}

static void
try_sets(const struct client *c, const char *text)
{
	struct err e;
	char *want = expand_slowly(text, c->conf->host);
	char *host = tokens_expand(c, text, TOKENS_HOST, &e);
	char *usual = tokens_expand(c, text, TOKENS_USUAL, &e);
	char *local = tokens_expand(c, text, TOKENS_LOCAL, &e);

	assert((want == NULL) == (host == NULL));
	assert(want == NULL || strcmp(want, host) == 0);
	assert((usual != NULL) == has_tokens(text, "%CLdhijklnpru"));
	assert((local != NULL) == has_tokens(text, "%CLdhijklnpruT"));
	free(want);
	free(host);
	free(usual);
	free(local);
}

static void
try_paths(const struct client *c, const char *text)
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
	struct conf conf = { .host = host, .user = user, .port = 22 };
	struct client c = { .conf = &conf, .host = host };
	char *text = xstrndup((const char *)data, size);

	setenv("ROPE", "a%hb", 1);
	try_sets(&c, text);
	try_paths(&c, text);
	free(text);
	return 0;
}
