/*
 * openssh_cipher - the ciphers that encrypt "openssh-key-v1" private keys, by
 * the names that SSH has for them.
 */
#ifndef KEYS_OPENSSH_CIPHER_H
#define KEYS_OPENSSH_CIPHER_H

#include <stddef.h>

struct buf;
struct wire;

struct openssh_cipher {
	const char *name;
	const char *evp_name;
	size_t key_len, iv_len;
	size_t block_len; /* the text is a multiple of it */
	size_t tag_len;   /* 0: no authentication */
};

enum { OPENSSH_CIPHER_KEY_MAX = 64 }; /* bytes of key and iv together */

/* NULL if there is no such cipher. "none" is not one. */
const struct openssh_cipher *openssh_cipher_find(const char *name);

/*
 * Decrypt text and append it to plain. key is key_len bytes of key, then
 * iv_len bytes of iv; tag has tag_len bytes. Returns 0, or -1 if the tag does
 * not fit (or libcrypto lacks the cipher).
 */
int openssh_cipher_decrypt(const struct openssh_cipher *c,
			   const unsigned char *key, const struct wire *text,
			   const struct wire *tag, struct buf *plain);

#endif
