#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "tap.h"

#define RULER "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"

enum { CLEAR = false, SEALED = true };

/* Every format and encryption; the public half is in PUBLIC.pub. */
static const struct {
	const char *file, *public;
	bool is_sealed;
} good[] = {
	{ "rsa", "rsa", CLEAR },
	{ "rsa.enc", "rsa", SEALED },
	{ "rsa.pem", "rsa", CLEAR },
	{ "rsa.pem-enc", "rsa", SEALED },
	{ "rsa.pkcs8", "rsa", CLEAR },
	{ "rsa.pkcs8-enc", "rsa", SEALED },
	{ "ecdsa256", "ecdsa256", CLEAR },
	{ "ecdsa256.enc", "ecdsa256", SEALED },
	{ "ecdsa256.pem", "ecdsa256", CLEAR },
	{ "ecdsa256.pem-enc", "ecdsa256", SEALED },
	{ "ecdsa256.pem-aes128", "ecdsa256", SEALED },
	{ "ecdsa256.pem-params", "ecdsa256", CLEAR },
	{ "ecdsa256.pkcs8", "ecdsa256", CLEAR },
	{ "ecdsa256.pkcs8-enc", "ecdsa256", SEALED },
	{ "ecdsa256.pkcs8-scrypt", "ecdsa256", SEALED },
	{ "ecdsa256.pkcs8-pbe", "ecdsa256", SEALED },
	{ "ecdsa384", "ecdsa384", CLEAR },
	{ "ecdsa384.enc", "ecdsa384", SEALED },
	{ "ecdsa384.pem", "ecdsa384", CLEAR },
	{ "ecdsa384.pem-enc", "ecdsa384", SEALED },
	{ "ecdsa384.pkcs8", "ecdsa384", CLEAR },
	{ "ecdsa384.pkcs8-enc", "ecdsa384", SEALED },
	{ "ecdsa521", "ecdsa521", CLEAR },
	{ "ecdsa521.enc", "ecdsa521", SEALED },
	{ "ecdsa521.pem", "ecdsa521", CLEAR },
	{ "ecdsa521.pem-enc", "ecdsa521", SEALED },
	{ "ecdsa521.pkcs8", "ecdsa521", CLEAR },
	{ "ecdsa521.pkcs8-enc", "ecdsa521", SEALED },
	{ "ed25519", "ed25519", CLEAR },
	{ "ed25519.enc", "ed25519", SEALED },
	{ "ed25519.pkcs8", "ed25519", CLEAR },
	{ "ed25519.pkcs8-enc", "ed25519", SEALED },
	{ "ed25519.16-rounds", "ed25519", SEALED },
	{ "ed25519.aes128-ctr", "ed25519", SEALED },
	{ "ed25519.aes192-ctr", "ed25519", SEALED },
	{ "ed25519.aes256-ctr", "ed25519", SEALED },
	{ "ed25519.aes128-cbc", "ed25519", SEALED },
	{ "ed25519.aes192-cbc", "ed25519", SEALED },
	{ "ed25519.aes256-cbc", "ed25519", SEALED },
	{ "ed25519.3des-cbc", "ed25519", SEALED },
	{ "ed25519.aes128-gcm", "ed25519", SEALED },
	{ "ed25519.aes256-gcm", "ed25519", SEALED },
	{ "ed25519.chacha20-poly1305", "ed25519", SEALED },
};

#define N_GOOD (sizeof(good) / sizeof(good[0]))

/* Keys that we do not use, and what is said about them. */
static const struct {
	const char *file, *text;
} bad[] = {
	{ "dsa",
	  "Load key \"test\": invalid format: DSA keys are not supported" },
	{ "dsa.pem", "Load key \"test\": invalid format: DSA PRIVATE KEY is "
		     "not supported" },
	{ "x25519.pkcs8", "Load key \"test\": invalid format: SSH has no use "
			  "for this kind of key" },
	{ "rsa768.pem", "Load key \"test\": invalid format: RSA key of 768 "
			"bits: too short" },
	{ "ecdsa256.pkcs8-slow", "Load key \"test\": invalid format: unknown "
				 "or too expensive encryption" },
	{ "rsa.pub",
	  "Load key \"test\": invalid format: no private key in the file" },
};

