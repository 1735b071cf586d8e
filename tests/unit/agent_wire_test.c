/* What is said to an agent, and what agents of all kinds answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "data.h"
#include "keys/agent_wire.h"
#include "keys/key.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define CERT "-cert-v01@openssh.com"
#define SK "sk-ssh-ed25519@openssh.com"
#define SK_ECDSA "sk-ecdsa-sha2-nistp256@openssh.com"

static struct key *
load(const char *file)
{
	char *name = xasprintf("keys/%s.pub", file), *path = data_path(name);
	struct err e = { .kind = ERR_NONE };
	struct key *k = key_load_public(path, NULL, &e);

	if (k == NULL) {
		printf("Bail out! %s\n", e.text);
		exit(1);
	}
	free(path);
	free(name);
	return k;
}

/* Put the length in front: a whole message from its body. */
static void
wrap(struct buf *message, const struct buf *body)
{
	buf_reset(message);
	wire_put_string(message, body->data, body->len);
}

/* Parse from a copy of exactly that size, so that ASan sees a read past it. */
static int
get_keys(const struct buf *message, struct agent_keys *keys, struct err *e)
{
	void *exact = xmemdup(message->data, message->len);
	int rc = agent_get_keys(exact, message->len, keys, e);

	free(exact);
	return rc;
}

static int
get_signature(const struct buf *message, const char *algorithm, struct buf *sig,
	      struct err *e)
{
	void *exact = xmemdup(message->data, message->len);
	int rc = agent_get_signature(exact, message->len, algorithm, sig, e);

	free(exact);
	return rc;
}

static void
test_requests(void)
{
	static const struct {
		const char *algorithm;
		uint32_t flags;
	} signs[] = {
		{ "ssh-ed25519", 0 },         { "ssh-ed25519" CERT, 0 },
		{ "ecdsa-sha2-nistp256", 0 }, { "ssh-rsa", 0 },
		{ "rsa-sha2-256", 2 },        { "rsa-sha2-512", 4 },
		{ "rsa-sha2-256" CERT, 2 },   { "rsa-sha2-512" CERT, 4 },
	};
	struct key *key = load("ed25519");
	struct buf b = BUF_INIT;

	agent_put_list(&b);
	ok(b.len == 5 && memcmp(b.data, "\0\0\0\1\13", 5) == 0, "list");
	for (size_t i = 0; i < N(signs); i++) {
		struct wire w, body, blob, data;
		uint8_t type = 0;
		uint32_t flags = 99;

		buf_reset(&b);
		agent_put_sign(&b, key, signs[i].algorithm, "a\0b", 3);
		wire_init(&w, b.data, b.len);
		ok(wire_get_wire(&w, &body) == 0 && w.len == 0 &&
		       wire_get_byte(&body, &type) == 0 && type == 13 &&
		       wire_get_wire(&body, &blob) == 0 &&
		       blob.len == key->len &&
		       memcmp(blob.data, key->blob, key->len) == 0 &&
		       wire_get_wire(&body, &data) == 0 && data.len == 3 &&
		       memcmp(data.data, "a\0b", 3) == 0 &&
		       wire_get_u32(&body, &flags) == 0 && body.len == 0,
		   "a request to sign");
		is_int(flags, signs[i].flags, "flags for %s",
		       signs[i].algorithm);
	}
	buf_clear(&b);
	key_free(key);
}

static void
test_length(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		long want;
	} lengths[] = {
		{ "", 0, 0 },
		{ "\0\0\0", 3, 0 },
		{ "\0\0\0\1", 4, 0 },
		{ "\0\0\0\1\5", 5, 5 },
		{ "\0\0\0\3\13x", 6, 0 },
		{ "\0\0\0\1\5\0\0\0\1\5", 10, 5 },
		{ "\0\0\0\0", 4, -1 },
		{ "\0\4\0\0", 4, 0 },
		{ "\0\4\0\1", 4, -1 },
		{ "\x7f\xff\xff\xff", 4, -1 },
		{ "\xff\xff\xff\xff", 4, -1 },
	};

	for (size_t i = 0; i < N(lengths); i++) {
		struct err e = { .kind = ERR_NONE };

		is_int(agent_message_len(lengths[i].bytes, lengths[i].len, &e),
		       lengths[i].want, "length %zu", i);
		ok((e.kind != ERR_NONE) == (lengths[i].want < 0), "error: %s",
		   e.text);
	}
}

