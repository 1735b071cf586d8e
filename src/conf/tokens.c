#include "conf/tokens.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hex.h"
#include "base/path.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"

#define TOKENS_MAX 20

#define USUAL "CLdhijklnpru"

struct rule {
	const char *keyword;
	const char *letters; /* beside %%; NULL: a % is a % */
	bool has_variables;
	bool has_home;
};

/* tests/check-tokens compares this with the table in hawser_config(5). %k in
 * ProxyCommand is not in ssh's manual, but ssh knows it. */
static const struct rule rules[] = {
	{ "CertificateFile", USUAL, true, true },
	{ "ControlPath", USUAL, true, true },
	{ "DynamicForward", USUAL, false, false },
	{ "EventsFile", USUAL, true, true },
	{ "FastOpenExceptions", USUAL, true, true },
	{ "ForwardAgent", USUAL, true, true },
	{ "GlobalKnownHostsFile", NULL, false, true },
	{ "HostName", "h", false, false },
	{ "IdentityAgent", USUAL, true, true },
	{ "IdentityFile", USUAL, true, true },
	{ "Include", USUAL, true, false },
	{ "KnownHostsCommand", USUAL "HIKft", true, false },
	{ "LocalCommand", USUAL "T", false, false },
	{ "LocalForward", USUAL, false, false },
	{ "Match exec", USUAL, false, false },
	{ "PidFile", USUAL, true, true },
	{ "ProxyCommand", "hknpr", false, false },
	{ "ProxyJump", "hnpr", false, false },
	{ "RecordSession", USUAL "D", true, true },
	{ "RemoteCommand", USUAL, false, false },
	{ "RemoteForward", USUAL, false, false },
	{ "RevokedHostKeys", USUAL, true, true },
	{ "SetEnv", USUAL, true, false },
	{ "StatusFile", USUAL, true, true },
	/* without those that depend on it */
	{ "User", "Ldhijklnpu", true, false },
	{ "UserKnownHostsFile", USUAL, true, true },
	{ "VersionAddendum", USUAL, false, false },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

/* The values that must be made; the others are borrowed from conf. */
struct values {
	const struct conf *conf;
	const struct tokens_extra *extra;
	const char *user;
	char *host;
	char local_host[256];
	char short_host[256];
	char uid[32];
	char port[16];
	char date[32];
	char hash[2 * EVP_MAX_MD_SIZE + 1];
};

static const struct rule *
find_rule(const char *keyword)
{
	for (size_t i = 0; i < N_RULES; i++)
		if (strcmp(rules[i].keyword, keyword) == 0)
			return &rules[i];
	return NULL;
}

static const char *
or_none(const char *text)
{
	return text != NULL ? text : "NONE";
}

/* "none" has a text, but no hops. */
static const char *
jump_text(const struct conf *c)
{
	return c->proxy_jump.len > 0 ? c->proxy_jump.text : "";
}

/* %C: names the connection in a file name (hex SHA-1 of %l%h%p%r%j). */
static void
hash_connection(struct values *v)
{
	char *text = xasprintf("%s%s%s%s%s", v->local_host, v->host, v->port,
			       v->user, jump_text(v->conf));
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

static char *
typed_host(const struct conf *c)
{
	return xstrdup(c->host != NULL ? c->host : "");
}

char *
tokens_host(const struct conf *c, struct err *e)
{
	const char *name = c->host_name;

	if (c->canonical_host != NULL && !c->is_finished)
		return xstrdup(c->canonical_host);
	if (name == NULL)
		return typed_host(c);
	if (c->is_finished)
		return xstrdup(name);
	return tokens_expand(c, "HostName", name, NULL, e);
}

static int
make_values(struct values *v, const struct rule *rule, const char *text,
	    struct err *e)
{
	const struct conf *c = v->conf;
	const char *user = c->user != NULL ? c->user : path_user();

	/* HostName itself is about the name typed */
	v->host = strcmp(rule->keyword, "HostName") == 0 ? typed_host(c)
							 : tokens_host(c, e);
	if (v->host == NULL)
		return -1;
	v->user = user != NULL ? user : "";
	if (gethostname(v->local_host, sizeof(v->local_host) - 1) != 0)
		v->local_host[0] = '\0';
	snprintf(v->short_host, sizeof(v->short_host), "%.*s",
		 (int)strcspn(v->local_host, "."), v->local_host);
	snprintf(v->uid, sizeof(v->uid), "%lu", (unsigned long)getuid());
	snprintf(v->port, sizeof(v->port), "%d",
		 c->port > 0 ? c->port : CONF_DEFAULT_PORT);
	/* a guest of a master, say, has no other use for libcrypto, whose
	 * start is a good part of his */
	if (strstr(text, "%C") != NULL)
		hash_connection(v);
	if (strstr(text, "%D") != NULL)
		make_date(v);
	return 0;
}

static const char *
value_of(const struct values *v, char letter)
{
	const struct tokens_extra none = { .key = NULL };
	const struct tokens_extra *x = v->extra != NULL ? v->extra : &none;
	const struct conf *c = v->conf;
	const struct path_token all[] = {
		{ 'C', v->hash },
		{ 'D', v->date },
		{ 'H', or_none(x->searched) },
		{ 'I', or_none(x->reason) },
		{ 'K', or_none(x->key) },
		{ 'L', v->short_host },
		{ 'T', or_none(x->tunnel) },
		{ 'd', path_home() },
		{ 'f', or_none(x->fingerprint) },
		{ 'h', v->host },
		{ 'i', v->uid },
		{ 'j', jump_text(c) },
		{ 'k',
		  c->host_key_alias != NULL ? c->host_key_alias : c->host },
		{ 'l', v->local_host },
		{ 'n', c->host },
		{ 'p', v->port },
		{ 'r', v->user },
		{ 't', or_none(x->key_type) },
		{ 'u', path_user() },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].letter == letter)
			return all[i].value;
	return NULL;
}

/* Tokens, and variables if the rule says so. */
static char *
expand_tokens(struct values *v, const struct rule *rule, const char *text,
	      struct err *e)
{
	struct path_token t[TOKENS_MAX];
	size_t n = strlen(rule->letters);

	assert(n <= TOKENS_MAX);
	if (make_values(v, rule, text, e) != 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		t[i].letter = rule->letters[i];
		t[i].value = value_of(v, t[i].letter);
	}
	return rule->has_variables ? path_expand(text, t, n, e)
				   : path_expand_tokens(text, t, n, e);
}

char *
tokens_expand(const struct conf *c, const char *keyword, const char *text,
	      const struct tokens_extra *extra, struct err *e)
{
	const struct rule *rule = find_rule(keyword);
	struct values v = { .conf = c, .extra = extra };
	char *whole, *expanded = NULL;

	assert(rule != NULL);
	whole = rule->has_home ? path_expand_tilde(text, e) : xstrdup(text);
	if (whole == NULL)
		goto out;
	if (rule->letters != NULL && strchr(whole, '%') != NULL)
		expanded = expand_tokens(&v, rule, whole, e);
	else if (rule->has_variables)
		expanded = path_expand_env(whole, e);
	else
		expanded = xstrdup(whole);
out:
	if (expanded == NULL)
		err_wrap(e, "%s", keyword);
	free(v.host);
	free(whole);
	return expanded;
}

int
tokens_expand_list(const struct conf *c, const char *keyword,
		   const struct strv *from, struct strv *ret_to, struct err *e)
{
	struct strv to = STRV_INIT;

	for (size_t i = 0; i < from->len; i++) {
		const char *text = from->items[i];
		char *one;

		if (strcasecmp(text, "none") == 0)
			continue;
		one = tokens_expand(c, keyword, text, NULL, e);
		if (one == NULL) {
			strv_clear(&to);
			return -1;
		}
		strv_add_take(&to, one);
	}
	*ret_to = to;
	return 0;
}
