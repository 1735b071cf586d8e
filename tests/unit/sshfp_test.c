/* SSHFP records: which keys they are about, and what they say of them. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/wire.h"
#include "key_data.h"
#include "keys/key.h"
#include "tap.h"
#include "trust/sshfp.h"

/*
 * Records are three letters each, separated by blanks: the algorithm's number,
 * the hash's, and of what it is: 'k' of the key, 'x' of another one, 's' cut
 * short, 'e' empty. "1" is a record of one byte.
 */
static const struct {
	const char *what, *file, *records;
	enum sshfp_verdict verdict;
} cases[] = {
	{ "nothing", "ed25519", NULL, SSHFP_NONE },
	{ "Ed25519, SHA-256", "ed25519", "42k", SSHFP_MATCH },
	{ "Ed25519, SHA-1", "ed25519", "41k", SSHFP_MATCH },
	{ "RSA", "rsa", "12k", SSHFP_MATCH },
	{ "ECDSA, 256", "ecdsa256", "32k", SSHFP_MATCH },
	{ "ECDSA, 521", "ecdsa521", "31k", SSHFP_MATCH },
	{ "the key in a certificate", "ed25519-cert", "42k", SSHFP_MATCH },
	{ "both hashes", "ed25519", "41k 42k", SSHFP_MATCH },
	{ "the same twice", "ed25519", "42k 42k", SSHFP_MATCH },
	{ "one hash is wrong", "ed25519", "41k 42x", SSHFP_MISMATCH },
	{ "the other one", "ed25519", "41x 42k", SSHFP_MISMATCH },
	{ "an old key is there, too", "ed25519", "42x 42k", SSHFP_MISMATCH },
	{ "wrong", "ed25519", "42x", SSHFP_MISMATCH },
	{ "another type of key", "ed25519", "12k 32x", SSHFP_MISMATCH },
	{ "other types, too", "ed25519", "12x 42k 32x", SSHFP_MATCH },
	{ "unknown hash", "ed25519", "43k", SSHFP_MISMATCH },
	{ "unknown hash, too", "ed25519", "43x 42k 40x", SSHFP_MATCH },
	{ "cut short", "ed25519", "42s", SSHFP_MISMATCH },
	{ "cut short, and whole", "ed25519", "42s 42k 42e", SSHFP_MATCH },
	{ "too short for a record", "ed25519", "4 42k", SSHFP_MATCH },
	{ "nothing else", "ed25519", "4", SSHFP_MISMATCH },
	{ "a key without a number", "ed25519-sk", "42k 02k", SSHFP_MISMATCH },
	{ "an old key's number", "dsa", "22k", SSHFP_MISMATCH },
};

static void
put_record(struct buf *records, const char *word, size_t len,
	   const struct key *key)
{
	struct buf record = BUF_INIT;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	for (size_t i = 0; i < len && i < 2; i++)
		buf_add_byte(&record, (unsigned char)(word[i] - '0'));
	if (len == 3 && word[2] != 'e') {
		EVP_Digest(key->blob, key->len - (word[2] == 'x'), digest,
			   &digest_len,
			   word[1] == '1' ? EVP_sha1() : EVP_sha256(), NULL);
		buf_add(&record, digest, digest_len - (word[2] == 's'));
	}
	wire_put_string(records, record.data, record.len);
	buf_clear(&record);
}

static void
test_case(size_t i)
{
	struct key *key = key_data_public(cases[i].file);
	struct key *plain = key_plain(key);
	struct buf records = BUF_INIT;
	struct wire w;

	for (const char *s = cases[i].records; s != NULL && *s != '\0';
	     s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		put_record(&records, s, len, plain);
		s += len;
	}
	wire_init(&w, records.data, records.len);
	is_int(sshfp_check(&w, key), cases[i].verdict, "%s", cases[i].what);
	buf_clear(&records);
	key_free(plain);
	key_free(key);
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(i);
	return done_testing();
}
