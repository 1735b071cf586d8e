/*
 * fingerprint - the hash that names a public key to people.
 */
#ifndef KEYS_FINGERPRINT_H
#define KEYS_FINGERPRINT_H

#include <stddef.h>

#include "keys/key.h"

enum { FINGERPRINT_MAX = 64 };

/* Hash the plain key into digest. Returns its length, or 0 where the crypto
 * library does not have the hash (MD5 in FIPS mode). */
size_t fingerprint_digest(const struct key *k, enum key_hash hash,
			  unsigned char digest[FINGERPRINT_MAX]);

/* "SHA256", "MD5" and so on. */
const char *fingerprint_hash_name(enum key_hash hash);

#endif