/* What is passed on for others. */
static void
test_passing(void)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		bool want;
		const char *key;
	} signs[] = {
		{ "a list", "\0\0\0\1\13", 5, false, "" },
		{ "a signature", "\0\0\0\17\15\0\0\0\3key\0\0\0\2xy", 18, true,
		  "key" },
		{ "key cut off", "\0\0\0\6\15\0\0\0\3k", 10, true, "" },
		{ "nothing else", "\0\0\0\1\15", 5, true, "" },
		{ "no key", "\0\0\0\5\15\0\0\0\0", 9, true, "" },
		{ "of version 1", "\0\0\0\6\3\0\0\0\1k", 10, false, "" },
		{ "empty", "", 0, false, "" },
	};
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < N(signs); i++) {
		const unsigned char *key = NULL;
		size_t len = 0;

		ok(agent_is_sign(signs[i].bytes, signs[i].len, &key, &len) ==
		       signs[i].want,
		   "%s: recognized", signs[i].name);
		ok(len == strlen(signs[i].key) &&
		       (len == 0 || memcmp(key, signs[i].key, len) == 0),
		   "%s: key", signs[i].name);
	}
	agent_put_failure(&b);
	ok(b.len == 5 && memcmp(b.data, "\0\0\0\1\5", 5) == 0,
	   "a failure is one byte of value 5");
	buf_clear(&b);
}

/* A list of four, two of which are of no use. */
static void
put_list(struct buf *body)
{
	struct key *first = load("rsa"), *second = load("ed25519-cert");

	wire_put_byte(body, 12);
	wire_put_u32(body, 4);
	wire_put_string(body, first->blob, first->len);
	wire_put_cstring(body, "first key");
	wire_put_string(body, "\0\0\0\7unknown\0\0\0\1x", 16);
	wire_put_cstring(body, "of tomorrow");
	wire_put_string(body, NULL, 0);
	wire_put_cstring(body, "empty");
	wire_put_string(body, second->blob, second->len);
	wire_put_string(body, "a\33[2J\0b", 7);
	key_free(first);
	key_free(second);
}

static void
test_list(void)
{
	struct buf body = BUF_INIT, b = BUF_INIT;
	struct agent_keys keys = { NULL, 0 };
	struct err e = { .kind = ERR_NONE };
	size_t wrong = 0;

	put_list(&body);
	wrap(&b, &body);
	is_int(get_keys(&b, &keys, &e), 0, "a list");
	if (ok(keys.len == 2, "the keys that we know")) {
		is_str(keys.items[0].key->name, "ssh-rsa", "the first");
		is_str(keys.items[0].comment, "first key", "its comment");
		is_str(keys.items[1].key->name, "ssh-ed25519" CERT,
		       "a certificate");
		is_str(keys.items[1].comment, "a\33[2J", "a comment as sent");
	}
	agent_keys_clear(&keys);
	ok(keys.items == NULL && keys.len == 0, "cleared");
	for (size_t len = body.len; len-- > 0;) {
		body.len = len;
		wrap(&b, &body);
		if (get_keys(&b, &keys, &e) != -1 || keys.items != NULL)
			wrong++;
	}
	is_int((long long)wrong, 0, "cut at every byte");
	buf_clear(&body);
	buf_clear(&b);
}

