/* The tables of ciphers and MACs, and the MACs' published vectors. */
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "ssh/native/chacha.h"
#include "ssh/native/cipher.h"
#include "ssh/native/mac.h"
#include "tap.h"

static const struct {
	const char *cipher, *mac;
	size_t iv, key, mac_key;
	unsigned long long rekey_mib;
	bool is_aead;
} facts[] = {
	{ "chacha20-poly1305@openssh.com", NULL, 0, 64, 0, 1024, true },
	{ "aes128-gcm@openssh.com", NULL, 12, 16, 0, 65536, true },
	{ "aes256-gcm@openssh.com", "hmac-sha1", 12, 32, 0, 65536, true },
	{ "aes128-ctr", "hmac-sha2-256", 16, 16, 32, 65536, false },
	{ "aes192-ctr", "hmac-sha2-512-etm@openssh.com", 16, 24, 64, 65536,
	  false },
	{ "aes256-ctr", "hmac-sha1-96", 16, 32, 20, 65536, false },
	{ "aes256-cbc", "hmac-md5", 16, 32, 16, 65536, false },
	{ "3des-cbc", "hmac-md5-96-etm@openssh.com", 8, 24, 16, 1024, false },
};

#define N_FACTS (sizeof(facts) / sizeof(facts[0]))

static void
test_facts(void)
{
	for (size_t i = 0; i < N_FACTS; i++) {
		struct cipher_needs needs;
		const char *name = facts[i].cipher;

		cipher_get_needs(name, facts[i].mac, &needs);
		ok(needs.iv == facts[i].iv && needs.key == facts[i].key &&
		       needs.mac_key == facts[i].mac_key,
		   "%s with %s: %zu, %zu and %zu bytes", name,
		   facts[i].mac != NULL ? facts[i].mac : "nothing", needs.iv,
		   needs.key, needs.mac_key);
		is_int((long long)(cipher_rekey_bytes(name) >> 20),
		       (long long)facts[i].rekey_mib, "%s: MiB", name);
		ok(cipher_is_aead(name) == facts[i].is_aead, "%s: AEAD?", name);
	}
	ok(!cipher_is_supported("none") && !cipher_is_supported("") &&
	       !cipher_is_supported("aes128-gcm") && !cipher_is_aead("none"),
	   "no unknown cipher");
	ok(!mac_is_supported("none") &&
	       !mac_is_supported("umac-64@openssh.com"),
	   "no unknown MAC");
}

/* What this libcrypto is known to have, and all that is named has a row. */
static void
test_names(void)
{
	struct strv names = STRV_INIT;

	strv_split(&names, cipher_names(), ",");
	is_int((long long)names.len, 10, "ten ciphers");
	for (size_t i = 0; i < names.len; i++)
		ok(cipher_find(names.items[i]) != NULL, "%s", names.items[i]);
	strv_clear(&names);
	strv_split(&names, mac_names(), ",");
	is_int((long long)names.len, 12, "twelve MACs");
	for (size_t i = 0; i < names.len; i++)
		ok(mac_get_key_len(names.items[i]) > 0, "%s", names.items[i]);
	strv_clear(&names);
	ok(cipher_is_supported("aes128-gcm@openssh.com") &&
	       cipher_is_supported("aes256-ctr") &&
	       mac_is_supported("hmac-sha2-256-etm@openssh.com"),
	   "the common ones are supported");
}

/*
 * RFC 2202 and RFC 4231, test cases 1 and 2. HMAC fills short keys up with
 * zeros, so that theirs can be ours; the first four bytes of the data are the
 * sequence number.
 */
static const struct {
	const char *mac, *key, *data, *hex;
} vectors[] = {
	{ "hmac-md5",
	  "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	  "\x0b\x0b",
	  "Hi There", "9294727a3638bb1c13f48ef8158bfc9d" },
	{ "hmac-md5-96", "Jefe", "what do ya want for nothing?",
	  "750c783e6ab0b503eaa86e31" },
	{ "hmac-sha1", "Jefe", "what do ya want for nothing?",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ "hmac-sha1-96-etm@openssh.com", "Jefe",
	  "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5" },
	{ "hmac-sha2-256",
	  "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	  "\x0b\x0b\x0b\x0b",
	  "Hi There",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "hmac-sha2-256-etm@openssh.com", "Jefe",
	  "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "hmac-sha2-512", "Jefe", "what do ya want for nothing?",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
};

#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void
compute(struct mac *m, const char *data, char *ret_hex)
{
	const unsigned char *bytes = (const unsigned char *)data;
	unsigned char code[MAC_LEN_MAX];
	uint32_t sequence = (uint32_t)bytes[0] << 24 |
			    (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
			    bytes[3];

	ret_hex[0] = '\0';
	if (mac_compute(m, sequence, bytes + 4, strlen(data) - 4, code) != 0)
		return;
	for (size_t i = 0; i < mac_get_len(m); i++)
		(void)snprintf(ret_hex + 2 * i, 3, "%02x", code[i]);
}

/* A libcrypto that has nothing at all. */
static void
test_bare_library(void)
{
	static const unsigned char key[MAC_LEN_MAX] = { 0 };
	OSSL_LIB_CTX *bare = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *none = OSSL_PROVIDER_load(bare, "null");
	OSSL_LIB_CTX *usual = OSSL_LIB_CTX_set0_default(bare);

	ok(chacha_new(key) == NULL, "no ChaCha20");
	ok(mac_new("hmac-sha2-256", key) == NULL, "no HMAC");
	ok(!cipher_is_supported("chacha20-poly1305@openssh.com") &&
	       !mac_is_supported("hmac-sha2-256"),
	   "neither is supported");
	OSSL_LIB_CTX_set0_default(usual);
	OSSL_PROVIDER_unload(none);
	OSSL_LIB_CTX_free(bare);
}

int
main(void)
{
	test_names();
	test_facts();
	test_bare_library();
	for (size_t i = 0; i < N_VECTORS; i++) {
		unsigned char key[MAC_LEN_MAX] = { 0 };
		char hex[2 * MAC_LEN_MAX + 1];
		struct mac *m;

		if (!mac_is_supported(vectors[i].mac)) {
			skip("%s is not in this libcrypto", vectors[i].mac);
			continue;
		}
		memcpy(key, vectors[i].key, strlen(vectors[i].key));
		m = mac_new(vectors[i].mac, key);
		compute(m, "anything else before", hex);
		compute(m, vectors[i].data, hex);
		is_str(hex, vectors[i].hex, "%s", vectors[i].mac);
		mac_free(m);
	}
	return done_testing();
}
