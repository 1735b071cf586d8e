/*
 * pkey - between SSH's numbers and libcrypto's EVP_PKEY, for RSA, ECDSA and
 * Ed25519.
 */
#ifndef KEYS_PKEY_H
#define KEYS_PKEY_H

#include <openssl/types.h>

struct err;
struct key;
struct wire;

/*
 * Read the private fields of an "openssh-key-v1" key of the same type as
 * public from fields, and make a key of them. Returns a new EVP_PKEY, or NULL
 * with e set.
 */
EVP_PKEY *pkey_from_fields(struct wire *fields, const struct key *public,
			   struct err *e);

/* The public half as a new key, or NULL with e set if SSH does not use such
 * keys. */
struct key *pkey_public(const EVP_PKEY *pkey, struct err *e);

/* Record a failure of libcrypto (ERR_LOCAL, "what: its reason") and empty its
 * error queue. Returns -1. */
int pkey_error(const char *what, struct err *e);

#endif
