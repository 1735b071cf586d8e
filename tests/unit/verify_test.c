/* Signatures: of every kind of key, those of ssh-keygen and ours; damaged
 * ones. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "keys/base64.h"
#include "keys/key.h"
#include "keys/private_key.h"
#include "keys/verify.h"
#include "tap.h"

#define CERT "-cert-v01@openssh.com"

static const struct wire message = { (const unsigned char *)"data", 4 };

static struct wire
wire_of(const struct buf *b)
{
	struct wire w;

	wire_init(&w, b->data, b->len);
	return w;
}

/* Append SHA-512 or SHA-256 of data. */
static void
put_hash(struct buf *b, const char *name, const void *data, size_t len)
{
	unsigned char hash[64];
	size_t hash_len = 0;

	EVP_Q_digest(NULL, name, NULL, data, len, hash, &hash_len);
	buf_add(b, hash, hash_len);
}

/* --- what ssh-keygen -Y sign says ----------------------------------------- */

/* The signature blob in keys/NAME.sig (PROTOCOL.sshsig). */
static void
load_signature(const char *name, struct buf *signature)
{
	char *file = xasprintf("%s.sig", name);
	const char *begin, *end;
	struct buf text = BUF_INIT, blob = BUF_INIT;
	struct wire w, field = { NULL, 0 };
	const unsigned char *skipped;

	key_data_file(file, &text);
	begin = strchr(buf_str(&text), '\n') + 1;
	end = strstr(begin, "-----END");
	(void)base64_decode(begin, (size_t)(end - begin), &blob);
	w = wire_of(&blob);
	(void)wire_get_bytes(&w, strlen("SSHSIG") + 4, &skipped);
	while (w.len > 0 && wire_get_wire(&w, &field) == 0)
		;
	buf_add(signature, field.data, field.len);
	buf_clear(&text);
	buf_clear(&blob);
	free(file);
}

static void
test_ssh_keygen(const char *name, const char *algorithm)
{
	struct buf signature = BUF_INIT, signed_data = BUF_INIT;
	struct buf hash = BUF_INIT;
	struct key *k = key_data_public(name);
	struct err e = { 0 };
	struct wire data, blob;

	load_signature(name, &signature);
	put_hash(&hash, "SHA512", "data", 4);
	buf_add_str(&signed_data, "SSHSIG");
	wire_put_cstring(&signed_data, "test");
	wire_put_cstring(&signed_data, "");
	wire_put_cstring(&signed_data, "sha512");
	wire_put_string(&signed_data, hash.data, hash.len);
	data = wire_of(&signed_data);
	blob = wire_of(&signature);
	is_int(key_verify(k, algorithm, &data, &blob, &e), 0,
	       "%s: ssh-keygen's signature: %s", name, e.text);
	is_int(key_verify(k, algorithm, &message, &blob, &e), -1,
	       "%s: not of other data", name);
	is_str(e.text, "incorrect signature", "%s: reason", name);
	key_free(k);
	buf_clear(&signature);
	buf_clear(&signed_data);
	buf_clear(&hash);
}

/* --- ours ------------------------------------------------------------------
 */

