#include "conf/canonical.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/scalar.h"
#include "conf/so_far.h"
#include "conf/table.h"

#define DEFAULT_MAX_DOTS 1

/* What is being made out. */
struct search {
	const struct conf *c;
	bool is_direct; /* nobody on the way looks the name up himself */
};

/* The address as the system writes it; NULL: it is none. */
static char *
numeric(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST];
	int rc;

	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return NULL;
	rc = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text),
			 NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return rc == 0 ? xstrdup(text) : NULL;
}

char *
canonical_written(const struct conf *c, struct err *e)
{
	struct so_far now;
	char *name = NULL;

	if (so_far_init(&now, c, e) == 0)
		name = numeric(now.host_name);
	if (name == NULL && now.host_name != NULL)
		name = str_lower(now.host_name);
	so_far_clear(&now);
	return name;
}

/* --- by the name service --- */

static bool
is_set(const char *text)
{
	return text != NULL && strcasecmp(text, "none") != 0;
}

/* Whoever is on the way would look the name up himself, unless it is always to
 * be done here. */
static bool
is_wanted(const struct search *s)
{
	return s->is_direct ||
	       s->c->canonicalize_hostname == CONF_CANONICALIZE_ALWAYS;
}

/* Is it the name's fault, rather than that of who was asked? */
static bool
is_absent(int code)
{
#ifdef EAI_NODATA
	if (code == EAI_NODATA)
		return true;
#endif
	return code == EAI_NONAME;
}

/* Does it exist? Then *ret_alias is the name behind it, owned, or NULL. That it
 * does not is told only if that is the end of it; other faults always. */