static void
test_good(size_t i)
{
	const char *file = good[i].file;
	struct key *public = key_data_public(good[i].public);
	struct private_key *k = NULL;
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	key_data_file(file, &b);
	if (good[i].is_sealed) {
		is_int(key_data_parse(&b, NULL, &k, &e), PRIVATE_ENCRYPTED,
		       "%s without a passphrase", file);
		is_int(key_data_parse(&b, "", &k, &e), PRIVATE_ENCRYPTED,
		       "%s with an empty passphrase", file);
		is_int(key_data_parse(&b, "wrong horse", &k, &e),
		       PRIVATE_WRONG_PASSPHRASE, "%s with a wrong one", file);
		is_str(e.text,
		       "Load key \"test\": incorrect passphrase supplied to "
		       "decrypt private key",
		       "%s: text", file);
		ok(k == NULL, "%s: output untouched", file);
	}
	is_int(key_data_parse(&b, good[i].is_sealed ? "correct horse" : NULL,
			      &k, &e),
	       PRIVATE_OK, "%s: read %s", file, e.text);
	ok(k != NULL && key_equal(private_key_public(k), public),
	   "%s: public half", file);
	private_key_free(k);
	key_free(public);
	buf_clear(&b);
}

/* The half of a security key's key that is in the file. */
static void
test_sk(void)
{
	struct key *public = key_data_public("ed25519-sk");
	struct buf b = BUF_INIT, whole = { .wipe = true }, sig = BUF_INIT;
	struct wire handle, data = { (const unsigned char *)"data", 4 };
	struct private_key *k = NULL;
	struct err e = { 0 };
	uint8_t flags = 0;

	key_data_file("ed25519-sk", &b);
	is_int(key_data_parse(&b, NULL, &k, &e), PRIVATE_OK, "security key");
	ok(k != NULL && key_equal(private_key_public(k), public), "its key");
	private_key_sk(k, &handle, &flags);
	ok(handle.len > 0, "has a handle");
	is_int(flags, 1, "wants a touch");
	is_int(private_key_sign(k, public->name, &data, &sig, &e), -1,
	       "cannot sign itself");
	is_int(private_key_put(k, NULL, &whole, &e), 0, "can be given away");
	ok(whole.len > public->len &&
	       memcmp(whole.data, public->blob, public->len) == 0,
	   "what is public comes first");
	private_key_free(k);
	key_free(public);
	buf_clear(&whole);
	buf_clear(&b);
}

static void
test_bad(size_t i)
{
	struct private_key *k = NULL;
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	key_data_file(bad[i].file, &b);
	is_int(key_data_parse(&b, "correct horse", &k, &e), PRIVATE_BAD_FORMAT,
	       "%s", bad[i].file);
	is_str(e.text, bad[i].text, "%s: text", bad[i].file);
	is_int(e.kind, ERR_LOCAL, "%s: kind", bad[i].file);
	buf_clear(&b);
}

/* A wrong passphrase is called that also where, by chance, the padding looks
 * right. */
static void
test_wrong_passphrases(const char *file, int tries)
{
	struct private_key *k = NULL;
	struct buf b = BUF_INIT;
	struct err e;
	int wrong = 0;

	key_data_file(file, &b);
	for (int i = 0; i < tries; i++) {
		char *guess = xasprintf("guess %d", i);

		if (key_data_parse(&b, guess, &k, &e) ==
		    PRIVATE_WRONG_PASSPHRASE)
			wrong++;
		free(guess);
	}
	is_int(wrong, tries, "%s with wrong passphrases", file);
	buf_clear(&b);
}

static const struct {
	mode_t mode;
	bool is_exposed;
	const char *shown;
} modes[] = {
	{ 0600, false, "" },    { 0400, false, "" },    { 0644, true, "0644" },
	{ 0640, true, "0640" }, { 0604, true, "0604" }, { 01601, true, "0601" },
	{ 0666, true, "0666" }, { 0410, true, "0410" },
};

