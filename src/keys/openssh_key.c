#include "keys/openssh_key.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/base64.h"
#include "keys/bcrypt_pbkdf.h"
#include "keys/key.h"
#include "keys/openssh_cipher.h"
#include "keys/pkey.h"
#include "keys/private_parts.h"

static const char mark_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char mark_end[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

/* A round takes about 5 ms; ssh-keygen writes 16 or 24 of them. */
enum { ROUNDS_MAX = 20000 };

/* The outer layer: everything that can be read without a passphrase. All
 * readers look into decoded. */
struct envelope {
	struct buf decoded;
	const struct openssh_cipher *cipher; /* NULL: not encrypted */
	struct wire salt;
	uint32_t rounds;
	struct wire public;
	struct wire body; /* the private half, encrypted */
	struct wire tag;
};

static const char *
find(const struct wire *text, const char *word)
{
	return memmem(text->data, text->len, word, strlen(word));
}

bool
openssh_key_is(const struct wire *file)
{
	return find(file, mark_begin) != NULL;
}

/* Undo the text form. Returns 0, or -1 with e set. */
static int
decode_text(const struct wire *file, struct buf *decoded, struct err *e)
{
	const char *begin = find(file, mark_begin), *end;
	struct wire rest;

	if (begin == NULL)
		return err_set(e, ERR_LOCAL, "no BEGIN line");
	begin += strlen(mark_begin);
	wire_init(&rest, begin,
		  file->len - (size_t)(begin - (const char *)file->data));
	end = find(&rest, mark_end);
	if (end == NULL)
		return err_set(e, ERR_LOCAL, "no END line");
	if (base64_decode(begin, (size_t)(end - begin), decoded) != 0)
		return err_set(e, ERR_LOCAL, "damaged base64");
	return 0;
}

static bool
is_word(const struct wire *w, const char *word)
{
	return w->len == strlen(word) && memcmp(w->data, word, w->len) == 0;
}

/* How the private half is encrypted. Returns 0, or -1 with e set. */
static int
parse_encryption(struct envelope *env, struct wire *w, struct err *e)
{
	struct wire kdf, options;
	char *cipher = NULL;
	int rc = -1;

	if (wire_get_cstring(w, &cipher) != 0 || wire_get_wire(w, &kdf) != 0 ||
	    wire_get_wire(w, &options) != 0) {
		err_set(e, ERR_LOCAL, "truncated header");
		goto out;
	}
	if (strcmp(cipher, "none") == 0 && is_word(&kdf, "none")) {
		rc = 0;
		goto out;
	}
	env->cipher = openssh_cipher_find(cipher);
	if (env->cipher == NULL || !is_word(&kdf, "bcrypt")) {
		err_set(e, ERR_LOCAL, "unknown encryption \"%.64s\"", cipher);
		goto out;
	}
	if (wire_get_wire(&options, &env->salt) != 0 ||
	    wire_get_u32(&options, &env->rounds) != 0 || options.len > 0 ||
	    env->salt.len == 0 || env->rounds == 0) {
		err_set(e, ERR_LOCAL, "damaged key derivation parameters");
		goto out;
	}
	if (env->rounds > ROUNDS_MAX) {
		err_set(e, ERR_LOCAL, "%u key derivation rounds are too many",
			env->rounds);
		goto out;
	}
	rc = 0;
out:
	free(cipher);
	return rc;
}

static int
parse_envelope(struct envelope *env, const struct wire *file, struct err *e)
{
	const unsigned char *start;
	size_t block_len = 8, tag_len = 0;
	struct wire w;
	uint32_t n_keys;

	if (decode_text(file, &env->decoded, e) != 0)
		return -1;
	wire_init(&w, env->decoded.data, env->decoded.len);
	if (wire_get_bytes(&w, sizeof(magic), &start) != 0 ||
	    memcmp(start, magic, sizeof(magic)) != 0)
		return err_set(e, ERR_LOCAL, "not an OpenSSH private key");
	if (parse_encryption(env, &w, e) != 0)
		return -1;
	if (env->cipher != NULL) {
		block_len = env->cipher->block_len;
		tag_len = env->cipher->tag_len;
	}
	if (wire_get_u32(&w, &n_keys) != 0 || n_keys != 1 ||
	    wire_get_wire(&w, &env->public) != 0 ||
	    wire_get_wire(&w, &env->body) != 0 || env->body.len < block_len ||
	    env->body.len % block_len != 0 || w.len != tag_len)
		return err_set(e, ERR_LOCAL, "damaged or truncated");
	env->tag = w;
	return 0;
}

struct key *
openssh_key_public(const struct wire *file, struct err *e)
{
	struct envelope env = { .decoded = { .wipe = true } };
	struct key *k = NULL;

	if (parse_envelope(&env, file, e) == 0)
		k = key_from_plain_blob(env.public.data, env.public.len, e);
	if (k == NULL)
		e->kind = ERR_LOCAL;
	buf_clear(&env.decoded);
	return k;
}

/* Decrypt the private half into plain. */
static enum private_result
decrypt(const struct envelope *env, const struct secret *passphrase,
	struct buf *plain, struct err *e)
{
	const struct openssh_cipher *c = env->cipher;
	unsigned char key[OPENSSH_CIPHER_KEY_MAX];
	enum private_result result = PRIVATE_WRONG_PASSPHRASE;

	if (c == NULL) {
		buf_add(plain, env->body.data, env->body.len);
		return PRIVATE_OK;
	}
	if (passphrase == NULL || passphrase->len == 0)
		return PRIVATE_ENCRYPTED;
	if (bcrypt_pbkdf(passphrase, &env->salt, env->rounds, key,
			 c->key_len + c->iv_len) != 0) {
		pkey_error("key derivation", e);
		result = PRIVATE_BAD_FORMAT;
	} else if (openssh_cipher_decrypt(c, key, &env->body, &env->tag,
					  plain) == 0) {
		result = PRIVATE_OK;
	}
	secret_wipe(key, sizeof(key));
	return result;
}

/* What is left must count from 1. */
static bool
is_padding(const struct wire *w)
{
	for (size_t i = 0; i < w->len; i++) {
		if (w->data[i] != (unsigned char)(i + 1))
			return false;
	}
	return true;
}

/* The fields of the public half, and by what the device knows the key. Returns
 * 0, or -1 with e set. */
static int
parse_sk(struct wire *w, const struct key *public, struct private_key *k,
	 struct err *e)
{
	const unsigned char *start;
	struct wire fields, handle, reserved;

	key_get_fields(public, &fields);
	if (wire_get_bytes(w, fields.len, &start) != 0 ||
	    memcmp(start, fields.data, fields.len) != 0)
		return err_set(e, ERR_LOCAL, "the halves do not fit");
	if (wire_get_byte(w, &k->sk_flags) != 0 ||
	    wire_get_wire(w, &handle) != 0 || wire_get_wire(w, &reserved) != 0)
		return err_set(e, ERR_LOCAL, "the private %s key is damaged",
			       key_type_name(public));
	k->sk_handle.wipe = true;
	buf_add(&k->sk_handle, handle.data, handle.len);
	buf_add(&k->sk_reserved, reserved.data, reserved.len);
	k->public = key_plain(public);
	return 0;
}

static int
parse_pair(struct wire *w, const struct key *public, struct private_key *k,
	   struct err *e)
{
	k->pkey = pkey_from_fields(w, public, e);
	if (k->pkey == NULL)
		return -1;
	k->public = pkey_public(k->pkey, e);
	if (k->public == NULL)
		return -1;
	return key_equal(k->public, public)
		   ? 0
		   : err_set(e, ERR_LOCAL, "the halves do not fit");
}

/* Fill in k from the decrypted half, which must belong to public. Returns 0,
 * or -1 with e set. */
static int
parse_private(struct wire w, const struct key *public, struct private_key *k,
	      struct err *e)
{
	struct wire name;

	if (wire_get_wire(&w, &name) != 0 || !is_word(&name, public->name))
		return err_set(e, ERR_LOCAL,
			       "the halves are of different "
			       "types");
	if ((key_is_sk(public) ? parse_sk : parse_pair)(&w, public, k, e) != 0)
		return -1;
	if (wire_get_cstring(&w, &k->comment) != 0 || !is_padding(&w))
		return err_set(e, ERR_LOCAL, "damaged comment or padding");
	return 0;
}

/* The two equal numbers at the start of plain tell whether the passphrase was
 * right. */
static enum private_result
open_private(const struct envelope *env, const struct buf *plain,
	     const struct key *public, struct private_key *k, struct err *e)
{
	uint32_t check[2] = { 0, 0 };
	struct wire w;

	wire_init(&w, plain->data, plain->len);
	if (wire_get_u32(&w, &check[0]) != 0 ||
	    wire_get_u32(&w, &check[1]) != 0 || check[0] != check[1]) {
		err_set(e, ERR_LOCAL, "the private half is damaged");
		return env->cipher != NULL ? PRIVATE_WRONG_PASSPHRASE
					   : PRIVATE_BAD_FORMAT;
	}
	return parse_private(w, public, k, e) == 0 ? PRIVATE_OK
						   : PRIVATE_BAD_FORMAT;
}

/* Can we sign with such a key at all? Returns 0, or -1 with e set. */
static int
check_type(const struct key *public, struct err *e)
{
	if (public->type == KEY_OTHER)
		return err_set(e, ERR_LOCAL, "%s keys are not supported",
			       key_type_name(public));
	return 0;
}

enum private_result
openssh_key_decode(const struct wire *file, const struct secret *passphrase,
		   struct private_key *k, struct err *e)
{
	struct envelope env = { .decoded = { .wipe = true } };
	struct buf plain = { .wipe = true };
	struct key *public = NULL;
	enum private_result result = PRIVATE_BAD_FORMAT;

	if (parse_envelope(&env, file, e) != 0)
		goto out;
	public = key_from_plain_blob(env.public.data, env.public.len, e);
	if (public == NULL || check_type(public, e) != 0)
		goto out;
	result = decrypt(&env, passphrase, &plain, e);
	if (result == PRIVATE_OK)
		result = open_private(&env, &plain, public, k, e);
out:
	key_free(public);
	buf_clear(&plain);
	buf_clear(&env.decoded);
	return result;
}
