#include "ssh/native/kex.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/pkey.h"
#include "ssh/native/agreement.h"
#include "ssh/native/kem.h"
#include "ssh/native/kex_method.h"

/* RFC 4253 section 8, and 4419 section 5 for group exchange. */
enum {
	MESSAGE_INIT = 30,
	MESSAGE_REPLY = 31,
	MESSAGE_GEX_GROUP = 31,
	MESSAGE_GEX_INIT = 32,
	MESSAGE_GEX_REPLY = 33,
	MESSAGE_GEX_REQUEST = 34,
};

/* The sizes of a group to ask for: RFC 8270 says why none is smaller. */
enum { GROUP_MIN_BITS = 2048, GROUP_MAX_BITS = 8192 };

enum { DEFAULT_STRENGTH = 256 };

enum state {
	KEX_NEW,
	KEX_WANTS_GROUP,
	KEX_WANTS_REPLY,
	KEX_DONE,
	KEX_BROKEN,
};

struct kex {
	const struct kex_method *method;
	enum state state;
	unsigned int strength;
	EVP_PKEY *key;     /* ours; with group exchange once there is a group */
	EVP_PKEY *kem;     /* ours, of a hybrid method */
	struct buf group;  /* what was said about the group, for the hash */
	struct buf ours;   /* our public value as it is sent */
	struct buf secret; /* K as it is hashed: an mpint, or a string */
	struct buf host_key, signature;
	unsigned char hash[KEX_HASH_MAX];
	size_t hash_len;
};

/* Is a public value a number, not a string of a fixed length? */
static bool
is_number(const struct kex *k)
{
	return k->method->kind == KEX_GROUP ||
	       k->method->kind == KEX_GROUP_EXCHANGE;
}

/* What we will send: a hybrid's encapsulation key stands before the point. */
static int
set_ours(struct kex *k, struct err *e)
{
	struct buf value = BUF_INIT;
	int rc = 0;

	if (k->kem != NULL)
		rc = kem_get_public(k->kem, &value, e);
	if (rc == 0)
		rc = agreement_get_public(k->key, &value, e);
	if (rc == 0 && is_number(k))
		wire_put_mpint(&k->ours, value.data, value.len);
	else if (rc == 0)
		wire_put_string(&k->ours, value.data, value.len);
	buf_clear(&value);
	return rc;
}

static int
make_group_key(struct kex *k, struct err *e)
{
	struct wire prime, generator = { (const unsigned char *)"\2", 1 };
	struct buf b = BUF_INIT;

	if (agreement_group(k->method->group, &b, e) == 0) {
		wire_init(&prime, b.data, b.len);
		k->key = agreement_new_in_group(&prime, &generator, e);
	}
	buf_clear(&b);
	return k->key != NULL ? set_ours(k, e) : -1;
}

/* Make the keys that need nothing from the server. */
static int
make_keys(struct kex *k, struct err *e)
{
	switch (k->method->kind) {
	case KEX_GROUP:
		return make_group_key(k, e);
	case KEX_GROUP_EXCHANGE:
		return 0;
	case KEX_HYBRID:
		k->kem = kem_new(k->method->kem, e);
		if (k->kem == NULL)
			return -1;
		break;
	case KEX_CURVE:
		break;
	}
	k->key = agreement_new(k->method->curve, e);
	return k->key != NULL ? set_ours(k, e) : -1;
}

struct kex *
kex_new(const char *name, struct err *e)
{
	const struct kex_method *method = kex_method_find(name);
	struct kex *k;

	if (method == NULL) {
		err_set(e, ERR_PROTOCOL, "unknown key exchange method %.64s",
			name);
		return NULL;
	}
	k = xcalloc(1, sizeof(*k));
	k->method = method;
	k->strength = DEFAULT_STRENGTH;
	k->secret.wipe = true;
	if (make_keys(k, e) != 0) {
		err_wrap(e, "%s", name);
		kex_free(k);
		return NULL;
	}
	return k;
}

void
kex_free(struct kex *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	EVP_PKEY_free(k->kem);
	buf_clear(&k->group);
	buf_clear(&k->ours);
	buf_clear(&k->secret);
	buf_clear(&k->host_key);
	buf_clear(&k->signature);
	secret_wipe(k, sizeof(*k));
	free(k);
}

void
kex_set_strength(struct kex *k, unsigned int bits)
{
	k->strength = bits;
}

