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

/* A row as it is shown, and where each of its values is from. */
struct shown {
	struct strv values;
	const struct history_entry **origins; /* NULL: nobody gave it */
};

/* SendEnv takes items away again, and the numbers of the others change: there
 * it counts which line has the word. */
static const struct history_entry *
origin_of(const struct conf *c, const struct row *row, const char *item,
	  size_t i)
{
	const struct history *h = &c->history;
	size_t index = table_index(row);
	bool by_word = row->flags & ROW_ADDS && row->type == ROW_SPECIAL;

	for (size_t at = 0; by_word && at < h->len; at++)
		if (h->items[at].row == index && h->items[at].has_won &&
		    h->items[at].text != NULL &&
		    has_word(h->items[at].text, item))
			return &h->items[at];
	return history_find(h, index, i);
}

static void
shown_init(struct shown *s, const struct conf *c, const struct row *row)
{
	bool is_given = c->given[table_index(row)] != CONF_FROM_DEFAULT;

	memset(s, 0, sizeof(*s));
	if (is_given || !(row->flags & (ROW_OWN | ROW_GIVEN)))
		value_show(row, c, is_given, &s->values);
	if (c->action != CONF_ACTION_EXPLAIN)
		return;
	s->origins = xcalloc(s->values.len + 1, sizeof(*s->origins));
	for (size_t i = 0; i < s->values.len; i++)
		s->origins[i] = origin_of(c, row, s->values.items[i], i);
}

static void
shown_clear(struct shown *s)
{
	strv_clear(&s->values);
	free(s->origins);
}

static bool
shown_has(const struct shown *s, const struct history_entry *entry)
{
	for (size_t i = 0; i < s->values.len; i++)
		if (s->origins[i] == entry)
			return true;
	return false;
}

/* What is said of a line whose value is not among the shown. */
static const char *
fate(const struct history_entry *entry, const struct shown *s)
{
	if (!entry->has_won)
		return "too late";
	return s->values.len == 0 ? "without effect" : "in part";
}

/* A line each for what was said about the row and is not shown. */
static void
print_others(const struct history *h, const struct row *row,
	     const char *keyword, const struct shown *s, FILE *out)
{
	char *comment = xasprintf("# %s", keyword);

	for (size_t at = 0; at < h->len; at++) {
		const struct history_entry *entry = &h->items[at];
		char *place;

		if (entry->row != table_index(row) || entry->text == NULL ||
		    shown_has(s, entry))
			continue;
		place = xasprintf("%s, %s", entry->place, fate(entry, s));
		print_line(comment, entry->text, place, out);
		free(place);
	}
	free(comment);
}

static void
print(const struct conf *c, const struct row *row, const char *keyword,
      FILE *out)
{
	struct shown s;

	shown_init(&s, c, row);
	for (size_t i = 0; i < s.values.len; i++) {
		const char *place = NULL;

		if (s.origins != NULL)
			place = s.origins[i] != NULL ? s.origins[i]->place
						     : "default";
		print_line(keyword, s.values.items[i], place, out);
	}
	if (s.origins != NULL)
		print_others(&c->history, row, keyword, &s, out);
	shown_clear(&s);
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
