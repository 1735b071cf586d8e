/* Every key exchange method against a server that is written here. */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "kex_server.h"
#include "ssh/algorithms.h"
#include "ssh/native/kex.h"
#include "ssh/native/kex_method.h"
#include "tap.h"

/* H as the server computes it. */
static size_t
server_hash(const struct run *r, unsigned char *hash)
{
	const struct kex_transcript *t = &transcript;
	struct buf b = BUF_INIT;
	size_t len = 0;

	wire_put_cstring(&b, t->client_id);
	wire_put_cstring(&b, t->server_id);
	wire_put_string(&b, t->client_init.data, t->client_init.len);
	wire_put_string(&b, t->server_init.data, t->server_init.len);
	wire_put_cstring(&b, HOST_KEY);
	buf_add(&b, r->asked.data, r->asked.len);
	buf_add(&b, r->theirs.data, r->theirs.len);
	buf_add(&b, r->secret.data, r->secret.len);
	EVP_Q_digest(NULL, r->method->hash, NULL, b.data, b.len, hash, &len);
	buf_clear(&b);
	return len;
}

/* RFC 4253 section 7.2, to the letter. */
static void
check_keys(const struct run *r, const struct wire *hash)
{
	static const size_t lengths[] = { 12, 16, 20, 32, 33, 64, 65, 200 };
	struct wire id = { (const unsigned char *)"the session", 11 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct buf got = BUF_INIT, key = BUF_INIT;
		char letter = (char)('A' + i % 6);
		struct err e = { 0 };
		bool is_same;

		while (key.len < lengths[i]) {
			struct buf b = BUF_INIT;
			unsigned char piece[64];
			size_t n = 0;

			buf_add(&b, r->secret.data, r->secret.len);
			buf_add(&b, hash->data, hash->len);
			if (key.len == 0)
				buf_addf(&b, "%cthe session", letter);
			buf_add(&b, key.data, key.len);
			EVP_Q_digest(NULL, r->method->hash, NULL, b.data, b.len,
				     piece, &n);
			buf_add(&key, piece, n);
			buf_clear(&b);
		}
		is_same = kex_derive(r->kex, letter, &id, lengths[i], &got,
				     &e) == 0 &&
			  got.len == lengths[i] &&
			  memcmp(got.data, key.data, got.len) == 0;
		ok(is_same, "%s: key %c of %zu bytes", r->method->name, letter,
		   lengths[i]);
		buf_clear(&got);
		buf_clear(&key);
	}
}

static void
test_method(const struct method *m)
{
	unsigned char hash[64];
	struct kex_result result;
	struct err e = { 0 };
	struct run r;
	size_t len;

	if (!kex_method_is_supported(m->name)) {
		skip("%s: libcrypto has it not", m->name);
		return;
	}
	if (run_begin(&r, m)) {
		run_to_reply(&r);
		is_int(receive(&r, &e), STEP_DONE, "%s: done: %s", m->name,
		       e.text);
		len = server_hash(&r, hash);
		kex_get_result(r.kex, &result);
		ok(result.hash.len == len &&
		       memcmp(result.hash.data, hash, len) == 0,
		   "%s: the same hash on both sides", m->name);
		ok(result.host_key.len == strlen(HOST_KEY) &&
		       result.signature.len == strlen(SIGNATURE),
		   "%s: the server's blobs", m->name);
		ok(!kex_expects(r.kex, 31) && !kex_expects(r.kex, 33),
		   "%s: expects nothing more", m->name);
		check_keys(&r, &result.hash);
	}
	run_end(&r);
}

/* --- what a server must not send ------------------------------------------ */

enum damage {
	DAMAGE_EMPTY,
	DAMAGE_TYPE_ONLY,
	DAMAGE_TYPE,
	DAMAGE_CUT,
	DAMAGE_LONGER,
	DAMAGE_NO_VALUE,
	DAMAGE_ZERO,
	DAMAGE_ONE,
	DAMAGE_NEGATIVE,
	DAMAGE_VALUE_CUT,
	DAMAGE_VALUE_LONGER,
	DAMAGE_POINT_ZERO,
	DAMAGE_SMALL_ORDER,
};

/* Which methods it is damage to. */
enum victims { EVERY, NUMBERS, CURVES, X25519 };