/* A group that is as hard to break as a cipher of that strength, as ssh
 * estimates it (NIST SP 800-57). */
static uint32_t
preferred_bits(unsigned int strength)
{
	if (strength <= 112)
		return 2048;
	if (strength <= 128)
		return 3072;
	if (strength <= 192)
		return 7680;
	return GROUP_MAX_BITS;
}

void
kex_start(struct kex *k, struct buf *ret_payload)
{
	assert(k->state == KEX_NEW);
	if (k->method->kind == KEX_GROUP_EXCHANGE) {
		wire_put_u32(&k->group, GROUP_MIN_BITS);
		wire_put_u32(&k->group, preferred_bits(k->strength));
		wire_put_u32(&k->group, GROUP_MAX_BITS);
		wire_put_byte(ret_payload, MESSAGE_GEX_REQUEST);
		buf_add(ret_payload, k->group.data, k->group.len);
		k->state = KEX_WANTS_GROUP;
	} else {
		wire_put_byte(ret_payload, MESSAGE_INIT);
		buf_add(ret_payload, k->ours.data, k->ours.len);
		k->state = KEX_WANTS_REPLY;
	}
}

bool
kex_expects(const struct kex *k, uint8_t type)
{
	switch (k->state) {
	case KEX_WANTS_GROUP:
		return type == MESSAGE_GEX_GROUP;
	case KEX_WANTS_REPLY:
		return type == (k->method->kind == KEX_GROUP_EXCHANGE
				    ? MESSAGE_GEX_REPLY
				    : MESSAGE_REPLY);
	case KEX_NEW:
	case KEX_DONE:
	case KEX_BROKEN:
		break;
	}
	return false;
}

static int
malformed(struct err *e)
{
	return err_set(e, ERR_PROTOCOL,
		       "the server sent a malformed key exchange message");
}

