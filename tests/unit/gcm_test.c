/* AES-GCM: ours, asked as libssh2 asks, against OpenSSL's. */
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "ssh/libssh2/gcm.h"
#include "tap.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define AAD_BYTES 4
#define LARGEST 35000

typedef const EVP_CIPHER *cipher_fn(void);

static const struct {
	const char *name;
	cipher_fn *cipher;
} sizes[] = {
	{ "AES-128-GCM", EVP_aes_128_gcm },
	{ "AES-256-GCM", EVP_aes_256_gcm },
};

static const unsigned char key[32] = { 1, 2, 3, 4, 5 };

/* Of the text of a packet; libssh2's are multiples of 16. */
static const int lengths[] = { 16,   32,   256,   272,   4080,    4096,
			       4112, 8176, 32768, 34000, LARGEST, 1 };

#define N_LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static const char *
provider_of(const EVP_CIPHER_CTX *ctx)
{
	return OSSL_PROVIDER_get0_name(
	    EVP_CIPHER_get0_provider(EVP_CIPHER_CTX_get0_cipher(ctx)));
}

/* As libssh2 does it. */
static EVP_CIPHER_CTX *
begin(size_t i, unsigned char *nonce, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (EVP_CipherInit(ctx, sizes[i].cipher(), key, nonce, encrypt) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, -1, nonce) !=
		1)
		abort();
	return ctx;
}

/* Encrypt or decrypt a packet in place as libssh2 does it: length, text, and
 * behind it the tag, which is checked or made. */
static bool
one_packet(EVP_CIPHER_CTX *ctx, int encrypt, unsigned char *packet, int len)
{
	unsigned char last[1], *tag = packet + AAD_BYTES + len;
	int piece = 12, n;
	bool done = true;

	done = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_IV_GEN, 1, last) == 1;
	done = EVP_Cipher(ctx, NULL, packet, AAD_BYTES) >= 0 && done;
	if (!encrypt)
		done = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
					   tag) == 1 &&
		       done;
	for (int at = 0; at < len; at += piece, piece = 16) {
		unsigned char block[16], *from = packet + AAD_BYTES + at;

		if (piece > len - at)
			piece = len - at;
		n = EVP_Cipher(ctx, block, from, (unsigned)piece);
		done = n == piece && done;
		memcpy(from, block, (size_t)piece);
	}
	done = EVP_Cipher(ctx, NULL, NULL, 0) >= 0 && done;
	if (encrypt)
		done = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
					   tag) == 1 &&
		       done;
	return done;
}

