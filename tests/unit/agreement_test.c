/* Shared secrets: vectors of the RFCs, and values that must be refused. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "hex.h"
#include "ssh/native/agreement.h"
#include "tap.h"

/* RFC 7748 section 6.1, RFC 5903 section 8. */
static const struct {
	const char *curve;
	const char *ours, *theirs, *secret;
} vectors[] = {
	{ "X25519",
	  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ "P-256",
	  "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
	  "04"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
	  "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
	{ "P-384",
	  "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655"
	  "E35B538041E649EE3FAEF896783AB194",
	  "04"
	  "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D"
	  "0D1AC43A0336DEF96FDA41D0774A3571"
	  "DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FF"
	  "F83FA40142209DFF5EAAD96DB9E6386C",
	  "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4"
	  "D603135569B9E9D09CF5D4A270F59746" },
	{ "P-521",
	  "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A0"
	  "95AA85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D"
	  "4A52",
	  "04"
	  "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A21"
	  "9B97C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9"
	  "460F"
	  "015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87"
	  "220B6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0F"
	  "C56A",
	  "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04"
	  "D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3"
	  "DDEA" },
};

static struct wire
wire_of(const struct buf *b)
{
	struct wire w;

	wire_init(&w, b->data, b->len);
	return w;
}

/* Our key with a private half that a vector tells. */
static EVP_PKEY *
fixed_key(const char *curve, const struct buf *private)
{
	OSSL_PARAM_BLD *build;
	OSSL_PARAM *params;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;
	BIGNUM *n;

	if (strcmp(curve, "X25519") == 0)
		return EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_X25519, NULL, private->data, private->len);
	build = OSSL_PARAM_BLD_new();
	n = BN_bin2bn(private->data, (int)private->len, NULL);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					curve, 0);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, n);
	params = OSSL_PARAM_BLD_to_param(build);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	return pkey;
}

static void
test_vector(size_t i)
{
	struct buf ours = BUF_INIT, theirs = BUF_INIT, want = BUF_INIT;
	struct buf got = BUF_INIT;
	struct wire w;
	struct err e = { 0 };
	EVP_PKEY *key;

	hex_add(&ours, vectors[i].ours);
	hex_add(&theirs, vectors[i].theirs);
	hex_add(&want, vectors[i].secret);
	key = fixed_key(vectors[i].curve, &ours);
	w = wire_of(&theirs);
	is_int(agreement_derive(key, &w, &got, &e), 0, "%s: vector: %s",
	       vectors[i].curve, e.text);
	ok(got.len == want.len && memcmp(got.data, want.data, got.len) == 0,
	   "%s: secret", vectors[i].curve);
	EVP_PKEY_free(key);
	buf_clear(&ours);
	buf_clear(&theirs);
	buf_clear(&want);
	buf_clear(&got);
}

#define ZEROS_31                                                               \
	"00000000000000000000000000000000000000000000000000000000000000"
