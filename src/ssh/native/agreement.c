#include "ssh/native/agreement.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "keys/pkey.h"

/* Of our secret number, twice as many as the strongest cipher has (RFC 4419
 * section 6.2). */
enum { PRIVATE_BITS = 512 };

/* A public number with fewer bits set is refused, as ssh does. */
enum { PUBLIC_MIN_BITS_SET = 4 };

enum { UNCOMPRESSED = 4 };

EVP_PKEY *
agreement_new(const char *curve, struct err *e)
{
	EVP_PKEY *pkey;

	if (strcmp(curve, "X25519") == 0)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, curve);
	else
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	if (pkey == NULL)
		pkey_error("no key for the key exchange", e);
	return pkey;
}

int
agreement_group(int number, struct buf *ret_prime, struct err *e)
{
	BIGNUM *prime = NULL;
	int len;

	switch (number) {
	case 1:
		prime = BN_get_rfc2409_prime_1024(NULL);
		break;
	case 14:
		prime = BN_get_rfc3526_prime_2048(NULL);
		break;
	case 16:
		prime = BN_get_rfc3526_prime_4096(NULL);
		break;
	case 18:
		prime = BN_get_rfc3526_prime_8192(NULL);
		break;
	}
	if (prime == NULL)
		return pkey_error("no group for the key exchange", e);
	len = BN_num_bytes(prime);
	(void)BN_bn2bin(prime, buf_room(ret_prime, (size_t)len));
	ret_prime->len += (size_t)len;
	BN_free(prime);
	return 0;
}

/* The parameters of a group without a key; NULL if libcrypto refuses them. */
static EVP_PKEY *
group_params(const BIGNUM *prime, const BIGNUM *generator)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, prime) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, generator) ==
		1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* The length of the secret is no part of the group: libcrypto forgets one that
 * is set there, and takes as many bits as the prime has. */
static EVP_PKEY *
key_in_group(EVP_PKEY *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL);
	EVP_PKEY *pkey = NULL;
	int bits = PRIVATE_BITS;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
		OSSL_PARAM_construct_end(),
	};

	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	    EVP_PKEY_keygen(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* Is the prime odd, and the generator above 1 and below the prime less 1? */
static bool
is_group(const BIGNUM *prime, const BIGNUM *generator)
{
	BIGNUM *last = BN_dup(prime);
	bool is_fit = last != NULL && BN_is_odd(prime) &&
		      BN_sub_word(last, 1) == 1 &&
		      BN_cmp(generator, BN_value_one()) > 0 &&
		      BN_cmp(generator, last) < 0;

	BN_free(last);
	return is_fit;
}

EVP_PKEY *
agreement_new_in_group(const struct wire *prime, const struct wire *generator,
		       struct err *e)
{
	BIGNUM *p = BN_bin2bn(prime->data, (int)prime->len, NULL);
	BIGNUM *g = BN_bin2bn(generator->data, (int)generator->len, NULL);
	EVP_PKEY *group = NULL, *pkey = NULL;

	if (p != NULL && g != NULL && is_group(p, g))
		group = group_params(p, g);
	if (group != NULL)
		pkey = key_in_group(group);
	if (pkey == NULL) {
		ERR_clear_error();
		err_set(e, ERR_PROTOCOL,
			"the server's Diffie-Hellman group is not valid");
	}
	EVP_PKEY_free(group);
	BN_free(p);
	BN_free(g);
	return pkey;
}

int
agreement_get_public(EVP_PKEY *ours, struct buf *ret_public, struct err *e)
{
	unsigned char *bytes = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(ours, &bytes);

	if (len == 0)
		return pkey_error("no public key for the key exchange", e);
	buf_add(ret_public, bytes, len);
	OPENSSL_free(bytes);
	return 0;
}

static bool
has_bits_set(const struct wire *number)
{
	int n = 0;

	for (size_t i = 0; i < number->len; i++)
		n += __builtin_popcount(number->data[i]);
	return n >= PUBLIC_MIN_BITS_SET;
}

/* The other's public half with the parameters of ours; NULL if it is none. */
static EVP_PKEY *
public_of(const EVP_PKEY *ours, const struct wire *theirs)
{
	EVP_PKEY *pkey;

	switch (EVP_PKEY_get_base_id(ours)) {
	case EVP_PKEY_EC:
		if (theirs->len == 0 || theirs->data[0] != UNCOMPRESSED)
			return NULL;
		break;
	case EVP_PKEY_DH:
		if (!has_bits_set(theirs))
			return NULL;
		break;
	}
	pkey = EVP_PKEY_new();
	if (pkey == NULL || EVP_PKEY_copy_parameters(pkey, ours) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(pkey, theirs->data, theirs->len) !=
		1) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

/* A number was checked when it became a key. To raise it to the order of the
 * group as well takes ten times as long as all the rest; the well-known groups
 * have no small subgroup but {1, p - 1}, and our key serves only once. */
static int
is_checked_again(const EVP_PKEY *ours)
{
	return EVP_PKEY_get_base_id(ours) != EVP_PKEY_DH;
}

int
agreement_derive(EVP_PKEY *ours, const struct wire *theirs,
		 struct buf *ret_secret, struct err *e)
{
	EVP_PKEY *peer = public_of(ours, theirs);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	size_t len = 0;
	int rc = -1;

	/* libcrypto's X25519 fails when the secret is zero. */
	if (peer != NULL && ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer_ex(ctx, peer, is_checked_again(ours)) ==
		1 &&
	    EVP_PKEY_derive(ctx, NULL, &len) == 1 &&
	    EVP_PKEY_derive(ctx, buf_room(ret_secret, len), &len) == 1) {
		ret_secret->len += len;
		rc = 0;
	} else {
		ERR_clear_error();
		err_set(e, ERR_PROTOCOL,
			"the server's public value in the key exchange is not "
			"valid");
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return rc;
}
