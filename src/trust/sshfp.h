/*
 * sshfp - fingerprints of host keys in the DNS (RFC 4255, 6594, 7479).
 */
#ifndef TRUST_SSHFP_H
#define TRUST_SSHFP_H

struct key;
struct wire;

enum { SSHFP_TYPE = 44 }; /* of the records */

enum sshfp_verdict {
	SSHFP_NONE, /* there are no records */
	SSHFP_MATCH,
	SSHFP_MISMATCH, /* none is of the key, or one of its type is not */
};

/* What do the records, as strings, say of the plain key, or of the one inside a
 * certificate? Those with an unknown hash do not count. */
enum sshfp_verdict sshfp_check(const struct wire *records,
			       const struct key *key);

#endif