static bool
look_up(const struct search *s, const char *name, bool is_last,
	char **ret_alias)
{
	const struct conf_name query = {
		.name = name,
		.family = s->c->address_family,
		.patience = s->c->connect_timeout,
	};
	int code;

	*ret_alias = NULL;
	code = s->c->outside->look_up(&query, ret_alias);
	if (code == 0)
		return true;
	log_write(is_last || !is_absent(code) ? LOG_LEVEL_ERROR
					      : LOG_LEVEL_DEBUG1,
		  "ssh: Could not resolve hostname %.100s: %s", name,
		  code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
	return false;
}

/* Does a rule "from:to", or "*" for both, allow this alias? */
static bool
allows(const char *rule, const char *name, const char *alias)
{
	const char *colon = strchr(rule, ':');
	char *from;
	bool is_allowed;

	if (strcmp(rule, "*") == 0)
		return true;
	if (colon == NULL)
		return false;
	from = xstrndup(rule, (size_t)(colon - rule));
	is_allowed = match_list(name, from, true) == MATCH_YES &&
		     match_list(alias, colon + 1, true) == MATCH_YES;
	free(from);
	return is_allowed;
}

/* May the alias, which a stranger may have chosen, take the name's place? */
static bool
is_permitted(const struct search *s, const char *name, const char *alias)
{
	const struct strv *rules = &s->c->canonicalize_permitted_cnames;

	if (alias == NULL || strcmp(name, alias) == 0 || !scalar_is_host(alias))
		return false;
	if (!is_wanted(s))
		return false;
	log_debug3("check \"%s\" CNAME \"%s\"", name, alias);
	for (size_t i = 0; i < rules->len; i++)
		if (allows(rules->items[i], name, alias))
			return true;
	return false;
}

/* The name, or its alias where that is to be used; owned, as both were. */
static char *
follow(const struct search *s, char *name, char *alias)
{
	if (!is_permitted(s, name, alias)) {
		free(alias);
		return name;
	}
	log_verbose("Canonicalized DNS aliased hostname \"%s\" => \"%s\"", name,
		    alias);
	free(name);
	return alias;
}

/* Look up a name that ends in a dot. Returns the canonical one, or NULL. */
static char *
try_full(const struct search *s, const char *name, const char *full)
{
	char *alias, *plain;

	if (!look_up(s, full, false, &alias))
		return NULL;
	plain = xstrndup(full, strlen(full) - 1);
	if (!is_permitted(s, plain, alias))
		log_debug("Canonicalized hostname \"%s\" => \"%s\"", name,
			  plain);
	return follow(s, plain, alias);
}

static char *
try_domains(const struct search *s, const char *name)
{
	const struct strv *domains = &s->c->canonical_domains;
	char *found = NULL;

	for (size_t i = 0; i < domains->len && found == NULL; i++) {
		char *full;

		if (strcasecmp(domains->items[i], "none") == 0)
			break;
		full = xasprintf("%s.%s.", name, domains->items[i]);
		log_debug3("attempting \"%s\" => \"%s\"", name, full);
		found = try_full(s, name, full);
		free(full);
	}
	return found;
}

/* An address with a scope that is not here, say: no domain goes behind it. */
static bool
looks_numeric(const char *name)
{
	return strpbrk(name, ":%") != NULL ||
	       name[strspn(name, "0123456789.")] == '\0';
}

static int
count_dots(const char *name)
{
	int n = 0;

	for (; *name != '\0'; name++)
		n += *name == '.';
	return n;
}

static bool
is_too_deep(const struct conf *c, const char *name)
{
	int max = DEFAULT_MAX_DOTS;

	if (table_source(c, "CanonicalizeMaxDots") != CONF_FROM_DEFAULT)
		max = c->canonicalize_max_dots;
	if (count_dots(name) <= max)
		return false;
	log_debug3("not canonicalizing hostname \"%s\" (max dots %d)", name,
		   max);
	return true;
}

/* *ret_found stays NULL if the name is to be used as it is. Fails if it had to
 * be found. */
static int
search_name(const struct search *s, const char *name, char **ret_found,
	    struct err *e)
{
	const struct conf *c = s->c;
	size_t len = strlen(name);
	bool is_full = len > 0 && name[len - 1] == '.';

	if (looks_numeric(name))
		return 0;
	if (!is_wanted(s))
		return 0;
	if (!is_full && is_too_deep(c, name))
		return 0;
	*ret_found = is_full ? try_full(s, name, name) : try_domains(s, name);
	if (*ret_found != NULL)
		return 0;
	if (table_source(c, "CanonicalizeFallbackLocal") != CONF_FROM_DEFAULT &&
	    !c->canonicalize_fallback_local)
		return err_set(e, ERR_RESOLVE,
			       "ssh: Could not resolve host \"%s\"", name);
	log_debug2("host %s not found in any suffix", name);
	return 0;
}

static bool
has_rules(const struct conf *c)
{
	const struct strv *rules = &c->canonicalize_permitted_cnames;

	return rules->len > 0 && is_set(rules->items[0]);
}

/* No domain was put behind the name: it may be an alias all the same. Takes
 * name over. */
static char *
search_alias(const struct search *s, char *name, struct err *e)
{
	char *alias;

	if (!is_wanted(s))
		return name;
	if (look_up(s, name, s->is_direct, &alias))
		return follow(s, name, alias);
	if (!s->is_direct)
		return name;
	free(name);
	err_set(e, ERR_QUIET, "has been told");
	return NULL;
}

char *
canonical_looked_up(const struct conf *c, struct err *e)
{
	const struct search s = {
		.c = c,
		.is_direct =
		    !is_set(c->proxy_command) && c->proxy_jump.len == 0,
	};
	char *name = canonical_written(c, e), *address, *found = NULL;
	int rc = 0;

	if (name == NULL || c->outside == NULL ||
	    c->canonicalize_hostname == CONF_CANONICALIZE_NO)
		return name;
	address = numeric(name);
	if (address == NULL)
		rc = search_name(&s, name, &found, e);
	if (rc == 0 && address == NULL && found == NULL && has_rules(c))
		return search_alias(&s, name, e);
	free(address);
	if (rc == 0 && found == NULL)
		return name;
	free(name);
	return found;
}
