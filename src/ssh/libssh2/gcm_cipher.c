#include "ssh/libssh2/gcm_cipher.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/secret.h"
#include "ssh/libssh2/key_stream.h"

/*
 * AES in Galois/counter mode as libssh2 uses it: a nonce that counts packets,
 * four bytes of additional data, the packet in pieces, a tag (RFC 5647).
 *
 * What is given back comes from the key stream, piece by piece. OpenSSL's own
 * cipher does the same work once more for the sake of the tag, some KiB at a
 * time: that takes a fraction of what asking it for each piece does.
 */

#define NONCE_BYTES 12
#define TAG_BYTES 16
/* What OpenSSL gets at once. */
#define TEXT_BYTES 4096

struct gcm {
	EVP_CIPHER *cipher; /* OpenSSL's own */
	EVP_CIPHER_CTX *ctx;
	bool is_encrypting;
	unsigned char nonce[NONCE_BYTES]; /* of the next packet */
	unsigned char tag[TAG_BYTES];     /* when decrypting: to be checked */
	size_t n_text;
	unsigned char text[TEXT_BYTES]; /* what OpenSSL has not got yet */
	unsigned char rest[TEXT_BYTES]; /* what it makes of it; not needed */
	struct key_stream stream;
};

static void
gcm_free(void *arg)
{
	struct gcm *g = arg;

	if (g == NULL)
		return;
	EVP_CIPHER_CTX_free(g->ctx);
	EVP_CIPHER_free(g->cipher);
	key_stream_clear(&g->stream);
	secret_wipe(g, sizeof(*g));
	OPENSSL_free(g);
}

static void *
gcm_new(const char *name, const char *stream_name)
{
	struct gcm *g = OPENSSL_zalloc(sizeof(*g));

	if (g == NULL)
		return NULL;
	g->cipher = EVP_CIPHER_fetch(NULL, name, GCM_OTHERS);
	g->ctx = EVP_CIPHER_CTX_new();
	if (!key_stream_init(&g->stream, stream_name, GCM_OTHERS) ||
	    g->cipher == NULL || g->ctx == NULL) {
		gcm_free(g);
		return NULL;
	}
	return g;
}

/* Begin a packet with the nonce. */
static int
begin(struct gcm *g)
{
	/* NIST SP 800-38D, 7.1: 1 is for the tag, the text begins with 2 */
	unsigned char counter[AES_BLOCK_BYTES] = { [AES_BLOCK_BYTES - 1] = 2 };

	memcpy(counter, g->nonce, NONCE_BYTES);
	g->n_text = 0;
	return EVP_CipherInit_ex2(g->ctx, NULL, NULL, g->nonce, -1, NULL) &&
	       key_stream_start(&g->stream, NULL, counter);
}

static int
start(struct gcm *g, bool is_encrypting, const unsigned char *key,
      const unsigned char *iv)
{
	g->is_encrypting = is_encrypting;
	if (key != NULL && (!EVP_CipherInit_ex2(g->ctx, g->cipher, key, NULL,
						is_encrypting, NULL) ||
			    !key_stream_start(&g->stream, key, NULL)))
		return 0;
	if (iv == NULL)
		return 1;
	memcpy(g->nonce, iv, NONCE_BYTES);
	return begin(g);
}

static bool
has_lengths(const struct gcm *g, const unsigned char *key, size_t key_len,
	    const unsigned char *iv, size_t iv_len)
{
	return (key == NULL ||
		key_len == (size_t)EVP_CIPHER_get_key_length(g->cipher)) &&
	       (iv == NULL || iv_len == NONCE_BYTES);
}

static int
gcm_start_encrypting(void *arg, const unsigned char *key, size_t key_len,
		     const unsigned char *iv, size_t iv_len,
		     const OSSL_PARAM params[])
{
	(void)params;
	return has_lengths(arg, key, key_len, iv, iv_len) &&
	       start(arg, true, key, iv);
}

static int
gcm_start_decrypting(void *arg, const unsigned char *key, size_t key_len,
		     const unsigned char *iv, size_t iv_len,
		     const OSSL_PARAM params[])
{
	(void)params;
	return has_lengths(arg, key, key_len, iv, iv_len) &&
	       start(arg, false, key, iv);
}

/* Give OpenSSL what it has not got. */
static int
hand_over(struct gcm *g)
{
	int len = (int)g->n_text;

	g->n_text = 0;
	return len == 0 ||
	       EVP_CipherUpdate(g->ctx, g->rest, &len, g->text, len);
}

static int
update(struct gcm *g, unsigned char *out, const unsigned char *in, size_t len)
{
	while (len > 0) {
		size_t piece = TEXT_BYTES - g->n_text;

		if (piece > len)
			piece = len;
		memcpy(g->text + g->n_text, in, piece);
		g->n_text += piece;
		if (!key_stream_apply(&g->stream, out, in, piece) ||
		    (g->n_text == TEXT_BYTES && !hand_over(g)))
			return 0;
		in += piece;
		out += piece;
		len -= piece;
	}
	return 1;
}

static int
gcm_finish(void *arg, unsigned char *out, size_t *ret_len, size_t size)
{
	struct gcm *g = arg;
	int len;

	(void)out;
	(void)size;
	*ret_len = 0;
	if (!hand_over(g))
		return 0;
	if (!g->is_encrypting &&
	    !EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES,
				 g->tag))
		return 0;
	if (EVP_CipherFinal_ex(g->ctx, g->rest, &len))
		return 1;
	if (!g->is_encrypting)
		ERR_raise(ERR_LIB_USER, GCM_WRONG_TAG);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL says how many */
