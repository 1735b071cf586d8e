#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "conf/canonical.h"
#include "conf/conf.h"
#include "tap.h"

/* What exists, and the name behind it. */
static const struct {
	const char *name, *alias;
} there[] = {
	{ "web.sea.", "web.sea" },    { "web.port.", NULL },
	{ "db.port.", "db.port" },    { "alias.sea.", "real.ship" },
	{ "alias.sea", "real.ship" }, { "odd.sea.", "a;b.ship" },
	{ "a.b.sea.", "a.b.sea" },
};

#define YES "CanonicalizeHostname yes\nCanonicalDomains sea port\n"
#define ALWAYS "CanonicalizeHostname always\nCanonicalDomains sea port\n"
#define STRICT "CanonicalizeFallbackLocal no\n" YES
#define FOLLOW "CanonicalizePermittedCNAMEs *.sea:x,*.ship\n" YES

/* A file, the host, what it comes to (or, behind a '!', what is said), and what
 * was asked. */
static const struct {
	const char *file, *host, *want, *asked;
} rows[] = {
	{ "CanonicalDomains sea\n", "web", "web", "" },
	{ YES, "web", "web.sea", "web.sea.;" },
	{ YES, "WEB", "web.sea", "web.sea.;" },
	{ YES, "db", "db.port", "db.sea.;db.port.;" },
	{ YES, "no", "no", "no.sea.;no.port.;" },
	{ "HostName d%h\n" YES, "b", "db.port", "db.sea.;db.port.;" },
	{ "CanonicalDomains none\n" YES, "web", "web", "" },
	{ YES, "a.b", "a.b.sea", "a.b.sea.;" },
	{ YES, "a.b.c", "a.b.c", "" },
	{ "CanonicalizeMaxDots 0\n" YES, "a.b", "a.b", "" },
	{ YES, "web.port.", "web.port", "web.port.;" },
	{ YES, "no.port.", "no.port.", "no.port.;" },
	{ YES, "192.0.2.1", "192.0.2.1", "" },
	{ YES, "::0001", "::1", "" },
	{ YES, "fe80::1%nosuch", "fe80::1%nosuch", "" },
	{ "", "::0001", "::1", "" },

	{ STRICT, "no", "!ssh: Could not resolve host \"no\"",
	  "no.sea.;no.port.;" },
	{ STRICT, "no.port.", "!ssh: Could not resolve host \"no.port.\"",
	  "no.port.;" },
	{ STRICT, "a.b.c", "a.b.c", "" },

	{ YES, "alias", "alias.sea", "alias.sea.;" },
	{ FOLLOW, "alias", "real.ship", "alias.sea.;" },
	{ FOLLOW, "web", "web.sea", "web.sea.;" },
	{ "CanonicalizePermittedCNAMEs *.port:*\n" YES, "alias", "alias.sea",
	  "alias.sea.;" },
	{ "CanonicalizePermittedCNAMEs *:!*.ship,*\n" YES, "alias", "alias.sea",
	  "alias.sea.;" },
	{ "CanonicalizePermittedCNAMEs none\n" YES, "alias", "alias.sea",
	  "alias.sea.;" },
	{ "CanonicalizePermittedCNAMEs *\n" YES, "odd", "odd.sea",
	  "odd.sea.;" },
	{ "CanonicalizeMaxDots 0\n" FOLLOW, "alias.sea", "real.ship",
	  "alias.sea;" },
	{ FOLLOW, "no", "!", "no.sea.;no.port.;no;" },

	{ "ProxyCommand x\n" YES, "web", "web", "" },
	{ "ProxyCommand none\n" YES, "web", "web.sea", "web.sea.;" },
	{ "ProxyJump x\n" FOLLOW, "alias.sea", "alias.sea", "" },
	{ "ProxyJump x\n" ALWAYS, "web", "web.sea", "web.sea.;" },
	{ "ProxyJump x\nCanonicalizePermittedCNAMEs *\n" ALWAYS, "no", "no",
	  "no.sea.;no.port.;no;" },
};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static struct buf asked;

static int
look_up(const struct conf_name *query, char **ret_canonical)
{
	buf_addf(&asked, "%s;", query->name);
	for (size_t i = 0; i < N(there); i++) {
		if (strcmp(there[i].name, query->name) != 0)
			continue;
		if (there[i].alias != NULL)
			*ret_canonical = xstrdup(there[i].alias);
		return 0;
	}
	return EAI_NONAME;
}

static void
check(const char *file, const char *host, const char *want, const char *names)
{
	static const struct conf_outside outside = { .look_up = look_up };
	struct err e = { .text = "" };
	char *got;
	struct conf c;

	buf_reset(&asked);
	conf_init(&c);
	c.outside = &outside;
	c.host = xstrdup(host);
	is_int(conf_load_text(&c, file, strlen(file), "F", &e), 0, "%s: %.*s",
	       host, (int)strcspn(file, "\n"), file);
	got = canonical_looked_up(&c, &e);
	if (*want != '!')
		is_str(got, want, "the name");
	else
		ok(got == NULL &&
		       (e.kind == ERR_QUIET || strcmp(e.text, want + 1) == 0),
		   "no name");
	is_str(buf_str(&asked), names, "what was asked");
	free(got);
	conf_clear(&c);
}

int
main(void)
{
	buf_init(&asked);
	for (size_t i = 0; i < N(rows); i++)
		check(rows[i].file, rows[i].host, rows[i].want, rows[i].asked);
	buf_clear(&asked);
	return done_testing();
}
