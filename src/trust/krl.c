#include "trust/krl.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/wire.h"
#include "keys/key.h"

static const char magic[] = { 'S', 'S', 'H', 'K', 'R', 'L', '\n', '\0' };

enum { FORMAT_VERSION = 1, SHA1_LEN = 20, SHA256_LEN = 32, NAME_SHOWN = 64 };

enum section {
	SECTION_CERTIFICATES = 1,
	SECTION_EXPLICIT_KEY = 2,
	SECTION_SHA1 = 3,
	SECTION_SIGNATURE = 4,
	SECTION_SHA256 = 5,
	SECTION_EXTENSION = 255,
};

enum cert_section {
	CERT_SERIAL_LIST = 0x20,
	CERT_SERIAL_RANGE = 0x21,
	CERT_SERIAL_BITMAP = 0x22,
	CERT_KEY_ID = 0x23,
	CERT_EXTENSION = 0x39,
};

/* A plain key as a list may name it. */
struct plain {
	struct wire blob;
	unsigned char sha1[SHA1_LEN], sha256[SHA256_LEN];
};

/* What is looked for, and whether it was found. */
struct search {
	struct plain plain[2]; /* the key, and its authority */
	size_t n_plain;
	const struct key_cert *cert; /* or NULL */
	const char *found;           /* by what; static, or NULL */
};

bool
krl_is(const void *data, size_t len)
{
	return len >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0;
}

static int
malformed(const char *what, struct err *e)
{
	return err_set(e, ERR_LOCAL, "malformed KRL: %s", what);
}

static bool
is_same(const struct wire *a, const void *data, size_t len)
{
	return a->len == len && memcmp(a->data, data, len) == 0;
}

/* --- plain keys --- */

/* Strings until the end, each a key or, if it has that length, a hash. */
static int
read_keys(struct wire *body, enum section type, struct search *s, struct err *e)
{
	struct wire item;

	while (body->len > 0) {
		if (wire_get_wire(body, &item) != 0)
			return malformed("a key or hash is cut off", e);
		if ((type == SECTION_SHA1 && item.len != SHA1_LEN) ||
		    (type == SECTION_SHA256 && item.len != SHA256_LEN))
			return malformed("a hash has the wrong length", e);
		for (size_t i = 0; i < s->n_plain; i++) {
			const struct plain *p = &s->plain[i];

			if (type == SECTION_EXPLICIT_KEY &&
			    is_same(&item, p->blob.data, p->blob.len))
				s->found = "key";
			if (type == SECTION_SHA1 &&
			    is_same(&item, p->sha1, SHA1_LEN))
				s->found = "SHA1 hash";
			if (type == SECTION_SHA256 &&
			    is_same(&item, p->sha256, SHA256_LEN))
				s->found = "SHA256 hash";
		}
	}
	return 0;
}

/* --- certificates --- */

/* Note that these serial numbers are revoked. As in OpenSSH nobody has the
 * number 0: it is that of certificates without one. */
static int
take_serials(uint64_t first, uint64_t last, bool is_meant, struct search *s,
	     struct err *e)
{
	if (first == 0 || first > last)
		return malformed("a serial number is out of range", e);
	if (is_meant && s->cert->serial >= first && s->cert->serial <= last)
		s->found = "serial number";
	return 0;
}

static int
read_serial_list(struct wire *body, bool is_meant, struct search *s,
		 struct err *e)
{
	uint64_t serial;

	while (body->len > 0)
		if (wire_get_u64(body, &serial) != 0)
			return malformed("a serial number is cut off", e);
		else if (take_serials(serial, serial, is_meant, s, e) != 0)
			return -1;
	return 0;
}

static int
read_serial_range(struct wire *body, bool is_meant, struct search *s,
		  struct err *e)
{
	uint64_t first, last;

