#include "ssh/native/kex_method.h"

#include <openssl/evp.h>
#include <string.h>

/* clang-format off */
#define GROUP(n, h, g) ROW(n, KEX_GROUP, h, .group = (g))
#define EXCHANGE(n, h) ROW(n, KEX_GROUP_EXCHANGE, h)
#define CURVE(n, h, c) ROW(n, KEX_CURVE, h, .curve = (c))
#define HYBRID(n, h, c, m, l) \
	ROW(n, KEX_HYBRID, h, .curve = (c), .kem = (m), .ciphertext_len = (l))

/* The best first. */
#define METHODS \
	HYBRID("mlkem768x25519-sha256", "SHA256", "X25519", "ML-KEM-768", 1088) \
	HYBRID("mlkem768nistp256-sha256", "SHA256", "P-256", "ML-KEM-768", 1088) \
	HYBRID("mlkem1024nistp384-sha384", "SHA384", "P-384", "ML-KEM-1024", \
	       1568) \
	CURVE("curve25519-sha256", "SHA256", "X25519") \
	CURVE("curve25519-sha256@libssh.org", "SHA256", "X25519") \
	CURVE("ecdh-sha2-nistp256", "SHA256", "P-256") \
	CURVE("ecdh-sha2-nistp384", "SHA384", "P-384") \
	CURVE("ecdh-sha2-nistp521", "SHA512", "P-521") \
	EXCHANGE("diffie-hellman-group-exchange-sha256", "SHA256") \
	GROUP("diffie-hellman-group16-sha512", "SHA512", 16) \
	GROUP("diffie-hellman-group18-sha512", "SHA512", 18) \
	GROUP("diffie-hellman-group14-sha256", "SHA256", 14) \
	EXCHANGE("diffie-hellman-group-exchange-sha1", "SHA1") \
	GROUP("diffie-hellman-group14-sha1", "SHA1", 14) \
	GROUP("diffie-hellman-group1-sha1", "SHA1", 1)

#define ROW(n, k, h, ...) { .name = n, .kind = k, .hash = h, __VA_ARGS__ },
static const struct kex_method methods[] = { METHODS };
#undef ROW

#define ROW(n, ...) "," n
static const char names[] = METHODS;
#undef ROW
/* clang-format on */

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

const struct kex_method *
kex_method_find(const char *name)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	}
	return NULL;
}

const char *
kex_method_names(void)
{
	return names + 1;
}

/* Has libcrypto keys of this kind? */
static bool
has_keys(const char *algorithm)
{
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, algorithm, NULL);

	EVP_KEYMGMT_free(keys);
	return keys != NULL;
}

static bool
has_hash(const char *algorithm)
{
	EVP_MD *hash = EVP_MD_fetch(NULL, algorithm, NULL);

	EVP_MD_free(hash);
	return hash != NULL;
}

bool
kex_method_is_supported(const char *name)
{
	const struct kex_method *m = kex_method_find(name);
	bool is_known = m != NULL && has_hash(m->hash);

	if (is_known && m->kem != NULL)
		is_known = has_keys(m->kem);
	if (is_known && m->curve != NULL)
		is_known =
		    has_keys(strcmp(m->curve, "X25519") == 0 ? m->curve : "EC");
	else if (is_known)
		is_known = has_keys("DH");
	return is_known;
}
