#include "keys/bcrypt_pbkdf.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"

/* Blowfish's state: the subkeys, then four S-boxes. */
enum { ROUNDS = 16, SUBKEYS = ROUNDS + 2, BOX_SIZE = 256 };
enum { STATE_WORDS = SUBKEYS + 4 * BOX_SIZE };

struct blowfish {
	uint32_t word[STATE_WORDS];
};

/*
 * It begins as the fraction of pi, which is computed (in a few milliseconds)
 * rather than kept as a table: Chudnovsky's series, summed by binary
 * splitting. Each of its terms brings 47 bits.
 */
enum { PI_BITS = 32 * STATE_WORDS, PI_GUARD = 64 };
enum { PI_TERMS = (PI_BITS + PI_GUARD) / 47 + 1 };

/* The sum of some neighbouring terms is t / q, in units of the term before
 * them; p / q is the ratio by which the terms shrank. */
struct series {
	BIGNUM *p, *q, *t;
};

static void
series_clear(struct series *s)
{
	BN_free(s->p);
	BN_free(s->q);
	BN_free(s->t);
}

static int
series_init(struct series *s)
{
	s->p = BN_new();
	s->q = BN_new();
	s->t = BN_new();
	if (s->p != NULL && s->q != NULL && s->t != NULL)
		return 0;
	series_clear(s);
	return -1;
}

/* Term number k. All factors fit a 32-bit word. Returns 0 or -1. */
static int
series_term(struct series *s, BN_ULONG k)
{
	if (!BN_set_word(s->p, 6 * k - 5) || !BN_mul_word(s->p, 2 * k - 1) ||
	    !BN_mul_word(s->p, 6 * k - 1))
		return -1;
	BN_set_negative(s->p, 1);
	if (!BN_set_word(s->q, k * k * k) || !BN_mul_word(s->q, 640320) ||
	    !BN_mul_word(s->q, 640320) || !BN_mul_word(s->q, 640320 / 24))
		return -1;
	return BN_set_word(s->t, 545140134) && BN_mul_word(s->t, k) &&
		       BN_add_word(s->t, 13591409)
		   ? 0
		   : -1;
}

/* The terms from first up to but not including end. Returns 0 or -1. */
static int
series_sum(struct series *s, unsigned first, unsigned end, BN_CTX *ctx)
{
	unsigned middle = first + (end - first) / 2;
	struct series right;
	int rc = -1;

	if (end - first == 1)
		return series_term(s, first) == 0 &&
			       BN_mul(s->t, s->t, s->p, ctx)
			   ? 0
			   : -1;
	if (series_init(&right) != 0)
		return -1;
	if (series_sum(s, first, middle, ctx) == 0 &&
	    series_sum(&right, middle, end, ctx) == 0 &&
	    BN_mul(s->t, s->t, right.q, ctx) &&
	    BN_mul(right.t, right.t, s->p, ctx) &&
	    BN_add(s->t, s->t, right.t) && BN_mul(s->p, s->p, right.p, ctx) &&
	    BN_mul(s->q, s->q, right.q, ctx))
		rc = 0;
	series_clear(&right);
	return rc;
}

/* root = the square root of 10005 in units of 2^-bits, by Newton's method in
 * precision that doubles with each step. Returns 0 or -1. */
static int
square_root(BIGNUM *root, int bits, BN_CTX *ctx)
{
	BIGNUM *quotient = BN_new();
	int have = 0, want, ok = quotient != NULL && BN_set_word(root, 100);

	for (int shift = 12; ok && shift >= 0; shift--) {
		want = bits >> shift;
		ok = BN_lshift(root, root, want - have) &&
		     BN_set_word(quotient, 10005) &&
		     BN_lshift(quotient, quotient, 2 * want) &&
		     BN_div(quotient, NULL, quotient, root, ctx) &&
		     BN_add(root, root, quotient) && BN_rshift1(root, root);
		have = want;
	}
	BN_free(quotient);
	return ok ? 0 : -1;
}

/* pi = 426880 sqrt(10005) q / (13591409 q + t), in units of 2^-PI_BITS. */
static int
compute_pi(BIGNUM *pi, BN_CTX *ctx)
{
	struct series s;
	int rc = -1;

	if (series_init(&s) != 0)
		return -1;
	if (series_sum(&s, 1, PI_TERMS + 1, ctx) == 0 &&
	    square_root(pi, PI_BITS + PI_GUARD, ctx) == 0 &&
	    BN_mul_word(pi, 426880) && BN_mul(pi, pi, s.q, ctx) &&
	    BN_mul_word(s.q, 13591409) && BN_add(s.q, s.q, s.t) &&
	    BN_div(pi, NULL, pi, s.q, ctx) && BN_rshift(pi, pi, PI_GUARD))
		rc = 0;
	series_clear(&s);
	return rc;
}

static int
blowfish_init(struct blowfish *b)
{
	unsigned char fraction[PI_BITS / 8];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *pi = BN_new();
	struct wire w;
	int rc = -1;

	if (ctx != NULL && pi != NULL && compute_pi(pi, ctx) == 0 &&
	    BN_mask_bits(pi, PI_BITS) &&
	    BN_bn2binpad(pi, fraction, sizeof(fraction)) > 0)
		rc = 0;
	wire_init(&w, fraction, sizeof(fraction));
	for (size_t i = 0; rc == 0 && i < STATE_WORDS; i++)
		rc = wire_get_u32(&w, &b->word[i]);
	BN_free(pi);
	BN_CTX_free(ctx);
	return rc;
}

struct block {
	uint32_t left, right;
};