static const struct {
	const char *what;
	enum victims victims;
} damages[] = {
	[DAMAGE_EMPTY] = { "nothing", EVERY },
	[DAMAGE_TYPE_ONLY] = { "a type only", EVERY },
	[DAMAGE_TYPE] = { "another type", EVERY },
	[DAMAGE_CUT] = { "a byte missing", EVERY },
	[DAMAGE_LONGER] = { "a byte too many", EVERY },
	[DAMAGE_NO_VALUE] = { "an empty value", EVERY },
	[DAMAGE_ZERO] = { "value 0", EVERY },
	[DAMAGE_ONE] = { "value 1", EVERY },
	[DAMAGE_NEGATIVE] = { "a negative value", NUMBERS },
	[DAMAGE_VALUE_CUT] = { "a shorter value", CURVES },
	[DAMAGE_VALUE_LONGER] = { "a longer value", EVERY },
	[DAMAGE_POINT_ZERO] = { "a point of zeros", CURVES },
	[DAMAGE_SMALL_ORDER] = { "a point of small order", X25519 },
};

#define N_DAMAGES (sizeof(damages) / sizeof(damages[0]))

static bool
is_victim(const struct method *m, enum damage damage)
{
	switch (damages[damage].victims) {
	case EVERY:
		return true;
	case NUMBERS:
		return m->curve == NULL;
	case CURVES:
		return m->curve != NULL;
	case X25519:
		return m->curve != NULL && strcmp(m->curve, "X25519") == 0;
	}
	return false;
}

/* The server's public value, damaged, as it is written. */
static void
put_damaged(const struct run *r, enum damage damage, struct buf *b)
{
	struct wire w = wire_of(&r->theirs), value;
	struct buf copy = BUF_INIT;
	size_t point;

	(void)wire_get_wire(&w, &value);
	buf_add(&copy, value.data, value.len);
	/* the point is the last part of a hybrid value */
	point = copy.len > 1568 ? 1568 : copy.len > 1088 ? 1088 : 0;
	switch (damage) {
	case DAMAGE_NO_VALUE:
		copy.len = 0;
		break;
	case DAMAGE_ZERO:
	case DAMAGE_ONE:
		copy.len = 1;
		copy.data[0] = damage == DAMAGE_ONE ? 1 : 0;
		break;
	case DAMAGE_NEGATIVE:
		copy.data[0] = 0x80;
		break;
	case DAMAGE_VALUE_CUT:
		copy.len--;
		break;
	case DAMAGE_VALUE_LONGER:
		buf_add(&copy, value.data, value.len);
		break;
	case DAMAGE_POINT_ZERO:
	case DAMAGE_SMALL_ORDER:
		memset(copy.data + point, 0, copy.len - point);
		copy.data[point] = damage == DAMAGE_SMALL_ORDER ? 1 : 0;
		break;
	case DAMAGE_EMPTY:
	case DAMAGE_TYPE_ONLY:
	case DAMAGE_TYPE:
	case DAMAGE_CUT:
	case DAMAGE_LONGER:
		break;
	}
	wire_put_string(b, copy.data, copy.len);
	buf_clear(&copy);
}

static void
damage_reply(struct run *r, enum damage damage)
{
	uint8_t type = r->reply.data[0];

	switch (damage) {
	case DAMAGE_EMPTY:
		r->reply.len = 0;
		return;
	case DAMAGE_TYPE_ONLY:
		r->reply.len = 1;
		return;
	case DAMAGE_TYPE:
		r->reply.data[0] = type + 1;
		return;
	case DAMAGE_CUT:
		r->reply.len--;
		return;
	case DAMAGE_LONGER:
		buf_add_byte(&r->reply, 0);
		return;
	case DAMAGE_NO_VALUE:
	case DAMAGE_ZERO:
	case DAMAGE_ONE:
	case DAMAGE_NEGATIVE:
	case DAMAGE_VALUE_CUT:
	case DAMAGE_VALUE_LONGER:
	case DAMAGE_POINT_ZERO:
	case DAMAGE_SMALL_ORDER:
		buf_reset(&r->reply);
		wire_put_byte(&r->reply, type);
		wire_put_cstring(&r->reply, HOST_KEY);
		put_damaged(r, damage, &r->reply);
		wire_put_cstring(&r->reply, SIGNATURE);
	}
}