	if (wire_get_u64(body, &first) != 0 || wire_get_u64(body, &last) != 0)
		return malformed("a range of serial numbers is cut off", e);
	return take_serials(first, last, is_meant, s, e);
}

/* The number of the highest bit that is set in a number that is not 0. */
static uint64_t
top_bit(const struct wire *number)
{
	uint64_t n = (uint64_t)number->len * 8 - 1;

	for (unsigned top = number->data[0]; top < 0x80; top <<= 1)
		n--;
	return n;
}

/* Is bit n of the number set? */
static bool
has_bit(const struct wire *number, uint64_t n)
{
	if (n / 8 >= number->len)
		return false;
	return number->data[number->len - 1 - n / 8] >> n % 8 & 1;
}

static int
read_serial_bitmap(struct wire *body, bool is_meant, struct search *s,
		   struct err *e)
{
	struct wire bits;
	uint64_t offset;

	if (wire_get_u64(body, &offset) != 0 ||
	    wire_get_mpint(body, &bits) != 0)
		return malformed("a bitmap of serial numbers is cut off", e);
	if ((bits.len > 0 && UINT64_MAX - offset < top_bit(&bits)) ||
	    (offset == 0 && has_bit(&bits, 0)))
		return malformed("a bitmap of serial numbers is out of range",
				 e);
	if (is_meant && s->cert->serial >= offset &&
	    has_bit(&bits, s->cert->serial - offset))
		s->found = "serial number";
	return 0;
}

static int
read_key_ids(struct wire *body, bool is_meant, struct search *s, struct err *e)
{
	struct wire id;

	while (body->len > 0) {
		if (wire_get_wire(body, &id) != 0 ||
		    memchr(id.data, '\0', id.len) != NULL)
			return malformed("a key id is cut off, or has a NUL",
					 e);
		if (is_meant && is_same(&id, s->cert->id, strlen(s->cert->id)))
			s->found = "key id";
	}
	return 0;
}

/* Something newer: to be passed over if the list says so. */
static int
read_extension(struct wire *body, struct err *e)
{
	struct wire name, content;
	uint8_t is_critical;

	if (wire_get_wire(body, &name) != 0 ||
	    wire_get_byte(body, &is_critical) != 0 ||
	    wire_get_wire(body, &content) != 0)
		return malformed("an extension is cut off", e);
	if (is_critical == 0)
		return 0;
	return err_set(e, ERR_LOCAL, "unsupported critical extension \"%.*s\"",
		       (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN),
		       (const char *)name.data);
}

static int
read_cert_section(uint8_t type, struct wire *body, bool is_meant,
		  struct search *s, struct err *e)
{
	switch (type) {
	case CERT_SERIAL_LIST:
		return read_serial_list(body, is_meant, s, e);
	case CERT_SERIAL_RANGE:
		return read_serial_range(body, is_meant, s, e);
	case CERT_SERIAL_BITMAP:
		return read_serial_bitmap(body, is_meant, s, e);
	case CERT_KEY_ID:
		return read_key_ids(body, is_meant, s, e);
	case CERT_EXTENSION:
		return read_extension(body, e);
	}
	return err_set(e, ERR_LOCAL, "unsupported KRL certificate section %u",
		       type);
}

/* A section of nobody's would revoke nothing, and that in silence. */
static int
check_authority(const struct wire *ca, struct err *e)
{
	struct key *key;

	if (ca->len == 0)
		return 0;
	key = key_from_plain_blob(ca->data, ca->len, e);
	key_free(key);
	return key != NULL ? 0 : malformed("an authority is no key", e);
}