static void
encrypt(const struct blowfish *b, struct block *x)
{
	const uint32_t *p = b->word, *s = b->word + SUBKEYS;
	uint32_t l = x->left, r = x->right, f;

	for (int i = 0; i < ROUNDS; i++) {
		l ^= p[i];
		f = s[l >> 24] + s[BOX_SIZE + (l >> 16 & 255)];
		f ^= s[2 * BOX_SIZE + (l >> 8 & 255)];
		f += s[3 * BOX_SIZE + (l & 255)];
		f ^= r;
		r = l;
		l = f;
	}
	x->left = r ^ p[ROUNDS + 1];
	x->right = l ^ p[ROUNDS];
}

/* A SHA-512 value as the key schedule takes it: words, over and over. */
enum { HASH_LEN = 64, HASH_WORDS = HASH_LEN / 4 };

struct hash {
	uint32_t word[HASH_WORDS];
};

static int
hash_init(struct hash *h, const void *data, size_t len)
{
	unsigned char digest[HASH_LEN];
	struct wire w;
	int rc;

	rc = EVP_Digest(data, len, digest, NULL, EVP_sha512(), NULL) ? 0 : -1;
	wire_init(&w, digest, sizeof(digest));
	for (size_t i = 0; rc == 0 && i < HASH_WORDS; i++)
		rc = wire_get_u32(&w, &h->word[i]);
	secret_wipe(digest, sizeof(digest));
	return rc;
}

/* Mix key into the state and replace the state by a chain of encryptions,
 * which takes in salt (NULL: none). */
static void
expand(struct blowfish *b, const struct hash *salt, const struct hash *key)
{
	struct block x = { 0, 0 };

	for (size_t i = 0; i < SUBKEYS; i++)
		b->word[i] ^= key->word[i % HASH_WORDS];
	for (size_t i = 0; i < STATE_WORDS; i += 2) {
		if (salt != NULL) {
			x.left ^= salt->word[i % HASH_WORDS];
			x.right ^= salt->word[(i + 1) % HASH_WORDS];
		}
		encrypt(b, &x);
		b->word[i] = x.left;
		b->word[i + 1] = x.right;
	}
}

enum { OUT_LEN = 32, BCRYPT_COST = 64 };

/* The "bcrypt" of bcrypt_pbkdf: all four blocks of the text are encrypted, and
 * words come out with the low byte first. */
static void
bcrypt(const struct blowfish *pi, const struct hash *pass,
       const struct hash *salt, unsigned char out[OUT_LEN])
{
	static const char text[] = "OxychromaticBlowfishSwatDynamite";
	struct blowfish b = *pi;
	struct wire w;

	expand(&b, salt, pass);
	for (int i = 0; i < BCRYPT_COST; i++) {
		expand(&b, NULL, salt);
		expand(&b, NULL, pass);
	}
	wire_init(&w, text, OUT_LEN);
	while (w.len > 0) {
		struct block x = { 0, 0 };

		(void)wire_get_u32(&w, &x.left);
		(void)wire_get_u32(&w, &x.right);
		for (int i = 0; i < BCRYPT_COST; i++)
			encrypt(&b, &x);
		for (int i = 0; i < 32; i += 8) {
			out[i / 8] = (unsigned char)(x.left >> i);
			out[i / 8 + 4] = (unsigned char)(x.right >> i);
		}
		out += 8;
	}
	secret_wipe(&b, sizeof(b));
}

/* What one block of output is made from. */
struct source {
	struct blowfish pi;
	struct hash pass;
	uint32_t rounds;
};

/* Block number count of PBKDF2. Returns 0 or -1. */
static int
derive_block(const struct source *s, const struct wire *salt, uint32_t count,
	     unsigned char out[OUT_LEN])
{
	unsigned char last[OUT_LEN];
	struct buf counted = BUF_INIT;
	struct hash h;
	int rc;

	buf_add(&counted, salt->data, salt->len);
	wire_put_u32(&counted, count);
	rc = hash_init(&h, counted.data, counted.len);
	memset(out, 0, OUT_LEN);
	for (uint32_t i = 0; rc == 0 && i < s->rounds; i++) {
		bcrypt(&s->pi, &s->pass, &h, last);
		for (size_t j = 0; j < OUT_LEN; j++)
			out[j] ^= last[j];
		rc = hash_init(&h, last, sizeof(last));
	}
	secret_wipe(last, sizeof(last));
	secret_wipe(&h, sizeof(h));
	buf_clear(&counted);
	return rc;
}

int
bcrypt_pbkdf(const struct secret *passphrase, const struct wire *salt,
	     uint32_t rounds, unsigned char *key, size_t key_len)
{
	size_t n_blocks = (key_len + OUT_LEN - 1) / OUT_LEN;
	unsigned char out[OUT_LEN];
	struct source s;
	int rc = -1;

	assert(rounds > 0 && n_blocks <= OUT_LEN);
	s.rounds = rounds;
	if (blowfish_init(&s.pi) != 0 ||
	    hash_init(&s.pass, passphrase->text, passphrase->len) != 0)
		goto out;
	/* Unlike PBKDF2, blocks are spread over the key byte by byte. */
	for (size_t i = 0; i < n_blocks; i++) {
		if (derive_block(&s, salt, (uint32_t)i + 1, out) != 0)
			goto out;
		for (size_t at = i; at < key_len; at += n_blocks)
			key[at] = out[at / n_blocks];
	}
	rc = 0;
out:
	secret_wipe(out, sizeof(out));
	secret_wipe(&s, sizeof(s));
	return rc;
}
