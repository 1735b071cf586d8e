/* Public keys as libcrypto's, for what is done with nothing else. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/err.h"
#include "base/str.h"
#include "base/wire.h"
#include "keys/key.h"
#include "keys/pkey.h"

/* Two numbers, as they stand in the blob: the exponent comes first. */
static EVP_PKEY *
rsa_key(struct wire fields)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct wire e = { NULL, 0 }, n = { NULL, 0 };
	BIGNUM *exponent, *modulus;
	EVP_PKEY *pkey = NULL;

	(void)wire_get_mpint(&fields, &e);
	(void)wire_get_mpint(&fields, &n);
	exponent = BN_bin2bn(e.data, (int)e.len, NULL);
	modulus = BN_bin2bn(n.data, (int)n.len, NULL);
	if (build != NULL && exponent != NULL && modulus != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) ==
		1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1)
		pkey = pkey_from_params("RSA", EVP_PKEY_PUBLIC_KEY, build);
	BN_free(exponent);
	BN_free(modulus);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* The name of a curve, then a point on it. */
static EVP_PKEY *
ecdsa_key(struct wire fields, const char *group)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct wire name, point = { NULL, 0 };
	EVP_PKEY *pkey = NULL;

	(void)wire_get_wire(&fields, &name);
	(void)wire_get_wire(&fields, &point);
	if (build != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point.data, point.len) == 1)
		pkey = pkey_from_params("EC", EVP_PKEY_PUBLIC_KEY, build);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

static EVP_PKEY *
ed25519_key(struct wire fields)
{
	struct wire bytes = { NULL, 0 };

	(void)wire_get_wire(&fields, &bytes);
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes.data,
					   bytes.len);
}

EVP_PKEY *
pkey_from_public(const struct key *k, struct err *e)
{
	struct wire fields;
	EVP_PKEY *pkey = NULL;

	key_get_fields(k, &fields);
	switch (k->type) {
	case KEY_RSA:
		pkey = rsa_key(fields);
		break;
	case KEY_ECDSA_256:
	case KEY_ECDSA_SK:
		pkey = ecdsa_key(fields, "P-256");
		break;
	case KEY_ECDSA_384:
		pkey = ecdsa_key(fields, "P-384");
		break;
	case KEY_ECDSA_521:
		pkey = ecdsa_key(fields, "P-521");
		break;
	case KEY_ED25519:
	case KEY_ED25519_SK:
		pkey = ed25519_key(fields);
		break;
	case KEY_OTHER:
		break;
	}
	ERR_clear_error();
	if (pkey == NULL)
		err_set(e, ERR_PROTOCOL, "invalid %s key", key_type_name(k));
	return pkey;
}

const char *
pkey_digest(const struct key *k, const char *algorithm)
{
	switch (k->type) {
	case KEY_RSA:
		if (str_starts(algorithm, "rsa-sha2-512"))
			return "SHA512";
		if (str_starts(algorithm, "rsa-sha2-256"))
			return "SHA256";
		return "SHA1";
	case KEY_ECDSA_256:
	case KEY_ECDSA_SK:
		return "SHA256";
	case KEY_ECDSA_384:
		return "SHA384";
	case KEY_ECDSA_521:
		return "SHA512";
	case KEY_ED25519:
	case KEY_ED25519_SK:
	case KEY_OTHER:
		return NULL;
	}
	return NULL;
}
