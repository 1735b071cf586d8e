#include "keys/openssh_cipher.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/wire.h"

/* clang-format off */
static const struct openssh_cipher ciphers[] = {
	/* name, libcrypto's name, key, iv, block, tag */
	{ "aes256-ctr", "AES-256-CTR", 32, 16, 16, 0 },
	{ "aes192-ctr", "AES-192-CTR", 24, 16, 16, 0 },
	{ "aes128-ctr", "AES-128-CTR", 16, 16, 16, 0 },
	{ "aes256-cbc", "AES-256-CBC", 32, 16, 16, 0 },
	{ "aes192-cbc", "AES-192-CBC", 24, 16, 16, 0 },
	{ "aes128-cbc", "AES-128-CBC", 16, 16, 16, 0 },
	{ "3des-cbc", "DES-EDE3-CBC", 24, 8, 8, 0 },
	{ "aes256-gcm@openssh.com", "AES-256-GCM", 32, 12, 16, 16 },
	{ "aes128-gcm@openssh.com", "AES-128-GCM", 16, 12, 16, 16 },
	{ "chacha20-poly1305@openssh.com", "ChaCha20", 64, 0, 8, 16 },
};
/* clang-format on */

#define N_CIPHERS (sizeof(ciphers) / sizeof(ciphers[0]))

const struct openssh_cipher *
openssh_cipher_find(const char *name)
{
	for (size_t i = 0; i < N_CIPHERS; i++) {
		if (strcmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	}
	return NULL;
}

/* What one run of a cipher takes. */
struct job {
	const char *evp_name;
	const unsigned char *key, *iv;
	const struct wire *tag; /* NULL: none */
};

static int
run(const struct job *job, const struct wire *text, unsigned char *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, job->evp_name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0, rc = -1;

	if (cipher == NULL || ctx == NULL ||
	    EVP_DecryptInit_ex2(ctx, cipher, job->key, job->iv, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		goto out;
	if (job->tag != NULL &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)job->tag->len,
				(void *)(uintptr_t)job->tag->data) != 1)
		goto out;
	if (EVP_DecryptUpdate(ctx, out, &len, text->data, (int)text->len) !=
		1 ||
	    EVP_DecryptFinal_ex(ctx, out + len, &rest) != 1 ||
	    (size_t)len + (size_t)rest != text->len)
		goto out;
	rc = 0;
out:
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return rc;
}

enum { POLY1305_KEY_LEN = 32, POLY1305_LEN = 16, CHACHA20_IV_LEN = 16 };

/*
 * chacha20-poly1305@openssh.com without a packet around it: packet number 0,
 * no packet length (so the second half of the key is not used). The first
 * block of the key stream is the Poly1305 key, the next ones encrypt.
 */
static int
run_chacha20(const struct job *job, const struct wire *text,
	     const struct wire *expected, unsigned char *out)
{
	static const unsigned char zero[POLY1305_KEY_LEN];
	unsigned char iv[CHACHA20_IV_LEN] = { 0 };
	unsigned char key[POLY1305_KEY_LEN], tag[POLY1305_LEN];
	struct job stream = { job->evp_name, job->key, iv, NULL };
	struct wire zeros;
	size_t tag_len;
	int rc = -1;

	wire_init(&zeros, zero, sizeof(zero));
	if (run(&stream, &zeros, key) != 0 ||
	    EVP_Q_mac(NULL, "POLY1305", NULL, NULL, NULL, key, sizeof(key),
		      text->data, text->len, tag, sizeof(tag),
		      &tag_len) == NULL ||
	    CRYPTO_memcmp(tag, expected->data, sizeof(tag)) != 0)
		goto out;
	iv[0] = 1; /* the block counter */
	rc = run(&stream, text, out);
out:
	ERR_clear_error();
	secret_wipe(key, sizeof(key));
	return rc;
}

int
openssh_cipher_decrypt(const struct openssh_cipher *c, const unsigned char *key,
		       const struct wire *text, const struct wire *tag,
		       struct buf *plain)
{
	struct job job = { c->evp_name, key, key + c->key_len,
			   c->tag_len > 0 ? tag : NULL };
	unsigned char *out = buf_room(plain, text->len);
	int rc;

	if (c->iv_len == 0)
		rc = run_chacha20(&job, text, tag, out);
	else
		rc = run(&job, text, out);
	if (rc == 0)
		plain->len += text->len;
	else
		secret_wipe(out, text->len);
	return rc;
}
