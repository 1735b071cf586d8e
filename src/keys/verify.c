#include "keys/verify.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "keys/key.h"
#include "keys/pkey.h"

/* A number in an ECDSA signature has no more bytes than the largest curve's
 * order. */
enum { NUMBER_MAX = 66 };

/* The end of a signature of a key in hardware: a byte of flags, a counter. */
enum { HARDWARE_TAIL = 1 + 4 };

static int
malformed(struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "malformed signature");
}

static bool
is_in_hardware(const struct key *k)
{
	return k->type == KEY_ECDSA_SK || k->type == KEY_ED25519_SK;
}

/* Has the key signatures of that kind? A certificate has its own. */
static bool
has_algorithm(const struct key *k, const char *algorithm)
{
	const char *const *list = key_algorithms(k);

	while (*list != NULL && strcmp(*list, algorithm) != 0)
		list++;
	return *list != NULL;
}

static bool
is_ecdsa(const struct key *k)
{
	return k->type == KEY_ECDSA_256 || k->type == KEY_ECDSA_384 ||
	       k->type == KEY_ECDSA_521 || k->type == KEY_ECDSA_SK;
}

static BIGNUM *
get_number(struct wire *w)
{
	struct wire n;

	if (wire_get_mpint(w, &n) != 0 || n.len > NUMBER_MAX)
		return NULL;
	return BN_bin2bn(n.data, (int)n.len, NULL);
}

/* RFC 5656's two numbers into libcrypto's DER. */
static int
put_ecdsa(struct wire inner, struct buf *raw, struct err *e)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = get_number(&inner), *s = get_number(&inner);
	unsigned char *der = NULL;
	int len = -1;

	if (pair != NULL && r != NULL && s != NULL && inner.len == 0 &&
	    ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair's now */
		len = i2d_ECDSA_SIG(pair, &der);
	}
	if (len > 0)
		buf_add(raw, der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	BN_free(r);
	BN_free(s);
	return len > 0 ? 0 : malformed(e);
}

/* A signature of RSA is as long as the modulus, but some servers drop zeros in
 * front. */
static int
put_rsa(const struct wire *inner, EVP_PKEY *pkey, struct buf *raw,
	struct err *e)
{
	size_t len = (size_t)EVP_PKEY_get_size(pkey);

	if (inner->len == 0 || inner->len > len)
		return malformed(e);
	for (size_t n = inner->len; n < len; n++)
		buf_add_byte(raw, 0);
	buf_add(raw, inner->data, inner->len);
	return 0;
}

/* The signature as libcrypto wants it. */
static int
put_raw(const struct key *k, EVP_PKEY *pkey, const struct wire *inner,
	struct buf *raw, struct err *e)
{
	if (is_ecdsa(k))
		return put_ecdsa(*inner, raw, e);
	if (k->type == KEY_RSA)
		return put_rsa(inner, pkey, raw, e);
	buf_add(raw, inner->data, inner->len);
	return 0;
}

static void
put_sha256(struct buf *b, const struct wire *data)
{
	(void)SHA256(data->data, data->len, buf_room(b, SHA256_DIGEST_LENGTH));
	b->len += SHA256_DIGEST_LENGTH;
}

/* What a key in hardware signs instead of the data (PROTOCOL.u2f). tail are
 * the flags and the counter. */
static void
put_hardware_message(const struct key *k, const struct wire *data,
		     const unsigned char *tail, struct buf *message)
{
	struct wire fields, application = { NULL, 0 };

	/* the application is the last field of the key */
	key_get_fields(k, &fields);
	while (fields.len > 0 && wire_get_wire(&fields, &application) == 0)
		;
	put_sha256(message, &application);
	buf_add(message, tail, HARDWARE_TAIL);
	put_sha256(message, data);
}

static bool
is_right(EVP_PKEY *pkey, const char *digest, const struct buf *raw,
	 const struct wire *message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_good = ctx != NULL &&
		       EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL,
					       pkey, NULL) == 1 &&
		       EVP_DigestVerify(ctx, raw->data, raw->len, message->data,
					message->len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return is_good;
}

/* A signature in its parts. */
struct parts {
	struct wire inner;
	const unsigned char *tail; /* of a key in hardware */
};

static int
split(const struct key *k, const char *algorithm, struct wire signature,
      struct parts *ret_parts, struct err *e)
{
	struct wire name;

	ret_parts->tail = NULL;
	if (wire_get_wire(&signature, &name) != 0 ||
	    wire_get_wire(&signature, &ret_parts->inner) != 0 ||
	    (is_in_hardware(k) && wire_get_bytes(&signature, HARDWARE_TAIL,
						 &ret_parts->tail) != 0) ||
	    signature.len > 0)
		return malformed(e);
	if (name.len != strlen(algorithm) ||
	    memcmp(name.data, algorithm, name.len) != 0)
		return err_set(e, ERR_PROTOCOL,
			       "the signature is not of the kind %s",
			       algorithm);
	return 0;
}

int
key_verify(const struct key *k, const char *algorithm, const struct wire *data,
	   const struct wire *signature, struct err *e)
{
	const char *plain = key_algorithm_plain(algorithm);
	struct buf raw = BUF_INIT, own = BUF_INIT;
	struct wire message = *data;
	EVP_PKEY *pkey = NULL;
	struct parts parts;
	int rc = -1;

	if (plain == NULL || !has_algorithm(k, algorithm)) {
		err_set(e, ERR_PROTOCOL, "%s key cannot sign as %.64s",
			key_type_name(k), algorithm);
		goto out;
	}
	if (split(k, plain, *signature, &parts, e) != 0)
		goto out;
	pkey = pkey_from_public(k, e);
	if (pkey == NULL || put_raw(k, pkey, &parts.inner, &raw, e) != 0)
		goto out;
	if (parts.tail != NULL) {
		put_hardware_message(k, data, parts.tail, &own);
		wire_init(&message, own.data, own.len);
	}
	if (is_right(pkey, pkey_digest(k, plain), &raw, &message))
		rc = 0;
	else
		err_set(e, ERR_PROTOCOL, "incorrect signature");
out:
	EVP_PKEY_free(pkey);
	buf_clear(&raw);
	buf_clear(&own);
	return rc;
}

int
key_verify_cert(const struct key *k, struct err *e)
{
	const struct key_cert *cert = k->cert;
	struct wire data, rest, signature;

	wire_init(&data, k->blob, cert->signed_len);
	wire_init(&rest, k->blob + cert->signed_len, k->len - cert->signed_len);
	if (wire_get_wire(&rest, &signature) != 0)
		return malformed(e);
	return key_verify(cert->ca, cert->signature_algorithm, &data,
			  &signature, e);
}
