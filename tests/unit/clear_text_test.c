/* What libssh2 gets of a server's clear text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/libssh2/clear_text.h"
#include "ssh/negotiation.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ID "SSH-2.0-OpenSSH_9.2\r\n"
#define STRICT ",kex-strict-s-v00@openssh.com"
#define CURVE "curve25519-sha256"
#define GROUP14 "diffie-hellman-group14-sha256"
#define GEX "diffie-hellman-group-exchange-sha256"

/* What a server says, in order. */
enum thing {
	END,
	OFFER,
	STRICT_OFFER,
	GUESS_OFFER, /* with a guess that is wrong */
	IGNORE,
	DEBUG,
	DISCONNECT,
	GROUP,       /* one of 2048 bits */
	SMALL_GROUP, /* one of 1024 */
	REPLY,
	GEX_REPLY,
	WEAK_REPLY,  /* its value is 1 */
	SHORT_REPLY, /* an RSA signature lacks two bytes */
	WHOLE_REPLY, /* and has them */
	CUT_REPLY,   /* ends within the signature */
	NEWKEYS,
	SUCCESS, /* of a login */
	SERVICE,
	JUNK, /* what is encrypted then */
};

static void
put_packet(struct buf *out, const struct buf *payload)
{
	static const unsigned char zeros[16];
	size_t padding = 8 + 8 - (payload->len + 5) % 8;

	wire_put_u32(out, (uint32_t)(payload->len + padding + 1));
	wire_put_byte(out, (uint8_t)padding);
	buf_add(out, payload->data, payload->len);
	buf_add(out, zeros, padding);
}

static void
put_offer(struct buf *b, const char *method, enum thing thing)
{
	static const char *const rest[] = { "aes128-gcm@openssh.com",
					    "aes128-gcm@openssh.com",
					    "m",
					    "m",
					    "none",
					    "none",
					    "",
					    "" };
	char *kex = xasprintf("%s%s%s", thing == GUESS_OFFER ? "other," : "",
			      method, thing == STRICT_OFFER ? STRICT : "");

	wire_put_byte(b, 20);
	buf_add(b, "cookiecookiecook", 16);
	wire_put_cstring(b, kex);
	wire_put_cstring(b, "rsa-sha2-512");
	for (size_t i = 0; i < N(rest); i++)
		wire_put_cstring(b, rest[i]);
	wire_put_byte(b, thing == GUESS_OFFER);
	wire_put_u32(b, 0);
	free(kex);
}

/* An mpint of so many bytes, the first of them 0x7f and the last odd. */
static void
put_number(struct buf *b, size_t bytes)
{
	wire_put_u32(b, (uint32_t)bytes);
	for (size_t i = 0; i < bytes; i++)
		wire_put_byte(b, i == 0 ? 0x7f : 0x55);
}

