/*
 * decision - what StrictHostKeyChecking makes of what known_hosts says about a
 * server's key, under the host's name and under its address. Pure; the order of
 * the checks is ssh's.
 */
#ifndef CONNECT_DECISION_H
#define CONNECT_DECISION_H

#include <stdbool.h>

#include "conf/conf.h"
#include "trust/known_hosts.h"

struct host_findings {
	enum known_hosts_verdict host;
	bool is_known_without_port; /* the key is port 22's */
	bool uses_ip;               /* CheckHostIP applies */
	enum known_hosts_verdict ip;
	bool is_one_key; /* name and address are known with the same key */
};

enum host_decision {
	HOST_TAKE,
	HOST_ASK,   /* the user; and write it down after a yes */
	HOST_STORE, /* write it down */
	HOST_RISK,  /* the key is wrong: go on, but entrust nothing to it */
	HOST_REFUSE,
};

enum address_decision {
	ADDRESS_FINE,
	ADDRESS_STORE, /* write it down */
	ADDRESS_WARN,  /* it is known with another key */
	ADDRESS_ASK,   /* likewise */
	ADDRESS_REFUSE,
};

struct decision {
	enum host_decision host;
	enum address_decision address; /* unless the host is refused */
	bool is_spoofing; /* what changed may be the address of the name */
};

struct decision decide(const struct host_findings *f, enum conf_strict strict);

#endif