static const struct {
	const char *name;
	const char *body;
	size_t len;
	const char *error; /* "": accepted */
} answers[] = {
	{ "no keys", "\14\0\0\0\0", 5, "" },
	{ "no keys and more bytes", "\14\0\0\0\0junk", 9, "" },
	{ "a refusal", "\5", 1, "agent refused operation" },
	{ "a refusal with more bytes", "\5\0\0\0\0", 5,
	  "agent refused operation" },
	{ "SUCCESS", "\6", 1, "wrong type 6" },
	{ "a signature", "\16\0\0\0\0", 5, "wrong type 14" },
	{ "an SSH-1 answer", "\2\0\0\0\0", 5, "wrong type 2" },
	{ "no count", "\14\0\0", 3, "malformed" },
	{ "2049 keys", "\14\0\0\x08\x01", 5, "malformed" },
	{ "4 thousand million keys", "\14\xff\xff\xff\xff", 5, "malformed" },
	{ "one key too few", "\14\0\0\0\1", 5, "cut off" },
	{ "a key with a huge length", "\14\0\0\0\1\xff\xff\xff\xffx", 10,
	  "cut off" },
};

static void
test_answers(void)
{
	for (size_t i = 0; i < N(answers); i++) {
		struct buf body = BUF_INIT, b = BUF_INIT;
		struct agent_keys keys = { NULL, 0 };
		struct err e = { .kind = ERR_NONE };
		bool is_good = *answers[i].error == '\0';

		buf_add(&body, answers[i].body, answers[i].len);
		wrap(&b, &body);
		is_int(get_keys(&b, &keys, &e), is_good ? 0 : -1, "%s",
		       answers[i].name);
		ok(strstr(e.text, answers[i].error) != NULL && keys.len == 0,
		   "%s: %s", answers[i].name, e.text);
		agent_keys_clear(&keys);
		buf_clear(&body);
		buf_clear(&b);
	}
}

static const struct {
	const char *algorithm; /* asked for */
	const char *name;      /* used */
	const char *rest;      /* what follows it */
	size_t len;
	const char *inner; /* NULL: an error */
	size_t inner_len;
} signatures[] = {
#define SIG "\0\0\0\5inner", 9, "inner", 5
#define WRONG "\0\0\0\5inner", 9, NULL, 0
	{ "ssh-ed25519", "ssh-ed25519", SIG },
	{ "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", SIG },
	{ "rsa-sha2-512", "rsa-sha2-512", SIG },
	{ "ssh-rsa", "ssh-rsa", SIG },
	{ "ssh-ed25519" CERT, "ssh-ed25519", SIG },
	{ "rsa-sha2-512" CERT, "rsa-sha2-512", SIG },
	{ "rsa-sha2-256" CERT, "rsa-sha2-256", SIG },
	/* an agent that does not know the flags */
	{ "rsa-sha2-512", "ssh-rsa", WRONG },
	{ "rsa-sha2-512", "rsa-sha2-256", WRONG },
	{ "rsa-sha2-512" CERT, "rsa-sha2-512" CERT, WRONG },
	{ "ssh-ed25519", "", WRONG },
	{ "ssh-ed25519", "ssh-ed2551", WRONG },
	{ "ssh-ed25519", "ssh-ed25519x", WRONG },
	{ "ssh-ed25519" CERT, "ssh-ed25519@openssh.com", WRONG },
	{ "ssh-ed25519", "\33]0;title\7", WRONG },
	/* flags and counter follow */
	{ SK, SK, "\0\0\0\3sig\1\0\0\0\7", 12, "\0\0\0\3sig\1\0\0\0\7", 12 },
	{ "sk-ssh-ed25519" CERT, SK, "\0\0\0\3sig\1\0\0\0\7", 12,
	  "\0\0\0\3sig\1\0\0\0\7", 12 },
	{ SK_ECDSA, SK_ECDSA, "\0\0\0\3sig\1\0\0\0\7", 12,
	  "\0\0\0\3sig\1\0\0\0\7", 12 },
	{ "sk-ecdsa-sha2-nistp256" CERT, SK_ECDSA, "\0\0\0\3sig\1\0\0\0\7", 12,
	  "\0\0\0\3sig\1\0\0\0\7", 12 },
	{ SK, "sk-ssh-ed25519", "\0\0\0\3sig\1\0\0\0\7", 12, NULL, 0 },
	{ SK, SK_ECDSA, "\0\0\0\3sig\1\0\0\0\7", 12, NULL, 0 },
	{ SK, SK, "", 0, NULL, 0 },
	/* no signature, or half of one */
	{ "ssh-ed25519", "ssh-ed25519", "", 0, NULL, 0 },
	{ "ssh-ed25519", "ssh-ed25519", "\0\0\0\0", 4, NULL, 0 },
	{ "ssh-ed25519", "ssh-ed25519", "\0\0\0\5inne", 8, NULL, 0 },
	{ "ssh-ed25519", "ssh-ed25519", "\xff\xff\xff\xff", 4, NULL, 0 },
};

