#include "keys/pkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/key.h"

enum { ED25519_LEN = 32 };

/* RSA numbers have at most 16384 bits, and a sign byte. */
enum { NUMBER_MAX = 2049 };

static const struct curve {
	enum key_type type;
	const char *key_name, *ssh_name, *group;
	int len; /* bytes of a coordinate */
} curves[] = {
	{ KEY_ECDSA_256, "ecdsa-sha2-nistp256", "nistp256", "prime256v1", 32 },
	{ KEY_ECDSA_384, "ecdsa-sha2-nistp384", "nistp384", "secp384r1", 48 },
	{ KEY_ECDSA_521, "ecdsa-sha2-nistp521", "nistp521", "secp521r1", 66 },
};

#define N_CURVES (sizeof(curves) / sizeof(curves[0]))

int
pkey_error(const char *what, struct err *e)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(e, ERR_LOCAL, "%s: %s", what,
		       reason != NULL ? reason : "unknown reason");
}

/* Read an mpint as a number whose copies libcrypto wipes, too. NULL if there
 * is none. */
static BIGNUM *
get_number(struct wire *w)
{
	BIGNUM *n = NULL;
	struct wire text;

	if (wire_get_wire(w, &text) == 0 && text.len <= NUMBER_MAX)
		n = BN_secure_new();
	if (n != NULL && BN_bin2bn(text.data, (int)text.len, n) == NULL) {
		BN_clear_free(n);
		n = NULL;
	}
	return n;
}

