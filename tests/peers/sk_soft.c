/*
 * sk_soft - a security key without a device: a library with OpenSSH's
 * middleware interface (PROTOCOL.u2f), for ssh-keygen -w and
 * SecurityKeyProvider. The key handle is the secret key itself.
 *
 * SK_SOFT=MODE makes it misbehave: pin (the PIN is 1234), lost (there is no
 * device), short, long or empty (signatures of a wrong length), wrong (one of
 * something else), crash, hang, quit, loud (writes into every descriptor), old
 * (another version).
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ECDSA, ED25519 };
enum { KEY_LEN = 32, POINT_LEN = 65, LARGE = 65536 };
enum { TOUCH = 1, VERIFY = 4 };
enum { GENERAL = -1, UNSUPPORTED = -2, PIN_REQUIRED = -3, NOT_FOUND = -4 };

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
	      const char *application, uint8_t flags, const char *pin,
	      void **options, struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *message, size_t message_len,
	    const char *application, const uint8_t *handle, size_t handle_len,
	    uint8_t flags, const char *pin, void **options,
	    struct sk_sign_response **ret);
int sk_load_resident_keys(const char *pin, void **options, void *ret_keys,
			  size_t *ret_n);

static int
mode_is(const char *mode)
{
	const char *given = getenv("SK_SOFT");

	return given != NULL && strcmp(given, mode) == 0;
}

uint32_t
sk_api_version(void)
{
	return mode_is("old") ? 0x00040000 : 0x000a0000;
}

int
sk_load_resident_keys(const char *pin, void **options, void *ret_keys,
		      size_t *ret_n)
{
	(void)pin;
	(void)options;
	(void)ret_keys;
	*ret_n = 0;
	return UNSUPPORTED;
}

int
sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
	  const char *application, uint8_t flags, const char *pin,
	  void **options, struct sk_enroll_response **ret)
{
	struct sk_enroll_response *r = calloc(1, sizeof(*r));
	EVP_PKEY *pkey = alg == ED25519
			     ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
			     : EVP_EC_gen("P-256");
	BIGNUM *secret = NULL;

	(void)challenge;
	(void)challenge_len;
	(void)application;
	(void)pin;
	(void)options;
	r->flags = flags;
	r->public_key = calloc(1, POINT_LEN);
	r->public_key_len = alg == ED25519 ? KEY_LEN : POINT_LEN;
	r->key_handle = calloc(1, KEY_LEN);
	r->key_handle_len = KEY_LEN;
	r->signature = calloc(1, KEY_LEN);
	r->signature_len = KEY_LEN;
	if (alg == ED25519) {
		EVP_PKEY_get_raw_public_key(pkey, r->public_key,
					    &r->public_key_len);
		EVP_PKEY_get_raw_private_key(pkey, r->key_handle,
					     &r->key_handle_len);
	} else {
		EVP_PKEY_get_octet_string_param(
		    pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, r->public_key,
		    POINT_LEN, &r->public_key_len);
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &secret);
		BN_bn2binpad(secret, r->key_handle, KEY_LEN);
		BN_free(secret);
	}
	EVP_PKEY_free(pkey);
	*ret = r;
	return 0;
}

/* What devices sign (the CTAP and U2F specifications). */
static size_t
put_signed(uint8_t *to, const char *application,
	   const struct sk_sign_response *r, const uint8_t *message, size_t len)
{
	uint8_t *at = to;

	EVP_Digest(application, strlen(application), at, NULL, EVP_sha256(),
		   NULL);
	at += KEY_LEN;
	*at++ = r->flags;
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(r->counter >> shift);
	EVP_Digest(message, len, at, NULL, EVP_sha256(), NULL);
	return (size_t)(at + KEY_LEN - to);
}

static void
sign_ed25519(struct sk_sign_response *r, const uint8_t *secret,
	     const uint8_t *data, size_t len)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						      secret, KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	r->sig_r_len = 64;
	r->sig_r = calloc(1, LARGE);
	EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey);
	EVP_DigestSign(ctx, r->sig_r, &r->sig_r_len, data, len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

/* The old interface is the short one. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void
sign_ecdsa(struct sk_sign_response *r, const uint8_t *secret,
	   const uint8_t *data, size_t len)
{
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *n = BN_bin2bn(secret, KEY_LEN, NULL);
	uint8_t digest[KEY_LEN];
	ECDSA_SIG *sig;

	EC_KEY_set_private_key(key, n);
	EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL);
	sig = ECDSA_do_sign(digest, sizeof(digest), key);
	r->sig_r = calloc(1, LARGE);
	r->sig_s = calloc(1, LARGE);
	r->sig_r_len = (size_t)BN_bn2bin(ECDSA_SIG_get0_r(sig), r->sig_r);
	r->sig_s_len = (size_t)BN_bn2bin(ECDSA_SIG_get0_s(sig), r->sig_s);
	ECDSA_SIG_free(sig);
	BN_free(n);
	EC_KEY_free(key);
}

static void
misbehave(void)
{
	if (mode_is("hang"))
		sleep(3600);
	if (mode_is("quit"))
		_exit(0);
	for (int fd = 3; mode_is("loud") && fd < 64; fd++)
		if (write(fd, "nonsense", 8) < 0)
			continue;
	if (mode_is("crash"))
		abort();
}

int
sk_sign(uint32_t alg, const uint8_t *message, size_t message_len,
	const char *application, const uint8_t *handle, size_t handle_len,
	uint8_t flags, const char *pin, void **options,
	struct sk_sign_response **ret)
{
	struct sk_sign_response *r;
	uint8_t data[3 * KEY_LEN];
	size_t len;

	(void)options;
	misbehave();
	if (mode_is("lost") || handle_len != KEY_LEN)
		return NOT_FOUND;
	if ((mode_is("pin") || flags & VERIFY) &&
	    (pin == NULL || strcmp(pin, "1234") != 0))
		return PIN_REQUIRED;
	*ret = r = calloc(1, sizeof(*r));
	if (mode_is("empty"))
		return 0;
	r->flags = flags & (TOUCH | VERIFY);
	r->counter = 0x01020304;
	len = put_signed(data, application, r, message,
			 message_len - (size_t)mode_is("wrong"));
	(alg == ED25519 ? sign_ed25519 : sign_ecdsa)(r, handle, data, len);
	if (mode_is("short"))
		r->sig_r_len = 0;
	if (mode_is("long"))
		r->sig_r_len = LARGE;
	return 0;
}
