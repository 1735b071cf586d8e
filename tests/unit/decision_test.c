#include "connect/decision.h"
#include "tap.h"

#define MATCH KNOWN_HOSTS_MATCH
#define NEW KNOWN_HOSTS_NEW
#define CHANGED KNOWN_HOSTS_CHANGED
#define REVOKED KNOWN_HOSTS_IS_REVOKED

#define YES CONF_STRICT_YES
#define ASK CONF_STRICT_ASK
#define ADD CONF_STRICT_ACCEPT_NEW
#define NO CONF_STRICT_NO

/* What is known under the name, and what comes of it without an address. */
static const struct {
	enum known_hosts_verdict host;
	bool is_known_without_port;
	enum conf_strict strict;
	enum host_decision want;
} names[] = {
	{ MATCH, false, YES, HOST_TAKE },
	{ MATCH, false, ASK, HOST_TAKE },
	{ MATCH, false, ADD, HOST_TAKE },
	{ MATCH, false, NO, HOST_TAKE },
	{ NEW, false, YES, HOST_REFUSE },
	{ NEW, false, ASK, HOST_ASK },
	{ NEW, false, ADD, HOST_STORE },
	{ NEW, false, NO, HOST_STORE },
	{ NEW, true, YES, HOST_TAKE },
	{ NEW, true, ASK, HOST_TAKE },
	{ NEW, true, ADD, HOST_TAKE },
	{ NEW, true, NO, HOST_TAKE },
	{ CHANGED, false, YES, HOST_REFUSE },
	{ CHANGED, false, ASK, HOST_REFUSE },
	{ CHANGED, false, ADD, HOST_REFUSE },
	{ CHANGED, false, NO, HOST_RISK },
	{ REVOKED, false, YES, HOST_REFUSE },
	{ REVOKED, false, ASK, HOST_REFUSE },
	{ REVOKED, false, ADD, HOST_REFUSE },
	{ REVOKED, false, NO, HOST_RISK },
};

/* And under the address. */
static const struct {
	enum known_hosts_verdict host, ip;
	bool is_one_key;
	enum conf_strict strict;
	enum address_decision want;
	bool is_spoofing;
} addresses[] = {
	{ MATCH, MATCH, true, ASK, ADDRESS_FINE, false },
	{ MATCH, NEW, false, ASK, ADDRESS_STORE, false },
	{ MATCH, NEW, false, YES, ADDRESS_STORE, false },
	{ MATCH, NEW, false, NO, ADDRESS_STORE, false },
	{ MATCH, CHANGED, false, YES, ADDRESS_REFUSE, false },
	{ MATCH, CHANGED, false, ADD, ADDRESS_REFUSE, false },
	{ MATCH, CHANGED, false, ASK, ADDRESS_ASK, false },
	{ MATCH, CHANGED, false, NO, ADDRESS_WARN, false },
	/* a name that is new is written down with its address */
	{ NEW, NEW, false, ASK, ADDRESS_FINE, false },
	{ NEW, MATCH, false, ASK, ADDRESS_FINE, false },
	{ NEW, CHANGED, false, ASK, ADDRESS_ASK, false },
	{ NEW, CHANGED, false, ADD, ADDRESS_REFUSE, false },
	{ NEW, CHANGED, false, NO, ADDRESS_WARN, false },
	/* that the name's key changed has been said */
	{ CHANGED, CHANGED, true, NO, ADDRESS_FINE, false },
	{ CHANGED, CHANGED, false, NO, ADDRESS_FINE, true },
	{ CHANGED, NEW, false, YES, ADDRESS_FINE, true },
	{ CHANGED, MATCH, false, ASK, ADDRESS_FINE, true },
	{ REVOKED, CHANGED, false, NO, ADDRESS_WARN, false },
	{ REVOKED, REVOKED, false, NO, ADDRESS_FINE, false },
};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct host_findings f = {
			.host = names[i].host,
			.is_known_without_port = names[i].is_known_without_port,
			.ip = names[i].host,
		};
		struct decision d = decide(&f, names[i].strict);

		ok(d.host == names[i].want && d.address == ADDRESS_FINE &&
		       !d.is_spoofing,
		   "name %zu: verdict %d, strict %d", i, (int)names[i].host,
		   (int)names[i].strict);
	}
}

static void
test_addresses(void)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct host_findings f = {
			.host = addresses[i].host,
			.uses_ip = true,
			.ip = addresses[i].ip,
			.is_one_key = addresses[i].is_one_key,
		};
		struct decision d = decide(&f, addresses[i].strict);

		ok(d.address == addresses[i].want, "address %zu: verdict", i);
		ok(d.is_spoofing == addresses[i].is_spoofing,
		   "address %zu: spoofing", i);
	}
}

int
main(void)
{
	test_names();
	test_addresses();
	return done_testing();
}
