#include "app/query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/host_names.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/match.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/vocabulary.h"
#include "ssh/algorithms.h"

#define CERT "*-cert-v01@openssh.com"

/* pattern selects from the kind's names; NULL: all of them. */
static const struct {
	const char *what;
	enum algorithm_kind kind;
	const char *pattern;
} lists[] = {
	{ "cipher", ALGORITHM_CIPHER, NULL },
	{ "Ciphers", ALGORITHM_CIPHER, NULL },
	{ "cipher-auth", ALGORITHM_CIPHER, "*-gcm@*,chacha20-*" },
	{ "kex", ALGORITHM_KEX, NULL },
	{ "KexAlgorithms", ALGORITHM_KEX, NULL },
	{ "mac", ALGORITHM_MAC, NULL },
	{ "MACs", ALGORITHM_MAC, NULL },
	{ "key", ALGORITHM_SIGNATURE, "*,!rsa-sha2-*" },
	{ "key-cert", ALGORITHM_SIGNATURE, CERT ",!rsa-sha2-*" },
	{ "key-plain", ALGORITHM_SIGNATURE, "*,!" CERT ",!rsa-sha2-*" },
	{ "key-sig", ALGORITHM_SIGNATURE, NULL },
	{ "sig", ALGORITHM_SIGNATURE, "*,!" CERT },
	{ "key-ca-sign", ALGORITHM_CA_SIGNATURE, NULL },
	{ "CASignatureAlgorithms", ALGORITHM_CA_SIGNATURE, NULL },
	{ "HostKeyAlgorithms", ALGORITHM_HOST_KEY, NULL },
	{ "PubkeyAcceptedAlgorithms", ALGORITHM_SIGNATURE, NULL },
	{ "PubkeyAcceptedKeyTypes", ALGORITHM_SIGNATURE, NULL },
	{ "HostbasedAcceptedAlgorithms", ALGORITHM_SIGNATURE, NULL },
	{ "HostbasedAcceptedKeyTypes", ALGORITHM_SIGNATURE, NULL },
	{ "HostbasedKeyTypes", ALGORITHM_SIGNATURE, NULL },
};

#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

/* Of the engine that was asked for, or of ours. */
static char *
list_algorithms(const struct conf *c, enum algorithm_kind kind,
		const char *pattern)
{
	enum session_engine engine = c->engine == CONF_ENGINE_LIBSSH2 &&
					     session_has_engine(SESSION_LIBSSH2)
					 ? SESSION_LIBSSH2
					 : SESSION_NATIVE;
	struct strv names = STRV_INIT;
	struct buf out = BUF_INIT;
	char *all = algorithms_supported(engine, kind);

	strv_split(&names, all, ",");
	for (size_t i = 0; i < names.len; i++)
		if (pattern == NULL ||
		    match_list(names.items[i], pattern, false) == MATCH_YES)
			buf_addf(&out, "%s\n", names.items[i]);
	strv_clear(&names);
	free(all);
	return buf_take_str(&out);
}

static char *
list_queries(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < N_LISTS; i++)
		buf_addf(&out, "%s\n", lists[i].what);
	buf_add_str(&out, "compression\nprotocol-version\nhost\nkeyword\n"
			  "help\n");
	return buf_take_str(&out);
}

char *
query_list(struct conf *c, struct err *e)
{
	const char *what = c->query;
	char *values;

	for (size_t i = 0; i < N_LISTS; i++)
		if (strcasecmp(lists[i].what, what) == 0)
			return list_algorithms(c, lists[i].kind,
					       lists[i].pattern);
	/* exchanges with GSSAPI: there are none */
	if (strcasecmp(what, "kex-gss") == 0)
		return xstrdup("");
	if (strcmp(what, "help") == 0)
		return list_queries();
	if (strcmp(what, "compression") == 0)
		return xstrdup("none\nzlib@openssh.com\n");
	if (strcmp(what, "protocol-version") == 0)
		return xstrdup("2\n");
	if (strcmp(what, "host") == 0)
		return host_names_list(c);
	if (strcmp(what, "keyword") == 0)
		return vocabulary_keywords();
	values = vocabulary_values(what);
	if (values == NULL)
		err_set(e, ERR_USAGE, "Unsupported query \"%s\"\n", what);
	return values;
}
