#include "trust/host_hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "keys/base64.h"

static const char magic[] = "|1|";

/* SHA-1's; the salt has the same length. */
enum { HASH_LEN = 20, BOTH_LEN = 2 * HASH_LEN };

static int
hmac(const unsigned char *salt, const char *name, unsigned char hash[HASH_LEN])
{
	size_t len;

	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, salt, HASH_LEN,
		      (const unsigned char *)name, strlen(name), hash, HASH_LEN,
		      &len) != NULL)
		return 0;
	ERR_clear_error();
	return -1;
}

bool
host_hash_is(const char *text)
{
	return text[0] == magic[0];
}

char *
host_hash_make(const char *name, struct err *e)
{
	unsigned char salt[HASH_LEN], hash[HASH_LEN];
	char *salt_text, *hash_text, *result;

	if (RAND_bytes(salt, HASH_LEN) != 1 || hmac(salt, name, hash) != 0) {
		err_set(e, ERR_LOCAL, "cannot hash the host name");
		return NULL;
	}
	salt_text = base64_encode(salt, HASH_LEN);
	hash_text = base64_encode(hash, HASH_LEN);
	result = xasprintf("%s%s|%s", magic, salt_text, hash_text);
	free(salt_text);
	free(hash_text);
	return result;
}

bool
host_hash_matches(const char *hashed, const char *name)
{
	unsigned char hash[HASH_LEN];
	struct buf parts = BUF_INIT;
	const char *salt, *sum;
	bool matches = false;

	if (!str_starts(hashed, magic))
		return false;
	salt = hashed + strlen(magic);
	sum = strchr(salt, '|');
	if (sum != NULL &&
	    base64_decode(salt, (size_t)(sum - salt), &parts) == 0 &&
	    parts.len == HASH_LEN &&
	    base64_decode(sum + 1, strlen(sum + 1), &parts) == 0 &&
	    parts.len == BOTH_LEN && hmac(parts.data, name, hash) == 0)
		matches = memcmp(parts.data + HASH_LEN, hash, HASH_LEN) == 0;
	buf_clear(&parts);
	return matches;
}
