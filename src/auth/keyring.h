/*
 * keyring - the private keys that were read from files, for all who log in with
 * them: none is asked for, or decrypted, twice. A file that has changed is
 * another one.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include "keys/private_result.h"

struct err;
struct keyring;
struct private_key;
struct secret;

struct keyring *keyring_new(void);

/* The same keyring for one more owner, who frees it, too. */
struct keyring *keyring_share(struct keyring *r);

/* Wipes the keys with the last owner. NULL is fine. */
void keyring_free(struct keyring *r);

/* As private_key_load(), but that *ret_key is borrowed until keyring_clear().
 */
enum private_result keyring_load(struct keyring *r, const char *path,
				 const struct secret *passphrase,
				 const struct private_key **ret_key,
				 struct err *e);

/* Wipe all keys; nobody uses one any more. */
void keyring_clear(struct keyring *r);

#endif
