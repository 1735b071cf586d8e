#include "ssh/native/mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

struct row {
	const char *name;   /* in SSH */
	const char *digest; /* in libcrypto */
	size_t key, len;    /* bytes */
	bool is_encrypt_then_mac;
};

/* clang-format off */
/* The best first. */
#define MACS \
	ROW("hmac-sha2-256-etm@openssh.com", "SHA256", 32, 32, true) \
	ROW("hmac-sha2-512-etm@openssh.com", "SHA512", 64, 64, true) \
	ROW("hmac-sha2-256", "SHA256", 32, 32, false) \
	ROW("hmac-sha2-512", "SHA512", 64, 64, false) \
	ROW("hmac-sha1-etm@openssh.com", "SHA1", 20, 20, true) \
	ROW("hmac-sha1", "SHA1", 20, 20, false) \
	ROW("hmac-sha1-96-etm@openssh.com", "SHA1", 20, 12, true) \
	ROW("hmac-sha1-96", "SHA1", 20, 12, false) \
	ROW("hmac-md5-etm@openssh.com", "MD5", 16, 16, true) \
	ROW("hmac-md5", "MD5", 16, 16, false) \
	ROW("hmac-md5-96-etm@openssh.com", "MD5", 16, 12, true) \
	ROW("hmac-md5-96", "MD5", 16, 12, false)

#define ROW(...) { __VA_ARGS__ },
static const struct row rows[] = { MACS };
#undef ROW

#define ROW(n, ...) "," n
static const char names[] = MACS;
#undef ROW
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

enum { MAC_KEY_MAX = 64 };

struct mac {
	const struct row *row;
	EVP_MAC_CTX *ctx;
	unsigned char key[MAC_KEY_MAX];
};

const char *
mac_names(void)
{
	return names + 1;
}

static const struct row *
find(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

bool
mac_is_supported(const char *name)
{
	const struct row *row = find(name);
	EVP_MAC *hmac;
	EVP_MD *digest;

	if (row == NULL)
		return false;
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	digest = EVP_MD_fetch(NULL, row->digest, NULL);
	EVP_MAC_free(hmac);
	EVP_MD_free(digest);
	return hmac != NULL && digest != NULL;
}

size_t
mac_get_key_len(const char *name)
{
	const struct row *row = find(name);

	return row != NULL ? row->key : 0;
}

struct mac *
mac_new(const char *name, const unsigned char *key)
{
	struct mac *m = xcalloc(1, sizeof(*m));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };

	m->row = find(name);
	if (hmac != NULL)
		m->ctx = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	if (m->row == NULL || m->ctx == NULL)
		goto fail;
	memcpy(m->key, key, m->row->key);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)m->row->digest, 0);
	if (EVP_MAC_CTX_set_params(m->ctx, params) != 1)
		goto fail;
	return m;
fail:
	mac_free(m);
	return NULL;
}

void
mac_free(struct mac *m)
{
	if (m == NULL)
		return;
	EVP_MAC_CTX_free(m->ctx);
	secret_wipe(m, sizeof(*m));
	free(m);
}

size_t
mac_get_len(const struct mac *m)
{
	return m->row->len;
}

bool
mac_is_encrypt_then_mac(const struct mac *m)
{
	return m->row->is_encrypt_then_mac;
}

int
mac_compute(struct mac *m, uint32_t sequence, const unsigned char *data,
	    size_t len, unsigned char ret_code[MAC_LEN_MAX])
{
	const unsigned char number[4] = {
		(unsigned char)(sequence >> 24),
		(unsigned char)(sequence >> 16),
		(unsigned char)(sequence >> 8),
		(unsigned char)sequence,
	};
	size_t n;

	/* To keep the key that ctx has would do, but not in OpenSSL before
	 * 3.0.3, which does not start anew then. */
	if (EVP_MAC_init(m->ctx, m->key, m->row->key, NULL) != 1 ||
	    EVP_MAC_update(m->ctx, number, sizeof(number)) != 1 ||
	    EVP_MAC_update(m->ctx, data, len) != 1 ||
	    EVP_MAC_final(m->ctx, ret_code, &n, MAC_LEN_MAX) != 1)
		return -1;
	return 0;
}