static int
read_certificates(struct wire *body, struct search *s, struct err *e)
{
	struct wire ca, reserved, inner;
	bool is_meant = s->cert != NULL;
	uint8_t type;

	if (wire_get_wire(body, &ca) != 0 ||
	    wire_get_wire(body, &reserved) != 0)
		return malformed("a certificate section is cut off", e);
	if (check_authority(&ca, e) != 0)
		return -1;
	/* without an authority, all are meant */
	if (is_meant && ca.len > 0)
		is_meant = is_same(&ca, s->cert->ca->blob, s->cert->ca->len);
	while (body->len > 0) {
		if (wire_get_byte(body, &type) != 0 ||
		    wire_get_wire(body, &inner) != 0)
			return malformed("a certificate section is cut off", e);
		if (read_cert_section(type, &inner, is_meant, s, e) != 0)
			return -1;
		if (inner.len > 0)
			return malformed("a certificate section is too long",
					 e);
	}
	return 0;
}

/* --- the list --- */

static int
read_section(uint8_t type, struct wire *body, struct search *s, struct err *e)
{
	switch (type) {
	case SECTION_CERTIFICATES:
		return read_certificates(body, s, e);
	case SECTION_EXPLICIT_KEY:
	case SECTION_SHA1:
	case SECTION_SHA256:
		return read_keys(body, (enum section)type, s, e);
	case SECTION_SIGNATURE:
		return err_set(e, ERR_LOCAL,
			       "KRL signatures are not "
			       "supported");
	case SECTION_EXTENSION:
		return read_extension(body, e);
	}
	return err_set(e, ERR_LOCAL, "unsupported KRL section %u", type);
}

static int
read_header(struct wire *w, struct err *e)
{
	const unsigned char *skipped;
	struct wire reserved, comment;
	uint64_t version, date, flags;
	uint32_t format;

	if (wire_get_bytes(w, sizeof(magic), &skipped) != 0 ||
	    wire_get_u32(w, &format) != 0 || format != FORMAT_VERSION)
		return malformed("unknown format", e);
	if (wire_get_u64(w, &version) != 0 || wire_get_u64(w, &date) != 0 ||
	    wire_get_u64(w, &flags) != 0 || wire_get_wire(w, &reserved) != 0 ||
	    wire_get_wire(w, &comment) != 0)
		return malformed("the header is cut off", e);
	log_debug2("KRL version %llu generated at %llu: %.*s",
		   (unsigned long long)version, (unsigned long long)date,
		   (int)(comment.len < NAME_SHOWN ? comment.len : NAME_SHOWN),
		   (const char *)comment.data);
	return 0;
}

static int
add_plain(struct search *s, const unsigned char *blob, size_t len,
	  struct err *e)
{
	struct plain *p = &s->plain[s->n_plain++];

	wire_init(&p->blob, blob, len);
	if (EVP_Digest(blob, len, p->sha1, NULL, EVP_sha1(), NULL) != 1 ||
	    EVP_Digest(blob, len, p->sha256, NULL, EVP_sha256(), NULL) != 1)
		return err_set(e, ERR_LOCAL, "hashing a key failed");
	return 0;
}

static int
begin_search(struct search *s, const struct key *key, struct err *e)
{
	const struct key_cert *cert = key->cert;

	s->cert = cert;
	if (cert == NULL)
		return add_plain(s, key->blob, key->len, e);
	if (add_plain(s, cert->plain_blob, cert->plain_len, e) != 0)
		return -1;
	return add_plain(s, cert->ca->blob, cert->ca->len, e);
}

int
krl_check(const void *data, size_t len, const struct key *key, struct err *e)
{
	struct search s = { .n_plain = 0 };
	struct wire w, body;
	uint8_t type;

	wire_init(&w, data, len);
	if (begin_search(&s, key, e) != 0 || read_header(&w, e) != 0)
		return -1;
	while (w.len > 0) {
		if (wire_get_byte(&w, &type) != 0 ||
		    wire_get_wire(&w, &body) != 0)
			return malformed("a section is cut off", e);
		if (read_section(type, &body, &s, e) != 0)
			return -1;
		if (body.len > 0)
			return malformed("a section is too long", e);
	}
	if (s.found == NULL)
		return 0;
	log_debug("revoked by %s", s.found);
	return 1;
}
