#include "trust/host_cert.h"

#include "base/err.h"
#include "base/match.h"
#include "keys/key.h"

int
host_cert_check(const struct key *k, const char *name, uint64_t now,
		const char *algorithms, struct err *e)
{
	const struct key_cert *cert = k->cert;

	if (!cert->is_host)
		return err_set(e, ERR_HOST_KEY,
			       "Certificate invalid: not a host certificate");
	if (now < cert->valid_after)
		return err_set(e, ERR_HOST_KEY,
			       "Certificate invalid: not yet valid");
	if (now >= cert->valid_before)
		return err_set(e, ERR_HOST_KEY, "Certificate invalid: expired");
	if (cert->principals.len > 0 && !strv_has(&cert->principals, name))
		return err_set(e, ERR_HOST_KEY,
			       "Certificate invalid: name is not a listed "
			       "principal");
	/* None is defined for hosts, so whatever it asks for we do not do. */
	if (cert->critical_options.len > 0)
		return err_set(e, ERR_HOST_KEY,
			       "Certificate contains unsupported critical "
			       "options");
	if (match_list(cert->signature_algorithm, algorithms, false) !=
	    MATCH_YES)
		return err_set(e, ERR_HOST_KEY,
			       "Certificate signed with disallowed algorithm");
	return 0;
}
