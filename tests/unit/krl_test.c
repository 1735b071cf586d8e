/* Key revocation lists, made here; those that ssh-keygen makes are in
 * tests/certificates.bats. */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/wire.h"
#include "key_data.h"
#include "keys/key.h"
#include "tap.h"
#include "trust/krl.h"

/*
 * Lists are written as words: [N ... ] is a section of type N (hexadecimal), or
 * a string with whatever is in it, ( ... ); bN a byte, qN a number of 64 bits,
 * xHEX these bytes, "text a string in which _ is a blank; kF, hF, HF, aF a
 * string with the key F, its SHA-1 or SHA-256, or its authority; 0 an empty
 * string.
 */
static const struct {
	char letter;
	const char *file;
} letters[] = {
	{ 'F', "ed25519" },
	{ 'R', "rsa" },
	{ 'C', "ed25519-cert" },
	{ 'D', "rsa-cert" },
};

static struct key *
load(char letter)
{
	size_t i = 0;

	while (letters[i].letter != letter)
		i++;
	return key_data_public(letters[i].file);
}

static void
put_key(struct buf *b, char what, char letter)
{
	struct key *k = load(letter), *plain = key_plain(k);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_Digest(plain->blob, plain->len, digest, &len,
		   what == 'h' ? EVP_sha1() : EVP_sha256(), NULL);
	if (what == 'k')
		wire_put_string(b, plain->blob, plain->len);
	else if (what == 'a')
		wire_put_string(b, k->cert->ca->blob, k->cert->ca->len);
	else
		wire_put_string(b, digest, len);
	key_free(plain);
	key_free(k);
}

static void
put_hex(struct buf *b, const char *word)
{
	for (; isxdigit((unsigned char)word[0]); word += 2) {
		char byte[3] = { word[0], word[1], '\0' };

		buf_add_byte(b, (unsigned char)strtoul(byte, NULL, 16));
	}
}