static void
put_reply(struct buf *b, enum thing thing)
{
	struct buf key = BUF_INIT, signature = BUF_INIT;
	size_t len = thing == SHORT_REPLY ? 62 : 64;

	wire_put_cstring(&key, "ssh-rsa");
	put_number(&key, 3);
	put_number(&key, 64);
	wire_put_cstring(&signature, "rsa-sha2-512");
	wire_put_u32(&signature, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		wire_put_byte(&signature, (uint8_t)(i + 1));
	wire_put_byte(b, thing == GEX_REPLY ? 33 : 31);
	wire_put_string(b, key.data, key.len);
	put_number(b, thing == WEAK_REPLY ? 0 : 200);
	wire_put_string(b, signature.data, signature.len);
	if (thing == CUT_REPLY)
		b->len -= 10;
	buf_clear(&key);
	buf_clear(&signature);
}

static void
put_message(struct buf *b, enum thing thing)
{
	static const uint8_t types[] = {
		[IGNORE] = 2,   [DEBUG] = 4,    [DISCONNECT] = 1,
		[NEWKEYS] = 21, [SUCCESS] = 52, [SERVICE] = 6,
	};

	wire_put_byte(b, types[thing]);
	if (thing != NEWKEYS)
		wire_put_cstring(b, "text");
}

static void
put_thing(struct buf *out, const char *method, enum thing thing)
{
	struct buf payload = BUF_INIT;

	switch (thing) {
	case OFFER:
	case STRICT_OFFER:
	case GUESS_OFFER:
		put_offer(&payload, method, thing);
		break;
	case GROUP:
	case SMALL_GROUP:
		wire_put_byte(&payload, 31);
		put_number(&payload, thing == GROUP ? 257 : 128);
		put_number(&payload, 1);
		break;
	case REPLY:
	case GEX_REPLY:
	case WEAK_REPLY:
	case SHORT_REPLY:
	case WHOLE_REPLY:
	case CUT_REPLY:
		put_reply(&payload, thing);
		break;
	case JUNK:
		buf_add_str(out, "junk");
		return;
	case END:
	case IGNORE:
	case DEBUG:
	case DISCONNECT:
	case NEWKEYS:
	case SUCCESS:
	case SERVICE:
		put_message(&payload, thing);
		break;
	}
	put_packet(out, &payload);
	buf_clear(&payload);
}

static void
put_all(struct buf *out, const char *method, const enum thing *things)
{
	buf_add_str(out, ID);
	for (size_t i = 0; things[i] != END; i++)
		put_thing(out, method, things[i]);
}

static const struct {
	const char *name, *method;
	enum thing things[10];
	const char *error; /* NULL: all of it is let through */
} cases[] = {
	{ "the usual", CURVE, { OFFER, REPLY, NEWKEYS, JUNK }, NULL },
	{ "strictly", CURVE, { STRICT_OFFER, REPLY, NEWKEYS, JUNK }, NULL },
	{ "messages without a meaning",
	  CURVE,
	  { IGNORE, OFFER, DEBUG, REPLY, IGNORE, NEWKEYS },
	  NULL },
	{ "they have no place", CURVE, { STRICT_OFFER, IGNORE }, "type 2 in" },
	{ "a farewell", CURVE, { STRICT_OFFER, DISCONNECT }, NULL },
	{ "not yet over", CURVE, { OFFER, REPLY }, NULL },
	{ "a success too early", CURVE, { SUCCESS }, "type 52 in" },
	{ "before the reply", CURVE, { OFFER, SUCCESS }, "type 52 in" },
	{ "before NEWKEYS", CURVE, { OFFER, REPLY, SUCCESS }, "type 52 in" },
	{ "a service", CURVE, { OFFER, REPLY, SERVICE }, "type 6 in" },
	{ "after it is over", CURVE, { OFFER, REPLY, NEWKEYS, SUCCESS }, NULL },
	{ "NEWKEYS without keys", CURVE, { OFFER, NEWKEYS }, "type 21 in" },
	{ "a reply to nothing", CURVE, { REPLY }, "type 31 in" },
	{ "two replies", CURVE, { OFFER, REPLY, REPLY }, "type 31 in" },
	{ "two offers", CURVE, { OFFER, OFFER }, "a second offer" },
	{ "a wrong guess", GROUP14, { GUESS_OFFER, WEAK_REPLY, REPLY }, NULL },
	{ "only one", GROUP14, { GUESS_OFFER, REPLY, WEAK_REPLY }, "DH value" },
	{ "a cut reply", CURVE, { OFFER, CUT_REPLY }, "cut short" },
	{ "any point", CURVE, { OFFER, WEAK_REPLY, NEWKEYS }, NULL },
	{ "not any value", GROUP14, { OFFER, WEAK_REPLY }, "DH value" },
	{ "a value", GROUP14, { OFFER, REPLY, NEWKEYS }, NULL },
	{ "a group", GEX, { OFFER, GROUP, GEX_REPLY, NEWKEYS }, NULL },
	{ "a small group", GEX, { OFFER, SMALL_GROUP }, "out of range" },
	{ "no group", GEX, { OFFER, GEX_REPLY }, "without a group" },
	{ "a whole signature", CURVE, { OFFER, WHOLE_REPLY, NEWKEYS }, NULL },
};

/* Take data in pieces of step bytes; what went wrong, or "". */
static char *
take(const struct buf *data, size_t step, struct buf *out)
{
	static struct negotiation ours = {
		{ GROUP14 "," CURVE "," GEX, "rsa-sha2-512",
		  "aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "m", "m",
		  "none", "none" },
	};
	struct greeting greeting = { .has_offer = false };
	struct err e = { .kind = ERR_NONE };
	struct clear_text c;
	size_t encrypted;
	int rc = 0;

	clear_text_init(&c, &ours, &greeting);
	for (size_t at = 0; at < data->len && rc == 0; at += step) {
		struct wire w;

		wire_init(&w, data->data + at,
			  data->len - at < step ? data->len - at : step);
		if (c.is_over)
			buf_add(out, w.data, w.len);
		else
			rc = clear_text_take(&c, &w, out, &encrypted, &e);
	}
	clear_text_clear(&c);
	greeting_clear(&greeting);
	return xstrdup(rc != 0 ? e.text : "");
}

static void
test_cases(void)
{
	static const size_t steps[] = { 1, 7, 100, 100000 };

	for (size_t i = 0; i < N(cases); i++)
		for (size_t s = 0; s < N(steps); s++) {
			struct buf data = BUF_INIT, out = BUF_INIT;
			bool is_same;
			char *error;

			put_all(&data, cases[i].method, cases[i].things);
			error = take(&data, steps[s], &out);
			is_same = out.len == data.len &&
				  memcmp(out.data, data.data, out.len) == 0;
			if (cases[i].error == NULL)
				ok(*error == '\0' && is_same, "%s, by %zu: %s",
				   cases[i].name, steps[s], error);
			else
				ok(strstr(error, cases[i].error) != NULL &&
				       out.len < data.len,
				   "%s, by %zu: %s", cases[i].name, steps[s],
				   error);
			free(error);
			buf_clear(&data);
			buf_clear(&out);
		}
}

/* It gets them back, and nothing else changes. */
static void
test_short_signature(void)
{
	static const enum thing things[] = { OFFER, SHORT_REPLY, NEWKEYS, JUNK,
					     END };
	struct buf data = BUF_INIT, out = BUF_INIT, offer = BUF_INIT;
	struct wire w, packet, part;
	char *error;

	put_all(&data, CURVE, things);
	error = take(&data, data.len, &out);
	is_str(error, "", "a short signature");
	buf_add_str(&offer, ID);
	put_thing(&offer, CURVE, OFFER);
	wire_init(&w, out.data + offer.len, out.len - offer.len);
	ok(wire_get_wire(&w, &packet) == 0 && (packet.len + 4) % 8 == 0 &&
	       packet.data[0] >= 4,
	   "the reply is a packet");
	packet.data += 2;
	packet.len -= 2;
	wire_get_wire(&packet, &part);
	wire_get_wire(&packet, &part);
	wire_get_wire(&packet, &packet);
	wire_get_wire(&packet, &part);
	wire_get_wire(&packet, &part);
	ok(part.len == 64 && memcmp(part.data, "\0\0\1\2\3", 5) == 0 &&
	       part.data[63] == 62,
	   "with a signature of full length");
	ok(w.len == 16 + 4 && memcmp(w.data + 16, "junk", 4) == 0,
	   "and what follows is the same");
	free(error);
	buf_clear(&data);
	buf_clear(&offer);
	buf_clear(&out);
}

static void
test_floods(void)
{
	static const enum thing before[] = { IGNORE, END };
	static const enum thing after[] = { OFFER, DEBUG, END };
	static const enum thing *const floods[] = { before, after };

	for (size_t i = 0; i < N(floods); i++) {
		struct buf data = BUF_INIT, out = BUF_INIT;
		char *error;

		put_all(&data, CURVE, floods[i]);
		for (size_t n = 0; n < 100000; n++)
			put_thing(&data, CURVE, DEBUG);
		error = take(&data, 4096, &out);
		ok(*error != '\0' && out.len < 2 * 1024 * 1024,
		   "without an end: %s", error);
		free(error);
		buf_clear(&data);
		buf_clear(&out);
	}
}

int
main(void)
{
	test_cases();
	test_short_signature();
	test_floods();
	return done_testing();
}
