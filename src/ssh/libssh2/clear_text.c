#include "ssh/libssh2/clear_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/libssh2/dh_value.h"
#include "ssh/negotiation.h"
#include "ssh/negotiation_log.h"

#define MSG_DISCONNECT 1
#define MSG_DEBUG 4
#define MSG_KEXINIT 20
#define MSG_NEWKEYS 21
#define MSG_KEX_FIRST 30
#define MSG_KEX_REPLY 31     /* a group, when there is a group exchange */
#define MSG_KEX_GEX_REPLY 33 /* RFC 4419 */
#define MSG_KEX_LAST 34

#define COOKIE_BYTES 16
#define HEAD_BYTES                                                             \
	5 /* RFC 4253 section 6: a packet's length, its padding's              \
	   */
#define PADDING_MIN 4
#define BLOCK_BYTES 8
/* Far more than an identification, two offers' worth of lists and a reply
 * with its certificates take. */
#define PACKETS_BYTES_MAX ((size_t)256 * 1024)

void
clear_text_init(struct clear_text *c, const struct negotiation *ours,
		struct greeting *greeting)
{
	memset(c, 0, sizeof(*c));
	c->ours = ours;
	c->greeting = greeting;
}

void
clear_text_clear(struct clear_text *c)
{
	buf_clear(&c->bytes);
	buf_clear(&c->group);
	free(c->method);
	c->method = NULL;
}

/* RFC 4253 section 7: does the server's guess, that follows at once, not
 * count? */
static bool
is_wrong_guess(const struct clear_text *c)
{
	static const enum negotiation_list lists[] = { NEGOTIATION_KEX,
						       NEGOTIATION_HOST_KEY };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *ours = c->ours->lists[lists[i]];
		const char *theirs = c->greeting->offer.lists[lists[i]];
		size_t n = strcspn(ours, ",");

		if (strcspn(theirs, ",") != n || memcmp(ours, theirs, n) != 0)
			return true;
	}
	return false;
}

static int
take_offer(struct clear_text *c, struct wire *w, struct err *e)
{
	const struct negotiation *theirs = &c->greeting->offer;
	struct negotiation agreed = { { NULL } };
	const unsigned char *cookie;
	struct wire list;
	uint8_t guess = 0;
	char *marker;

	if (c->has_offer)
		return err_set(e, ERR_PROTOCOL,
			       "a second offer before the first key exchange "
			       "was over");
	negotiation_log_offers(c->ours, LIB_MARKERS, theirs);
	if (negotiation_check(c->ours, theirs, &agreed, e) != 0)
		return -1;
	negotiation_log_agreed(&agreed);
	c->has_offer = true;
	c->method = xstrdup(agreed.lists[NEGOTIATION_KEX]);
	negotiation_clear(&agreed);
	/* libssh2 always offers its half of it */
	marker = negotiation_agree("kex-strict-s-v00@openssh.com",
				   theirs->lists[NEGOTIATION_KEX]);
	c->is_strict = marker != NULL;
	free(marker);
	if (wire_get_bytes(w, COOKIE_BYTES, &cookie) != 0)
		return 0;
	for (size_t i = 0; i < NEGOTIATION_LISTS + 2; i++) /* and languages */
		if (wire_get_wire(w, &list) != 0)
			return 0;
	c->has_wrong_guess =
	    wire_get_byte(w, &guess) == 0 && guess != 0 && is_wrong_guess(c);
	return 0;
}

static int
cut_short(struct err *e)
{
	return err_set(e, ERR_PROTOCOL,
		       "a message of the key exchange is cut "
		       "short");
}

/* RFC 4419 section 3: p, g. */
static int
take_group(struct clear_text *c, struct wire *w, struct err *e)
{
	struct wire prime, generator;

	if (wire_get_wire(w, &prime) != 0 || wire_get_wire(w, &generator) != 0)
		return cut_short(e);
	if (dh_group_check(&prime, &generator, e) != 0)
		return -1;
	buf_reset(&c->group);
	buf_add(&c->group, prime.data, prime.len);
	return 0;
}

