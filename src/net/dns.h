/*
 * dns - records of a name, as the system's resolver gets them, asked for by a
 * copy of ourselves (net/errand.h). What came from the network is taken apart
 * there.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>

#include "base/step.h"
#include "base/wire.h"

struct dns;
struct loop;

enum dns_result {
	DNS_FOUND,
	DNS_NO_NAME, /* there is no such name */
	DNS_NO_DATA, /* the name has no such records */
	DNS_FAILED,
};

struct dns_answer {
	enum dns_result result;
	bool is_secure; /* a resolver that the system trusts has verified it */
	struct wire records; /* each a string; borrowed */
};

/* Ask for the records of that type (RFC 1035 section 3.2.2). The name is
 * copied, and not completed. Never fails. */
struct dns *dns_new(struct loop *l, const char *name, int type,
		    void (*wake)(void *arg), void *arg);
void dns_free(struct dns *d); /* NULL is fine */

/* STEP_DONE: the answer is in *ret_answer. */
enum step dns_step(struct dns *d, struct dns_answer *ret_answer);

#endif
