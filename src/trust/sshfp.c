#include "trust/sshfp.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/wire.h"
#include "keys/key.h"

/* The algorithm's number, or 0 for keys that have none. */
static int
algorithm_of(const struct key *key)
{
	switch (key->type) {
	case KEY_RSA:
		return 1;
	case KEY_ECDSA_256:
	case KEY_ECDSA_384:
	case KEY_ECDSA_521:
		return 3;
	case KEY_ED25519:
		return 4;
	case KEY_ECDSA_SK:
	case KEY_ED25519_SK:
	case KEY_OTHER:
		break;
	}
	return 0;
}

static const EVP_MD *
hash_of(int number)
{
	switch (number) {
	case 1:
		return EVP_sha1();
	case 2:
		return EVP_sha256();
	}
	return NULL;
}

static bool
is_hash_of(const struct wire *print, const EVP_MD *md, const struct key *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const unsigned char *blob =
	    key->cert != NULL ? key->cert->plain_blob : key->blob;
	size_t blob_len = key->cert != NULL ? key->cert->plain_len : key->len;
	unsigned len = 0;

	return EVP_Digest(blob, blob_len, digest, &len, md, NULL) == 1 &&
	       len == print->len && memcmp(digest, print->data, len) == 0;
}

/* What does one record say of the key? SSHFP_NONE: nothing. */
static enum sshfp_verdict
check(struct wire record, const struct key *key)
{
	uint8_t algorithm, hash;
	const EVP_MD *md;

	if (wire_get_byte(&record, &algorithm) != 0 ||
	    wire_get_byte(&record, &hash) != 0) {
		log_verbose("Error parsing fingerprint from DNS.");
		return SSHFP_NONE;
	}
	md = hash_of(hash);
	if (md == NULL || algorithm == 0 || algorithm != algorithm_of(key) ||
	    record.len != (size_t)EVP_MD_get_size(md))
		return SSHFP_NONE;
	if (is_hash_of(&record, md, key)) {
		log_debug("matched SSHFP type %d fptype %d", algorithm, hash);
		return SSHFP_MATCH;
	}
	log_debug("failed SSHFP type %d fptype %d", algorithm, hash);
	return SSHFP_MISMATCH;
}

enum sshfp_verdict
sshfp_check(const struct wire *records, const struct key *key)
{
	struct wire rest = *records, record;
	bool has_match = false, has_mismatch = false;

	if (rest.len == 0)
		return SSHFP_NONE;
	while (rest.len > 0 && wire_get_wire(&rest, &record) == 0) {
		enum sshfp_verdict verdict = check(record, key);

		has_match = has_match || verdict == SSHFP_MATCH;
		has_mismatch = has_mismatch || verdict == SSHFP_MISMATCH;
	}
	return has_match && !has_mismatch ? SSHFP_MATCH : SSHFP_MISMATCH;
}
