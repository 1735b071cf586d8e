/* Which Diffie-Hellman values and groups may be used. */
#include <openssl/bn.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"
#include "ssh/libssh2/dh_value.h"
#include "tap.h"

#define BYTES 1025

/* A number as it is sent; 0: as "". */
struct number {
	unsigned char bytes[BYTES];
	struct wire w;
};

static void
set(struct number *n, const BIGNUM *value)
{
	int len = BN_is_zero(value) ? 0 : BN_num_bits(value) / 8 + 1;

	BN_bn2binpad(value, n->bytes, len);
	wire_init(&n->w, n->bytes, (size_t)len);
}

static void
test_values(void)
{
	static const struct {
		const char *method;
		BIGNUM *(*prime)(BIGNUM *);
	} methods[] = {
		{ "diffie-hellman-group1-sha1", BN_get_rfc2409_prime_1024 },
		{ "diffie-hellman-group14-sha1", BN_get_rfc3526_prime_2048 },
		{ "diffie-hellman-group14-sha256", BN_get_rfc3526_prime_2048 },
		{ "diffie-hellman-group16-sha512", BN_get_rfc3526_prime_4096 },
		{ "diffie-hellman-group18-sha512", BN_get_rfc3526_prime_8192 },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const char *method = methods[i].method;
		BIGNUM *p = methods[i].prime(NULL), *n = BN_new();
		struct number prime, value;

		set(&prime, p);
		/* from p - 3 to p + 2 */
		BN_copy(n, p);
		BN_sub_word(n, 3);
		for (int d = -3; d <= 2; d++, BN_add_word(n, 1)) {
			struct err e = { .kind = ERR_NONE };
			int wanted = d < -1 ? 0 : -1;

			set(&value, n);
			is_int(dh_value_check_named(method, &value.w, &e),
			       wanted, "%s: p + %d", method, d);
			is_int(dh_value_check(&prime.w, &value.w, &e), wanted,
			       "the same with the prime");
		}
		for (BN_ULONG low = 0; low < 4; low++) {
			struct err e = { .kind = ERR_NONE };

			BN_set_word(n, low);
			set(&value, n);
			is_int(dh_value_check_named(method, &value.w, &e),
			       low < 2 ? -1 : 0, "%s: %lu", method,
			       (unsigned long)low);
		}
		wire_init(&value.w, "\xff\xff", 2);
		is_int(dh_value_check(&prime.w, &value.w,
				      &(struct err){ .kind = ERR_NONE }),
		       -1, "a negative number");
		BN_free(p);
		BN_free(n);
	}
}

static void
test_unknown(void)
{
	struct wire w;
	struct err e = { .kind = ERR_NONE };

	wire_init(&w, "\2", 1);
	is_int(dh_value_check_named("diffie-hellman-group99-sha256", &w, &e),
	       -1, "a group that nobody knows");
	ok(strstr(e.text, "invalid public DH value") != NULL, "as ssh says it");
}

static const struct {
	const char *name;
	int bits;
	long add;
	unsigned long generator;
	int wanted;
} groups[] = {
	{ "2048 bits", 2048, 1, 2, 0 },    { "8192 bits", 8192, 1, 5, 0 },
	{ "8193 bits", 8193, 1, 2, -1 },   { "2047 bits", 2047, 1, 2, -1 },
	{ "512 bits", 512, 1, 2, -1 },     { "even", 2048, 0, 2, -1 },
	{ "generator 1", 2048, 1, 1, -1 }, { "generator 0", 2048, 1, 0, -1 },
};

static void
test_groups(void)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct err e = { .kind = ERR_NONE };
		BIGNUM *p = BN_new(), *g = BN_new();
		struct number prime, generator;

		BN_set_bit(p, groups[i].bits - 1);
		BN_add_word(p, (BN_ULONG)groups[i].add);
		BN_set_word(g, groups[i].generator);
		set(&prime, p);
		set(&generator, g);
		is_int(dh_group_check(&prime.w, &generator.w, &e),
		       groups[i].wanted, "%s", groups[i].name);
		BN_copy(g, p);
		BN_sub_word(g, 1);
		set(&generator, g);
		is_int(dh_group_check(&prime.w, &generator.w, &e), -1,
		       "%s, generator p - 1", groups[i].name);
		BN_free(p);
		BN_free(g);
	}
}

int
main(void)
{
	test_values();
	test_unknown();
	test_groups();
	return done_testing();
}