static void
put_signature(struct buf *message, const char *name, const char *rest,
	      size_t len)
{
	struct buf blob = BUF_INIT, body = BUF_INIT;

	wire_put_cstring(&blob, name);
	buf_add(&blob, rest, len);
	wire_put_byte(&body, 14);
	wire_put_string(&body, blob.data, blob.len);
	wrap(message, &body);
	buf_clear(&blob);
	buf_clear(&body);
}

static void
test_signatures(void)
{
	for (size_t i = 0; i < N(signatures); i++) {
		struct buf b = BUF_INIT, sig = BUF_INIT;
		struct err e = { .kind = ERR_NONE };
		bool is_good = signatures[i].inner != NULL;

		put_signature(&b, signatures[i].name, signatures[i].rest,
			      signatures[i].len);
		is_int(get_signature(&b, signatures[i].algorithm, &sig, &e),
		       is_good ? 0 : -1, "signature %zu, for %s", i,
		       signatures[i].algorithm);
		ok(sig.len == signatures[i].inner_len &&
		       (sig.len == 0 ||
			memcmp(sig.data, signatures[i].inner, sig.len) == 0),
		   "what is taken from it");
		buf_clear(&b);
		buf_clear(&sig);
	}
}

static void
test_bad_signatures(void)
{
	struct buf b = BUF_INIT, body = BUF_INIT, sig = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	size_t wrong = 0;

	wire_put_byte(&body, 5);
	wrap(&b, &body);
	is_int(get_signature(&b, "ssh-ed25519", &sig, &e), -1, "a refusal");
	is_str(e.text, "agent refused operation", "in ssh's words");
	put_signature(&b, "ssh-rsa", "\0\0\0\1x", 5);
	is_int(get_signature(&b, "rsa-sha2-256", &sig, &e), -1, "SHA-1");
	is_str(e.text, "the agent signed with ssh-rsa instead of rsa-sha2-256",
	       "both are named");
	put_signature(&b, "ssh-ed25519", "\0\0\0\5inner", 9);
	for (size_t len = b.len; len-- > 4;) {
		b.len = len;
		if (get_signature(&b, "ssh-ed25519", &sig, &e) != -1)
			wrong++;
	}
	ok(wrong == 0 && sig.len == 0, "cut at every byte");
	buf_clear(&b);
	buf_clear(&body);
	buf_clear(&sig);
}

static void
test_binding(void)
{
	static const unsigned char want[] =
	    "\0\0\0\x32\x1b\0\0\0\x18session-bind@openssh.com"
	    "\0\0\0\3key\0\0\0\2id\0\0\0\3sig\1";
	static const unsigned char success[] = "\0\0\0\1\6";
	static const unsigned char refusal[] = "\0\0\0\1\x1c";
	struct agent_binding binding = { .is_forwarding = true };
	struct buf b = BUF_INIT;
	struct err e = { .kind = ERR_NONE };

	wire_init(&binding.host_key, "key", 3);
	wire_init(&binding.session_id, "id", 2);
	wire_init(&binding.signature, "sig", 3);
	agent_put_bind(&b, &binding);
	ok(b.len == sizeof(want) - 1 && memcmp(b.data, want, b.len) == 0,
	   "a binding");
	is_int(agent_get_success(success, 5, &e), 0, "success");
	is_int(agent_get_success(success, 4, &e), -1, "nothing");
	is_int(agent_get_success(refusal, 5, &e), -1, "refused: %s", e.text);
	is_str(e.text, "agent refused operation", "why");
	buf_clear(&b);
}

int
main(void)
{
	log_set_level(LOG_LEVEL_QUIET);
	test_requests();
	test_binding();
	test_length();
	test_passing();
	test_list();
	test_answers();
	test_signatures();
	test_bad_signatures();
	return done_testing();
}
