/*
 * host_hash - host names that a known_hosts file does not show: "|1|", a salt,
 * "|", and the HMAC-SHA1 of the name under that salt, both in base64.
 */
#ifndef TRUST_HOST_HASH_H
#define TRUST_HOST_HASH_H

#include <stdbool.h>

struct err;

/* Does this name in a known_hosts file have the form of a hashed one? */
bool host_hash_is(const char *text);

/* The hashed form of name under a fresh salt, owned by the caller; NULL with e
 * set if libcrypto failed. */
char *host_hash_make(const char *name, struct err *e);

/* Is hashed the hash of name? False if it is malformed. */
bool host_hash_matches(const char *hashed, const char *name);

#endif