static void
test_damage(const struct method *m, enum damage damage)
{
	struct err e = { 0 };
	struct run r;

	if (!kex_method_is_supported(m->name) || !is_victim(m, damage))
		return;
	if (run_begin(&r, m)) {
		run_to_reply(&r);
		damage_reply(&r, damage);
		ok(receive(&r, &e) == STEP_FAIL && e.kind == ERR_PROTOCOL &&
		       r.said.len == 0,
		   "%s: %s: %s", m->name, damages[damage].what, e.text);
		ok(!kex_expects(r.kex, 31) && !kex_expects(r.kex, 33),
		   "%s: it is over", m->name);
	}
	run_end(&r);
}

static const struct {
	const char *what;
	int bits;  /* of the prime */
	int value; /* of the generator */
	bool is_even, is_longer;
	enum step result;
} groups[] = {
	{ "2048 bits", 2048, 2, false, false, STEP_AGAIN },
	{ "8192 bits", 8192, 5, false, false, STEP_AGAIN },
	{ "2047 bits", 2047, 2, false, false, STEP_FAIL },
	{ "8193 bits", 8193, 2, false, false, STEP_FAIL },
	{ "an even prime", 2048, 2, true, false, STEP_FAIL },
	{ "generator 0", 2048, 0, false, false, STEP_FAIL },
	{ "generator 1", 2048, 1, false, false, STEP_FAIL },
	{ "a negative generator", 2048, -1, false, false, STEP_FAIL },
	{ "a byte too many", 2048, 2, false, true, STEP_FAIL },
};

/* An odd number will do for a prime: no client tests it. */
static void
test_group(size_t i)
{
	struct run r;
	struct err e = { 0 };
	unsigned char g = (unsigned char)groups[i].value;
	BIGNUM *p = BN_new();

	BN_rand(p, groups[i].bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	if (groups[i].is_even)
		BN_sub_word(p, 1);
	(void)run_begin(&r, &methods[8]);
	kex_start(r.kex, &r.said);
	wire_put_byte(&r.reply, 31);
	put_number(&r.reply, p);
	wire_put_string(&r.reply, &g, 1);
	if (groups[i].is_longer)
		buf_add_byte(&r.reply, 0);
	is_int(receive(&r, &e), groups[i].result, "a group of %s: %s",
	       groups[i].what, e.text);
	run_end(&r);
	BN_free(p);
}

/* The sizes that ssh asks for. */
static void
test_strength(unsigned int strength, const char *request)
{
	struct run r;

	(void)run_begin(&r, &methods[8]);
	if (strength > 0)
		kex_set_strength(r.kex, strength);
	kex_start(r.kex, &r.said);
	ok(r.said.len == 13 && memcmp(r.said.data, request, 13) == 0,
	   "a group as strong as %u bits", strength);
	run_end(&r);
}

static void
test_names(void)
{
	const char *names = kex_method_names();
	struct err e = { 0 };

	for (size_t i = 0; i < N_METHODS; i++) {
		size_t len = strlen(methods[i].name);

		ok(strncmp(names, methods[i].name, len) == 0, "%s is a name",
		   methods[i].name);
		ok(algorithms_is_post_quantum(methods[i].name) ==
		       (methods[i].kem != NULL),
		   "%s: post-quantum or not", methods[i].name);
		ok(methods[i].kem != NULL ||
		       kex_method_is_supported(methods[i].name),
		   "%s: supported", methods[i].name);
		names += len;
		names += *names == ',' ? 1 : 0;
	}
	is_str(names, "", "there are no other names");
	ok(!kex_method_is_supported("curve25519") &&
	       !kex_method_is_supported(""),
	   "nothing else is supported");
	ok(kex_new("none", &e) == NULL && e.kind == ERR_PROTOCOL, "%s", e.text);
	kex_free(NULL);
}

int
main(void)
{
	test_names();
	for (size_t i = 0; i < N_METHODS; i++) {
		test_method(&methods[i]);
		for (size_t n = 0; n < N_DAMAGES; n++)
			test_damage(&methods[i], (enum damage)n);
	}
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		test_group(i);
	test_strength(112, "\42\0\0\10\0\0\0\10\0\0\0\40\0");
	test_strength(128, "\42\0\0\10\0\0\0\14\0\0\0\40\0");
	test_strength(192, "\42\0\0\10\0\0\0\36\0\0\0\40\0");
	test_strength(0, "\42\0\0\10\0\0\0\40\0\0\0\40\0");
	test_strength(512, "\42\0\0\10\0\0\0\40\0\0\0\40\0");
	return done_testing();
}
