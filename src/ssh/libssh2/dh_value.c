#include "ssh/libssh2/dh_value.h"

#include <limits.h>
#include <openssl/bn.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/wire.h"

#define PRIME_BITS_MIN 2048
#define PRIME_BITS_MAX 8192

/* A negative number is none; NULL then. */
static BIGNUM *
number(const struct wire *w)
{
	if (w->len > INT_MAX || (w->len > 0 && (w->data[0] & 0x80) != 0))
		return NULL;
	return BN_bin2bn(w->data, (int)w->len, NULL);
}

/* Is 1 < n < prime - 1? */
static bool
is_between(const BIGNUM *n, const BIGNUM *prime)
{
	BIGNUM *last;
	bool is_less;

	if (n == NULL || prime == NULL || BN_is_zero(n) || BN_is_one(n))
		return false;
	last = BN_dup(prime);
	is_less = last != NULL && BN_sub_word(last, 1) && BN_cmp(n, last) < 0;
	BN_free(last);
	return is_less;
}

static int
check_value(const BIGNUM *prime, const struct wire *value, struct err *e)
{
	BIGNUM *n = number(value);
	bool is_good = is_between(n, prime);

	BN_free(n);
	return is_good ? 0
		       : err_set(e, ERR_PROTOCOL,
				 "invalid public DH value: a key exchange with "
				 "it would be no secret");
}

int
dh_group_check(const struct wire *prime, const struct wire *generator,
	       struct err *e)
{
	BIGNUM *p = number(prime), *g = number(generator);
	int bits = p != NULL ? BN_num_bits(p) : 0;
	int rc = 0;

	if (bits < PRIME_BITS_MIN || bits > PRIME_BITS_MAX)
		rc = err_set(e, ERR_PROTOCOL,
			     "DH GEX group out of range: %d bits", bits);
	else if (!BN_is_odd(p) || !is_between(g, p))
		rc = err_set(e, ERR_PROTOCOL, "invalid DH GEX group");
	BN_free(p);
	BN_free(g);
	return rc;
}

int
dh_value_check(const struct wire *prime, const struct wire *value,
	       struct err *e)
{
	BIGNUM *p = number(prime);
	int rc = check_value(p, value, e);

	BN_free(p);
	return rc;
}

/* RFC 2409 section 6.2, RFC 3526. */
int
dh_value_check_named(const char *method, const struct wire *value,
		     struct err *e)
{
	static const struct {
		const char *start;
		BIGNUM *(*prime)(BIGNUM *n);
	} groups[] = {
		{ "diffie-hellman-group1-", BN_get_rfc2409_prime_1024 },
		{ "diffie-hellman-group14-", BN_get_rfc3526_prime_2048 },
		{ "diffie-hellman-group15-", BN_get_rfc3526_prime_3072 },
		{ "diffie-hellman-group16-", BN_get_rfc3526_prime_4096 },
		{ "diffie-hellman-group17-", BN_get_rfc3526_prime_6144 },
		{ "diffie-hellman-group18-", BN_get_rfc3526_prime_8192 },
	};
	BIGNUM *p = NULL;
	int rc;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (str_starts(method, groups[i].start))
			p = groups[i].prime(NULL);
	rc = check_value(p, value, e);
	BN_free(p);
	return rc;
}
