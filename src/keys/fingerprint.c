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

char *
key_fingerprint(const struct key *k, enum key_hash hash)
{
	unsigned char digest[FINGERPRINT_MAX];
	size_t len = fingerprint_digest(k, hash, digest);
	struct buf text = BUF_INIT;
	char *base64;

	buf_add_str(&text, fingerprint_hash_name(hash));
	switch (hash) {
	case KEY_HASH_SHA256:
		base64 = base64_encode(digest, len);
		base64[strcspn(base64, "=")] = '\0';
		buf_addf(&text, ":%s", base64);
		free(base64);
		break;
	case KEY_HASH_MD5:
		for (size_t i = 0; i < len; i++)
			buf_addf(&text, ":%02x", digest[i]);
		break;
	}
	return buf_take_str(&text);
}
