#include "ssh/native/cipher.h"

#include <openssl/evp.h>
#include <string.h>

#include "ssh/native/mac.h"

/* clang-format off */
/* The best first: name, libcrypto's name, kind, key, iv, block. */
#define CIPHERS \
	ROW("chacha20-poly1305@openssh.com", "ChaCha20", CHACHA20, 64, 0, 8) \
	ROW("aes128-gcm@openssh.com", "AES-128-GCM", GCM, 16, 12, 16) \
	ROW("aes256-gcm@openssh.com", "AES-256-GCM", GCM, 32, 12, 16) \
	ROW("aes128-ctr", "AES-128-CTR", CTR, 16, 16, 16) \
	ROW("aes192-ctr", "AES-192-CTR", CTR, 24, 16, 16) \
	ROW("aes256-ctr", "AES-256-CTR", CTR, 32, 16, 16) \
	ROW("aes128-cbc", "AES-128-CBC", CBC, 16, 16, 16) \
	ROW("aes192-cbc", "AES-192-CBC", CBC, 24, 16, 16) \
	ROW("aes256-cbc", "AES-256-CBC", CBC, 32, 16, 16) \
	ROW("3des-cbc", "DES-EDE3-CBC", CBC, 24, 8, 8)

#define ROW(n, e, k, ...) { n, e, CIPHER_##k, __VA_ARGS__ },
static const struct cipher ciphers[] = { CIPHERS };
#undef ROW

#define ROW(n, ...) "," n
static const char names[] = CIPHERS;
#undef ROW
/* clang-format on */

#define N_CIPHERS (sizeof(ciphers) / sizeof(ciphers[0]))

const char *
cipher_names(void)
{
	return names + 1;
}

const struct cipher *
cipher_find(const char *name)
{
	for (size_t i = 0; i < N_CIPHERS; i++) {
		if (strcmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	}
	return NULL;
}

static bool
has_poly1305(void)
{
	EVP_MAC *poly = EVP_MAC_fetch(NULL, "POLY1305", NULL);

	EVP_MAC_free(poly);
	return poly != NULL;
}

bool
cipher_is_supported(const char *name)
{
	const struct cipher *c = cipher_find(name);
	EVP_CIPHER *evp;

	if (c == NULL)
		return false;
	evp = EVP_CIPHER_fetch(NULL, c->evp_name, NULL);
	EVP_CIPHER_free(evp);
	return evp != NULL && (c->kind != CIPHER_CHACHA20 || has_poly1305());
}

bool
cipher_is_aead(const char *name)
{
	const struct cipher *c = cipher_find(name);

	return c != NULL &&
	       (c->kind == CIPHER_GCM || c->kind == CIPHER_CHACHA20);
}

uint64_t
cipher_rekey_bytes(const char *name)
{
	const struct cipher *c = cipher_find(name);

	if (c != NULL && c->block >= 16)
		return (UINT64_C(1) << (2 * c->block)) * c->block;
	return UINT64_C(1) << 30;
}

void
cipher_get_needs(const char *cipher, const char *mac, struct cipher_needs *ret)
{
	const struct cipher *c = cipher_find(cipher);

	ret->iv = c != NULL ? c->iv : 0;
	ret->key = c != NULL ? c->key : 0;
	ret->mac_key = cipher_is_aead(cipher) ? 0 : mac_get_key_len(mac);
}