static const struct {
	const char *file, *public; /* of which the second verifies */
	const char *algorithm;     /* that was agreed on */
	const char *named;         /* in the signature */
	const char *reason;        /* "": it is right */
} cases[] = {
	{ "rsa", "rsa", "rsa-sha2-512", "rsa-sha2-512", "" },
	{ "rsa", "rsa", "rsa-sha2-256", "rsa-sha2-256", "" },
	{ "rsa", "rsa", "ssh-rsa", "ssh-rsa", "" },
	{ "rsa", "rsa-cert", "rsa-sha2-512" CERT, "rsa-sha2-512", "" },
	{ "rsa", "rsa-cert", "rsa-sha2-256" CERT, "rsa-sha2-256", "" },
	{ "rsa", "rsa-cert", "ssh-rsa" CERT, "ssh-rsa", "" },
	{ "rsa", "rsa", "rsa-sha2-512", "rsa-sha2-256",
	  "the signature is not of the kind rsa-sha2-512" },
	{ "rsa", "rsa", "rsa-sha2-256", "ssh-rsa",
	  "the signature is not of the kind rsa-sha2-256" },
	{ "rsa", "rsa-cert", "rsa-sha2-512" CERT, "rsa-sha2-512" CERT,
	  "the signature is not of the kind rsa-sha2-512" },
	{ "rsa", "rsa", "ssh-ed25519", "rsa-sha2-512",
	  "RSA key cannot sign as ssh-ed25519" },
	{ "rsa", "rsa", "rsa-sha2-1024", "rsa-sha2-512",
	  "RSA key cannot sign as rsa-sha2-1024" },
	{ "ecdsa256", "ecdsa256", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256",
	  "" },
	{ "ecdsa256", "ecdsa256-cert", "ecdsa-sha2-nistp256" CERT,
	  "ecdsa-sha2-nistp256", "" },
	{ "ecdsa384", "ecdsa384", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384",
	  "" },
	{ "ecdsa521", "ecdsa521", "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521",
	  "" },
	{ "ecdsa256", "ecdsa256", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
	  "the signature is not of the kind ecdsa-sha2-nistp256" },
	{ "ecdsa256", "ecdsa256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256",
	  "ECDSA key cannot sign as ecdsa-sha2-nistp384" },
	{ "ed25519", "ed25519", "ssh-ed25519", "ssh-ed25519", "" },
	{ "ed25519", "ed25519-cert", "ssh-ed25519" CERT, "ssh-ed25519", "" },
	{ "ed25519", "ed25519", "ssh-ed25519", "",
	  "the signature is not of the kind ssh-ed25519" },
	{ "ed25519", "dsa", "ssh-dss", "ssh-dss", "invalid DSA key" },
	{ "ed25519", "ed25519-sk", "sk-ssh-ed25519@openssh.com",
	  "sk-ssh-ed25519@openssh.com", "" },
	{ "ed25519", "ed25519-sk-cert", "sk-ssh-ed25519" CERT,
	  "sk-ssh-ed25519@openssh.com", "" },
	{ "ed25519", "ed25519-sk", "sk-ssh-ed25519@openssh.com", "ssh-ed25519",
	  "the signature is not of the kind sk-ssh-ed25519@openssh.com" },
	{ "ed25519", "ed25519-sk", "ssh-ed25519", "ssh-ed25519",
	  "ED25519-SK key cannot sign as ssh-ed25519" },
	{ "ecdsa256", "ecdsa256-sk", "sk-ecdsa-sha2-nistp256@openssh.com",
	  "sk-ecdsa-sha2-nistp256@openssh.com", "" },
	{ "ecdsa256", "ecdsa256-sk", "ecdsa-sha2-nistp256",
	  "ecdsa-sha2-nistp256",
	  "ECDSA-SK key cannot sign as ecdsa-sha2-nistp256" },
};

static bool
is_hardware(const char *public)
{
	return strstr(public, "-sk") != NULL;
}

/* A key of hardware that has the point of the test key. */
static struct key *
ecdsa_in_hardware(void)
{
	struct key *plain = key_data_public("ecdsa256"), *k;
	struct buf blob = BUF_INIT;
	struct wire fields;
	struct err e;

	key_get_fields(plain, &fields);
	wire_put_cstring(&blob, "sk-ecdsa-sha2-nistp256@openssh.com");
	buf_add(&blob, fields.data, fields.len);
	wire_put_cstring(&blob, "ssh:");
	k = key_from_blob(blob.data, blob.len, &e);
	buf_clear(&blob);
	key_free(plain);
	return k;
}

static struct key *
public_key(const char *name)
{
	return strcmp(name, "ecdsa256-sk") == 0 ? ecdsa_in_hardware()
						: key_data_public(name);
}

/* What private_key_sign() takes for the key of that file. */
static const char *
own_algorithm(const char *file, const char *named)
{
	if (strcmp(file, "ed25519") == 0)
		return "ssh-ed25519";
	if (strcmp(file, "rsa") == 0 && strstr(named, "rsa") != NULL)
		return named;
	return strcmp(file, "rsa") == 0        ? "rsa-sha2-512"
	       : strcmp(file, "ecdsa384") == 0 ? "ecdsa-sha2-nistp384"
	       : strcmp(file, "ecdsa521") == 0 ? "ecdsa-sha2-nistp521"
					       : "ecdsa-sha2-nistp256";
}

/* Flags and counter that a touched key says. */
#define TAIL "\1\0\0\0\7"

/* The blob of a signature of "data". */
static void
make_signature(const char *file, const char *named, bool in_hardware,
	       struct buf *blob)
{
	struct buf b = BUF_INIT, own = BUF_INIT, inner = BUF_INIT;
	struct private_key *k = NULL;
	struct wire data = message;
	struct err e = { 0 };

	key_data_file(file, &b);
	(void)key_data_parse(&b, NULL, &k, &e);
	if (in_hardware) {
		put_hash(&own, "SHA256", "ssh:", 4);
		buf_add(&own, TAIL, 5);
		put_hash(&own, "SHA256", "data", 4);
		data = wire_of(&own);
	}
	if (private_key_sign(k, own_algorithm(file, named), &data, &inner,
			     &e) != 0)
		printf("# %s\n", e.text);
	wire_put_cstring(blob, named);
	wire_put_string(blob, inner.data, inner.len);
	if (in_hardware)
		buf_add(blob, TAIL, 5);
	private_key_free(k);
	buf_clear(&b);
	buf_clear(&own);
	buf_clear(&inner);
}

