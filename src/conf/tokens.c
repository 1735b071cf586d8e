#include "conf/tokens.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hex.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/table.h"

#define TOKENS_MAX 16

/* The values that must be made; the others are borrowed from conf. */
struct values {
	char local_host[256];
	char short_host[256];
	char uid[32];
	char port[16];
	char date[32];
	char hash[2 * EVP_MAX_MD_SIZE + 1];
};

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* %C: names the connection in a file name (hex SHA-1 of %l%h%p%r%j). */
static void
hash_connection(const struct conf *c, struct values *v)
{
	char *text =
	    xasprintf("%s%s%s%s%s", v->local_host, or_empty(c->host_name),
		      v->port, or_empty(c->user), or_empty(c->proxy_jump.text));
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
	hex_encode(digest, len, v->hash);
	free(text);
}

/* %D: here and now, in a form that sorts and goes into a file name. */
static void
make_date(struct values *v)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL ||
	    strftime(v->date, sizeof(v->date), "%Y%m%d-%H%M%S", &tm) == 0)
		snprintf(v->date, sizeof(v->date), "%lld", (long long)now);
}

static void
make_values(const struct conf *c, struct values *v)
{
	memset(v, 0, sizeof(*v));
	if (gethostname(v->local_host, sizeof(v->local_host) - 1) != 0)
		v->local_host[0] = '\0';
	snprintf(v->short_host, sizeof(v->short_host), "%.*s",
		 (int)strcspn(v->local_host, "."), v->local_host);
	snprintf(v->uid, sizeof(v->uid), "%lu", (unsigned long)getuid());
	snprintf(v->port, sizeof(v->port), "%d", c->port);
	hash_connection(c, v);
	make_date(v);
}

/* Returns how many there are. */
static size_t
make_table(const struct conf *c, enum token_set set, const struct values *v,
	   struct path_token t[TOKENS_MAX])
{
	const char *key =
	    c->host_key_alias != NULL ? c->host_key_alias : c->host;
	size_t n = 0;

	t[n++] = (struct path_token){ 'h', c->host_name };
	t[n++] = (struct path_token){ 'k', key };
	t[n++] = (struct path_token){ 'n', c->host };
	t[n++] = (struct path_token){ 'p', v->port };
	if (set == TOKENS_PROXY) {
		t[n++] = (struct path_token){ 'r', c->user };
		return n;
	}
	t[n++] = (struct path_token){ 'L', v->short_host };
	t[n++] = (struct path_token){ 'd', path_home() };
	t[n++] = (struct path_token){ 'i', v->uid };
	t[n++] = (struct path_token){ 'j', or_empty(c->proxy_jump.text) };
	t[n++] = (struct path_token){ 'l', v->local_host };
	t[n++] = (struct path_token){ 'u', path_user() };
	if (set == TOKENS_USER)
		return n;
	t[n++] = (struct path_token){ 'C', v->hash };
	t[n++] = (struct path_token){ 'r', c->user };
	if (set == TOKENS_LOCAL)
		t[n++] = (struct path_token){ 'T', "NONE" };
	if (set == TOKENS_DATED)
		t[n++] = (struct path_token){ 'D', v->date };
	return n;
}

char *
tokens_expand(const struct conf *c, const char *text, enum token_set set,
	      struct err *e)
{
	struct path_token t[TOKENS_MAX];
	struct values v;
	size_t n;

	if (strpbrk(text, "%$") == NULL)
		return xstrdup(text);
	make_values(c, &v);
	n = make_table(c, set, &v, t);
	if (set == TOKENS_USUAL || set == TOKENS_LOCAL || set == TOKENS_PROXY)
		return path_expand_tokens(text, t, n, e);
	return path_expand(text, t, n, e);
}

char *
tokens_expand_path(const struct conf *c, const char *text, struct err *e)
{
	char *whole = path_expand_tilde(text, e), *path = NULL;

	if (whole != NULL)
		path = tokens_expand(c, whole, TOKENS_VALUE, e);
	free(whole);
	return path;
}

int
tokens_expand_paths(const struct conf *c, const struct strv *from,
		    struct strv *ret_to, struct err *e)
{
	struct strv to = STRV_INIT;

