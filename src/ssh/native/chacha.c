#include "ssh/native/chacha.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

enum { STREAM_KEY_LEN = 32, POLY1305_KEY_LEN = 32, BLOCK_LEN = 64 };

struct chacha {
	EVP_CIPHER_CTX *text, *length;
	EVP_MAC_CTX *poly1305;
};

static EVP_CIPHER_CTX *
new_stream(const unsigned char *key)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "ChaCha20", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (cipher == NULL || ctx == NULL ||
	    EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_CIPHER_free(cipher);
	return ctx;
}

struct chacha *
chacha_new(const unsigned char *key)
{
	struct chacha *c = xcalloc(1, sizeof(*c));
	EVP_MAC *poly1305 = EVP_MAC_fetch(NULL, "POLY1305", NULL);

	c->text = new_stream(key);
	c->length = new_stream(key + STREAM_KEY_LEN);
	if (poly1305 != NULL)
		c->poly1305 = EVP_MAC_CTX_new(poly1305);
	EVP_MAC_free(poly1305);
	if (c->text == NULL || c->length == NULL || c->poly1305 == NULL) {
		chacha_free(c);
		return NULL;
	}
	return c;
}

void
chacha_free(struct chacha *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->text);
	EVP_CIPHER_CTX_free(c->length);
	EVP_MAC_CTX_free(c->poly1305);
	free(c);
}

/* Start a stream: block counter 0, and the packet's number as the nonce. */
static int
start(EVP_CIPHER_CTX *ctx, uint32_t sequence)
{
	const unsigned char iv[16] = {
		[12] = (unsigned char)(sequence >> 24),
		[13] = (unsigned char)(sequence >> 16),
		[14] = (unsigned char)(sequence >> 8),
		[15] = (unsigned char)sequence,
	};

	return EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1 ? 0 : -1;
}

/* Both ways: it is a key stream. */
static int
crypt(EVP_CIPHER_CTX *ctx, const unsigned char *in, size_t len,
      unsigned char *out)
{
	int n = 0;

	return EVP_EncryptUpdate(ctx, out, &n, in, (int)len) == 1 &&
		       (size_t)n == len
		   ? 0
		   : -1;
}

/* Start the text's stream: its first block is for the tag's key, the second
 * one is where the text begins. */
static int
start_text(struct chacha *c, uint32_t sequence)
{
	static const unsigned char zero[BLOCK_LEN];
	unsigned char block[BLOCK_LEN];
	int rc = -1;

	if (start(c->text, sequence) == 0 &&
	    crypt(c->text, zero, sizeof(zero), block) == 0 &&
	    EVP_MAC_init(c->poly1305, block, POLY1305_KEY_LEN, NULL) == 1)
		rc = 0;
	secret_wipe(block, sizeof(block));
	return rc;
}

static int
compute_tag(struct chacha *c, const unsigned char *packet, size_t len,
	    unsigned char *ret_tag)
{
	size_t n = 0;

	return EVP_MAC_update(c->poly1305, packet, len) == 1 &&
		       EVP_MAC_final(c->poly1305, ret_tag, &n,
				     CHACHA_TAG_LEN) == 1
		   ? 0
		   : -1;
}

int
chacha_open_length(struct chacha *c, uint32_t sequence,
		   const unsigned char *packet, unsigned char ret_length[4])
{
	if (start(c->length, sequence) != 0)
		return -1;
	return crypt(c->length, packet, 4, ret_length);
}

int
chacha_seal(struct chacha *c, uint32_t sequence, unsigned char *packet,
	    size_t len)
{
	if (chacha_open_length(c, sequence, packet, packet) != 0 ||
	    start_text(c, sequence) != 0 ||
	    crypt(c->text, packet + 4, len - 4, packet + 4) != 0)
		return -1;
	return compute_tag(c, packet, len, packet + len);
}

int
chacha_open(struct chacha *c, uint32_t sequence, unsigned char *packet,
	    size_t len)
{
	unsigned char tag[CHACHA_TAG_LEN];

	if (start_text(c, sequence) != 0 ||
	    compute_tag(c, packet, len, tag) != 0 ||
	    CRYPTO_memcmp(tag, packet + len, sizeof(tag)) != 0)
		return -1;
	return crypt(c->text, packet + 4, len - 4, packet + 4);
}