static int
check_value(const struct clear_text *c, const struct wire *value, struct err *e)
{
	struct wire prime;

	if (!str_starts(c->method, "diffie-hellman-group"))
		return 0;
	if (!str_starts(c->method, "diffie-hellman-group-exchange-"))
		return dh_value_check_named(c->method, value, e);
	if (c->group.len == 0)
		return err_set(e, ERR_PROTOCOL,
			       "a group exchange without a group");
	wire_init(&prime, c->group.data, c->group.len);
	return dh_value_check(&prime, value, e);
}

/* The bytes of an RSA key's modulus, without a sign; 0 for another key. */
static size_t
modulus_bytes(struct wire key)
{
	struct wire type, exponent, modulus;

	if (wire_get_wire(&key, &type) != 0 || type.len != strlen("ssh-rsa") ||
	    memcmp(type.data, "ssh-rsa", type.len) != 0 ||
	    wire_get_wire(&key, &exponent) != 0 ||
	    wire_get_wire(&key, &modulus) != 0)
		return 0;
	while (modulus.len > 0 && *modulus.data == 0) {
		modulus.data++;
		modulus.len--;
	}
	return modulus.len;
}

static void
put_wire(struct buf *b, const struct wire *w)
{
	wire_put_string(b, w->data, w->len);
}

/* A packet in clear text. */
static void
put_packet(struct buf *out, const struct buf *payload)
{
	static const unsigned char zeros[PADDING_MIN + BLOCK_BYTES];
	size_t padding =
	    BLOCK_BYTES - (HEAD_BYTES + payload->len) % BLOCK_BYTES;

	if (padding < PADDING_MIN)
		padding += BLOCK_BYTES;
	wire_put_u32(out, (uint32_t)(1 + payload->len + padding));
	wire_put_byte(out, (uint8_t)padding);
	buf_add(out, payload->data, payload->len);
	buf_add(out, zeros, padding);
}

/*
 * The reply: host key, value, signature. An RSA signature is as long as the
 * modulus (RFC 8332 section 3), but some servers send it as a number, without
 * leading zeros. Those are put back. Returns 1 if the packet is in out then.
 */
static int
take_reply(struct clear_text *c, uint8_t type, struct wire *w, struct buf *out,
	   struct err *e)
{
	static const unsigned char zero;
	struct buf payload = BUF_INIT, whole = BUF_INIT;
	struct wire key, value, signature, algorithm, inner;
	size_t len;

	c->has_reply = true;
	if (wire_get_wire(w, &key) != 0 || wire_get_wire(w, &value) != 0 ||
	    wire_get_wire(w, &signature) != 0 ||
	    wire_get_wire(&signature, &algorithm) != 0 ||
	    wire_get_wire(&signature, &inner) != 0)
		return cut_short(e);
	if (check_value(c, &value, e) != 0)
		return -1;
	len = modulus_bytes(key);
	if (inner.len == 0 || inner.len >= len)
		return 0;
	put_wire(&whole, &algorithm);
	wire_put_u32(&whole, (uint32_t)len);
	for (; len > inner.len; len--)
		buf_add(&whole, &zero, 1);
	buf_add(&whole, inner.data, inner.len);
	wire_put_byte(&payload, type);
	put_wire(&payload, &key);
	put_wire(&payload, &value);
	wire_put_string(&payload, whole.data, whole.len);
	put_packet(out, &payload);
	buf_clear(&whole);
	buf_clear(&payload);
	return 1;
}

/* May a message of this type come now? */
static bool
is_expected(const struct clear_text *c, uint8_t type)
{
	if (type == MSG_KEXINIT || type == MSG_DISCONNECT)
		return true;
	if (type > MSG_DISCONNECT && type <= MSG_DEBUG)
		return !c->is_strict;
	if (type == MSG_NEWKEYS)
		return c->has_reply;
	return type >= MSG_KEX_FIRST && type <= MSG_KEX_LAST && c->has_offer &&
	       !c->has_reply;
}

