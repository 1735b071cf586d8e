#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "tap.h"

#define CERT "-cert-v01@openssh.com"

static const struct {
	const char *file, *name, *shown;
	enum key_type type;
	int bits;
	const char *algorithm; /* the best one */
} keys[] = {
	{ "rsa", "ssh-rsa", "RSA", KEY_RSA, 2048, "rsa-sha2-512" },
	{ "ecdsa256", "ecdsa-sha2-nistp256", "ECDSA", KEY_ECDSA_256, 256,
	  "ecdsa-sha2-nistp256" },
	{ "ecdsa384", "ecdsa-sha2-nistp384", "ECDSA", KEY_ECDSA_384, 384,
	  "ecdsa-sha2-nistp384" },
	{ "ecdsa521", "ecdsa-sha2-nistp521", "ECDSA", KEY_ECDSA_521, 521,
	  "ecdsa-sha2-nistp521" },
	{ "ed25519", "ssh-ed25519", "ED25519", KEY_ED25519, 256,
	  "ssh-ed25519" },
	{ "ed25519-sk", "sk-ssh-ed25519@openssh.com", "ED25519-SK",
	  KEY_ED25519_SK, 256, "sk-ssh-ed25519@openssh.com" },
	{ "dsa", "ssh-dss", "DSA", KEY_OTHER, 1024, "ssh-dss" },
	{ "rsa-cert", "ssh-rsa" CERT, "RSA-CERT", KEY_RSA, 2048,
	  "rsa-sha2-512" CERT },
	{ "ecdsa256-cert", "ecdsa-sha2-nistp256" CERT, "ECDSA-CERT",
	  KEY_ECDSA_256, 256, "ecdsa-sha2-nistp256" CERT },
	{ "ed25519-cert", "ssh-ed25519" CERT, "ED25519-CERT", KEY_ED25519, 256,
	  "ssh-ed25519" CERT },
	{ "ed25519-sk-cert", "sk-ssh-ed25519" CERT, "ED25519-SK-CERT",
	  KEY_ED25519_SK, 256, "sk-ssh-ed25519" CERT },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* Is everything that ssh-keygen -lv prints what we would print? */
static void
check_shown(const struct key *k, const char *file, enum key_hash hash,
	    const char *suffix)
{
	char *name = xasprintf("keys/%s.%s", file, suffix);
	char *fingerprint = key_fingerprint(k, hash);
	char *art = key_randomart(k, hash), *got;
	struct buf want = BUF_INIT;

	data_load(name, &want);
	got = xasprintf("%d %s test key (%s)\n%s\n", key_bits(k), fingerprint,
			key_type_name(k), art);
	is_str(got, buf_str(&want), "%s", name);
	buf_clear(&want);
	free(got);
	free(art);
	free(fingerprint);
	free(name);
}

static void
test_file(size_t i)
{
	char *name = xasprintf("keys/%s.pub", keys[i].file);
	char *path = data_path(name), *comment = NULL, *line, *base64;
	struct key *k, *again, *plain;
	struct buf file = BUF_INIT;
	struct err e = { 0 };

	k = key_load_public(path, &comment, &e);
	ok(k != NULL, "%s: parsed %s", keys[i].file, e.text);
	is_str(comment, "test key", "%s: comment", keys[i].file);
	is_int(k->type, keys[i].type, "%s: type", keys[i].file);
	is_str(k->name, keys[i].name, "%s: name", keys[i].file);
	is_str(key_algorithms(k)[0], keys[i].algorithm, "%s: algorithm",
	       keys[i].file);
	data_load(name, &file);
	base64 = key_base64(k);
	line = xasprintf("%s %s test key\n", k->name, base64);
	is_str(line, buf_str(&file), "%s: printed", keys[i].file);
	check_shown(k, keys[i].file, KEY_HASH_SHA256, "sha256");
	check_shown(k, keys[i].file, KEY_HASH_MD5, "md5");

	again = key_from_blob(k->blob, k->len, &e);
	plain = key_plain(k);
	ok(key_equal(k, again), "%s: equal to itself", keys[i].file);
	is_int(key_equal(k, plain), k->cert == NULL, "%s: and its plain key",
	       keys[i].file);
	ok(key_equal_plain(plain, k), "%s: plain keys equal", keys[i].file);
	is_str(key_algorithm_key_name(k->name), plain->name, "%s: key name",
	       keys[i].file);
	for (size_t j = 0; j < N_KEYS; j++) {
		struct key *other = key_data_public(keys[j].file);

		is_int(key_equal(k, other), i == j, "%s is %s", keys[i].file,
		       keys[j].file);
		key_free(other);
	}
	free(line);
	free(base64);
	free(path);
	free(name);
	free(comment);
	buf_clear(&file);
	key_free(plain);
	key_free(again);
	key_free(k);
}

/* No part of a key is a key, and no key has more after it. */
static void
test_truncated(const char *file)
{
	struct key *k = key_data_public(file);
	unsigned char *longer = xcalloc(k->len + 1, 1);
	size_t accepted = 0;
	struct err e;

	for (size_t len = 0; len < k->len; len++) {
		/* A copy of just this size, for the sanitizer. */
		unsigned char *part = xmemdup(k->blob, len);
		struct key *got = key_from_blob(part, len, &e);

		accepted += got != NULL ? 1 : 0;
		key_free(got);
		free(part);
	}
	is_int((long long)accepted, 0, "%s truncated", file);
	memcpy(longer, k->blob, k->len);
	ok(key_from_blob(longer, k->len + 1, &e) == NULL, "%s too long", file);
	free(longer);
	key_free(k);
}

static void
test_certificate(void)
{
	struct key *k = key_data_public("ed25519-cert"),
		   *host = key_data_public("rsa-cert");
	struct key *plain = key_data_public("ed25519");
	const struct key_cert *c = k->cert;
	char *principals = strv_join(&c->principals, " ");
	char *options = strv_join(&c->critical_options, " ");
	char *values = strv_join(&c->critical_values, " ");
	char *extensions = strv_join(&c->extensions, " ");
	char *forever = cert_validity(host->cert);
	struct err e = { 0 };

	is_int((long long)c->serial, 7, "serial number");
	ok(!c->is_host, "user certificate");
	is_str(c->id, "a test user", "key id");
	is_str(principals, "ada grace", "principals");
	is_str(options, "force-command source-address", "critical options");
	is_str(values, "true 127.0.0.1", "and their values");
	is_str(extensions,
	       "permit-X11-forwarding permit-agent-forwarding "
	       "permit-port-forwarding permit-pty permit-user-rc",
	       "extensions");
	is_str(forever, "forever", "validity");
	is_int((long long)c->valid_after, 1577836800, "valid after");
	is_int((long long)c->valid_before, 1893456000, "valid before");
	is_int(c->ca->type, KEY_ED25519, "signing key");
	ok(c->plain_len == plain->len &&
	       memcmp(c->plain_blob, plain->blob, plain->len) == 0,
	   "plain blob");
	ok(host->cert->is_host, "host certificate");
	ok(host->cert->valid_before == UINT64_MAX, "valid for ever");
	is_int((long long)host->cert->critical_options.len, 0, "no options");
	ok(key_equal(host->cert->ca, c->ca), "same signing key");
	ok(key_from_plain_blob(k->blob, k->len, &e) == NULL,
	   "no certificate where a plain key is wanted");
	free(principals);
	free(options);
	free(values);
	free(extensions);
	free(forever);
	key_free(plain);
	key_free(host);
	key_free(k);
}

/* What a hand-made certificate says; the rest of it is well-formed. */
struct recipe {
	const char *what;
	uint32_t type;
	size_t n_principals;
	const char *critical; /* raw */
	size_t critical_len;
	const char *ca; /* file */
	bool is_signed, is_accepted;
};

static const struct recipe recipes[] = {
	{ "certificate", 1, 1, NULL, 0, "ed25519", true, true },
	{ "host certificate", 2, 0, NULL, 0, "rsa", true, true },
	{ "type 0", 0, 1, NULL, 0, "ed25519", true, false },
	{ "type 3", 3, 1, NULL, 0, "ed25519", true, false },
	{ "256 principals", 1, 256, NULL, 0, "ed25519", true, true },
	{ "257 principals", 1, 257, NULL, 0, "ed25519", true, false },
	{ "an option", 1, 1, "\0\0\0\1a\0\0\0\0", 9, "ed25519", true, true },
	{ "half an option", 1, 1, "\0\0\0\1a", 5, "ed25519", true, false },
	{ "option with a NUL", 1, 1, "\0\0\0\1\0\0\0\0\0", 9, "ed25519", true,
	  false },
	{ "signed by a certificate", 1, 1, NULL, 0, "rsa-cert", true, false },
	{ "without a signature", 1, 1, NULL, 0, "ed25519", false, false },
};

static void
test_recipe(const struct recipe *r)
{
	struct key *plain = key_data_public("ed25519"),
		   *ca = key_data_public(r->ca), *k;
	struct buf blob = BUF_INIT, principals = BUF_INIT, signature = BUF_INIT;
	struct err e = { 0 };

	for (size_t i = 0; i < r->n_principals; i++)
		wire_put_cstring(&principals, "ada");
	wire_put_cstring(&blob, "ssh-ed25519" CERT);
	wire_put_cstring(&blob, "nonce");
	buf_add(&blob, plain->blob + 15, plain->len - 15);
	key_data_put_u64(&blob, 1);
	wire_put_u32(&blob, r->type);
	wire_put_cstring(&blob, "id");
	wire_put_string(&blob, principals.data, principals.len);
	key_data_put_u64(&blob, 0);
	key_data_put_u64(&blob, UINT64_MAX);
	wire_put_string(&blob, r->critical, r->critical_len);
	wire_put_string(&blob, NULL, 0);
	wire_put_string(&blob, NULL, 0);
	wire_put_string(&blob, ca->blob, ca->len);
	if (r->is_signed)
		wire_put_cstring(&signature, "ssh-ed25519");
	wire_put_string(&blob, signature.data, signature.len);
	k = key_from_blob(blob.data, blob.len, &e);
	is_int(k != NULL, r->is_accepted, "%s: %s", r->what, e.text);
	key_free(k);
	key_free(ca);
	key_free(plain);
	buf_clear(&signature);
	buf_clear(&principals);
	buf_clear(&blob);
}

/* Blobs that are wrong in one place. */
static const struct {
	const char *what, *blob;
	size_t len;
} bad_blobs[] = {
	{ "nothing", "", 0 },
	{ "unknown type", "\0\0\0\5ssh-x\0\0\0\1a", 14 },
	{ "NUL in the type", "\0\0\0\2\0a", 6 },
	{ "short ed25519 key", "\0\0\0\013ssh-ed25519\0\0\0\1a", 20 },
	{ "negative RSA exponent", "\0\0\0\7ssh-rsa\0\0\0\1\200\0\0\0\1\7",
	  21 },
	{ "zero RSA modulus", "\0\0\0\7ssh-rsa\0\0\0\1\3\0\0\0\0", 20 },
	{ "tiny RSA modulus", "\0\0\0\7ssh-rsa\0\0\0\1\3\0\0\0\1\7", 21 },
	{ "other curve",
	  "\0\0\0\023ecdsa-sha2-nistp256\0\0\0\010nistp384\0\0\0\1\4", 40 },
	{ "short point",
	  "\0\0\0\023ecdsa-sha2-nistp256\0\0\0\010nistp256\0\0\0\1\4", 40 },
};

/* RSA keys by size: 1024 to 16384 bits are accepted. */
static void
test_rsa_size(int bits, bool is_accepted)
{
	size_t len = ((size_t)bits + 7) / 8;
	unsigned char *n = xcalloc(len, 1);
	struct buf blob = BUF_INIT;
	struct err e = { 0 };
	struct key *k;

	n[0] = (unsigned char)(1 << (bits - 1) % 8);
	wire_put_cstring(&blob, "ssh-rsa");
	wire_put_mpint(&blob, (const unsigned char *)"\3", 1);
	wire_put_mpint(&blob, n, len);
	k = key_from_blob(blob.data, blob.len, &e);
	is_int(k != NULL, is_accepted, "RSA key of %d bits", bits);
	if (k != NULL)
		is_int(key_bits(k), bits, "and it says so");
	key_free(k);
	buf_clear(&blob);
	free(n);
}

/* "$" stands for the base64 of the ed25519 key. */
/* A number with a zero too many would be the same key with another blob. */
static void
test_one_blob(void)
{
	struct key *k = key_data_public("rsa");
	struct buf blob = BUF_INIT;
	struct wire fields, exponent;
	struct err e = { 0 };

	key_get_fields(k, &fields);
	(void)wire_get_wire(&fields, &exponent);
	wire_put_cstring(&blob, "ssh-rsa");
	wire_put_u32(&blob, (uint32_t)exponent.len + 1);
	buf_add_byte(&blob, 0);
	buf_add(&blob, exponent.data, exponent.len);
	buf_add(&blob, fields.data, fields.len);
	ok(key_from_blob(blob.data, blob.len, &e) == NULL,
	   "a zero too many: %s", e.text);
	buf_clear(&blob);
	key_free(k);
}

static const struct {
	const char *text, *comment; /* NULL: not a key */
} texts[] = {
	{ "ssh-ed25519 $", "" },
	{ "ssh-ed25519 $ a comment", "a comment" },
	{ " \tssh-ed25519\t $ \t a comment \r\nnext line", "a comment " },
	{ "ssh-ed25519 $\n", "" },
	{ "ssh-rsa $", NULL },
	{ "ssh-ed2551 $", NULL },
	{ "ssh-ed25519", NULL },
	{ "ssh-ed25519\n$", NULL },
	{ "ssh-ed25519 $$", NULL },
	{ "ssh-ed25519 AAAA", NULL },
	{ "ssh-ed25519 !", NULL },
	{ "no-pty ssh-ed25519 $", NULL },
	{ "", NULL },
	{ "# ssh-ed25519 $", NULL },
};

/* What a key of a file may be called in front of its base64. */
static const struct {
	const char *file, *name;
	bool is_key;
} called[] = {
	{ "rsa", "ssh-rsa", true },
	{ "rsa", "rsa-sha2-256", true },
	{ "rsa", "rsa-sha2-512", true },
	{ "rsa", "rsa-sha2-1024", false },
	{ "rsa", "rsa-sha2-512" CERT, false },
	{ "rsa-cert", "rsa-sha2-512" CERT, true },
	{ "rsa-cert", "rsa-sha2-512", false },
	{ "ed25519", "rsa-sha2-512", false },
};

static void
test_called(size_t i)
{
	struct key *key = key_data_public(called[i].file), *k;
	char *base64 = key_base64(key);
	char *text = xasprintf("%s %s", called[i].name, base64);
	struct err e = { 0 };

	k = key_from_text(text, NULL, &e);
	is_int(k != NULL, called[i].is_key, "%s called %s: %s", called[i].file,
	       called[i].name, e.text);
	free(text);
	free(base64);
	key_free(k);
	key_free(key);
}

/* Every "$" in text replaced. */
static char *
with_key(const char *text, const char *base64)
{
	struct buf b = BUF_INIT;

	for (; *text != '\0'; text++) {
		if (*text == '$')
			buf_add_str(&b, base64);
		else
			buf_add_byte(&b, (unsigned char)*text);
	}
	return buf_take_str(&b);
}

static void
test_texts(void)
{
	struct key *key = key_data_public("ed25519");
	char *base64 = key_base64(key);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = with_key(texts[i].text, base64), *comment = NULL;
		struct err e = { 0 };
		struct key *k = key_from_text(text, &comment, &e);

		is_int(k != NULL, texts[i].comment != NULL, "text %zu: %s", i,
		       e.text);
		is_str(comment, texts[i].comment, "comment %zu", i);
		if (k == NULL)
			is_int(e.kind, ERR_LOCAL, "kind of error %zu", i);
		free(comment);
		free(text);
		key_free(k);
	}
	free(base64);
	key_free(key);
}

