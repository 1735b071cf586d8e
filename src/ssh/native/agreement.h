/*
 * agreement - two sides, each with a key of its own, agree on a secret: X25519,
 * ECDH on NIST's curves, and Diffie-Hellman in a group. Between SSH's numbers
 * and libcrypto, without the messages around them.
 */
#ifndef SSH_NATIVE_AGREEMENT_H
#define SSH_NATIVE_AGREEMENT_H

#include <openssl/types.h>

struct buf;
struct err;
struct wire;

/* A new ephemeral key: "X25519", or "P-256", "P-384", "P-521". NULL with e set
 * (ERR_LOCAL) if libcrypto fails. */
EVP_PKEY *agreement_new(const char *curve, struct err *e);

/*
 * The same in the group of a prime and a generator, both big-endian without
 * leading zeros. NULL with e set (ERR_PROTOCOL, as they may be the server's) if
 * they make no group.
 */
EVP_PKEY *agreement_new_in_group(const struct wire *prime,
				 const struct wire *generator, struct err *e);

/* One of the well-known primes by its number in SSH (1, 14, 16, 18), appended
 * to ret_prime; each has the generator 2. Returns 0, or -1 with e set. */
int agreement_group(int number, struct buf *ret_prime, struct err *e);

/* Append the public half: of a curve as many bytes as it always has, of a
 * group a number, perhaps with leading zeros. Returns 0, or -1 with e set. */
int agreement_get_public(EVP_PKEY *ours, struct buf *ret_public, struct err *e);

/*
 * Append the secret that follows from our key and the other's public half; a
 * group's, like its public half, is a number. Returns 0, or -1 with e set
 * (ERR_PROTOCOL) if theirs is not what it must be: a number between 1 and the
 * prime less 1 with some bits set, an uncompressed point on the curve, and no
 * value that makes the secret known to all.
 */
int agreement_derive(EVP_PKEY *ours, const struct wire *theirs,
		     struct buf *ret_secret, struct err *e);

#endif
