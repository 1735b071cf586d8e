/*
 * host_cert - is what a host certificate says good for a host, now? Which
 * authorities may speak for the host is in known_hosts; that the certificate
 * was signed by its authority is key_verify_cert()'s.
 */
#ifndef TRUST_HOST_CERT_H
#define TRUST_HOST_CERT_H

#include <stdint.h>

struct err;
struct key;

/*
 * May the certificate be shown by the host of that name (lower case, without a
 * port) at that time (seconds since the epoch)? algorithms is the
 * comma-separated list of those that the authority may have signed with. As in
 * ssh, one that lists no names is good for all. Returns 0, or -1 with e set
 * (ERR_HOST_KEY, in ssh's words).
 */
int host_cert_check(const struct key *k, const char *name, uint64_t now,
		    const char *algorithms, struct err *e);

#endif
