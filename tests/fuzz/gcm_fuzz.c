/*
 * AES-GCM in pieces of any size, as our provider does it, against OpenSSL's.
 *
 * The input: 16 bytes of struct plan, and what is repeated until the text is
 * long enough.
 */
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "ssh/libssh2/gcm.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define AAD_BYTES 4
#define PACKETS 3
#define TEXT_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct plan {
	uint8_t how; /* 1: AES-256; 2: in place; 4: EVP_Cipher(); 8: forged;
			the rest: how often the text is repeated */
	uint8_t pieces[2]; /* how long they are, in turn; 0: 4096 bytes */
	uint8_t forged;    /* which byte, from the end */
	uint8_t nonce[NONCE_BYTES];
};

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static const unsigned char key[32] = { 1, 2, 3 };

static EVP_CIPHER_CTX *
begin(const struct plan *p, const char *provider, int encrypt)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(
	    NULL, p->how & 1 ? "AES-256-GCM" : "AES-128-GCM", provider);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char nonce[NONCE_BYTES];

	memcpy(nonce, p->nonce, NONCE_BYTES);
	must(cipher != NULL &&
	     EVP_CipherInit_ex2(ctx, cipher, key, nonce, encrypt, NULL) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, -1, nonce) ==
	     1);
	EVP_CIPHER_free(cipher);
	return ctx;
}

static void
crypt_piece(const struct plan *p, EVP_CIPHER_CTX *ctx, unsigned char *at,
	    int len)
{
	unsigned char other[4096], *to = p->how & 2 ? at : other;
	int n = 0;

	if (p->how & 4)
		n = EVP_Cipher(ctx, to, at, (unsigned)len);
	else
		must(EVP_CipherUpdate(ctx, to, &n, at, len) == 1);
	must(n == len);
	if (to != at)
		memcpy(at, to, (size_t)len);
}

/* A packet by ours: AAD, text, tag. Returns whether OpenSSL would believe it;
 * an encrypted one it always does. */
static bool
by_ours(const struct plan *p, EVP_CIPHER_CTX *ctx, unsigned char *packet,
	int len)
{
	unsigned char last[1], *tag = packet + AAD_BYTES + len;
	bool is_encrypting = EVP_CIPHER_CTX_is_encrypting(ctx);
	bool is_good;

	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_IV_GEN, 1, last) == 1);
	must(EVP_Cipher(ctx, NULL, packet, AAD_BYTES) >= 0);
	if (!is_encrypting)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
					 tag) == 1);
	for (int at = 0, n, turn = 0; at < len; at += n, turn = !turn) {
		n = p->pieces[turn] > 0 ? p->pieces[turn] : 4096;
		if (n > len - at)
			n = len - at;
		crypt_piece(p, ctx, packet + AAD_BYTES + at, n);
	}
	is_good = EVP_Cipher(ctx, NULL, NULL, 0) >= 0;
	if (is_encrypting)
		must(is_good && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
						    TAG_BYTES, tag) == 1);
	return is_good;
}

/* The same by OpenSSL, all at once; encrypted. */
static void
by_theirs(const struct plan *p, EVP_CIPHER_CTX *ctx, unsigned char *packet,
	  int len)
{
	unsigned char *text = packet + AAD_BYTES;
	int n;

	must(EVP_EncryptInit_ex2(ctx, NULL, NULL, p->nonce, NULL) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, packet, AAD_BYTES) == 1 &&
	     EVP_EncryptUpdate(ctx, text, &n, text, len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, text + len, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
				 text + len) == 1);
}

/* RFC 5647 section 7.1 */
static void
count(struct plan *p)
{
	for (size_t i = NONCE_BYTES; i-- > 4;)
		if (++p->nonce[i] != 0)
			break;
}

/* Packets of different lengths, one after the other. */
static void
compare(struct plan p, const unsigned char *plain, size_t size)
{
	EVP_CIPHER_CTX *out = begin(&p, "provider=hawser", 1);
	EVP_CIPHER_CTX *in = begin(&p, "provider=hawser", 0);
	EVP_CIPHER_CTX *theirs = begin(&p, "provider!=hawser", 1);
	unsigned char *want = xmalloc(size), *got = xmalloc(size);
	size_t len = size - AAD_BYTES - TAG_BYTES;

	for (int i = 0; i < PACKETS; i++, len = len * 2 / 3) {
		size_t all = AAD_BYTES + len + TAG_BYTES;

		memcpy(want, plain, all);
		memcpy(got, plain, all);
		by_theirs(&p, theirs, want, (int)len);
		by_ours(&p, out, got, (int)len);
		must(memcmp(want, got, all) == 0);
		if (p.how & 8)
			got[all - 1 - p.forged % all] ^= 1;
		must(by_ours(&p, in, got, (int)len) == !(p.how & 8));
		must((p.how & 8) || memcmp(got, plain, all - TAG_BYTES) == 0);
		count(&p);
	}
	free(want);
	free(got);
	EVP_CIPHER_CTX_free(out);
	EVP_CIPHER_CTX_free(in);
	EVP_CIPHER_CTX_free(theirs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static OSSL_PROVIDER *ours; /* for all inputs; it takes long */
	struct plan p;
	unsigned char *plain;
	size_t len, times;

	if (size < sizeof(p) + AAD_BYTES)
		return 0;
	memcpy(&p, data, sizeof(p));
	data += sizeof(p);
	size -= sizeof(p);
	times = (size_t)(p.how >> 4) * 16 + 1;
	len = size * times;
	if (len > TEXT_MAX)
		return 0;
	if (ours == NULL)
		ours = gcm_use();
	must(ours != NULL);
	plain = xcalloc(1, len + TAG_BYTES);
	for (size_t i = 0; i < times; i++)
		memcpy(plain + i * size, data, size);
	compare(p, plain, len + TAG_BYTES);
	free(plain);
	return 0;
}
