/*
 * bcrypt_pbkdf - the function that makes a key from a passphrase in OpenSSH's
 * private key files: PBKDF2 with a wide-block form of bcrypt in place of HMAC.
 * libcrypto has neither it nor a way into its Blowfish.
 */
#ifndef KEYS_BCRYPT_PBKDF_H
#define KEYS_BCRYPT_PBKDF_H

#include <stddef.h>
#include <stdint.h>

struct secret;
struct wire;

/*
 * Fill key with key_len bytes (at most 1024). Time grows with rounds (not 0)
 * and with each 32 bytes of key. Returns 0, or -1 if libcrypto failed.
 */
int bcrypt_pbkdf(const struct secret *passphrase, const struct wire *salt,
		 uint32_t rounds, unsigned char *key, size_t key_len);

#endif