	for (size_t i = 0; i < from->len; i++) {
		char *path;

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

/* Give a value up for another one, or fail if there is none. */
static int
replace(char **value, char *text, const char *keyword, struct err *e)
{
	if (text == NULL)
		return err_wrap(e, "%s", keyword);
	free(*value);
	*value = text;
	return 0;
}

/* As in ssh, a name in a file may hold what it likes, and what is made of it
 * here is checked. A name that was typed is meant as it is: it may come from a
 * link, and nobody shall choose which variables the server gets to see. */
static int
settle_user(struct conf *c, struct err *e)
{
	char *user;

	if (table_source(c, "User") != CONF_FROM_FILE)
		return 0;
	user = tokens_expand(c, c->user, TOKENS_USER, e);
	if (user != NULL && strpbrk(c->user, "%$") != NULL &&
	    !scalar_is_user(user)) {
		err_set(e, ERR_CONF,
			"remote username contains invalid characters");
		free(user);
		return -1;
	}
	return replace(&c->user, user, "User", e);
}

/* The values, not the names. */
static int
settle_set_env(struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->set_env.len; i++) {
		char **entry = &c->set_env.items[i];
		size_t name_len = strcspn(*entry, "=") + 1;
		char *value =
		    tokens_expand(c, *entry + name_len, TOKENS_VALUE, e);
		char *whole = NULL;

		if (value != NULL)
			whole =
			    xasprintf("%.*s%s", (int)name_len, *entry, value);
		free(value);
		if (replace(entry, whole, "SetEnv", e) != 0)
			return -1;
	}
	return 0;
}

/* Which variable's value is meant; NULL: the value is a path. */
static const char *
agent_variable(const char *value)
{
	if (strcmp(value, "SSH_AUTH_SOCK") == 0)
		return value;
	return value[0] == '$' && value[1] != '{' ? value + 1 : NULL;
}

const char *
tokens_agent_path(const char *value)
{
	const char *variable = value != NULL ? agent_variable(value) : NULL;

	if (variable != NULL)
		value = getenv(variable);
	return value != NULL && *value != '\0' ? value : NULL;
}

/* The path of an agent's socket, unless it is the name of something else. */
static int
settle_agent(const struct conf *c, char **value, const char *keyword,
	     struct err *e)
{
	if (*value == NULL || agent_variable(*value) != NULL)
		return 0;
	return replace(value, tokens_expand_path(c, *value, e), keyword, e);
}

/* One end of a forwarding, if it is a Unix socket. Variables have been
 * replaced when it was read, as in ssh. */
static int
settle_end(const struct conf *c, struct forward_end *end, struct err *e)
{
	char *path;

	if (end->path == NULL)
		return 0;
	path = tokens_expand(c, end->path, TOKENS_USUAL, e);
	if (path == NULL)
		return -1;
	free(end->path);
	end->path = path;
	return 0;
}

static int
settle_forwards(const struct conf *c, struct forward_specs *list,
		const char *keyword, struct err *e)
{
	for (size_t i = 0; i < list->len; i++)
		if (settle_end(c, &list->items[i].listen, e) != 0 ||
		    settle_end(c, &list->items[i].connect, e) != 0)
			return err_wrap(e, "%s", keyword);
	return 0;
}

static int
settle_text(const struct conf *c, char **value, const char *keyword,
	    struct err *e)
{
	if (*value == NULL)
		return 0;
	return replace(value, tokens_expand(c, *value, TOKENS_USUAL, e),
		       keyword, e);
}

int
tokens_settle(struct conf *c, struct err *e)
{
	if (c->host == NULL)
		return 0;
	if (settle_user(c, e) != 0 || settle_set_env(c, e) != 0)
		return -1;
	if (settle_agent(c, &c->identity_agent, "IdentityAgent", e) != 0 ||
	    settle_agent(c, &c->forward_agent_path, "ForwardAgent", e) != 0)
		return -1;
	if (settle_forwards(c, &c->local_forward, "LocalForward", e) != 0 ||
	    settle_forwards(c, &c->remote_forward, "RemoteForward", e) != 0 ||
	    settle_forwards(c, &c->dynamic_forward, "DynamicForward", e) != 0)
		return -1;
	if (settle_text(c, &c->remote_command, "RemoteCommand", e) != 0)
		return -1;
	return settle_text(c, &c->version_addendum, "VersionAddendum", e);
}
