/* What a token is given to sign, and what is made of its answer. */
#include <stdlib.h>
#include <string.h>

#include "auth/token_digest.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "hex.h"
#include "key_data.h"
#include "keys/agent_numbers.h"
#include "keys/agent_serve.h"
#include "keys/agent_wire.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char *
hex_of(const void *data, size_t len)
{
	char *text = xcalloc(len + 1, 2);

	hex_encode(data, len, text);
	return text;
}

/* Of "abc": the digest is the standards' own example. */
static const struct {
	const char *key;
	uint32_t flags;
	const char *algorithm;
	size_t len;
	const char *begins; /* in hex; NULL: there is nothing */
} digests[] = {
	{ "rsa", AGENT_RSA_SHA2_512, "rsa-sha2-512", 19 + 64, "3051300d" },
	{ "rsa", AGENT_RSA_SHA2_256, "rsa-sha2-256", 19 + 32, "3031300d" },
	{ "rsa", 0, "ssh-rsa", 15 + 20, "30213009" },
	{ "ecdsa256", 0, "ecdsa-sha2-nistp256", 32, "ba7816bf" },
	{ "ecdsa384", 0, "ecdsa-sha2-nistp384", 48, "cb00753f" },
	{ "ecdsa521", 0, "ecdsa-sha2-nistp521", 64, "ddaf35a1" },
	{ "ed25519", 0, NULL, 0, NULL },
};

static void
test_digest(size_t i)
{
	struct key *key = key_data_public(digests[i].key);
	struct wire abc = { (const unsigned char *)"abc", 3 };
	struct buf out = BUF_INIT;
	const char *name = token_digest(key, &abc, digests[i].flags, &out);

	is_str(name, digests[i].algorithm, "algorithm of %s", digests[i].key);
	is_int((long long)out.len, (long long)digests[i].len, "length");
	if (digests[i].begins != NULL && out.len >= 4) {
		char *hex = hex_of(out.data, 4);

		is_str(hex, digests[i].begins, "begins right");
		free(hex);
	}
	buf_clear(&out);
	key_free(key);
}

static const struct {
	const char *key, *raw;
	int rc;
	const char *inner; /* in hex */
} signatures[] = {
	{ "rsa", "0102", 0, "0102" },
	{ "rsa", "", -1, "" },
	{ "ecdsa256", "00017f80", 0, "0000000101000000027f80" },
	{ "ecdsa256", "80ff0001", 0, "000000030080ff0000000101" },
	{ "ecdsa256", "010203", -1, "" },
	{ "ecdsa256", "", -1, "" },
};

static void
test_signature(size_t i)
{
	struct key *key = key_data_public(signatures[i].key);
	struct buf raw = BUF_INIT, sig = BUF_INIT;
	struct wire w, inner = { NULL, 0 };
	char *hex;

	hex_add(&raw, signatures[i].raw);
	is_int(token_put_signature(key, "name", &raw, &sig), signatures[i].rc,
	       "signature %zu", i);
	wire_init(&w, sig.data, sig.len);
	(void)wire_get_wire(&w, &inner);
	(void)wire_get_wire(&w, &inner);
	hex = hex_of(inner.data, inner.len);
	is_str(hex, signatures[i].inner, "what it is");
	free(hex);
	buf_clear(&raw);
	buf_clear(&sig);
	key_free(key);
}

static const struct {
	const char *what, *message; /* in hex */
	enum agent_request_kind kind;
} requests[] = {
	{ "nothing", "", AGENT_REQUEST_OTHER },
	{ "list", "000000010b", AGENT_REQUEST_LIST },
	{ "sign", "000000100d0000000161000000016200000002",
	  AGENT_REQUEST_SIGN },
	{ "sign, cut", "0000000a0d00000001610000000162", AGENT_REQUEST_OTHER },
	{ "sign, too long a key", "000000100dffffffff61000000016200000002",
	  AGENT_REQUEST_OTHER },
	{ "log in", "0000000b1400000001610000000162", AGENT_REQUEST_LOG_IN },
	{ "log in, cut", "00000006140000000161", AGENT_REQUEST_OTHER },
	{ "add a key", "0000000111", AGENT_REQUEST_OTHER },
};

static void
test_request(size_t i)
{
	struct agent_request r;
	struct buf message = BUF_INIT;

	hex_add(&message, requests[i].message);
	agent_get_request(message.data, message.len, &r);
	is_int(r.kind, requests[i].kind, "%s", requests[i].what);
	if (r.kind == AGENT_REQUEST_SIGN)
		ok(r.key.len == 1 && r.data.len == 1 && r.flags == 2,
		   "what to sign");
	if (r.kind == AGENT_REQUEST_LOG_IN)
		ok(r.token.len == 1 && *r.pin.data == 'b', "with what");
	buf_clear(&message);
}

int
main(void)
{
	for (size_t i = 0; i < N(digests); i++)
		test_digest(i);
	for (size_t i = 0; i < N(signatures); i++)
		test_signature(i);
	for (size_t i = 0; i < N(requests); i++)
		test_request(i);
	is_str(token_curve("\x06\x05\x2b\x81\x04\x00\x22", 7), "nistp384",
	       "a curve");
	is_str(token_curve("\x06\x05\x2b\x81\x04\x00\x0a", 7), NULL,
	       "one that SSH does not have");
	return done_testing();
}
