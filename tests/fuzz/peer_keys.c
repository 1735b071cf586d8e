#include "peer_keys.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "peer.h"
#include "ssh/native/agreement.h"
#include "ssh/native/cipher.h"
#include "ssh/native/packet.h"

#define HASH_BYTES 32
#define KEY_BYTES 32
#define SIGNATURE_BYTES 64

struct peer_keys {
	struct buf secret; /* K as it is hashed: an mpint */
	unsigned char hash[HASH_BYTES];
};

static const unsigned char host_key[KEY_BYTES] =
    "the host key of the fuzz peer..";

static EVP_PKEY *
load_host_key(void)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						     host_key, KEY_BYTES);

	if (key == NULL)
		abort();
	return key;
}

static void
digest(const struct buf *data, unsigned char ret_hash[HASH_BYTES])
{
	size_t len = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, data->data, data->len, ret_hash,
			 &len) != 1)
		abort();
}

/* The host key, or what it signs, as a blob with the algorithm's name. */
static void
put_blob(struct buf *b, const unsigned char *bytes, size_t len)
{
	struct buf blob = BUF_INIT;

	wire_put_cstring(&blob, PEER_HOST_KEY);
	wire_put_string(&blob, bytes, len);
	wire_put_string(b, blob.data, blob.len);
	buf_clear(&blob);
}

static void
put_host_key(struct buf *b, EVP_PKEY *key)
{
	unsigned char bytes[KEY_BYTES];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(key, bytes, &len) != 1)
		abort();
	put_blob(b, bytes, len);
}

static void
put_signature(struct buf *b, EVP_PKEY *key, const unsigned char *hash)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char bytes[SIGNATURE_BYTES];
	size_t len = sizeof(bytes);

	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, bytes, &len, hash, HASH_BYTES) != 1)
		abort();
	put_blob(b, bytes, len);
	EVP_MD_CTX_free(ctx);
}

static void
put_buf(struct buf *b, const struct buf *value)
{
	wire_put_string(b, value->data, value->len);
}

/* Agree on K. Appends our public half to ours. Returns 0, or -1 if theirs
 * makes no secret. */
static int
agree(struct peer_keys *k, const struct wire *theirs, struct buf *ours)
{
	struct buf secret = { .wipe = true };
	struct err e;
	EVP_PKEY *key = agreement_new("X25519", &e);
	int rc;

	if (key == NULL || agreement_get_public(key, ours, &e) != 0)
		abort();
	rc = agreement_derive(key, theirs, &secret, &e);
	if (rc == 0)
		wire_put_mpint(&k->secret, secret.data, secret.len);
	buf_clear(&secret);
	EVP_PKEY_free(key);
	return rc;
}

/* RFC 5656 section 4 */
static void
make_hash(struct peer_keys *k, const struct peer_transcript *t,
	  const struct buf *public_part)
{
	struct buf b = BUF_INIT;

	put_buf(&b, t->client_id);
	wire_put_cstring(&b, t->server_id);
	put_buf(&b, t->client_init);
	put_buf(&b, t->server_init);
	buf_add(&b, public_part->data, public_part->len);
	buf_add(&b, k->secret.data, k->secret.len);
	digest(&b, k->hash);
	buf_clear(&b);
}

struct peer_keys *
peer_keys_new(struct wire *theirs, const struct peer_transcript *t,
	      struct buf *answer)
{
	struct peer_keys *k = xcalloc(1, sizeof(*k));
	struct buf ours = BUF_INIT, public_part = BUF_INIT;
	struct wire point;
	EVP_PKEY *key = load_host_key();
	bool is_good =
	    wire_get_wire(theirs, &point) == 0 && agree(k, &point, &ours) == 0;

	if (is_good) {
		put_host_key(answer, key);
		put_buf(answer, &ours);
		put_host_key(&public_part, key);
		wire_put_string(&public_part, point.data, point.len);
		put_buf(&public_part, &ours);
		make_hash(k, t, &public_part);
		put_signature(answer, key, k->hash);
	}
	buf_clear(&ours);
	buf_clear(&public_part);
	EVP_PKEY_free(key);
	if (is_good)
		return k;
	peer_keys_free(k);
	return NULL;
}

void
peer_keys_free(struct peer_keys *k)
{
	if (k == NULL)
		return;
	buf_clear(&k->secret);
	free(k);
}

void
peer_keys_get_hash(const struct peer_keys *k, struct buf *ret_hash)
{
	buf_add(ret_hash, k->hash, HASH_BYTES);
}

/* Append len bytes to out. */
static void
derive(const struct peer_keys *k, char letter, const struct buf *session_id,
       size_t len, struct buf *out)
{
	size_t from = out->len;

	while (out->len < from + len) {
		struct buf b = BUF_INIT;
		unsigned char more[HASH_BYTES];

		buf_add(&b, k->secret.data, k->secret.len);
		buf_add(&b, k->hash, HASH_BYTES);
		if (out->len == from) {
			wire_put_byte(&b, (uint8_t)letter);
			buf_add(&b, session_id->data, session_id->len);
		} else {
			buf_add(&b, out->data + from, out->len - from);
		}
		digest(&b, more);
		buf_add(out, more, HASH_BYTES);
		buf_clear(&b);
	}
	out->len = from + len;
}

void
peer_keys_derive(const struct peer_keys *k, const char letters[3],
		 const struct buf *session_id, struct packet_keys *ret,
		 struct buf *material)
{
	struct cipher_needs needs;

	cipher_get_needs(ret->cipher, ret->mac, &needs);
	derive(k, letters[0], session_id, needs.iv, material);
	derive(k, letters[1], session_id, needs.key, material);
	derive(k, letters[2], session_id, needs.mac_key, material);
	ret->iv = material->data;
	ret->key = ret->iv + needs.iv;
	ret->mac_key = ret->key + needs.key;
}
