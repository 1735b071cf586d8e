/*
 * cipher - the ciphers that can protect one direction of a connection, by
 * their SSH names: a table of facts (RFC 4253 section 6.3, RFC 4344, RFC 5647,
 * and PROTOCOL and PROTOCOL.chacha20poly1305 of OpenSSH).
 */
#ifndef SSH_NATIVE_CIPHER_H
#define SSH_NATIVE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a packet is protected: CTR and CBC want a MAC too. */
enum cipher_kind {
	CIPHER_GCM,      /* an AEAD, with the length in clear */
	CIPHER_CHACHA20, /* an AEAD, with a key of its own for the length */
	CIPHER_CTR,      /* a key stream */
	CIPHER_CBC,      /* blocks that depend on each other */
};

struct cipher {
	const char *name;     /* in SSH */
	const char *evp_name; /* in libcrypto */
	enum cipher_kind kind;
	size_t key, iv, block; /* bytes; of the key all that SSH derives */
};

/* Every name there is a row for, comma-separated, best first. What libcrypto
 * lacks, and what is only for those who name it (CBC), is among them. */
const char *cipher_names(void);

/* The row of a cipher, or NULL. */
const struct cipher *cipher_find(const char *name);

/* Is there a row for it, and does this libcrypto have what it takes? */
bool cipher_is_supported(const char *name);

/* Does it bring its own MAC, so that the MAC agreed upon does not count? */
bool cipher_is_aead(const char *name);

/* The bytes after which one key must have been replaced: what RFC 4344 section
 * 3.2 recommends for blocks of 16 bytes, and 1 GiB for smaller ones. */
uint64_t cipher_rekey_bytes(const char *name);

/* How much RFC 4253 section 7.2 derives for one direction, in bytes. */
struct cipher_needs {
	size_t iv, key, mac_key;
};

/* Both are names that are supported; mac is not looked at (and may be NULL)
 * for an AEAD. */
void cipher_get_needs(const char *cipher, const char *mac,
		      struct cipher_needs *ret);

#endif