static void
test_mode(size_t i, const char *path, const struct buf *key)
{
	struct private_key *k = NULL;
	struct err e = { 0 };
	char *want = xasprintf(
	    RULER
	    "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          "
	    "@\n" RULER "Permissions %s for '%s' are too open.\n"
	    "It is required that your private key files are NOT accessible by "
	    "others.\n"
	    "This private key will be ignored.",
	    modes[i].shown, path);

	data_write(path, key->data, key->len, modes[i].mode);
	is_int(private_key_load(path, NULL, &k, &e),
	       modes[i].is_exposed ? PRIVATE_EXPOSED : PRIVATE_OK, "mode %o",
	       (unsigned)modes[i].mode);
	if (modes[i].is_exposed)
		is_str(e.text, want, "mode %o: text", (unsigned)modes[i].mode);
	(void)unlink(path);
	private_key_free(k);
	free(want);
}

static void
test_modes(const char *path)
{
	struct buf b = BUF_INIT;

	key_data_file("ed25519", &b);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		test_mode(i, path, &b);
	buf_clear(&b);
}

static void
test_unreadable(const char *folder, const char *path)
{
	struct private_key *k = NULL;
	struct err e = { 0 };
	char *want = xasprintf("Load key \"%s\": %s", path, strerror(ENOENT));
	char *big;

	is_int(private_key_load(path, NULL, &k, &e), PRIVATE_ABSENT, "absent");
	is_str(e.text, want, "absent: text");
	is_int(private_key_load(folder, NULL, &k, &e), PRIVATE_UNREADABLE,
	       "folder");
	big = xcalloc(1, (1 << 20) + 1);
	data_write(path, big, (1 << 20) + 1, 0600);
	is_int(private_key_load(path, NULL, &k, &e), PRIVATE_UNREADABLE,
	       "too big: %s", e.text);
	data_write(path, "", 0, 0600);
	is_int(private_key_load(path, NULL, &k, &e), PRIVATE_BAD_FORMAT,
	       "empty: %s", e.text);
	(void)unlink(path);
	free(big);
	free(want);
}

static const struct {
	const char *file, *public; /* NULL: cannot be seen */
	enum private_result result;
	const char *comment;
} peeks[] = {
	{ "ed25519", "ed25519", PRIVATE_OK, "test key" },
	{ "ed25519.enc", "ed25519", PRIVATE_OK, "" },
	{ "rsa.enc", "rsa", PRIVATE_OK, "" },
	{ "ed25519-sk", "ed25519-sk", PRIVATE_OK, "test key" },
	{ "dsa", "dsa", PRIVATE_OK, "" },
	{ "rsa.pem", "rsa", PRIVATE_OK, "" },
	{ "rsa.pem-enc", NULL, PRIVATE_ENCRYPTED, NULL },
	{ "ecdsa521.pkcs8", "ecdsa521", PRIVATE_OK, "" },
	{ "ecdsa521.pkcs8-enc", NULL, PRIVATE_ENCRYPTED, NULL },
	{ "rsa.pub", NULL, PRIVATE_BAD_FORMAT, NULL },
	{ "no-such-key", NULL, PRIVATE_ABSENT, NULL },
};

static void
test_peek(size_t i)
{
	char *name = xasprintf("keys/%s", peeks[i].file);
	char *path = data_path(name), *comment = NULL;
	struct key *got = NULL, *want = NULL;
	struct err e = { 0 };

	is_int(private_key_peek(path, &got, &comment, &e), peeks[i].result,
	       "peek into %s: %s", peeks[i].file, e.text);
	is_str(comment, peeks[i].comment, "peek into %s: comment",
	       peeks[i].file);
	if (peeks[i].public != NULL) {
		want = key_data_public(peeks[i].public);
		ok(got != NULL && key_equal(got, want), "peek into %s: key",
		   peeks[i].file);
	}
	key_free(want);
	key_free(got);
	free(comment);
	free(path);
	free(name);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/key", folder);

	for (size_t i = 0; i < N_GOOD; i++)
		test_good(i);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		test_bad(i);
	test_wrong_passphrases("rsa.pem-enc", 1500);
	test_wrong_passphrases("ecdsa256.pem-enc", 1500);
	test_wrong_passphrases("ecdsa256.pkcs8-enc", 500);
	test_unreadable(folder, path);
	test_modes(path);
	test_sk();
	for (size_t i = 0; i < sizeof(peeks) / sizeof(peeks[0]); i++)
		test_peek(i);
	private_key_free(NULL);
	(void)rmdir(folder);
	free(path);
	free(folder);
	return done_testing();
}
