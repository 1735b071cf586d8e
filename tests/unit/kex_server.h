/*
 * kex_server - the other end of a key exchange, written with libcrypto alone:
 * what the server computes and says, for every method.
 */
#ifndef TESTS_UNIT_KEX_SERVER_H
#define TESTS_UNIT_KEX_SERVER_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "ssh/native/kex.h"
#include "tap.h"

static const struct method {
	const char *name, *hash;
	const char *curve; /* or */
	int group;         /* as many bits */
	const char *kem;
	bool is_exchange;
} methods[] = {
	{ "mlkem768x25519-sha256", "SHA256", "X25519", 0, "ML-KEM-768", false },
	{ "mlkem768nistp256-sha256", "SHA256", "P-256", 0, "ML-KEM-768",
	  false },
	{ "mlkem1024nistp384-sha384", "SHA384", "P-384", 0, "ML-KEM-1024",
	  false },
	{ "curve25519-sha256", "SHA256", "X25519", 0, NULL, false },
	{ "curve25519-sha256@libssh.org", "SHA256", "X25519", 0, NULL, false },
	{ "ecdh-sha2-nistp256", "SHA256", "P-256", 0, NULL, false },
	{ "ecdh-sha2-nistp384", "SHA384", "P-384", 0, NULL, false },
	{ "ecdh-sha2-nistp521", "SHA512", "P-521", 0, NULL, false },
	{ "diffie-hellman-group-exchange-sha256", "SHA256", NULL, 3072, NULL,
	  true },
	{ "diffie-hellman-group16-sha512", "SHA512", NULL, 4096, NULL, false },
	{ "diffie-hellman-group18-sha512", "SHA512", NULL, 8192, NULL, false },
	{ "diffie-hellman-group14-sha256", "SHA256", NULL, 2048, NULL, false },
	{ "diffie-hellman-group-exchange-sha1", "SHA1", NULL, 3072, NULL,
	  true },
	{ "diffie-hellman-group14-sha1", "SHA1", NULL, 2048, NULL, false },
	{ "diffie-hellman-group1-sha1", "SHA1", NULL, 1024, NULL, false },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

/* What the server says besides its public value. */
#define HOST_KEY "a host key"
#define SIGNATURE "a signature"

static const struct kex_transcript transcript = {
	.client_id = "SSH-2.0-client",
	.server_id = "SSH-2.0-server with a comment",
	.client_init = { (const unsigned char *)"\24client", 7 },
	.server_init = { (const unsigned char *)"\24server's", 9 },
};

/* One exchange, from both ends. */
struct run {
	const struct method *method;
	struct kex *kex;
	struct buf said;   /* the client's last message */
	struct buf reply;  /* the server's */
	struct buf asked;  /* group exchange: what goes into the hash for it */
	struct buf secret; /* K, as the server computes and writes it */
	struct buf theirs; /* the server's public value, as it is written */
	BIGNUM *prime;
};

static inline struct wire
wire_of(const struct buf *b)
{
	struct wire w;

	wire_init(&w, b->data, b->len);
	return w;
}

static inline BIGNUM *
well_known(int bits)
{
	switch (bits) {
	case 1024:
		return BN_get_rfc2409_prime_1024(NULL);
	case 2048:
		return BN_get_rfc3526_prime_2048(NULL);
	case 3072:
		return BN_get_rfc3526_prime_3072(NULL);
	case 4096:
		return BN_get_rfc3526_prime_4096(NULL);
	default:
		return BN_get_rfc3526_prime_8192(NULL);
	}
}

static inline void
put_number(struct buf *b, const BIGNUM *n)
{
	unsigned char bytes[1025];

	wire_put_mpint(b, bytes, (size_t)BN_bn2bin(n, bytes));
}

static inline bool
run_begin(struct run *r, const struct method *m)
{
	struct err e = { 0 };

	memset(r, 0, sizeof(*r));
	r->method = m;
	r->prime = well_known(m->group);
	r->kex = kex_new(m->name, &e);
	return ok(r->kex != NULL, "%s: %s", m->name, e.text);
}

static inline void
run_end(struct run *r)
{
	kex_free(r->kex);
	buf_clear(&r->said);
	buf_clear(&r->reply);
	buf_clear(&r->asked);
	buf_clear(&r->secret);
	buf_clear(&r->theirs);
	BN_free(r->prime);
}

static inline enum step
receive(struct run *r, struct err *e)
{
	struct wire w = wire_of(&r->reply);

	buf_reset(&r->said);
	return kex_receive(r->kex, &w, &transcript, &r->said, e);
}

/* The server's answer to a number: its own with the generator 2. */
static inline void
answer_number(struct run *r, struct wire said)
{
	BIGNUM *y = BN_new(), *two = BN_new(), *n = BN_new(), *their;
	BN_CTX *ctx = BN_CTX_new();
	struct wire number;

	(void)wire_get_mpint(&said, &number);
	their = BN_bin2bn(number.data, (int)number.len, NULL);
	ok(said.len == 0 && BN_num_bits(their) > 64 &&
	       BN_cmp(their, r->prime) < 0,
	   "%s: our number", r->method->name);
	BN_set_word(two, 2);
	BN_rand(y, 300, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
	BN_mod_exp(n, two, y, r->prime, ctx);
	put_number(&r->theirs, n);
	BN_mod_exp(n, their, y, r->prime, ctx);
	put_number(&r->secret, n);
	BN_free(their);
	BN_free(y);
	BN_free(two);
	BN_free(n);
	BN_CTX_free(ctx);
}

/* Encapsulate a secret for the key at the front of said. */
static inline void
answer_kem(const struct run *r, struct wire *said, struct buf *value,
	   struct buf *secret)
{
	size_t is_large = strcmp(r->method->kem, "ML-KEM-1024") == 0 ? 1 : 0;
	size_t key_len = is_large ? 1568 : 1184, len = 0, secret_len = 0;
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(
	    NULL, r->method->kem, NULL, said->data, key_len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	EVP_PKEY_encapsulate_init(ctx, NULL);
	EVP_PKEY_encapsulate(ctx, NULL, &len, NULL, &secret_len);
	EVP_PKEY_encapsulate(ctx, buf_room(value, len), &len,
			     buf_room(secret, secret_len), &secret_len);
	is_int((long long)len, is_large ? 1568 : 1088, "ciphertext");
	is_int((long long)secret_len, 32, "encapsulated secret");
	value->len += len;
	secret->len += secret_len;
	wire_init(said, said->data + key_len, said->len - key_len);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static inline void
answer_curve(const struct run *r, const struct wire *said, struct buf *value,
	     struct buf *secret)
{
	bool is_x25519 = strcmp(r->method->curve, "X25519") == 0;
	EVP_PKEY *mine =
	    is_x25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519")
		      : EVP_PKEY_Q_keygen(NULL, NULL, "EC", r->method->curve);
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	unsigned char *bytes = NULL;
	size_t len;

	EVP_PKEY_copy_parameters(peer, mine);
	is_int(EVP_PKEY_set1_encoded_public_key(peer, said->data, said->len), 1,
	       "%s: our point", r->method->name);
	len = EVP_PKEY_get1_encoded_public_key(mine, &bytes);
	buf_add(value, bytes, len);
	EVP_PKEY_derive_init(ctx);
	EVP_PKEY_derive_set_peer(ctx, peer);
	EVP_PKEY_derive(ctx, NULL, &len);
	EVP_PKEY_derive(ctx, buf_room(secret, len), &len);
	secret->len += len;
	OPENSSL_free(bytes);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(mine);
}

static inline void
answer_string(struct run *r, struct wire said)
{
	struct buf value = BUF_INIT, secret = BUF_INIT;
	unsigned char mixed[64];
	struct wire point;
	size_t len = 0;

	(void)wire_get_wire(&said, &point);
	is_int((long long)said.len, 0, "%s: one string", r->method->name);
	if (r->method->kem != NULL)
		answer_kem(r, &point, &value, &secret);
	answer_curve(r, &point, &value, &secret);
	wire_put_string(&r->theirs, value.data, value.len);
	if (r->method->kem != NULL) {
		EVP_Q_digest(NULL, r->method->hash, NULL, secret.data,
			     secret.len, mixed, &len);
		wire_put_string(&r->secret, mixed, len);
	} else {
		wire_put_mpint(&r->secret, secret.data, secret.len);
	}
	buf_clear(&value);
	buf_clear(&secret);
}

/* Go through the messages of a group exchange up to our number. */
static inline void
exchange_group(struct run *r)
{
	struct err e = { 0 };

	ok(r->said.len == 13 && r->said.data[0] == 34, "request of a group");
	buf_add(&r->asked, r->said.data + 1, r->said.len - 1);
	ok(kex_expects(r->kex, 31) && !kex_expects(r->kex, 33), "expects it");
	wire_put_byte(&r->reply, 31);
	put_number(&r->reply, r->prime);
	wire_put_mpint(&r->reply, (const unsigned char *)"\2", 1);
	buf_add(&r->asked, r->reply.data + 1, r->reply.len - 1);
	is_int(receive(r, &e), STEP_AGAIN, "takes the group: %s", e.text);
}

/* Everything up to the server's reply, which is made but not given. */
static inline void
run_to_reply(struct run *r)
{
	uint8_t init = r->method->is_exchange ? 32 : 30;
	struct wire said;
	uint8_t type = 0;

	ok(!kex_expects(r->kex, 31), "%s: expects nothing", r->method->name);
	kex_set_strength(r->kex, 128);
	kex_start(r->kex, &r->said);
	if (r->method->is_exchange)
		exchange_group(r);
	said = wire_of(&r->said);
	(void)wire_get_byte(&said, &type);
	is_int(type, init, "%s: our first value", r->method->name);
	ok(kex_expects(r->kex, init + 1) && !kex_expects(r->kex, init) &&
	       !kex_expects(r->kex, 21),
	   "%s: expects the reply", r->method->name);
	if (r->method->curve != NULL)
		answer_string(r, said);
	else
		answer_number(r, said);
	/* after it, r->said is what the client said about itself */
	buf_consume(&r->said, 1);
	buf_add(&r->asked, r->said.data, r->said.len);
	buf_reset(&r->reply);
	wire_put_byte(&r->reply, init + 1);
	wire_put_cstring(&r->reply, HOST_KEY);
	buf_add(&r->reply, r->theirs.data, r->theirs.len);
	wire_put_cstring(&r->reply, SIGNATURE);
}

#endif
