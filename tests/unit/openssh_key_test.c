#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "keys/base64.h"
#include "tap.h"

/* No beginning of a file is a key, unless only the last line break went. */
static void
test_truncated(const char *file)
{
	struct private_key *k = NULL;
	struct buf b = BUF_INIT;
	size_t accepted = 0;
	struct err e;

	key_data_file(file, &b);
	for (size_t len = 0; len + 1 < b.len; len++) {
		/* A copy of just this size, for the sanitizer. */
		struct buf part = { .data = xmemdup(b.data, len), .len = len };
		enum private_result result;

		result = key_data_parse(&part, "correct horse", &k, &e);
		accepted += result != PRIVATE_BAD_FORMAT ? 1 : 0;
		free(part.data);
	}
	is_int((long long)accepted, 0, "%s truncated", file);
	ok(k == NULL, "%s truncated: output untouched", file);
	buf_clear(&b);
}

/* The text form of an openssh-key-v1 body. */
static void
armour(const void *body, size_t len, struct buf *text)
{
	char *base64 = base64_encode(body, len);

	buf_reset(text);
	buf_addf(text,
		 "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"
		 "-----END OPENSSH PRIVATE KEY-----\n",
		 base64);
	free(base64);
}

/* What is inside the text form of an openssh-key-v1 file. */
static void
load_body(const char *file, struct buf *body)
{
	struct buf text = BUF_INIT;
	const char *begin, *end;

	key_data_file(file, &text);
	begin = strchr(buf_str(&text), '\n');
	end = strstr(begin, "-----END");
	(void)base64_decode(begin, (size_t)(end - begin), body);
	buf_clear(&text);
}

/* The same inside the text, where lengths do not match any more. */
static void
test_truncated_body(const char *file)
{
	struct buf body = BUF_INIT, text = BUF_INIT;
	struct private_key *k = NULL;
	size_t accepted = 0;
	struct err e;

	load_body(file, &body);
	for (size_t len = 0; len < body.len; len++) {
		armour(body.data, len, &text);
		if (key_data_parse(&text, "correct horse", &k, &e) !=
		    PRIVATE_BAD_FORMAT)
			accepted++;
	}
	is_int((long long)accepted, 0, "body of %s truncated", file);
	buf_add_byte(&body, 0);
	armour(body.data, body.len, &text);
	is_int(key_data_parse(&text, "correct horse", &k, &e),
	       PRIVATE_BAD_FORMAT, "body of %s too long", file);
	buf_clear(&text);
	buf_clear(&body);
}

/* Any changed byte makes a file useless, or is in the comment (8 bytes), the
 * check numbers (both must be equal) or nowhere. */
static void
test_damaged_body(const char *file, size_t max_accepted)
{
	struct buf body = BUF_INIT, text = BUF_INIT;
	size_t accepted = 0;
	struct err e;

	load_body(file, &body);
	for (size_t i = 0; i < body.len; i++) {
		struct private_key *k = NULL;

		body.data[i] ^= 1;
		armour(body.data, body.len, &text);
		if (key_data_parse(&text, "correct horse", &k, &e) ==
		    PRIVATE_OK)
			accepted++;
		private_key_free(k);
		body.data[i] ^= 1;
	}
	ok(accepted <= max_accepted, "%s damaged: %zu accepted", file,
	   accepted);
	buf_clear(&text);
	buf_clear(&body);
}

/* A body with the given encryption, not followed to its end. */
static void
test_encryption(const char *cipher, const char *kdf, uint32_t rounds,
		const char *want)
{
	struct buf body = BUF_INIT, options = BUF_INIT, text = BUF_INIT;
	struct key *public = key_data_public("ed25519");
	struct private_key *k = NULL;
	struct err e = { 0 };

	wire_put_cstring(&options, "salt");
	wire_put_u32(&options, rounds);
	buf_add(&body, "openssh-key-v1", 15);
	wire_put_cstring(&body, cipher);
	wire_put_cstring(&body, kdf);
	wire_put_string(&body, options.data, options.len);
	wire_put_u32(&body, 1);
	wire_put_string(&body, public->blob, public->len);
	wire_put_cstring(&body, "0123456789abcdef");
	armour(body.data, body.len, &text);
	is_int(key_data_parse(&text, NULL, &k, &e),
	       want == NULL ? PRIVATE_ENCRYPTED : PRIVATE_BAD_FORMAT,
	       "%s, %s, %u rounds: %s", cipher, kdf, rounds, e.text);
	if (want != NULL)
		ok(str_ends(e.text, want), "text: %s", e.text);
	buf_clear(&text);
	buf_clear(&options);
	buf_clear(&body);
	key_free(public);
}

/* White space that people's tools put into files. */
static void
test_spacing(void)
{
	struct buf b = BUF_INIT, crlf = BUF_INIT;
	struct private_key *k = NULL;
	struct err e = { 0 };

	key_data_file("ed25519", &b);
	buf_add_str(&crlf, "\n\n");
	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] == '\n')
			buf_add_byte(&crlf, '\r');
		buf_add_byte(&crlf, b.data[i]);
	}
	is_int(key_data_parse(&crlf, NULL, &k, &e), PRIVATE_OK, "CR LF %s",
	       e.text);
	private_key_free(k);
	k = NULL;
	b.len--;
	is_int(key_data_parse(&b, NULL, &k, &e), PRIVATE_OK,
	       "no last line break %s", e.text);
	private_key_free(k);
	buf_clear(&crlf);
	buf_clear(&b);
}

int
main(void)
{
	test_truncated("ed25519");
	test_truncated("ed25519.aes256-gcm");
	test_truncated("ecdsa256.pem");
	test_truncated("ecdsa256.pem-enc");
	test_truncated("ecdsa256.pkcs8");
	test_truncated("ed25519.pkcs8-enc");
	test_truncated_body("ed25519");
	test_truncated_body("rsa");
	test_truncated_body("ecdsa521");
	test_truncated_body("ed25519.aes256-ctr");
	test_truncated_body("ed25519.chacha20-poly1305");
	/* 8 bytes of comment. */
	test_damaged_body("ed25519", 8);
	test_damaged_body("ecdsa256", 8);
	test_encryption("aes256-ctr", "bcrypt", 16, NULL);
	test_encryption("aes256-ctr", "bcrypt", 20000, NULL);
	test_encryption("aes256-ctr", "bcrypt", 20001,
			"20001 key derivation rounds are too many");
	test_encryption("aes256-ctr", "bcrypt", 0,
			"damaged key derivation parameters");
	test_encryption("aes256-ctr", "none", 16,
			"unknown encryption \"aes256-ctr\"");
	test_encryption("none", "bcrypt", 16, "unknown encryption \"none\"");
	test_encryption("blowfish-cbc", "bcrypt", 16,
			"unknown encryption \"blowfish-cbc\"");
	test_spacing();
	return done_testing();
}
