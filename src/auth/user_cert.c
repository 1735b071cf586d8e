#include "auth/user_cert.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/strv.h"
#include "keys/key.h"

/* "force-command=true source-address=10.0.0.1" */
static char *
options_of(const struct key_cert *cert)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < cert->critical_options.len; i++) {
		const char *value = cert->critical_values.items[i];

		buf_addf(&b, "%s%s%s%s", i > 0 ? " " : "",
			 cert->critical_options.items[i],
			 *value != '\0' ? "=" : "", value);
	}
	return buf_take_str(&b);
}

void
user_cert_log(const struct key *cert, const char *name)
{
	const struct key_cert *c = cert->cert;
	char *ca = key_fingerprint(c->ca, KEY_HASH_SHA256);
	char *validity = cert_validity(c), *options = options_of(c);
	char *principals = strv_join(&c->principals, ",");
	char *extensions = strv_join(&c->extensions, " ");

	log_debug("certificate %s: serial %llu ID \"%s\" CA %s %s valid %s",
		  name, (unsigned long long)c->serial, c->id, c->ca->name, ca,
		  validity);
	log_debug("certificate %s: principals [%s] critical options [%s] "
		  "extensions [%s]",
		  name, principals, options, extensions);
	free(ca);
	free(validity);
	free(options);
	free(principals);
	free(extensions);
}

const char *
user_cert_trouble(const struct key *key, const char *user, uint64_t now)
{
	const struct key_cert *c = key->cert;

	if (c == NULL)
		return NULL;
	if (now < c->valid_after)
		return "the certificate is not valid yet";
	if (now >= c->valid_before)
		return "the certificate has expired";
	/* an authority for some users only names others, too */
	if (c->principals.len == 0)
		return "the certificate names no user";
	if (!strv_has(&c->principals, user))
		return "the certificate does not name this user";
	return NULL;
}
