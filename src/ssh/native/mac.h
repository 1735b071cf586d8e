/*
 * mac - message authentication codes by their SSH names (RFC 4253 section 6.4,
 * RFC 6668, and OpenSSH's variants that cover what is encrypted): a table of
 * facts, and a code with its key.
 */
#ifndef SSH_NATIVE_MAC_H
#define SSH_NATIVE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_LEN_MAX 64

/* Like cipher_names(). What is only for those who name it is SHA-1 and MD5. */
const char *mac_names(void);

bool mac_is_supported(const char *name);

/* The bytes of a key; name is one of mac_names(). */
size_t mac_get_key_len(const char *name);

struct mac;

/* key has mac_get_key_len(name) bytes, borrowed. NULL where libcrypto lacks
 * what it takes. */
struct mac *mac_new(const char *name, const unsigned char *key);
void mac_free(struct mac *m);

/* The bytes that a packet carries. */
size_t mac_get_len(const struct mac *m);

/* Is it over the encrypted packet, whose length then is in clear? */
bool mac_is_encrypt_then_mac(const struct mac *m);

/* The code over the packet's sequence number and len bytes. 0 or -1. */
int mac_compute(struct mac *m, uint32_t sequence, const unsigned char *data,
		size_t len, unsigned char ret_code[MAC_LEN_MAX]);

#endif