static void
put_text(struct buf *b, const char *text, size_t len)
{
	wire_put_u32(b, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		buf_add_byte(b, text[i] == '_' ? ' ' : (unsigned char)text[i]);
}

static void
put_word(struct buf *b, const char *word, size_t len)
{
	switch (word[0]) {
	case 'b':
		buf_add_byte(b, (unsigned char)strtoul(word + 1, NULL, 16));
		break;
	case 'q':
		key_data_put_u64(b, strtoull(word + 1, NULL, 16));
		break;
	case 'x':
		put_hex(b, word + 1);
		break;
	case '0':
		wire_put_string(b, "", 0);
		break;
	case '"':
		put_text(b, word + 1, len - 1);
		break;
	default:
		put_key(b, word[0], word[1]);
		break;
	}
}

/* Returns where the words, or those in these brackets, end. */
static const char *
put(struct buf *b, const char *text)
{
	while (*(text += strspn(text, " ")) != '\0' && *text != ']' &&
	       *text != ')') {
		size_t len = strcspn(text, " ");
		struct buf inner = BUF_INIT;

		if (*text != '[' && *text != '(') {
			put_word(b, text, len);
			text += len;
			continue;
		}
		if (*text == '[')
			buf_add_byte(
			    b, (unsigned char)strtoul(text + 1, NULL, 16));
		text = put(&inner, text + len) + 1;
		wire_put_string(
		    b, inner.data != NULL ? inner.data : (const void *)"",
		    inner.len);
		buf_clear(&inner);
	}
	return text;
}

#define HEADER "x5353484b524c0a00 x00000001 q1 q2 q0 \"reserved \"comment "
#define CERTS(x) "[1 aC 0 " x " ]"
#define ANY(x) "[1 0 0 " x " ]"
#define ID "\"a_test_user"

/* C has the serial number 7 and the id "a test user"; D has none. */
static const struct {
	const char *what, *list;
	char key;
	int result;
} cases[] = {
	{ "nothing", "", 'F', 0 },
	{ "key", "[2 kF ]", 'F', 1 },
	{ "one of several keys", "[2 kR \"junk kF ]", 'F', 1 },
	{ "another key", "[2 kR ]", 'F', 0 },
	{ "in the second section", "[2 kR ] [2 kF ]", 'F', 1 },
	{ "SHA-1", "[3 hR hF ]", 'F', 1 },
	{ "SHA-1 of another", "[3 hR ]", 'F', 0 },
	{ "SHA-256", "[5 HF HR ]", 'F', 1 },
	{ "SHA-256 of another", "[5 HR ]", 'F', 0 },
	{ "a hash is no key", "[2 hF HF ]", 'F', 0 },
	{ "SHA-1 where SHA-256 should be", "[5 hF ]", 'R', -1 },
	{ "SHA-256 where SHA-1 should be", "[3 HF ]", 'R', -1 },
	{ "a key in a certificate", "[2 kC ]", 'C', 1 },
	{ "a hash of a key in a certificate", "[5 HC ]", 'C', 1 },
	{ "an authority", "[2 aC ]", 'C', 1 },
	{ "serial number", CERTS("[20 q1 q7 ]"), 'C', 1 },
	{ "another serial number", CERTS("[20 q6 q8 ]"), 'C', 0 },
	{ "serial number of another authority", "[1 kR 0 [20 q7 ] ]", 'C', 0 },
	{ "serial number of any authority", ANY("[20 q7 ]"), 'C', 1 },
	{ "serial number of a plain key", ANY("[20 q7 q0 ]"), 'F', -1 },
	{ "serial numbers and a plain key", ANY("[20 q7 ]"), 'F', 0 },
	{ "range", CERTS("[21 q2 q9 ]"), 'C', 1 },
	{ "first of a range", CERTS("[21 q7 q9 ]"), 'C', 1 },
	{ "last of a range", CERTS("[21 q1 q7 ]"), 'C', 1 },
	{ "before a range", CERTS("[21 q8 qffffffffffffffff ]"), 'C', 0 },
	{ "behind a range", CERTS("[21 q1 q6 ]"), 'C', 0 },
	{ "range the wrong way round", CERTS("[21 q9 q2 ]"), 'C', -1 },
	{ "range from 0", CERTS("[21 q0 q7 ]"), 'C', -1 },
	{ "half a range", CERTS("[21 q2 ]"), 'C', -1 },
	{ "a range and more", CERTS("[21 q2 q9 b0 ]"), 'C', -1 },
	{ "bitmap", CERTS("[22 q5 ( b4 ) ]"), 'C', 1 },
	{ "bitmap from 0", CERTS("[22 q0 ( x0080 ) ]"), 'C', 1 },
	{ "bitmap from 0 with 0", CERTS("[22 q0 ( x0081 ) ]"), 'C', -1 },
	{ "bitmap, not set", CERTS("[22 q5 ( b7b ) ]"), 'C', 0 },
	{ "bitmap, second byte", CERTS("[22 q1 ( x0100 ) ]"), 'C', 0 },
	{ "bitmap behind it", CERTS("[22 q8 ( b7f ) ]"), 'C', 0 },
	{ "bitmap before it", CERTS("[22 q1 ( b3 ) ]"), 'C', 0 },
	{ "no serial number at all", ANY("[21 q1 qffffffffffffffff ]"), 'D',
	  0 },
	{ "empty bitmap", CERTS("[22 q7 0 ]"), 'C', 0 },
	{ "negative bitmap", CERTS("[22 q7 ( bff ) ]"), 'C', -1 },
	{ "bitmap to the last number",
	  CERTS("[22 qfffffffffffffff8 ( x0080 ) ]"), 'C', 0 },
	{ "bitmap past the last number",
	  CERTS("[22 qfffffffffffffff8 ( x0100 ) ]"), 'C', -1 },
	{ "bitmap and more", CERTS("[22 q7 ( b1 ) b0 ]"), 'C', -1 },
	{ "bitmap without bits", CERTS("[22 q5 ]"), 'C', -1 },
	{ "id", CERTS("[23 \"x " ID " ]"), 'C', 1 },
	{ "id of any authority", ANY("[23 " ID " ]"), 'C', 1 },
	{ "id of another authority", "[1 kR 0 [23 " ID " ] ]", 'C', 0 },
	{ "longer id", CERTS("[23 " ID "x ]"), 'C', 0 },
	{ "id with a NUL", CERTS("[23 ( x6100 ) ]"), 'C', -1 },
	{ "id cut off", CERTS("[23 x00000009 ]"), 'C', -1 },
	{ "two sections", CERTS("[20 q1 ] [21 q2 q9 ]"), 'C', 1 },
	{ "unknown certificate section", CERTS("[24 ]"), 'C', -1 },
	{ "certificate extension", CERTS("[39 \"new b0 \"data ] [20 q7 ]"), 'C',
	  1 },
	{ "critical certificate extension",
	  CERTS("[39 \"new b1 \"data ] [20 q7 ]"), 'C', -1 },
	{ "certificate section without an authority", "[1 ]", 'F', -1 },
	{ "certificate section cut off", CERTS("b20"), 'F', -1 },
	{ "certificate section of nobody we know", "[1 \"ca 0 ]", 'C', -1 },
	{ "extension", "[ff \"new b0 0 ] [2 kF ]", 'F', 1 },
	{ "critical extension", "[ff \"new b1 0 ] [2 kF ]", 'F', -1 },
	{ "extension and more", "[ff \"new b0 0 b0 ]", 'F', -1 },
	{ "extension cut off", "[ff \"new ]", 'F', -1 },
	{ "signature", "[2 kF ] [4 kR ] \"signature", 'F', -1 },
	{ "unknown section", "[2 kF ] [6 ]", 'F', -1 },
	{ "section cut off", "[2 kF ] b2 x000000ff", 'F', -1 },
	{ "key cut off", "[2 kF x000000ff ]", 'F', -1 },
	{ "a byte too many", "[2 kF ] b2", 'F', -1 },
};

static void
test_case(size_t i)
{
	struct key *key = load(cases[i].key);
	struct buf list = BUF_INIT;
	struct err e = { .kind = ERR_NONE };

	put(&list, HEADER);
	put(&list, cases[i].list);
	is_int(krl_check(list.data, list.len, key, &e), cases[i].result,
	       "%s: %s", cases[i].what, e.text);
	is_int(e.kind == ERR_NONE, cases[i].result >= 0, "%s: error",
	       cases[i].what);
	buf_clear(&list);
	key_free(key);
}

/* Wherever it is cut off, it is malformed, or ends with a whole section. */
static void
test_cut(void)
{
	struct key *key = load('C');
	struct buf list = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	size_t header, n_right = 0;

	put(&list, HEADER);
	header = list.len;
	put(&list, CERTS("[20 q5 q6 ] [21 q7 q8 ] [22 q1 ( b4 ) ] [23 \"x ]"));
	for (size_t len = 0; len < list.len; len++)
		n_right += krl_check(list.data, len, key, &e) >= 0;
	is_int((long long)n_right, 1, "the header alone is right");
	is_int(krl_check(list.data, header, key, &e), 0, "it revokes nothing");
	list.data[11] = 2;
	is_int(krl_check(list.data, list.len, key, &e), -1, "version 2: %s",
	       e.text);
	ok(krl_is(list.data, 8), "begins as a KRL");
	ok(!krl_is(list.data, 7), "does not begin as a KRL");
	ok(!krl_is("ssh-rsa AAAA", 12), "is no KRL");
	ok(!krl_is(NULL, 0), "nothing is no KRL");
	buf_clear(&list);
	key_free(key);
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(i);
	test_cut();
	return done_testing();
}
