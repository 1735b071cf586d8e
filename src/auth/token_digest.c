#include "auth/token_digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "keys/agent_numbers.h"
#include "keys/key.h"

/* In front of an RSA signature's digest (RFC 8017 section 9.2). */
#define HEAD(s) s, sizeof(s) - 1
static const struct {
	uint32_t flag;
	const char *algorithm, *digest, *head;
	size_t head_len;
} rsa_ways[] = {
	{ AGENT_RSA_SHA2_512, "rsa-sha2-512", "SHA512",
	  HEAD("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03"
	       "\x05\x00\x04\x40") },
	{ AGENT_RSA_SHA2_256, "rsa-sha2-256", "SHA256",
	  HEAD("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
	       "\x05\x00\x04\x20") },
	{ 0, "ssh-rsa", "SHA1",
	  HEAD("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04"
	       "\x14") },
};

static const struct {
	const char *name, *oid;
	size_t oid_len;
} curves[] = {
	{ "nistp256", HEAD("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07") },
	{ "nistp384", HEAD("\x06\x05\x2b\x81\x04\x00\x22") },
	{ "nistp521", HEAD("\x06\x05\x2b\x81\x04\x00\x23") },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

const char *
token_curve(const void *der, size_t len)
{
	for (size_t i = 0; i < N(curves); i++)
		if (len == curves[i].oid_len &&
		    memcmp(der, curves[i].oid, len) == 0)
			return curves[i].name;
	return NULL;
}

void
token_unwrap_point(struct wire *point)
{
	const unsigned char *d = point->data;
	size_t head = point->len > 2 && d[1] == 0x81 ? 3 : 2;

	if (point->len > head && d[0] == 0x04 &&
	    point->len - head == d[head - 1] && d[head] == 0x04)
		wire_init(point, d + head, point->len - head);
}

bool
token_can_sign(const struct key *key)
{
	return key->type == KEY_RSA || key->type == KEY_ECDSA_256 ||
	       key->type == KEY_ECDSA_384 || key->type == KEY_ECDSA_521;
}

static int
put_digest(const char *name, const struct wire *data, struct buf *ret)
{
	unsigned len = 0;

	if (EVP_Digest(data->data, data->len, buf_room(ret, EVP_MAX_MD_SIZE),
		       &len, EVP_get_digestbyname(name), NULL) != 1)
		return -1;
	ret->len += len;
	return 0;
}

static const char *
digest_rsa(const struct wire *data, uint32_t flags, struct buf *ret)
{
	size_t i = 0;

	while (rsa_ways[i].flag != 0 && !(flags & rsa_ways[i].flag))
		i++;
	buf_add(ret, rsa_ways[i].head, rsa_ways[i].head_len);
	return put_digest(rsa_ways[i].digest, data, ret) == 0
		   ? rsa_ways[i].algorithm
		   : NULL;
}

const char *
token_digest(const struct key *key, const struct wire *data, uint32_t flags,
	     struct buf *ret)
{
	const char *digest = NULL;

	switch (key->type) {
	case KEY_RSA:
		return digest_rsa(data, flags, ret);
	case KEY_ECDSA_256:
		digest = "SHA256";
		break;
	case KEY_ECDSA_384:
		digest = "SHA384";
		break;
	case KEY_ECDSA_521:
		digest = "SHA512";
		break;
	case KEY_ED25519:
	case KEY_ECDSA_SK:
	case KEY_ED25519_SK:
	case KEY_OTHER:
		break;
	}
	return digest != NULL && put_digest(digest, data, ret) == 0 ? key->name
								    : NULL;
}

int
token_put_signature(const struct key *key, const char *algorithm,
		    const struct buf *raw, struct buf *sig)
{
	struct buf inner = BUF_INIT;
	size_t half = raw->len / 2;

	if (raw->len == 0 || (key->type != KEY_RSA && raw->len % 2 != 0))
		return -1;
	wire_put_cstring(sig, algorithm);
	if (key->type == KEY_RSA) {
		wire_put_string(sig, raw->data, raw->len);
		return 0;
	}
	wire_put_mpint(&inner, raw->data, half);
	wire_put_mpint(&inner, raw->data + half, half);
	wire_put_string(sig, inner.data, inner.len);
	buf_clear(&inner);
	return 0;
}
