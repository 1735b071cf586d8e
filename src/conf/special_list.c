/* The keywords of special.h whose value is a list. */
#include "conf/special.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/args.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/spec.h"
#include "conf/value.h"

/* A hostile file may not have any number: each is compared with all. */
#define MAX_ENV 4096
#define MAX_CNAMES 32

/* SendEnv -PATTERN takes back what it matches. */
static void
remove_matching(struct strv *list, const char *pattern)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->len; i++) {
		if (match_pattern(list->items[i], pattern))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	if (kept < list->len)
		list->items[kept] = NULL;
	list->len = kept;
}

int
special_send_env_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word;

	while ((word = args_next(a)) != NULL) {
		if (*word == '\0' || strchr(word, '=') != NULL)
			return err_set(e, ERR_CONF,
				       "Invalid environment name.");
		if (*word == '-')
			remove_matching(&c->send_env, word + 1);
		else if (c->send_env.len >= MAX_ENV)
			return err_set(e, ERR_CONF, "too many send env.");
		else
			strv_add(&c->send_env, word);
	}
	return 0;
}

/* Is a variable of this name, up to its "=", in the list? */
static bool
has_variable(const struct strv *list, const char *entry)
{
	size_t name_len = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < list->len; i++)
		if (strncmp(list->items[i], entry, name_len) == 0)
			return true;
	return false;
}

/* The first value of a name counts. */
int
special_set_env_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word;

	while ((word = args_next(a)) != NULL) {
		if (strchr(word, '=') == NULL)
			return err_set(e, ERR_CONF, "Invalid SetEnv.");
		if (has_variable(&c->set_env, word))
			continue;
		if (c->set_env.len >= MAX_ENV)
			return err_set(e, ERR_CONF, "too many SetEnv.");
		strv_add(&c->set_env, word);
	}
	return 0;
}

static int
check_open(const char *word, struct err *e)
{
	const char *colon = strrchr(word, ':');
	int port = 0;

	if (colon == word)
		return err_set(e, ERR_CONF, "missing host in permitremoteopen");
	if (colon == NULL ||
	    (strcmp(colon + 1, "*") != 0 &&
	     (forward_spec_port(colon + 1, &port) != 0 || port == 0)))
		return err_set(e, ERR_CONF,
			       "bad port number in permitremoteopen");
	return 0;
}

int
special_permit_remote_open_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = value_word(a, e);
	bool is_all;

	if (word == NULL)
		return -1;
	is_all = strcmp(word, "any") == 0 || strcmp(word, "none") == 0;
	if (is_all && args_left(a) > 0)
		return err_set(e, ERR_CONF,
			       "keyword permitremoteopen \"%s\" argument must "
			       "appear alone.",
			       word);
	for (; word != NULL; word = args_next(a)) {
		if (!is_all && check_open(word, e) != 0)
			return -1;
		strv_add(&c->permit_remote_open, word);
	}
	return 0;
}

void
special_permit_remote_open_print(const struct conf *c, FILE *out)
{
	char *text = strv_join(&c->permit_remote_open, " ");

	fprintf(out, "%s", *text == '\0' ? "any" : text);
	free(text);
}

/* What is wrong with a domain's name; NULL: nothing. Names that begin with a
 * '_' are wrong by the book, and common. */
static const char *
fault_of_domain(const char *name)
{
	if (!isalnum((unsigned char)*name) && *name != '_')
		return "starts with invalid character";
	if (strstr(name, "..") != NULL)
		return "contains consecutive separators";
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) &&
		    strchr("._-", *name) == NULL)
			return "contains invalid characters";
	return NULL;
}

/* In lower case, and without a dot at the end. */
char *
special_domain_word(const char *word, struct err *e)
{
	const char *fault = fault_of_domain(word);
	char *plain = NULL;
	size_t len;

	if (fault != NULL) {
		err_set(e, ERR_CONF, "domain name \"%.100s\" %s", word, fault);
		return NULL;
	}
	plain = str_lower(word);
	len = strlen(plain);
	if (plain[len - 1] == '.')
		plain[len - 1] = '\0';
	return plain;
}

/* "type=time" */
char *
special_channel_timeout_word(const char *word, struct err *e)
{
	char *type;
	int seconds;

	if (scalar_type_time(word, &type, &seconds) != 0) {
		err_set(e, ERR_CONF, "invalid channel timeout %s", word);
		return NULL;
	}
	free(type);
	return xstrdup(word);
}

/* "none", or words that are "*" or "from:to". */
int
special_canonical_cnames_parse(struct conf *c, struct args *a, struct err *e)
{
	struct strv *list = &c->canonicalize_permitted_cnames;
	const char *word, *colon;

	while ((word = args_next(a)) != NULL) {
		if (strcasecmp(word, "none") == 0 &&
		    (list->len > 0 || args_left(a) > 0))
			return err_set(e, ERR_CONF,
				       "keyword canonicalizepermittedcnames "
				       "\"none\" argument must appear alone.");
		colon = strchr(word, ':');
		if (strcasecmp(word, "none") != 0 && strcmp(word, "*") != 0 &&
		    (colon == NULL || colon[1] == '\0'))
			return err_set(e, ERR_CONF,
				       "Invalid permitted CNAME \"%s\"", word);
		if (list->len >= MAX_CNAMES)
			return err_set(e, ERR_CONF,
				       "too many permitted CNAMEs.");
		strv_add(list, word);
	}
	return 0;
}

void
special_canonical_cnames_print(const struct conf *c, FILE *out)
{
	char *text = strv_join(&c->canonicalize_permitted_cnames, " ");

	fprintf(out, "%s", *text == '\0' ? "none" : text);
	free(text);
}

int
special_proxy_jump_parse(struct conf *c, struct args *a, struct err *e)
{
	const char *word = args_next(a);
	struct spec_hops hops;
	char *text;
	int rc;

	if (word == NULL)
		word = "";
	text = xstrndup(word, strcspn(word, "#"));
	rc = spec_hops_parse(text, &hops);
	/* as in ssh, what follows does not matter; the quotes, which ssh leaves
	 * to the shell, are gone */
	args_consume(a);
	if (rc == 0) {
		spec_hops_clear(&c->proxy_jump);
		c->proxy_jump = hops;
	} else {
		err_set(e, ERR_CONF, "Invalid ProxyJump \"%s\"", text);
	}
	free(text);
	return rc;
}

void
special_proxy_jump_print(const struct conf *c, FILE *out)
{
	char *text = spec_hops_print(&c->proxy_jump);

	fprintf(out, "%s", text);
	free(text);
}
