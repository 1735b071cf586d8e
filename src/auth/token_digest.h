/*
 * token_digest - between what SSH signs and what a token does: it is given a
 * digest, and gives bare numbers back (PKCS #11, CKM_RSA_PKCS and CKM_ECDSA).
 */
#ifndef AUTH_TOKEN_DIGEST_H
#define AUTH_TOKEN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct key;
struct wire;

/* SSH's name of the curve whose object identifier this is, in DER; or NULL. */
const char *token_curve(const void *der, size_t len);

/* A point is a DER octet string; some libraries leave that away. */
void token_unwrap_point(struct wire *point);

/* Is it a key of a type for which there is a digest? */
bool token_can_sign(const struct key *key);

/* Append what the token is to sign for data; flags are the agent protocol's.
 * Returns the signature's algorithm, static; NULL if there is none. */
const char *token_digest(const struct key *key, const struct wire *data,
			 uint32_t flags, struct buf *ret);

/* Append the whole signature that came of it. Returns 0, or -1 if it is none.
 */
int token_put_signature(const struct key *key, const char *algorithm,
			const struct buf *raw, struct buf *sig);

#endif