/* One message. Returns 1 if something else is in out in its place. */
static int
take_message(struct clear_text *c, struct wire *payload, struct buf *out,
	     struct err *e)
{
	uint8_t type;
	bool has_group;

	if (wire_get_byte(payload, &type) != 0)
		return cut_short(e);
	if (!is_expected(c, type))
		return err_set(e, ERR_PROTOCOL,
			       "a message of type %u in clear text, where "
			       "only a key exchange may be",
			       (unsigned)type);
	if (type == MSG_KEXINIT)
		return take_offer(c, payload, e);
	if (type == MSG_NEWKEYS)
		c->is_over = true;
	if (type < MSG_KEX_FIRST)
		return 0;
	if (c->has_wrong_guess) {
		c->has_wrong_guess = false;
		return 0;
	}
	has_group = str_starts(c->method, "diffie-hellman-group-exchange-");
	if (type == MSG_KEX_REPLY && has_group)
		return take_group(c, payload, e);
	if (type == (has_group ? MSG_KEX_GEX_REPLY : MSG_KEX_REPLY))
		return take_reply(c, type, payload, out, e);
	return 0;
}

/* Let one packet through. Returns 1, 0 if not all of it is there, or -1. */
static int
take_packet(struct clear_text *c, struct buf *out, struct err *e)
{
	const unsigned char *start = c->bytes.data + c->at;
	struct wire w, packet;
	uint32_t len;
	uint8_t padding;
	int rc;

	wire_init(&w, start, c->bytes.len - c->at);
	packet = w;
	if (wire_get_u32(&packet, &len) != 0)
		return 0;
	/* greeting_parse() has looked at the first ones only */
	if (len < 1 + PADDING_MIN || len > PACKETS_BYTES_MAX)
		return err_set(e, ERR_PROTOCOL, "Bad packet length %u.",
			       (unsigned)len);
	if (wire_get_wire(&w, &packet) != 0)
		return 0;
	if (wire_get_byte(&packet, &padding) != 0 || padding >= packet.len)
		return err_set(e, ERR_PROTOCOL, "Bad padding in a packet");
	packet.len -= padding;
	rc = take_message(c, &packet, out, e);
	if (rc < 0)
		return -1;
	len = (uint32_t)(w.data - start);
	if (rc == 0)
		buf_add(out, start, len);
	c->at += len;
	return 1;
}

/* Up to the end of the identification; 1 once that was let through. */
static int
take_identification(struct clear_text *c, struct buf *out)
{
	const struct greeting *g = c->greeting;
	const unsigned char *start, *end;

	if (c->at > 0)
		return 1;
	if (g->identification == NULL)
		return 0;
	start = c->bytes.data + g->identification_at;
	end = memchr(start, '\n', c->bytes.len - g->identification_at);
	if (end == NULL)
		return 0;
	buf_add(out, start, (size_t)(end + 1 - start));
	c->at = (size_t)(end + 1 - c->bytes.data);
	return 1;
}

int
clear_text_take(struct clear_text *c, const struct wire *data, struct buf *out,
		size_t *ret_encrypted, struct err *e)
{
	int rc;

	buf_add(&c->bytes, data->data, data->len);
	if (greeting_parse(c->greeting, c->bytes.data, c->bytes.len, e) != 0)
		return -1;
	rc = take_identification(c, out);
	while (rc > 0 && !c->is_over)
		rc = take_packet(c, out, e);
	if (rc < 0)
		return -1;
	if (c->is_over) {
		*ret_encrypted = c->bytes.len - c->at;
		buf_add(out, c->bytes.data + c->at, *ret_encrypted);
		buf_clear(&c->bytes);
		return 0;
	}
	if (c->has_offer &&
	    c->bytes.len > c->greeting->identification_at + PACKETS_BYTES_MAX)
		return err_set(e, ERR_PROTOCOL,
			       "the key exchange has no end after %zu bytes",
			       c->bytes.len);
	return 0;
}