EVP_PKEY *
pkey_from_params(const char *type, int what, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, what, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

/* d mod (prime - 1), which OpenSSH leaves out; NULL if there is none. */
static BIGNUM *
crt_exponent(const BIGNUM *d, const BIGNUM *prime)
{
	BIGNUM *less = BN_secure_new(), *result = BN_secure_new();
	BN_CTX *ctx = BN_CTX_secure_new();

	if (less == NULL || result == NULL || ctx == NULL ||
	    !BN_copy(less, prime) || !BN_sub_word(less, 1) ||
	    BN_is_negative(less) || !BN_mod(result, d, less, ctx)) {
		BN_clear_free(result);
		result = NULL;
	}
	BN_clear_free(less);
	BN_CTX_free(ctx);
	return result;
}

/* The numbers that are on disk, in that order, then those that are not. */
enum rsa_number { RSA_N, RSA_E, RSA_D, RSA_IQMP, RSA_P, RSA_Q, RSA_ON_DISK };
enum { RSA_DMP1 = RSA_ON_DISK, RSA_DMQ1, RSA_NUMBERS };

static const char *const rsa_params[RSA_NUMBERS] = {
	OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

static EVP_PKEY *
rsa_from_fields(struct wire *fields)
{
	BIGNUM *number[RSA_NUMBERS] = { NULL };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;
	size_t i;

	for (i = 0; i < RSA_ON_DISK; i++) {
		number[i] = get_number(fields);
		if (number[i] == NULL)
			goto out;
	}
	number[RSA_DMP1] = crt_exponent(number[RSA_D], number[RSA_P]);
	number[RSA_DMQ1] = crt_exponent(number[RSA_D], number[RSA_Q]);
	for (i = 0; i < RSA_NUMBERS; i++) {
		if (build == NULL || number[i] == NULL ||
		    OSSL_PARAM_BLD_push_BN(build, rsa_params[i], number[i]) !=
			1)
			goto out;
	}
	pkey = pkey_from_params("RSA", EVP_PKEY_KEYPAIR, build);
out:
	for (i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(number[i]);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* Does the private number belong to the public point? */
static bool
is_pair(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool is_right = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return is_right;
}

static EVP_PKEY *
ecdsa_from_fields(struct wire *fields, const struct curve *curve)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct wire name, point;
	BIGNUM *d = NULL;
	EVP_PKEY *pkey = NULL;

	if (wire_get_wire(fields, &name) == 0 &&
	    name.len == strlen(curve->ssh_name) &&
	    memcmp(name.data, curve->ssh_name, name.len) == 0 &&
	    wire_get_wire(fields, &point) == 0)
		d = get_number(fields);
	if (build != NULL && d != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    curve->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point.data, point.len) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
		pkey = pkey_from_params("EC", EVP_PKEY_KEYPAIR, build);
	if (pkey != NULL && !is_pair(pkey)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	BN_clear_free(d);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* The public half stands there twice; libcrypto computes it again. */
static EVP_PKEY *
ed25519_from_fields(struct wire *fields)
{
	struct wire public, pair;

	if (wire_get_wire(fields, &public) != 0 ||
	    wire_get_wire(fields, &pair) != 0 || public.len != ED25519_LEN ||
	    pair.len != (size_t)2 * ED25519_LEN ||
	    memcmp(pair.data + ED25519_LEN, public.data, ED25519_LEN) != 0)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, pair.data,
					    ED25519_LEN);
}

EVP_PKEY *
pkey_from_fields(struct wire *fields, const struct key *public, struct err *e)
{
	EVP_PKEY *pkey = NULL;

	switch (public->type) {
	case KEY_RSA:
		pkey = rsa_from_fields(fields);
		break;
	case KEY_ECDSA_256:
	case KEY_ECDSA_384:
	case KEY_ECDSA_521:
		pkey = ecdsa_from_fields(fields,
					 &curves[public->type - KEY_ECDSA_256]);
		break;
	case KEY_ED25519:
		pkey = ed25519_from_fields(fields);
		break;
	case KEY_ECDSA_SK:
	case KEY_ED25519_SK:
	case KEY_OTHER:
		break;
	}
	ERR_clear_error();
	if (pkey == NULL)
		err_set(e, ERR_LOCAL, "the private %s key is damaged",
			key_type_name(public));
	return pkey;
}

/* Append a number of the key as an mpint (len 0) or as len bytes. Returns 0
 * or -1. */
static int
put_number(struct buf *b, const EVP_PKEY *pkey, const char *param, int len)
{
	unsigned char bytes[NUMBER_MAX];
	BIGNUM *n = NULL;
	int rc = -1;

	if (EVP_PKEY_get_bn_param(pkey, param, &n) != 1 ||
	    BN_num_bytes(n) > (len > 0 ? len : NUMBER_MAX))
		goto out;
	if (len > 0) {
		(void)BN_bn2binpad(n, bytes, len);
		buf_add(b, bytes, (size_t)len);
	} else {
		len = BN_bn2bin(n, bytes);
		wire_put_mpint(b, bytes, (size_t)len);
	}
	rc = 0;
out:
	BN_free(n);
	return rc;
}

static int
put_rsa(struct buf *blob, const EVP_PKEY *pkey)
{
	wire_put_cstring(blob, "ssh-rsa");
	if (put_number(blob, pkey, OSSL_PKEY_PARAM_RSA_E, 0) != 0)
		return -1;
	return put_number(blob, pkey, OSSL_PKEY_PARAM_RSA_N, 0);
}

static int
put_ecdsa(struct buf *blob, const EVP_PKEY *pkey)
{
	char group[64];
	const struct curve *c = curves;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return -1;
	while (c < curves + N_CURVES && strcmp(c->group, group) != 0)
		c++;
	if (c == curves + N_CURVES)
		return -1;
	wire_put_cstring(blob, c->key_name);
	wire_put_cstring(blob, c->ssh_name);
	wire_put_u32(blob, 1 + 2 * (uint32_t)c->len);
	wire_put_byte(blob, 4); /* uncompressed */
	if (put_number(blob, pkey, OSSL_PKEY_PARAM_EC_PUB_X, c->len) != 0)
		return -1;
	return put_number(blob, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, c->len);
}

static int
put_ed25519(struct buf *blob, const EVP_PKEY *pkey)
{
	unsigned char bytes[ED25519_LEN];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(pkey, bytes, &len) != 1)
		return -1;
	wire_put_cstring(blob, "ssh-ed25519");
	wire_put_string(blob, bytes, len);
	return 0;
}

struct key *
pkey_public(const EVP_PKEY *pkey, struct err *e)
{
	struct buf blob = BUF_INIT;
	struct key *k = NULL;
	int rc = -1;

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		rc = put_rsa(&blob, pkey);
		break;
	case EVP_PKEY_EC:
		rc = put_ecdsa(&blob, pkey);
		break;
	case EVP_PKEY_ED25519:
		rc = put_ed25519(&blob, pkey);
		break;
	}
	ERR_clear_error();
	if (rc != 0)
		err_set(e, ERR_LOCAL, "SSH has no use for this kind of key");
	else
		k = key_from_plain_blob(blob.data, blob.len, e);
	buf_clear(&blob);
	return k;
}
