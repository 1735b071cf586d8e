#include "connect/decision.h"

static enum host_decision
decide_new(const struct host_findings *f, enum conf_strict strict)
{
	if (f->is_known_without_port)
		return HOST_TAKE;
	switch (strict) {
	case CONF_STRICT_YES:
		return HOST_REFUSE;
	case CONF_STRICT_ASK:
		return HOST_ASK;
	case CONF_STRICT_ACCEPT_NEW:
	case CONF_STRICT_NO:
		break;
	}
	return HOST_STORE;
}

static enum host_decision
decide_host(const struct host_findings *f, enum conf_strict strict)
{
	switch (f->host) {
	case KNOWN_HOSTS_MATCH:
		return HOST_TAKE;
	case KNOWN_HOSTS_NEW:
		return decide_new(f, strict);
	case KNOWN_HOSTS_CHANGED:
	case KNOWN_HOSTS_IS_REVOKED:
		break;
	}
	return strict == CONF_STRICT_NO ? HOST_RISK : HOST_REFUSE;
}

static enum address_decision
decide_address(const struct host_findings *f, enum conf_strict strict)
{
	if (!f->uses_ip)
		return ADDRESS_FINE;
	if (f->ip == KNOWN_HOSTS_NEW && f->host == KNOWN_HOSTS_MATCH)
		return ADDRESS_STORE;
	if (f->ip != KNOWN_HOSTS_CHANGED || f->host == KNOWN_HOSTS_CHANGED)
		return ADDRESS_FINE;
	switch (strict) {
	case CONF_STRICT_ASK:
		return ADDRESS_ASK;
	case CONF_STRICT_NO:
		return ADDRESS_WARN;
	case CONF_STRICT_YES:
	case CONF_STRICT_ACCEPT_NEW:
		break;
	}
	return ADDRESS_REFUSE;
}

struct decision
decide(const struct host_findings *f, enum conf_strict strict)
{
	return (struct decision){
		.host = decide_host(f, strict),
		.address = decide_address(f, strict),
		.is_spoofing = f->host == KNOWN_HOSTS_CHANGED && f->uses_ip &&
			       (f->ip != KNOWN_HOSTS_CHANGED || !f->is_one_key),
	};
}
