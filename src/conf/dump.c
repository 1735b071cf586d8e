/* conf_dump(): -G. */
#include "conf/conf.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/strv.h"
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

static void
print(const struct conf *c, const struct row *row, const char *keyword,
      FILE *out)
{
	bool is_given = c->given[table_index(row)] != CONF_FROM_DEFAULT;
	struct strv shown = STRV_INIT;

	if (is_given || !(row->flags & (ROW_OWN | ROW_GIVEN)))
		value_show(row, c, is_given, &shown);
	for (size_t i = 0; i < shown.len; i++)
		fprintf(out, "%s %s\n", keyword, shown.items[i]);
	strv_clear(&shown);
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

	fprintf(out, "host %s\n", c->host == NULL ? "" : c->host);
	for (size_t i = 0; i < N_ORDER; i++)
		print(c, table_find(order[i]), order[i], out);
	for (size_t i = 0; (row = table_row(i)) != NULL; i++)
		if (row->flags & ROW_OWN)
			print_own(c, row, out);
}
