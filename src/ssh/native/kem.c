#include "ssh/native/kem.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "keys/pkey.h"

EVP_PKEY *
kem_new(const char *name, struct err *e)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, name);

	if (pkey == NULL)
		pkey_error("no key for the key exchange", e);
	return pkey;
}

int
kem_get_public(EVP_PKEY *ours, struct buf *ret_public, struct err *e)
{
	size_t len = 0;

	if (EVP_PKEY_get_raw_public_key(ours, NULL, &len) != 1 ||
	    EVP_PKEY_get_raw_public_key(ours, buf_room(ret_public, len),
					&len) != 1)
		return pkey_error("no public key for the key exchange", e);
	ret_public->len += len;
	return 0;
}

int
kem_open(EVP_PKEY *ours, const struct wire *ciphertext, struct buf *ret_secret,
	 struct err *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	size_t len = 0;
	int rc = -1;

	if (ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
	    EVP_PKEY_decapsulate(ctx, NULL, &len, ciphertext->data,
				 ciphertext->len) == 1 &&
	    EVP_PKEY_decapsulate(ctx, buf_room(ret_secret, len), &len,
				 ciphertext->data, ciphertext->len) == 1) {
		ret_secret->len += len;
		rc = 0;
	} else {
		ERR_clear_error();
		err_set(e, ERR_PROTOCOL,
			"the server's ciphertext in the key exchange is not "
			"valid");
	}
	EVP_PKEY_CTX_free(ctx);
	return rc;
}
