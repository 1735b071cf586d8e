/* conf_dump(): -G. */
#include "conf/conf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/table.h"
#include "conf/value.h"

/* As ssh -G spells the keywords, and in its order, which scripts may rely on.
 * tests/check-options: none is missing. */
static const char *const order[] = {
	"user",
	"hostname",
	"port",
	"addressfamily",
	"batchmode",
	"canonicalizefallbacklocal",
	"canonicalizehostname",
	"checkhostip",
	"compression",
	"controlmaster",
	"enablesshkeysign",
	"clearallforwardings",
	"exitonforwardfailure",
	"fingerprinthash",
	"forwardx11",
	"forwardx11trusted",
	"gatewayports",
	"gssapiauthentication",
	"gssapidelegatecredentials",
	"hashknownhosts",
	"hostbasedauthentication",
	"identitiesonly",
	"kbdinteractiveauthentication",
	"nohostauthenticationforlocalhost",
	"passwordauthentication",
	"permitlocalcommand",
	"proxyusefdpass",
	"pubkeyauthentication",
	"requesttty",
	"sessiontype",
	"stdinnull",
	"forkafterauthentication",
	"streamlocalbindunlink",
	"stricthostkeychecking",
	"tcpkeepalive",
	"tunnel",
	"verifyhostkeydns",
	"visualhostkey",
	"updatehostkeys",
	"enableescapecommandline",
	"warnweakcrypto",
	"canonicalizemaxdots",
	"connectionattempts",
	"forwardx11timeout",
	"numberofpasswordprompts",
	"serveralivecountmax",
	"serveraliveinterval",
	"requiredrsasize",
	"obscurekeystroketiming",
	"bindaddress",
	"bindinterface",
	"ciphers",
	"controlpath",
	"hostkeyalgorithms",
	"hostkeyalias",
	"hostbasedacceptedalgorithms",
	"identityagent",
	"ignoreunknown",
	"kbdinteractivedevices",
	"kexalgorithms",
	"casignaturealgorithms",
	"localcommand",
	"remotecommand",
	"loglevel",
	"macs",
	"pkcs11provider",
	"securitykeyprovider",
	"preferredauthentications",
	"pubkeyacceptedalgorithms",
	"xauthlocation",
	"knownhostscommand",
	"tag",
	"versionaddendum",
	"refuseconnection",
	"dynamicforward",
	"localforward",
	"remoteforward",
	"identityfile",
	"canonicaldomains",
	"certificatefile",
	"globalknownhostsfile",
	"userknownhostsfile",
	"revokedhostkeys",
	"sendenv",
	"setenv",
	"logverbose",
	"channeltimeout",
	"permitremoteopen",
	"addkeystoagent",
	"forwardagent",
	"connecttimeout",
	"tunneldevice",
	"canonicalizePermittedcnames",
	"controlpersist",
	"escapechar",
	"ipqos",
	"rekeylimit",
	"streamlocalbindmask",
	"syslogfacility",
	"proxycommand",
	"proxyjump",
};

#define N_ORDER (sizeof(order) / sizeof(order[0]))

/* Where a comment begins, if the value leaves room for it. */
#define COMMENT_COLUMN 40

static void
print_line(const char *keyword, const char *value, const char *place, FILE *out)
{
	int n = fprintf(out, "%s %s", keyword, value);

	if (place != NULL)
		fprintf(out, "%*s # %s",
			n < COMMENT_COLUMN ? COMMENT_COLUMN - n : 0, "", place);
	fputc('\n', out);
}

/* Is the word one of those, with blanks between them? */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		size_t n;

		text += strspn(text, " \t");
		if (*text == '\0')
			return false;
		n = strcspn(text, " \t");
		if (n == len && strncmp(text, word, n) == 0)
			return true;
		text += n;
	}
}

/* Where item i of the row is from. SendEnv takes items away again, and the
 * numbers of the others change. */
static const struct history_entry *
origin_of(const struct conf *c, const struct row *row, const char *item,
	  size_t i)
{
	const struct history *h = &c->history;
	size_t index = table_index(row);

	for (size_t at = 0; row->flags & ROW_ADDS && at < h->len; at++)
		if (h->items[at].row == index && h->items[at].has_won &&
		    h->items[at].text != NULL &&
		    has_word(h->items[at].text, item))
			return &h->items[at];
	return history_find(h, index, i);
}

/* What is said of a line whose value is not among the shown. */
static const char *
fate(const struct history_entry *entry, const struct strv *shown)
{
	if (!entry->has_won)
		return "too late";
	return shown->len == 0 ? "without effect" : "in part";
}

/* The lines of a row, and where each is from. */
struct shown {
	struct strv values;
	const struct history_entry **from;
};

static void
find_origins(const struct conf *c, const struct row *row, struct shown *shown)
{
	size_t n = shown->values.len;

	shown->from = xcalloc(n + 1, sizeof(const struct history_entry *));
	for (size_t i = 0; i < n; i++)
		shown->from[i] = origin_of(c, row, shown->values.items[i], i);
}

/* A line each for what is said about the row and is not shown. */
static void
print_others(const struct conf *c, size_t row, const char *keyword,
	     const struct shown *shown, FILE *out)
{
	const struct history *h = &c->history;
	char *comment = xasprintf("# %s", keyword);

	for (size_t at = 0; at < h->len; at++) {
		const struct history_entry *entry = &h->items[at];
		bool is_shown = entry->row != row;
		char *place;

		for (size_t i = 0; i < shown->values.len && !is_shown; i++)
			is_shown = shown->from[i] == entry;
		if (is_shown)
			continue;
		place = xasprintf("%s, %s", entry->place,
				  fate(entry, &shown->values));
		print_line(comment, entry->text, place, out);
		free(place);
	}
	free(comment);
}

static void
print(const struct conf *c, const struct row *row, const char *keyword,
      FILE *out)
{
	bool is_given = c->given[table_index(row)] != CONF_FROM_DEFAULT;
	bool is_explained = c->action == CONF_ACTION_EXPLAIN;
	struct shown shown = { .values = STRV_INIT };
	const char *place = NULL;

	if (is_given || !(row->flags & (ROW_OWN | ROW_GIVEN)))
		value_show(row, c, is_given, &shown.values);
	if (is_explained)
		find_origins(c, row, &shown);
	for (size_t i = 0; i < shown.values.len; i++) {
		if (is_explained)
			place = shown.from[i] != NULL ? shown.from[i]->place
						      : "default";
		print_line(keyword, shown.values.items[i], place, out);
	}
	if (is_explained)
		print_others(c, table_index(row), keyword, &shown, out);
	free(shown.from);
	strv_clear(&shown.values);
}

static void
print_own(const struct conf *c, const struct row *row, FILE *out)
{
	char *keyword = str_lower(row->name);

	print(c, row, keyword, out);
	free(keyword);
}

void
conf_dump(const struct conf *c, FILE *out)
{
	const struct row *row;

	print_line("host", c->host == NULL ? "" : c->host,
		   c->action == CONF_ACTION_EXPLAIN ? "the destination" : NULL,
		   out);
	for (size_t i = 0; i < N_ORDER; i++)
		print(c, table_find(order[i]), order[i], out);
	for (size_t i = 0; (row = table_row(i)) != NULL; i++)
		if (row->flags & ROW_OWN)
			print_own(c, row, out);
}
