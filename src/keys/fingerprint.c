#include "keys/fingerprint.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "keys/base64.h"

const char *
fingerprint_hash_name(enum key_hash hash)
{
	switch (hash) {
	case KEY_HASH_SHA256:
		return "SHA256";
	case KEY_HASH_MD5:
		return "MD5";
	case KEY_HASH_SHA1:
		return "SHA1";
	case KEY_HASH_SHA384:
		return "SHA384";
	case KEY_HASH_SHA512:
		return "SHA512";
	}
	return "";
}

size_t
fingerprint_digest(const struct key *k, enum key_hash hash,
		   unsigned char digest[FINGERPRINT_MAX])
{
	const unsigned char *blob = k->blob;
	size_t len = k->len, digest_len = 0;

	if (k->cert != NULL) {
		blob = k->cert->plain_blob;
		len = k->cert->plain_len;
	}
	if (EVP_Q_digest(NULL, fingerprint_hash_name(hash), NULL, blob, len,
			 digest, &digest_len) != 1)
		return 0;
	return digest_len;
}

static void
add_hex(struct buf *text, const unsigned char *digest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_addf(text, ":%02x", digest[i]);
}

static void
add_base64(struct buf *text, const unsigned char *digest, size_t len)
{
	char *base64 = base64_encode(digest, len);

	base64[strcspn(base64, "=")] = '\0';
	buf_addf(text, ":%s", base64);
	free(base64);
}

char *
key_fingerprint(const struct key *k, enum key_hash hash)
{
	unsigned char digest[FINGERPRINT_MAX];
	size_t len = fingerprint_digest(k, hash, digest);
	struct buf text = BUF_INIT;

	buf_add_str(&text, fingerprint_hash_name(hash));
	if (hash == KEY_HASH_MD5)
		add_hex(&text, digest, len);
	else
		add_base64(&text, digest, len);
	return buf_take_str(&text);
}
