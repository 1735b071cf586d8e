#include "keys/key.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "keys/base64.h"

/* No SSH packet is longer, so no blob can be. */
enum { KEY_BLOB_MAX = 256 * 1024, KEY_BASE64_MAX = KEY_BLOB_MAX / 3 * 4 };

enum { RSA_MIN_BITS = 1024, RSA_MAX_BITS = 16384 };

/* What stands between the type name (of a certificate: the nonce) and the end
 * of the plain key, one letter for each field. */
enum field {
	FIELD_MPINT = 'm',
	FIELD_CURVE = 'c',   /* the name of the curve */
	FIELD_POINT = 'p',   /* an uncompressed point on it */
	FIELD_ED25519 = 'e', /* 32 bytes */
	FIELD_STRING = 's',
};

struct kind {
	enum key_type type;
	int bits; /* 0: as many as the modulus has */
	const char *name, *cert_name;
	const char *shown, *cert_shown;
	const char *fields;
	const char *curve;
	const char *const *algorithms, *const *cert_algorithms;
};

/* clang-format off */
#define CERT "-cert-v01@openssh.com"
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define NAMES(n, c) .name = n, .cert_name = c, \
	.algorithms = LIST(n), .cert_algorithms = LIST(c)
#define SHOWN(s) .shown = s, .cert_shown = s "-CERT"
#define ECDSA(t, n) { .type = t, SHOWN("ECDSA"), \
	NAMES("ecdsa-sha2-nistp" #n, "ecdsa-sha2-nistp" #n CERT), \
	.fields = "cp", .curve = "nistp" #n, .bits = n }

static const struct kind kinds[] = {
	{ .type = KEY_RSA, SHOWN("RSA"), .fields = "mm",
	  .name = "ssh-rsa", .cert_name = "ssh-rsa" CERT,
	  .algorithms = LIST("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
	  .cert_algorithms = LIST("rsa-sha2-512" CERT, "rsa-sha2-256" CERT,
				  "ssh-rsa" CERT) },
	ECDSA(KEY_ECDSA_256, 256),
	ECDSA(KEY_ECDSA_384, 384),
	ECDSA(KEY_ECDSA_521, 521),
	{ .type = KEY_ED25519, SHOWN("ED25519"), .fields = "e", .bits = 256,
	  NAMES("ssh-ed25519", "ssh-ed25519" CERT) },
	{ .type = KEY_ECDSA_SK, SHOWN("ECDSA-SK"), .fields = "cps",
	  .curve = "nistp256", .bits = 256,
	  NAMES("sk-ecdsa-sha2-nistp256@openssh.com",
		"sk-ecdsa-sha2-nistp256" CERT) },
	{ .type = KEY_ED25519_SK, SHOWN("ED25519-SK"), .fields = "es",
	  .bits = 256, NAMES("sk-ssh-ed25519@openssh.com",
			     "sk-ssh-ed25519" CERT) },
	{ .type = KEY_OTHER, SHOWN("DSA"), .fields = "mmmm",
	  NAMES("ssh-dss", "ssh-dss" CERT) },
};
/* clang-format on */

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The row for a blob's type name, or NULL. */
static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0 ||
		    strcmp(kinds[i].cert_name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* There is one row for each type, in the order of the enum. */
static const struct kind *
kind_of(const struct key *k)
{
	return &kinds[k->type];
}

/*
 * A positive number without its leading zeros, of at most RSA_MAX_BITS. One
 * that has more of them than RFC 4251 allows is none: blobs are compared and
 * hashed, and a revoked key is not to come back in other clothes.
 */
static int
get_mpint(struct wire *w, struct wire *ret_number)
{
	struct wire rest = *w, text, n;

	if (wire_get_mpint(&rest, &n) != 0 || n.len == 0 ||
	    n.len > RSA_MAX_BITS / 8)
		return -1;
	(void)wire_get_wire(w, &text);
	if (text.len > n.len + (n.data[0] >= 0x80))
		return -1;
	*ret_number = n;
	return 0;
}

static int
mpint_bits(const struct wire *n)
{
	int bits = (int)n->len * 8;

	for (int top = n->data[0]; top < 0x80; top <<= 1)
		bits--;
	return bits;
}

/* Is the content of a field, other than a number, what it must be? */
static bool
is_fitting(const struct wire *text, const struct kind *kind, enum field field)
{
	size_t coordinate = ((size_t)kind->bits + 7) / 8;

	switch (field) {
	case FIELD_CURVE:
		return text->len == strlen(kind->curve) &&
		       memcmp(text->data, kind->curve, text->len) == 0;
	case FIELD_POINT:
		return text->len == 1 + 2 * coordinate && text->data[0] == 4;
	case FIELD_ED25519:
		return text->len == 32;
	case FIELD_MPINT:
	case FIELD_STRING:
		return true;
	}
	return false;
}

static int
skip_field(struct wire *w, const struct kind *kind, enum field field)
{
	struct wire content;

	if (field == FIELD_MPINT)
		return get_mpint(w, &content);
	if (wire_get_wire(w, &content) != 0)
		return -1;
	return is_fitting(&content, kind, field) ? 0 : -1;
}

static int
skip_fields(struct wire *w, const struct kind *kind)
{
	for (const char *f = kind->fields; *f != '\0'; f++) {
		if (skip_field(w, kind, (enum field) * f) != 0)
			return -1;
	}
	return 0;
}

void
key_get_fields(const struct key *k, struct wire *ret_fields)
{
	struct wire name;

	if (k->cert != NULL)
		wire_init(ret_fields, k->cert->plain_blob, k->cert->plain_len);
	else
		wire_init(ret_fields, k->blob, k->len);
	(void)wire_get_wire(ret_fields, &name);
}

bool
key_is_sk(const struct key *k)
{
	return k->type == KEY_ECDSA_SK || k->type == KEY_ED25519_SK;
}

int
key_bits(const struct key *k)
{
	struct wire w, number;

	key_get_fields(k, &w);
	if (kind_of(k)->bits > 0)
		return kind_of(k)->bits;
	/* RSA has e before n; DSA begins with p. */
	if (k->type == KEY_RSA && get_mpint(&w, &number) != 0)
		return 0;
	return get_mpint(&w, &number) == 0 ? mpint_bits(&number) : 0;
}

/* The plain blob inside a certificate: the plain name, then the same fields. */
static void
set_plain_blob(struct key *k, const unsigned char *fields, size_t len)
{
	struct buf b = BUF_INIT;

	wire_put_cstring(&b, kind_of(k)->name);
	buf_add(&b, fields, len);
	k->cert->plain_blob = b.data;
	k->cert->plain_len = b.len;
}

/* Read what follows the key itself, whose fields these are. Returns 0, or -1.
 */
static int
parse_cert(struct key *k, struct wire *rest, const struct wire *fields,
	   struct err *e)
{
	size_t head = k->len - rest->len;
	struct wire ca;

	if (cert_parse(rest, &k->cert, &ca, e) != 0)
		return -1;
	k->cert->signed_len += head;
	set_plain_blob(k, fields->data, fields->len);
	k->cert->ca = key_from_plain_blob(ca.data, ca.len, e);
	return k->cert->ca != NULL ? 0
				   : err_wrap(e, "certificate's signing key");
}

/* Check what follows the type name and fill in k. Returns 0, or -1. */
static int
parse_body(struct key *k, const struct kind *kind, struct wire w, struct err *e)
{
	bool is_cert = strcmp(k->name, kind->cert_name) == 0;
	struct wire nonce, fields;

	k->type = kind->type;
	if (is_cert && wire_get_wire(&w, &nonce) != 0)
		return err_set(e, ERR_PROTOCOL, "malformed %s key", k->name);
	fields = w;
	if (skip_fields(&w, kind) != 0)
		return err_set(e, ERR_PROTOCOL, "malformed %s key", k->name);
	fields.len -= w.len;
	if (is_cert && parse_cert(k, &w, &fields, e) != 0)
		return -1;
	if (w.len > 0)
		return err_set(e, ERR_PROTOCOL,
			       "malformed %s key: %zu bytes "
			       "too many",
			       k->name, w.len);
	if (k->type == KEY_RSA && key_bits(k) < RSA_MIN_BITS)
		return err_set(e, ERR_PROTOCOL, "RSA key of %d bits: too short",
			       key_bits(k));
	return 0;
}

static struct key *
parse_blob(const void *blob, size_t len, bool allow_cert, struct err *e)
{
	struct key *k = xcalloc(1, sizeof(*k)), *result = NULL;
	const struct kind *kind;
	struct wire w;

	wire_init(&w, blob, len);
	if (len > KEY_BLOB_MAX || wire_get_cstring(&w, &k->name) != 0) {
		err_set(e, ERR_PROTOCOL, "malformed key");
		goto out;
	}
	kind = find_kind(k->name);
	if (kind == NULL) {
		err_set(e, ERR_PROTOCOL, "unknown key type \"%.64s\"", k->name);
		goto out;
	}
	if (!allow_cert && strcmp(k->name, kind->name) != 0) {
		err_set(e, ERR_PROTOCOL, "unexpected certificate");
		goto out;
	}
	k->blob = xmemdup(blob, len);
	k->len = len;
	if (parse_body(k, kind, w, e) != 0)
		goto out;
	result = k;
	k = NULL;
out:
	key_free(k);
	return result;
}

struct key *
key_from_blob(const void *blob, size_t len, struct err *e)
{
	return parse_blob(blob, len, true, e);
}

struct key *
key_from_plain_blob(const void *blob, size_t len, struct err *e)
{
	return parse_blob(blob, len, false, e);
}

void
key_warm_up(void)
{
	/* what a key exchange will do */
	EVP_PKEY_free(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	free(k->name);
	free(k->blob);
	if (k->cert != NULL)
		key_free(k->cert->ca);
	cert_free(k->cert);
	free(k);
}

char *
key_base64(const struct key *k)
{
	return base64_encode(k->blob, k->len);
}

bool
key_equal(const struct key *a, const struct key *b)
{
	return a->len == b->len && memcmp(a->blob, b->blob, a->len) == 0;
}

bool
key_equal_plain(const struct key *a, const struct key *b)
{
	struct wire x, y;

	key_get_fields(a, &x);
	key_get_fields(b, &y);
	return a->type == b->type && x.len == y.len &&
	       memcmp(x.data, y.data, x.len) == 0;
}

struct key *
key_plain(const struct key *k)
{
	struct err e;

	if (k->cert == NULL)
		return key_from_plain_blob(k->blob, k->len, &e);
	return key_from_plain_blob(k->cert->plain_blob, k->cert->plain_len, &e);
}

const char *
key_type_name(const struct key *k)
{
	return k->cert != NULL ? kind_of(k)->cert_shown : kind_of(k)->shown;
}

const char *const *
key_algorithms(const struct key *k)
{
	return k->cert != NULL ? kind_of(k)->cert_algorithms
			       : kind_of(k)->algorithms;
}

/* The row that has the algorithm, and its place there; the plain forms and
 * those of certificates stand in the same order. NULL if there is none. */
static const struct kind *
find_algorithm(const char *name, size_t *ret_at)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct kind *kind = &kinds[i];

		for (size_t n = 0; kind->algorithms[n] != NULL; n++) {
			if (strcmp(kind->algorithms[n], name) == 0 ||
			    strcmp(kind->cert_algorithms[n], name) == 0) {
				*ret_at = n;
				return kind;
			}
		}
	}
	return NULL;
}

const char *
key_algorithm_key_name(const char *algorithm)
{
	size_t at;
	const struct kind *kind = find_algorithm(algorithm, &at);

	return kind != NULL ? kind->name : NULL;
}

const char *
key_algorithm_plain(const char *algorithm)
{
	size_t at;
	const struct kind *kind = find_algorithm(algorithm, &at);

	return kind != NULL ? kind->algorithms[at] : NULL;
}

/* Take the next word of a line; *s is after the white space that follows. */
static struct wire
next_word(const char **s)
{
	struct wire word;

	*s += strspn(*s, " \t");
	wire_init(&word, *s, strcspn(*s, " \t\r\n"));
	*s += word.len;
	*s += strspn(*s, " \t");
	return word;
}

/* As in ssh, a key may be called by any algorithm that it is for, such as
 * rsa-sha2-256. */
static bool
is_called(const struct key *k, const struct wire *name)
{
	const char *const *algorithm = key_algorithms(k);

	for (; *algorithm != NULL; algorithm++)
		if (strlen(*algorithm) == name->len &&
		    memcmp(*algorithm, name->data, name->len) == 0)
			return true;
	return false;
}

/* Take type and base64 of a line; *text is what follows. Returns 0, or -1. */
static int
decode_text(const char **text, struct wire *ret_name, struct buf *blob)
{
	struct wire base64;

	*ret_name = next_word(text);
	base64 = next_word(text);
	if (base64.len == 0 || base64.len > KEY_BASE64_MAX)
		return -1;
	return base64_decode((const char *)base64.data, base64.len, blob);
}

bool
key_text_is_weak(const char *text)
{
	struct buf blob = BUF_INIT;
	struct wire name, w, kind, exponent, modulus;
	bool is_weak;

	is_weak = decode_text(&text, &name, &blob) == 0;
	wire_init(&w, blob.data, blob.len);
	is_weak = is_weak && wire_get_wire(&w, &kind) == 0 &&
		  kind.len == strlen("ssh-rsa") &&
		  memcmp(kind.data, "ssh-rsa", kind.len) == 0 &&
		  get_mpint(&w, &exponent) == 0 &&
		  get_mpint(&w, &modulus) == 0 && w.len == 0 &&
		  mpint_bits(&modulus) < RSA_MIN_BITS;
	buf_clear(&blob);
	return is_weak;
}

struct key *
key_from_text(const char *text, char **ret_comment, struct err *e)
{
	struct wire name;
	struct buf blob = BUF_INIT;
	struct key *k = NULL, *result = NULL;

	if (decode_text(&text, &name, &blob) != 0) {
		err_set(e, ERR_LOCAL, "not a public key");
		goto out;
	}
	k = key_from_blob(blob.data, blob.len, e);
	if (k == NULL) {
		e->kind = ERR_LOCAL;
		goto out;
	}
	if (!is_called(k, &name)) {
		err_set(e, ERR_LOCAL,
			"key type \"%.*s\" is not that of the "
			"key, %s",
			(int)(name.len < 64 ? name.len : 64),
			(const char *)name.data, k->name);
		goto out;
	}
	if (ret_comment != NULL)
		*ret_comment = xstrndup(text, strcspn(text, "\r\n"));
	result = k;
	k = NULL;
out:
	key_free(k);
	buf_clear(&blob);
	return result;
}