static const struct {
	const char *content;
	bool is_key;
} files[] = {
	{ "# a comment\n\n not a key\nssh-ed25519 $ x\nssh-ed25519 AA", true },
	{ "ssh-ed25519 $", true },
	{ "-----BEGIN X-----\nssh-ed25519 $\n", false },
	{ "", false },
	{ "#ssh-ed25519 $\n", false },
};

static void
test_files(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/key", folder);
	struct key *key = key_data_public("ed25519");
	char *base64 = key_base64(key);
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *text = with_key(files[i].content, base64);
		struct key *k;

		data_write(path, text, strlen(text), 0644);
		k = key_load_public(path, NULL, &e);
		is_int(k != NULL, files[i].is_key, "file %zu", i);
		key_free(k);
		free(text);
	}
	(void)unlink(path);
	ok(key_load_public(path, NULL, &e) == NULL, "absent: %s", e.text);
	(void)rmdir(folder);
	free(base64);
	free(path);
	free(folder);
	key_free(key);
}

static const struct {
	const char *algorithm, *key_name;
} algorithms[] = {
	{ "rsa-sha2-512", "ssh-rsa" },
	{ "rsa-sha2-256" CERT, "ssh-rsa" },
	{ "ssh-rsa", "ssh-rsa" },
	{ "ecdsa-sha2-nistp384" CERT, "ecdsa-sha2-nistp384" },
	{ "sk-ecdsa-sha2-nistp256" CERT, "sk-ecdsa-sha2-nistp256@openssh.com" },
	{ "rsa-sha2-1024", NULL },
	{ "", NULL },
};

int
main(void)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < N_KEYS; i++)
		test_file(i);
	for (i = 0; i < N_KEYS; i++)
		test_truncated(keys[i].file);
	test_certificate();
	for (i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		test_recipe(&recipes[i]);
	for (i = 0; i < sizeof(bad_blobs) / sizeof(bad_blobs[0]); i++)
		ok(key_from_blob(bad_blobs[i].blob, bad_blobs[i].len, &e) ==
		       NULL,
		   "%s: %s", bad_blobs[i].what, e.text);
	test_one_blob();
	test_rsa_size(1023, false);
	test_rsa_size(1024, true);
	test_rsa_size(3071, true);
	test_rsa_size(16384, true);
	test_rsa_size(16385, false);
	for (i = 0; i < sizeof(called) / sizeof(called[0]); i++)
		test_called(i);
	test_texts();
	test_files();
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		is_str(key_algorithm_key_name(algorithms[i].algorithm),
		       algorithms[i].key_name, "key name of %s",
		       algorithms[i].algorithm);
	key_free(NULL);
	return done_testing();
}
