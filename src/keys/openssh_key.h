/*
 * openssh_key - private keys in OpenSSH's own format (OpenSSH's PROTOCOL.key):
 * the public half in clear, the private half encrypted as a whole.
 */
#ifndef KEYS_OPENSSH_KEY_H
#define KEYS_OPENSSH_KEY_H

#include <stdbool.h>

#include "keys/private_result.h"

struct err;
struct key;
struct private_key;
struct secret;
struct wire;

/* Does the file hold such a key? */
bool openssh_key_is(const struct wire *file);

/* Fill in k. The results and e are those of private_key_parse(). */
enum private_result openssh_key_decode(const struct wire *file,
				       const struct secret *passphrase,
				       struct private_key *k, struct err *e);

/* The public half (owned by the caller), or NULL with e set. */
struct key *openssh_key_public(const struct wire *file, struct err *e);

#endif