#define FS_30 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct {
	const char *curve, *what;
	const char *theirs;
} wrong[] = {
	{ "X25519", "nothing", "" },
	{ "X25519", "31 bytes", ZEROS_31 },
	{ "X25519", "33 bytes", "09" ZEROS_31 "00" },
	/* the points of small order, all of which give the secret zero */
	{ "X25519", "0", "00" ZEROS_31 },
	{ "X25519", "1", "01" ZEROS_31 },
	{ "X25519", "of order 8",
	  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800" },
	{ "X25519", "of order 8, the other",
	  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157" },
	{ "X25519", "p - 1", "ec" FS_30 "7f" },
	{ "X25519", "p", "ed" FS_30 "7f" },
	{ "X25519", "p + 1", "ee" FS_30 "7f" },
	{ "P-256", "nothing", "" },
	{ "P-256", "infinity", "00" },
	{ "P-256", "compressed",
	  "03"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63" },
	{ "P-256", "hybrid form",
	  "07"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB" },
	{ "P-256", "not on the curve",
	  "04"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AC" },
	{ "P-256", "0, 0", "0400" ZEROS_31 "00" ZEROS_31 },
	{ "P-256", "x above the prime",
	  "04"
	  "ff" FS_30 "ff"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB" },
	{ "P-256", "a byte missing",
	  "04"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872" },
	{ "P-256", "a byte too many",
	  "04"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB"
	  "00" },
	{ "P-384", "a point of another curve",
	  "04"
	  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB" },
	{ "P-521", "infinity", "00" },
};

static void
test_wrong(size_t i)
{
	struct buf theirs = BUF_INIT, got = BUF_INIT;
	struct err e = { 0 };
	EVP_PKEY *key = agreement_new(wrong[i].curve, &e);
	struct wire w;

	hex_add(&theirs, wrong[i].theirs);
	w = wire_of(&theirs);
	ok(agreement_derive(key, &w, &got, &e) == -1 &&
	       e.kind == ERR_PROTOCOL && got.len == 0,
	   "%s: %s is refused", wrong[i].curve, wrong[i].what);
	EVP_PKEY_free(key);
	buf_clear(&theirs);
	buf_clear(&got);
}

/* The prime of a well-known group, plus or minus a little. */
static struct buf
near_prime(int group, int more)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	BIGNUM *n;

	(void)agreement_group(group, &b, &e);
	n = BN_bin2bn(b.data, (int)b.len, NULL);
	if (more >= 0)
		BN_add_word(n, (BN_ULONG)more);
	else
		BN_sub_word(n, (BN_ULONG)-more);
	BN_bn2bin(n, b.data);
	BN_free(n);
	return b;
}

static EVP_PKEY *
group_key(int number, struct err *e)
{
	struct buf b = near_prime(number, 0);
	struct wire prime = wire_of(&b), two = { (const uint8_t *)"\2", 1 };
	EVP_PKEY *key = agreement_new_in_group(&prime, &two, e);

	buf_clear(&b);
	return key;
}

/* 2^y for a y of our own, and the secret that follows for the other side. */
static void
test_group(int number)
{
	struct buf b = near_prime(number, 0), ours = BUF_INIT, got = BUF_INIT;
	unsigned char theirs[1024], want[1024];
	struct err e = { 0 };
	EVP_PKEY *key = group_key(number, &e);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_bin2bn(b.data, (int)b.len, NULL);
	BIGNUM *g = BN_new(), *y = BN_new(), *n = BN_new();
	struct wire w;

	BN_set_word(g, 2);
	BN_rand(y, 300, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
	BN_mod_exp(n, g, y, p, ctx);
	wire_init(&w, theirs, (size_t)BN_bn2bin(n, theirs));
	is_int(agreement_get_public(key, &ours, &e), 0, "group %d: public",
	       number);
	is_int(agreement_derive(key, &w, &got, &e), 0, "group %d: secret: %s",
	       number, e.text);
	BN_bin2bn(ours.data, (int)ours.len, n);
	BN_mod_exp(n, n, y, p, ctx);
	BN_bn2binpad(n, want, (int)b.len);
	ok(got.len > 0 && got.len <= b.len &&
	       memcmp(want + b.len - got.len, got.data, got.len) == 0,
	   "group %d: the same on both sides", number);
	BN_free(p);
	BN_free(g);
	BN_free(y);
	BN_free(n);
	BN_CTX_free(ctx);
	EVP_PKEY_free(key);
	buf_clear(&b);
	buf_clear(&ours);
	buf_clear(&got);
}

static void
test_refused(EVP_PKEY *key, const struct buf *value, const char *what)
{
	struct wire w = wire_of(value);
	struct buf got = BUF_INIT;
	struct err e = { 0 };

	ok(agreement_derive(key, &w, &got, &e) == -1 &&
	       e.kind == ERR_PROTOCOL && got.len == 0,
	   "a public value of %s is refused", what);
	buf_clear(&got);
}

static void
test_wrong_numbers(void)
{
	static const struct {
		const char *what, *value;
	} small[] = {
		{ "nothing", "" },
		{ "0", "00" },
		{ "1", "01" },
		{ "2, one bit", "02" },
		{ "three bits", "800101" },
		{ "three bits far apart",
		  "8000000000000000000000000001000001" },
	};
	static const struct {
		const char *what;
		int more;
	} large[] = {
		{ "p - 1", -1 },
		{ "p", 0 },
		{ "p + 1", 1 },
	};
	struct err e = { 0 };
	EVP_PKEY *key = group_key(14, &e);
	struct buf b = BUF_INIT, got = BUF_INIT;
	struct wire w;

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		buf_reset(&b);
		hex_add(&b, small[i].value);
		test_refused(key, &b, small[i].what);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		buf_clear(&b);
		b = near_prime(14, large[i].more);
		test_refused(key, &b, large[i].what);
	}
	buf_clear(&b);
	b = near_prime(16, -2);
	test_refused(key, &b, "a larger group");
	buf_clear(&b);
	b = near_prime(14, -2);
	w = wire_of(&b);
	is_int(agreement_derive(key, &w, &got, &e), 0, "p - 2 is none of them");
	buf_clear(&b);
	buf_clear(&got);
	EVP_PKEY_free(key);
}

static void
test_wrong_groups(void)
{
	static const struct {
		const char *what;
		int more;
		const char *generator; /* NULL: p less one */
	} groups[] = {
		{ "an even prime", 1, "02" },   { "generator 0", 0, "00" },
		{ "no generator", 0, "" },      { "generator 1", 0, "01" },
		{ "generator p - 1", 0, NULL },
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct buf p = near_prime(14, groups[i].more), g = BUF_INIT;
		struct err e = { 0 };
		struct wire prime = wire_of(&p), generator;
		EVP_PKEY *key;

		if (groups[i].generator != NULL)
			hex_add(&g, groups[i].generator);
		else
			g = near_prime(14, -1);
		generator = wire_of(&g);
		key = agreement_new_in_group(&prime, &generator, &e);
		ok(key == NULL && e.kind == ERR_PROTOCOL, "%s: %s",
		   groups[i].what, e.text);
		EVP_PKEY_free(key);
		buf_clear(&p);
		buf_clear(&g);
	}
}

/* Twice the strongest cipher's bits, in a group that libcrypto knows and in one
 * that it does not. */
static void
test_secret(int number, int distance)
{
	struct buf b = near_prime(number, distance);
	struct wire prime = wire_of(&b), two = { (const uint8_t *)"\2", 1 };
	struct err e = { 0 };
	EVP_PKEY *key = agreement_new_in_group(&prime, &two, &e);
	BIGNUM *secret = NULL;
	int bits = 0;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1)
		bits = BN_num_bits(secret);
	ok(bits > 448 && bits <= 512, "group %d%+d: a secret of %d bits",
	   number, distance, bits);
	BN_clear_free(secret);
	EVP_PKEY_free(key);
	buf_clear(&b);
}

int
main(void)
{
	static const int numbers[] = { 1, 14, 16, 18 };

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		test_vector(i);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		test_wrong(i);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		test_group(numbers[i]);
		test_secret(numbers[i], 0);
		test_secret(numbers[i], -4);
	}
	test_wrong_numbers();
	test_wrong_groups();
	return done_testing();
}
