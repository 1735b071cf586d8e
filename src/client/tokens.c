#include "client/tokens.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "conf/conf.h"

#define TOKENS_MAX 16

/* The values that must be made; the others are borrowed from conf. */
struct values {
	char local_host[256];
	char short_host[256];
	char uid[32];
	char port[16];
	char hash[2 * EVP_MAX_MD_SIZE + 1];
};

/* %C: names the connection in a file name (hex SHA-1 of %l%h%p%r%j). */
static void
hash_connection(const struct client *c, struct values *v)
{
	char *text = xasprintf(
	    "%s%s%s%s%s", v->local_host, c->host, v->port, c->conf->user,
	    c->conf->proxy_jump != NULL ? c->conf->proxy_jump : "");
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
	for (unsigned i = 0; i < len; i++)
		snprintf(v->hash + 2 * (size_t)i, 3, "%02x", digest[i]);
	free(text);
}

static void
make_values(const struct client *c, struct values *v)
{
	memset(v, 0, sizeof(*v));
	if (gethostname(v->local_host, sizeof(v->local_host) - 1) != 0)
		v->local_host[0] = '\0';
	snprintf(v->short_host, sizeof(v->short_host), "%.*s",
		 (int)strcspn(v->local_host, "."), v->local_host);
	snprintf(v->uid, sizeof(v->uid), "%lu", (unsigned long)getuid());
	snprintf(v->port, sizeof(v->port), "%d", c->conf->port);
	if (c->host != NULL)
		hash_connection(c, v);
}

char *
tokens_expand(const struct client *c, const char *text, enum token_set set,
	      struct err *e)
{
	const struct conf *o = c->conf;
	struct path_token t[TOKENS_MAX];
	struct values v;
	size_t n = 0;

	if (strchr(text, '%') == NULL)
		return xstrdup(text);
	if (set == TOKENS_HOST) {
		t[n++] = (struct path_token){ 'h', o->host };
		return path_expand_tokens(text, t, n, e);
	}
	make_values(c, &v);
	t[n++] = (struct path_token){ 'C', v.hash };
	t[n++] = (struct path_token){ 'L', v.short_host };
	t[n++] = (struct path_token){ 'd', path_home() };
	t[n++] = (struct path_token){ 'h', c->host };
	t[n++] = (struct path_token){ 'i', v.uid };
	t[n++] = (struct path_token){ 'j', o->proxy_jump != NULL ? o->proxy_jump
								 : "" };
	t[n++] = (struct path_token){ 'k', o->host_key_alias != NULL
					       ? o->host_key_alias
					       : o->host };
	t[n++] = (struct path_token){ 'l', v.local_host };
	t[n++] = (struct path_token){ 'n', o->host };
	t[n++] = (struct path_token){ 'p', v.port };
	t[n++] = (struct path_token){ 'r', o->user };
	t[n++] = (struct path_token){ 'u', path_user() };
	if (set == TOKENS_LOCAL)
		t[n++] = (struct path_token){ 'T', "NONE" };
	return path_expand_tokens(text, t, n, e);
}

char *
tokens_expand_path(const struct client *c, const char *text, struct err *e)
{
	char *variables = path_expand_env(text, e);
	char *tokens = NULL, *path = NULL;

	if (variables != NULL)
		tokens = tokens_expand(c, variables, TOKENS_USUAL, e);
	if (tokens != NULL)
		path = path_expand_tilde(tokens, e);
	free(tokens);
	free(variables);
	return path;
}

int
tokens_expand_paths(const struct client *c, const struct strv *from,
		    struct strv *ret_to, struct err *e)
{
	struct strv to = STRV_INIT;

	for (size_t i = 0; i < from->len; i++) {
		char *path;

		if (strcasecmp(from->items[i], "none") == 0)
			continue;
		path = tokens_expand_path(c, from->items[i], e);
		if (path == NULL) {
			strv_clear(&to);
			return -1;
		}
		strv_add_take(&to, path);
	}
	*ret_to = to;
	return 0;
}
