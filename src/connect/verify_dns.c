/* VerifyHostKeyDNS: is the key's fingerprint in the DNS, and can that be
 * believed? */
#include <netdb.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/log.h"
#include "conf/conf.h"
#include "connect/internal.h"
#include "connect/verify.h"
#include "net/dns.h"
#include "trust/sshfp.h"

static bool
is_numerical(const char *host)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found = NULL;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

void
verify_ask_dns(struct connection *c)
{
	const char *host = c->target->host;

	if (c->conf->verify_host_key_dns == CONF_NO)
		return;
	if (is_numerical(host))
		log_debug("skipped DNS lookup for numerical hostname");
	else
		c->dns = dns_new(c->loop, host, SSHFP_TYPE, c->wake, c->arg);
}

static const char *
failure_text(enum dns_result result)
{
	switch (result) {
	case DNS_NO_NAME:
		return "name does not exist";
	case DNS_NO_DATA:
		return "data does not exist";
	case DNS_FOUND:
	case DNS_FAILED:
		break;
	}
	return "general failure";
}

static void
judge(struct connection *c, const struct dns_answer *answer)
{
	struct verify *v = c->verify;

	log_debug("found %s fingerprints in DNS",
		  answer->is_secure ? "secure" : "insecure");
	switch (sshfp_check(&answer->records, c->host_key)) {
	case SSHFP_NONE:
		log_debug("no host key fingerprint found in DNS");
		break;
	case SSHFP_MATCH:
		log_debug("matching host key fingerprint found in DNS");
		v->is_in_dns = true;
		v->is_settled = answer->is_secure &&
				c->conf->verify_host_key_dns == CONF_YES;
		c->may_learn_keys = v->is_settled;
		break;
	case SSHFP_MISMATCH:
		log_debug("mismatching host key fingerprint found in DNS");
		verify_warn_dns(c);
		break;
	}
}

enum step
verify_by_dns(struct connection *c)
{
	struct dns_answer answer;
	enum step step;

	if (c->dns == NULL)
		return STEP_DONE;
	step = dns_step(c->dns, &answer);
	if (step != STEP_DONE)
		return step;
	if (answer.result == DNS_FOUND)
		judge(c, &answer);
	else
		log_verbose("DNS lookup error: %s",
			    failure_text(answer.result));
	return STEP_DONE;
}
