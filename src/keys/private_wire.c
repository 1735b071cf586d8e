/* The part of private_key.h that gives a key away: as the agent protocol wants
 * it, which is nearly as it stands in OpenSSH's files. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/pkey.h"
#include "keys/private_key.h"
#include "keys/private_parts.h"

enum { ED25519_LEN = 32 };

/* What a certificate does not say comes last. */
static const char *const rsa_numbers[] = {
	OSSL_PKEY_PARAM_RSA_N,
	OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2,
	NULL,
};
#define RSA_PUBLIC 2

static const char *const ecdsa_numbers[] = { OSSL_PKEY_PARAM_PRIV_KEY, NULL };

static int
put_number(struct buf *out, const EVP_PKEY *pkey, const char *param)
{
	BIGNUM *n = NULL;
	unsigned char *bytes;
	size_t len;

	if (EVP_PKEY_get_bn_param(pkey, param, &n) != 1)
		return -1;
	len = (size_t)BN_num_bytes(n);
	bytes = xmalloc(len + 1);
	(void)BN_bn2bin(n, bytes);
	wire_put_mpint(out, bytes, len);
	secret_wipe(bytes, len);
	free(bytes);
	BN_clear_free(n);
	return 0;
}

static int
put_numbers(struct buf *out, const EVP_PKEY *pkey, const char *const *params)
{
	for (size_t i = 0; params[i] != NULL; i++)
		if (put_number(out, pkey, params[i]) != 0)
			return -1;
	return 0;
}

/* Both halves, one behind the other. */
static int
put_ed25519(struct buf *out, const EVP_PKEY *pkey)
{
	unsigned char pair[2 * ED25519_LEN];
	size_t len = ED25519_LEN, public_len = ED25519_LEN;
	int rc = -1;

	if (EVP_PKEY_get_raw_private_key(pkey, pair, &len) == 1 &&
	    EVP_PKEY_get_raw_public_key(pkey, pair + ED25519_LEN,
					&public_len) == 1) {
		wire_put_string(out, pair, sizeof(pair));
		rc = 0;
	}
	secret_wipe(pair, sizeof(pair));
	return rc;
}

/* A certificate tells the curve and the point of an ECDSA key, but not what an
 * Ed25519 key repeats; the application is the last field of both. */
static void
put_sk(struct buf *out, const struct private_key *k, bool has_cert)
{
	struct wire fields, skipped;

	key_get_fields(k->public, &fields);
	if (has_cert && k->public->type == KEY_ECDSA_SK) {
		(void)wire_get_wire(&fields, &skipped);
		(void)wire_get_wire(&fields, &skipped);
	}
	buf_add(out, fields.data, fields.len);
	wire_put_byte(out, k->sk_flags);
	wire_put_string(out, k->sk_handle.data, k->sk_handle.len);
	wire_put_string(out, k->sk_reserved.data, k->sk_reserved.len);
}

int
private_key_put(const struct private_key *k, const struct key *cert,
		struct buf *out, struct err *e)
{
	const struct key *shown = cert != NULL ? cert : k->public;
	struct wire fields;
	int rc = -1;

	key_get_fields(k->public, &fields);
	wire_put_cstring(out, shown->name);
	if (cert != NULL)
		wire_put_string(out, cert->blob, cert->len);
	switch (k->public->type) {
	case KEY_RSA:
		rc = put_numbers(out, k->pkey,
				 rsa_numbers + (cert != NULL ? RSA_PUBLIC : 0));
		break;
	case KEY_ECDSA_256:
	case KEY_ECDSA_384:
	case KEY_ECDSA_521:
		if (cert == NULL)
			buf_add(out, fields.data, fields.len);
		rc = put_numbers(out, k->pkey, ecdsa_numbers);
		break;
	case KEY_ED25519:
		buf_add(out, fields.data, fields.len);
		rc = put_ed25519(out, k->pkey);
		break;
	case KEY_ECDSA_SK:
	case KEY_ED25519_SK:
		put_sk(out, k, cert != NULL);
		rc = 0;
		break;
	case KEY_OTHER:
		break;
	}
	return rc == 0 ? 0 : pkey_error("the key cannot be given away", e);
}