static void
test_case(size_t i)
{
	const char *algorithm = cases[i].algorithm;
	struct key *k = public_key(cases[i].public);
	struct buf blob = BUF_INIT;
	struct err e = { 0 };
	struct wire signature;

	make_signature(cases[i].file, cases[i].named,
		       is_hardware(cases[i].public), &blob);
	signature = wire_of(&blob);
	is_int(key_verify(k, algorithm, &message, &signature, &e),
	       cases[i].reason[0] == '\0' ? 0 : -1, "%s verifies %s as %s",
	       cases[i].public, cases[i].named, algorithm);
	is_str(e.text, cases[i].reason, "%s, %s: reason", cases[i].public,
	       cases[i].named);
	key_free(k);
	buf_clear(&blob);
}

/* No byte of a right signature can be another, be left out or be added. */
static void
test_damage(size_t i)
{
	const char *algorithm = cases[i].algorithm;
	struct key *k = public_key(cases[i].public);
	struct buf blob = BUF_INIT;
	struct wire signature;
	size_t accepted = 0;
	struct err e;

	make_signature(cases[i].file, cases[i].named,
		       is_hardware(cases[i].public), &blob);
	for (size_t n = 0; n < blob.len; n++) {
		blob.data[n] ^= (unsigned char)(1 << n % 8);
		signature = wire_of(&blob);
		if (key_verify(k, algorithm, &message, &signature, &e) == 0)
			accepted++;
		blob.data[n] ^= (unsigned char)(1 << n % 8);
		wire_init(&signature, blob.data, n);
		if (key_verify(k, algorithm, &message, &signature, &e) == 0)
			accepted++;
	}
	buf_add_byte(&blob, 0);
	signature = wire_of(&blob);
	if (key_verify(k, algorithm, &message, &signature, &e) == 0)
		accepted++;
	is_int((long long)accepted, 0, "%s, %s: damaged", cases[i].public,
	       algorithm);
	key_free(k);
	buf_clear(&blob);
}

/* One in 256 RSA signatures begins with a zero, which some servers strip. */
static void
test_stripped_zero(void)
{
	struct key *k = key_data_public("rsa");
	struct private_key *private = NULL;
	struct buf b = BUF_INIT, inner = BUF_INIT, blob = BUF_INIT;
	uint16_t data = 0;
	struct wire w = { (unsigned char *)&data, sizeof(data) }, signature;
	struct err e = { 0 };

	key_data_file("rsa", &b);
	(void)key_data_parse(&b, NULL, &private, &e);
	do {
		data++;
		buf_reset(&inner);
		(void)private_key_sign(private, "rsa-sha2-256", &w, &inner, &e);
	} while (inner.data[0] != 0);
	wire_put_cstring(&blob, "rsa-sha2-256");
	wire_put_string(&blob, inner.data + 1, inner.len - 1);
	signature = wire_of(&blob);
	is_int(key_verify(k, "rsa-sha2-256", &w, &signature, &e), 0,
	       "a signature without its zero: %s", e.text);
	buf_reset(&blob);
	wire_put_cstring(&blob, "rsa-sha2-256");
	wire_put_u32(&blob, (uint32_t)inner.len + 1);
	buf_add_byte(&blob, 0);
	buf_add(&blob, inner.data, inner.len);
	signature = wire_of(&blob);
	is_int(key_verify(k, "rsa-sha2-256", &w, &signature, &e), -1,
	       "a signature with one more");
	private_key_free(private);
	key_free(k);
	buf_clear(&b);
	buf_clear(&inner);
	buf_clear(&blob);
}

/* A key whose point is not on the curve is no key. */
static void
test_bad_point(void)
{
	struct key *k = key_data_public("ecdsa256"), *bad;
	struct buf blob = BUF_INIT;
	struct wire signature;
	struct err e = { 0 };

	k->blob[k->len - 1] ^= 1;
	bad = key_from_blob(k->blob, k->len, &e);
	make_signature("ecdsa256", "ecdsa-sha2-nistp256", false, &blob);
	signature = wire_of(&blob);
	is_int(key_verify(bad, "ecdsa-sha2-nistp256", &message, &signature, &e),
	       -1, "a point that is not on the curve");
	is_str(e.text, "invalid ECDSA key", "reason");
	key_free(bad);
	key_free(k);
	buf_clear(&blob);
}

int
main(void)
{
	test_ssh_keygen("rsa", "rsa-sha2-512");
	test_ssh_keygen("ecdsa256", "ecdsa-sha2-nistp256");
	test_ssh_keygen("ecdsa384", "ecdsa-sha2-nistp384");
	test_ssh_keygen("ecdsa521", "ecdsa-sha2-nistp521");
	test_ssh_keygen("ed25519", "ssh-ed25519");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_case(i);
		if (cases[i].reason[0] == '\0')
			test_damage(i);
	}
	test_stripped_zero();
	test_bad_point();
	return done_testing();
}
