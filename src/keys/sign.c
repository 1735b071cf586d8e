#include "keys/private_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/key.h"
#include "keys/pkey.h"
#include "keys/private_parts.h"

/* Make libcrypto's signature; raw takes it. */
static int
sign_raw(EVP_PKEY *pkey, const char *digest, const struct wire *data,
	 struct buf *raw, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 0;
	int rc = -1;

	if (ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL) !=
		1 ||
	    EVP_DigestSign(ctx, NULL, &len, data->data, data->len) != 1 ||
	    EVP_DigestSign(ctx, buf_room(raw, len), &len, data->data,
			   data->len) != 1) {
		pkey_error("signing failed", e);
	} else {
		raw->len += len;
		rc = 0;
	}
	EVP_MD_CTX_free(ctx);
	return rc;
}

static void
put_number(struct buf *b, const BIGNUM *n)
{
	size_t len = (size_t)BN_num_bytes(n);
	unsigned char *bytes = xmalloc(len + 1);

	(void)BN_bn2bin(n, bytes);
	wire_put_mpint(b, bytes, len);
	free(bytes);
}

/* libcrypto's DER into RFC 5656's two numbers. */
static int
put_ecdsa(struct buf *sig, const struct buf *raw, struct err *e)
{
	const unsigned char *der = raw->data;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)raw->len);

	if (pair == NULL)
		return pkey_error("signing failed", e);
	put_number(sig, ECDSA_SIG_get0_r(pair));
	put_number(sig, ECDSA_SIG_get0_s(pair));
	ECDSA_SIG_free(pair);
	return 0;
}

int
private_key_sign(const struct private_key *k, const char *algorithm,
		 const struct wire *data, struct buf *sig, struct err *e)
{
	const char *key_name = key_algorithm_key_name(algorithm);
	struct buf raw = BUF_INIT;
	int rc;

	if (key_name == NULL || strcmp(key_name, k->public->name) != 0)
		return err_set(e, ERR_LOCAL, "%s key cannot sign as %s",
			       key_type_name(k->public), algorithm);
	if (k->pkey == NULL)
		return err_set(e, ERR_LOCAL, "a security key has the key");
	rc =
	    sign_raw(k->pkey, pkey_digest(k->public, algorithm), data, &raw, e);
	if (rc == 0 && EVP_PKEY_get_base_id(k->pkey) == EVP_PKEY_EC)
		rc = put_ecdsa(sig, &raw, e);
	else if (rc == 0)
		buf_add(sig, raw.data, raw.len);
	buf_clear(&raw);
	return rc;
}
