/*
 * verify - signatures checked with a public key (RFC 4253 section 6.6, 5656,
 * 8332, 8709, and OpenSSH's PROTOCOL.u2f for keys in hardware).
 */
#ifndef KEYS_VERIFY_H
#define KEYS_VERIFY_H

struct err;
struct key;
struct wire;

/*
 * Is signature (the whole blob: "string algorithm", then what the algorithm
 * says) one of data, made by k? algorithm is what was agreed on, one of
 * key_algorithms(k): of a certificate, whose certified key makes signatures
 * that name the plain form. Returns 0, or -1 with e set (ERR_PROTOCOL).
 */
int key_verify(const struct key *k, const char *algorithm,
	       const struct wire *data, const struct wire *signature,
	       struct err *e);

/* Is the certificate signed by the authority that it names? Says nothing about
 * whether that one can be trusted. Returns 0, or -1 with e set (ERR_PROTOCOL).
 */
int key_verify_cert(const struct key *k, struct err *e);

#endif
