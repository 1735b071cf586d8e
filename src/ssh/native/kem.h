/*
 * kem - ML-KEM, a key encapsulation that a quantum computer does not break.
 * Only in newer releases of libcrypto (3.5).
 */
#ifndef SSH_NATIVE_KEM_H
#define SSH_NATIVE_KEM_H

#include <openssl/types.h>
#include <stddef.h>

struct buf;
struct err;
struct wire;

/* A new key for "ML-KEM-768" or "ML-KEM-1024"; NULL with e set (ERR_LOCAL) if
 * libcrypto has none. */
EVP_PKEY *kem_new(const char *name, struct err *e);

/* Append the public half. Returns 0, or -1 with e set. */
int kem_get_public(EVP_PKEY *ours, struct buf *ret_public, struct err *e);

/* Append the secret inside a ciphertext. Returns 0, or -1 with e set
 * (ERR_PROTOCOL): its length is wrong. Other damage leads to another secret. */
int kem_open(EVP_PKEY *ours, const struct wire *ciphertext,
	     struct buf *ret_secret, struct err *e);

#endif
