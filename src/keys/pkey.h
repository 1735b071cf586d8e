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

/* The certified or plain public key as libcrypto's, or NULL with e set
 * (ERR_PROTOCOL) if it is not a key: a point that is not on its curve. */
EVP_PKEY *pkey_from_public(const struct key *k, struct err *e);

/* The hash that a signature of this kind is made over; NULL if the key does
 * its own hashing. Static. */
const char *pkey_digest(const struct key *k, const char *algorithm);

/* Make a key of parameters; what is EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY.
 * NULL if they do not make one; the reason is in libcrypto's queue. */
EVP_PKEY *pkey_from_params(const char *type, int what, OSSL_PARAM_BLD *build);

/* Record a failure of libcrypto (ERR_LOCAL, "what: its reason") and empty its
 * error queue. Returns -1. */
int pkey_error(const char *what, struct err *e);

#endif