static uint32_t
number_bits(const struct wire *n)
{
	uint32_t bits = (uint32_t)n->len * 8;

	for (int top = n->len > 0 ? n->data[0] : 0x80; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

/* The server's group has come: make our key in it. */
static int
take_group(struct kex *k, struct wire w, struct buf *ret_payload, struct err *e)
{
	struct wire prime, generator;
	uint32_t bits;

	if (wire_get_mpint(&w, &prime) != 0 ||
	    wire_get_mpint(&w, &generator) != 0 || w.len > 0)
		return malformed(e);
	bits = number_bits(&prime);
	if (bits < GROUP_MIN_BITS || bits > GROUP_MAX_BITS)
		return err_set(e, ERR_PROTOCOL, "DH GEX group out of range");
	k->key = agreement_new_in_group(&prime, &generator, e);
	if (k->key == NULL || set_ours(k, e) != 0)
		return -1;
	wire_put_mpint(&k->group, prime.data, prime.len);
	wire_put_mpint(&k->group, generator.data, generator.len);
	wire_put_byte(ret_payload, MESSAGE_GEX_INIT);
	buf_add(ret_payload, k->ours.data, k->ours.len);
	k->state = KEX_WANTS_REPLY;
	return 0;
}

/* Hash data; out has room for KEX_HASH_MAX bytes. */
static int
digest(const struct kex *k, const struct buf *data, unsigned char *out,
       size_t *ret_len, struct err *e)
{
	if (EVP_Q_digest(NULL, k->method->hash, NULL, data->data, data->len,
			 out, ret_len) != 1)
		return pkey_error("no hash for the key exchange", e);
	return 0;
}

/* Both secrets of a hybrid method, the encapsulated one first. */
static int
derive_both(const struct kex *k, const struct wire *theirs, struct buf *raw,
	    struct err *e)
{
	size_t len = k->method->ciphertext_len;
	struct wire ciphertext, point;

	if (theirs->len < len)
		return malformed(e);
	wire_init(&ciphertext, theirs->data, len);
	wire_init(&point, theirs->data + len, theirs->len - len);
	if (kem_open(k->kem, &ciphertext, raw, e) != 0)
		return -1;
	return agreement_derive(k->key, &point, raw, e);
}

static int
set_secret(struct kex *k, const struct wire *theirs, struct err *e)
{
	unsigned char mixed[KEX_HASH_MAX];
	struct buf raw = { .wipe = true };
	size_t len;
	int rc;

	if (k->method->kind == KEX_HYBRID) {
		rc = derive_both(k, theirs, &raw, e);
		if (rc == 0)
			rc = digest(k, &raw, mixed, &len, e);
		if (rc == 0)
			wire_put_string(&k->secret, mixed, len);
		secret_wipe(mixed, sizeof(mixed));
	} else {
		rc = agreement_derive(k->key, theirs, &raw, e);
		if (rc == 0)
			wire_put_mpint(&k->secret, raw.data, raw.len);
	}
	buf_clear(&raw);
	return rc;
}

/* The exchange hash (RFC 4253 section 8, 4419 section 3, 5656 section 4). */
static int
set_hash(struct kex *k, const struct wire *theirs,
	 const struct kex_transcript *t, struct err *e)
{
	struct buf b = { .wipe = true };
	int rc;

	wire_put_cstring(&b, t->client_id);
	wire_put_cstring(&b, t->server_id);
	wire_put_string(&b, t->client_init.data, t->client_init.len);
	wire_put_string(&b, t->server_init.data, t->server_init.len);
	wire_put_string(&b, k->host_key.data, k->host_key.len);
	buf_add(&b, k->group.data, k->group.len);
	buf_add(&b, k->ours.data, k->ours.len);
	if (is_number(k))
		wire_put_mpint(&b, theirs->data, theirs->len);
	else
		wire_put_string(&b, theirs->data, theirs->len);
	buf_add(&b, k->secret.data, k->secret.len);
	rc = digest(k, &b, k->hash, &k->hash_len, e);
	buf_clear(&b);
	return rc;
}

static int
take_reply(struct kex *k, struct wire w, const struct kex_transcript *t,
	   struct err *e)
{
	struct wire host_key, theirs, signature;

	if (wire_get_wire(&w, &host_key) != 0 ||
	    (is_number(k) ? wire_get_mpint(&w, &theirs)
			  : wire_get_wire(&w, &theirs)) != 0 ||
	    wire_get_wire(&w, &signature) != 0 || w.len > 0)
		return malformed(e);
	buf_add(&k->host_key, host_key.data, host_key.len);
	buf_add(&k->signature, signature.data, signature.len);
	if (set_secret(k, &theirs, e) != 0 || set_hash(k, &theirs, t, e) != 0)
		return -1;
	k->state = KEX_DONE;
	return 0;
}

enum step
kex_receive(struct kex *k, const struct wire *payload,
	    const struct kex_transcript *t, struct buf *ret_payload,
	    struct err *e)
{
	struct wire w = *payload;
	uint8_t type = 0;
	int rc;

	if (wire_get_byte(&w, &type) != 0 || !kex_expects(k, type))
		rc = malformed(e);
	else if (k->state == KEX_WANTS_GROUP)
		rc = take_group(k, w, ret_payload, e);
	else
		rc = take_reply(k, w, t, e);
	if (rc != 0) {
		k->state = KEX_BROKEN;
		return STEP_FAIL;
	}
	return k->state == KEX_DONE ? STEP_DONE : STEP_AGAIN;
}

void
kex_get_result(const struct kex *k, struct kex_result *ret_result)
{
	assert(k->state == KEX_DONE);
	wire_init(&ret_result->host_key, k->host_key.data, k->host_key.len);
	wire_init(&ret_result->signature, k->signature.data, k->signature.len);
	wire_init(&ret_result->hash, k->hash, k->hash_len);
}

int
kex_derive(const struct kex *k, char letter, const struct wire *session_id,
	   size_t len, struct buf *ret_key, struct err *e)
{
	struct buf b = { .wipe = true };
	size_t head, made = 0;
	int rc = 0;

	assert(k->state == KEX_DONE);
	buf_add(&b, k->secret.data, k->secret.len);
	buf_add(&b, k->hash, k->hash_len);
	head = b.len;
	buf_add_byte(&b, (unsigned char)letter);
	buf_add(&b, session_id->data, session_id->len);
	/* Every further piece follows from all that came before it. */
	while (rc == 0 && made < len) {
		unsigned char piece[KEX_HASH_MAX];
		size_t n = 0;

		rc = digest(k, &b, piece, &n, e);
		if (made == 0)
			b.len = head;
		buf_add(&b, piece, n);
		made += n;
		secret_wipe(piece, sizeof(piece));
	}
	if (rc == 0)
		buf_add(ret_key, b.data + head, len);
	buf_clear(&b);
	return rc;
}
