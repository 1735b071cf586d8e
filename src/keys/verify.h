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
 * says) one of data, made by k? With a certificate it is the certified key that
 * counts. algorithm is what was agreed on (certificate forms stand for the
 * plain ones): the signature must name the same. Returns 0, or -1 with e set
 * (ERR_PROTOCOL).
 */
int key_verify(const struct key *k, const char *algorithm,
	       const struct wire *data, const struct wire *signature,
	       struct err *e);

#endif