static int __attribute__((noinline))
update_slowly(struct gcm *g, unsigned char *out, size_t *ret_len,
	      const unsigned char *in, size_t len)
{
	int n;

	if (in == NULL)
		return gcm_finish(g, out, ret_len, 0);
	if (out == NULL)
		return EVP_CipherUpdate(g->ctx, NULL, &n, in, (int)len);
	return update(g, out, in, len);
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL says how many */
static int
gcm_update(void *arg, unsigned char *out, size_t *ret_len, size_t size,
	   const unsigned char *in, size_t len)
{
	struct gcm *g = arg;

	*ret_len = len;
	if (size < len)
		return 0;
	if (len == AES_BLOCK_BYTES && out != NULL && in != NULL &&
	    TEXT_BYTES - g->n_text > AES_BLOCK_BYTES) {
		memcpy(g->text + g->n_text, in, AES_BLOCK_BYTES);
		if (key_stream_apply_block(&g->stream, out, in)) {
			g->n_text += AES_BLOCK_BYTES;
			return 1;
		}
	}
	return update_slowly(g, out, ret_len, in, len);
}

/* Count the packets (RFC 5647 section 7.1). */
static void
increment(unsigned char nonce[NONCE_BYTES])
{
	for (size_t i = NONCE_BYTES; i-- > 4;)
		if (++nonce[i] != 0)
			break;
}

static int
set_size(OSSL_PARAM params[], const char *name, size_t value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

	return p == NULL || OSSL_PARAM_set_size_t(p, value);
}

static int
gcm_set_ctx_params(void *arg, const OSSL_PARAM params[])
{
	struct gcm *g = arg;
	const OSSL_PARAM *tag, *nonce;

	tag = OSSL_PARAM_locate_const(params, OSSL_CIPHER_PARAM_AEAD_TAG);
	if (tag != NULL) {
		if (tag->data == NULL || tag->data_size != TAG_BYTES)
			return 0;
		memcpy(g->tag, tag->data, TAG_BYTES);
	}
	nonce = OSSL_PARAM_locate_const(params,
					OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED);
	if (nonce != NULL) {
		/* -1: all of it, and not only what stays the same */
		if (nonce->data == NULL || nonce->data_size != (size_t)-1)
			return 0;
		memcpy(g->nonce, nonce->data, NONCE_BYTES);
	}
	return 1;
}

static int
gcm_get_ctx_params(void *arg, OSSL_PARAM params[])
{
	struct gcm *g = arg;
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN);
	if (p != NULL) {
		if (p->data == NULL || p->data_size > NONCE_BYTES || !begin(g))
			return 0;
		memcpy(p->data, g->nonce + NONCE_BYTES - p->data_size,
		       p->data_size);
		p->return_size = p->data_size;
		increment(g->nonce);
	}
	p = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_AEAD_TAG);
	if (p != NULL) {
		if (!g->is_encrypting || p->data_size != TAG_BYTES ||
		    !EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_GET_TAG,
					 TAG_BYTES, p->data))
			return 0;
		p->return_size = TAG_BYTES;
	}
	return set_size(params, OSSL_CIPHER_PARAM_KEYLEN,
			(size_t)EVP_CIPHER_get_key_length(g->cipher)) &&
	       set_size(params, OSSL_CIPHER_PARAM_IVLEN, NONCE_BYTES) &&
	       set_size(params, OSSL_CIPHER_PARAM_AEAD_TAGLEN, TAG_BYTES);
}

static int
set_int(OSSL_PARAM params[], const char *name, int value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

	return p == NULL || OSSL_PARAM_set_int(p, value);
}

static int
gcm_get_params(OSSL_PARAM params[], size_t key_bytes)
{
	OSSL_PARAM *mode = OSSL_PARAM_locate(params, OSSL_CIPHER_PARAM_MODE);

	return (mode == NULL || OSSL_PARAM_set_uint(mode, EVP_CIPH_GCM_MODE)) &&
	       set_int(params, OSSL_CIPHER_PARAM_AEAD, 1) &&
	       set_int(params, OSSL_CIPHER_PARAM_CUSTOM_IV, 1) &&
	       set_size(params, OSSL_CIPHER_PARAM_KEYLEN, key_bytes) &&
	       set_size(params, OSSL_CIPHER_PARAM_IVLEN, NONCE_BYTES) &&
	       set_size(params, OSSL_CIPHER_PARAM_BLOCK_SIZE, 1);
}

/* clang-format off */
#define GCM(bits) \
	static void * \
	new_##bits(void *arg) \
	{ \
		(void)arg; \
		return gcm_new("AES-" #bits "-GCM", "AES-" #bits "-CTR"); \
	} \
	static int \
	get_params_##bits(OSSL_PARAM params[]) \
	{ \
		return gcm_get_params(params, (bits) / 8); \
	} \
	const OSSL_DISPATCH gcm_##bits[] = { \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_NEWCTX, new_##bits), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_FREECTX, gcm_free), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_ENCRYPT_INIT, \
			     gcm_start_encrypting), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_DECRYPT_INIT, \
			     gcm_start_decrypting), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_UPDATE, gcm_update), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_FINAL, gcm_finish), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_CIPHER, gcm_update), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_GET_PARAMS, get_params_##bits), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_GET_CTX_PARAMS, \
			     gcm_get_ctx_params), \
		GCM_FUNCTION(OSSL_FUNC_CIPHER_SET_CTX_PARAMS, \
			     gcm_set_ctx_params), \
		GCM_FUNCTION_END, \
	}

GCM(128);
GCM(256);
/* clang-format on */