/* The same by OpenSSL, all at once. */
static void
their_packet(size_t i, const unsigned char *nonce, unsigned char *packet,
	     int len)
{
	EVP_CIPHER *cipher =
	    EVP_CIPHER_fetch(NULL, sizes[i].name, "provider=default");
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *text = packet + AAD_BYTES;
	int n;

	if (EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL) != 1 ||
	    strcmp(provider_of(ctx), "default") != 0 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, packet, AAD_BYTES) != 1 ||
	    EVP_EncryptUpdate(ctx, text, &n, text, len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, text + len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
				text + len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

/* The nonces of consecutive packets; the last 8 bytes count. */
static const unsigned char nonces[N_LENGTHS][NONCE_BYTES + 1] = {
	"\377\377\377\377\377\377\377\377\377\377\377\375",
	"\377\377\377\377\377\377\377\377\377\377\377\376",
	"\377\377\377\377\377\377\377\377\377\377\377\377",
	"\377\377\377\377\0\0\0\0\0\0\0\0",
	"\377\377\377\377\0\0\0\0\0\0\0\1",
	"\377\377\377\377\0\0\0\0\0\0\0\2",
	"\377\377\377\377\0\0\0\0\0\0\0\3",
	"\377\377\377\377\0\0\0\0\0\0\0\4",
	"\377\377\377\377\0\0\0\0\0\0\0\5",
	"\377\377\377\377\0\0\0\0\0\0\0\6",
	"\377\377\377\377\0\0\0\0\0\0\0\7",
	"\377\377\377\377\0\0\0\0\0\0\0\10",
};

static void
test_packets(size_t i)
{
	size_t size = AAD_BYTES + LARGEST + TAG_BYTES;
	unsigned char *plain = xmalloc(size), *want = xmalloc(size);
	unsigned char *got = xmalloc(size), nonce[NONCE_BYTES];
	EVP_CIPHER_CTX *out, *in;

	memcpy(nonce, nonces[0], NONCE_BYTES);
	out = begin(i, nonce, 1);
	in = begin(i, nonce, 0);
	is_str(provider_of(out), "hawser", "%s is ours", sizes[i].name);
	for (size_t n = 0; n < N_LENGTHS; n++) {
		int len = lengths[n];

		size = AAD_BYTES + (size_t)len + TAG_BYTES;
		RAND_bytes(plain, (int)size);
		memcpy(want, plain, size);
		memcpy(got, plain, size);
		their_packet(i, nonces[n], want, len);
		ok(one_packet(out, 1, got, len) && memcmp(got, want, size) == 0,
		   "%s encrypts %d bytes", sizes[i].name, len);
		ok(one_packet(in, 0, got, len) &&
		       memcmp(got, plain, size - TAG_BYTES) == 0,
		   "%s decrypts %d bytes", sizes[i].name, len);
	}
	EVP_CIPHER_CTX_free(out);
	EVP_CIPHER_CTX_free(in);
	free(plain);
	free(want);
	free(got);
}

/* One bit of a packet is wrong, wherever. */
static void
test_forged(void)
{
	static const int at[] = { 0, 4, 15, 16, 4100, 8195, 8196, 8211 };
	unsigned char packet[AAD_BYTES + 8192 + TAG_BYTES] = { 0 };
	unsigned char nonce[NONCE_BYTES] = { 7 };

	for (size_t n = 0; n < sizeof(at) / sizeof(at[0]); n++) {
		EVP_CIPHER_CTX *out = begin(0, nonce, 1);
		EVP_CIPHER_CTX *in = begin(0, nonce, 0);

		one_packet(out, 1, packet, 8192);
		packet[at[n]] ^= 4;
		ok(!one_packet(in, 0, packet, 8192), "byte %d changed", at[n]);
		EVP_CIPHER_CTX_free(out);
		EVP_CIPHER_CTX_free(in);
	}
}

/* As keys/ decrypts a private key. */
static void
test_at_once(void)
{
	static const unsigned char nonce[NONCE_BYTES] = { 9 };
	unsigned char packet[AAD_BYTES + 100 + TAG_BYTES] = "abcdefgh";
	unsigned char text[100];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rc[6];

	their_packet(1, nonce, packet, 100);
	rc[0] = EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, NULL);
	rc[1] = EVP_CIPHER_CTX_set_padding(ctx, 0);
	rc[2] = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES,
				    packet + AAD_BYTES + 100);
	rc[3] = EVP_DecryptUpdate(ctx, NULL, &n, packet, AAD_BYTES);
	rc[4] =
	    EVP_DecryptUpdate(ctx, text, &n, packet + AAD_BYTES, sizeof(text));
	rc[5] = EVP_DecryptFinal_ex(ctx, text + n, &n);
	for (size_t i = 0; i < sizeof(rc) / sizeof(rc[0]); i++)
		is_int(rc[i], 1, "at once, step %zu", i);
	ok(memcmp(text, "efgh", 5) == 0, "at once");
	EVP_CIPHER_CTX_free(ctx);
}

static void
test_rest(void)
{
	unsigned char bytes[2][32] = { { 0 } };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ok(RAND_bytes(bytes[0], 32) == 1 && RAND_priv_bytes(bytes[1], 32) == 1,
	   "random numbers");
	ok(EVP_CipherInit(ctx, EVP_aes_128_ctr(), bytes[0], bytes[1], 1) == 1,
	   "another cipher");
	is_str(provider_of(ctx), "default", "is theirs");
	EVP_CIPHER_CTX_free(ctx);
}

int
main(void)
{
	OSSL_PROVIDER *first = gcm_use(), *second = gcm_use();

	ok(first != NULL && second != NULL, "two users");
	gcm_release(first);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		test_packets(i);
	test_forged();
	test_at_once();
	test_rest();
	gcm_release(second);
	return done_testing();
}
