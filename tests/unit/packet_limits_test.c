/* Packets that should not be: lengths, padding, sizes. A peer that has the keys
 * can send them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "ssh/native/armor.h"
#include "tap.h"

enum { ROOM = 64 + MAC_LEN_MAX };

static struct armor *
new_armor(const struct suite *s)
{
	struct fixed_keys f;
	struct armor *a;
	struct err e;

	if (s->cipher == NULL)
		return NULL;
	a = armor_new(fix_keys(&f, s->cipher, s->mac), ARMOR_SEALS, &e);
	if (a == NULL)
		die(e.text);
	return a;
}

static struct armor_shape
shape_of(const struct suite *s)
{
	struct armor *a = new_armor(s);
	struct armor_shape shape = *armor_get_shape(a);

	armor_free(a);
	return shape;
}

/* A reader that got a packet of len bytes, which says that packet_length and
 * padding_length are these, and then is all zero. */
static struct packet_reader *
receive(const struct suite *s, size_t len, uint32_t length, uint8_t padding)
{
	struct packet_reader *r = new_reader(s->cipher, s->mac);
	struct armor *a = new_armor(s);
	unsigned char packet[ROOM] = { 0 };
	struct buf header = BUF_INIT;

	wire_put_u32(&header, length);
	wire_put_byte(&header, padding);
	memcpy(packet, header.data, header.len);
	if (armor_seal(a, 0, packet, len) != 0)
		die("armor_seal");
	feed(r, packet, len + armor_get_shape(a)->tag);
	buf_clear(&header);
	armor_free(a);
	return r;
}

/* What a packet gets that says it has this length, but has another one. */
static void
expect(const struct armor_shape *shape, uint32_t length, size_t len,
       char ret_text[100])
{
	size_t covered = (size_t)length + 4 - shape->apart;

	ret_text[0] = '\0';
	if (shape->is_cbc) /* for now */
		return;
	if (length < 5 || length > PACKET_MAX)
		(void)snprintf(ret_text, 100, "Bad packet length %u.", length);
	else if (covered % shape->block != 0)
		(void)snprintf(
		    ret_text, 100, "padding error: need %d block %zu mod %zu",
		    (int)covered - (shape->apart > 0 ? 0 : (int)shape->block),
		    shape->block, covered % shape->block);
	else if (length + 4 < len && shape->is_aead)
		(void)snprintf(ret_text, 100,
			       "message authentication code incorrect");
	else if (length + 4 < len && shape->tag > 0)
		(void)snprintf(ret_text, 100, "Corrupted MAC on input.");
}

/* With CBC the answer comes after PACKET_MAX bytes, and is always the same. */
static void
test_late(const struct suite *s, struct packet_reader *r, size_t received)
{
	static const unsigned char zero[PACKET_MAX];
	struct err e;

	feed(r, zero, PACKET_MAX - received - 1);
	is_str(refusal(r, &e), "", "%s %s: not a byte too early", cipher_of(s),
	       mac_of(s));
	feed(r, zero, 1);
	is_str(refusal(r, &e), "Corrupted MAC on input.", "%s %s: late",
	       cipher_of(s), mac_of(s));
}

static void
test_lengths(const struct suite *s)
{
	static const uint32_t large[] = { PACKET_MAX - 4, PACKET_MAX,
					  PACKET_MAX + 12, UINT32_MAX - 3,
					  UINT32_MAX };
	const struct armor_shape shape = shape_of(s);
	size_t len = 48 + shape.apart, wrong = 0;
	struct err e;

	for (uint32_t i = 0; i <= 40 + 5; i++) {
		uint32_t length = i <= 40 ? i : large[i - 41];
		struct packet_reader *r = receive(s, len, length, 4);
		const char *got = refusal(r, &e);
		char want[100];

		expect(&shape, length, len, want);
		/* In clear it is what it says. */
		if (s->cipher == NULL && want[0] == '\0' && length + 4 < len)
			(void)snprintf(want, sizeof(want), "a payload");
		if (strcmp(got, want) != 0) {
			printf("# length %u: %s\n#    not: %s\n", length, got,
			       want);
			wrong++;
		}
		if (shape.is_cbc && length == 40)
			test_late(s, r, len + shape.tag);
		packet_reader_free(r);
	}
	is_int((long long)wrong, 0, "%s %s: wrong lengths", cipher_of(s),
	       mac_of(s));
}

static void
test_padding(const struct suite *s)
{
	const struct armor_shape shape = shape_of(s);
	size_t len = 48 + shape.apart, wrong = 0;
	struct err e;

	for (size_t padding = 0; padding <= 255; padding++) {
		struct packet_reader *r =
		    receive(s, len, (uint32_t)len - 4, (uint8_t)padding);
		const char *got = refusal(r, &e);
		char want[100] = "a payload";

		if (padding < 4 || padding > len - 5)
			(void)snprintf(want, sizeof(want),
				       "Corrupted padlen %zu on input.",
				       padding);
		else if (padding == len - 5)
			(void)snprintf(want, sizeof(want),
				       "Empty packet on input.");
		if (strcmp(got, want) != 0) {
			printf("# padding %zu: %s\n", padding, got);
			wrong++;
		}
		packet_reader_free(r);
	}
	is_int((long long)wrong, 0, "%s %s: wrong padding", cipher_of(s),
	       mac_of(s));
}

/* What we send has the least padding there is, random, and whole blocks. */
static void
test_our_padding(void)
{
	struct packet_writer *w = packet_writer_new();
	struct buf bytes = BUF_INIT;
	bool good = true, is_random = false;

	for (size_t i = 1; i < 40; i++) {
		static const char payload[40];
		size_t padding;

		buf_reset(&bytes);
		put_packet(w, &bytes, payload, i);
		padding = bytes.data[4];
		good = good && bytes.len % 8 == 0 && bytes.len >= 16 &&
		       padding >= 4 && padding < 12 &&
		       bytes.len == 5 + i + padding &&
		       bytes.data[3] == bytes.len - 4;
		for (size_t n = 0; n < padding; n++)
			is_random = is_random || bytes.data[5 + i + n] != 0;
	}
	ok(good, "padding has a length");
	ok(is_random, "and is not all zero");
	packet_writer_free(w);
	buf_clear(&bytes);
}

/* Passwords of all usual lengths look the same. */
static void
test_pad_to(const struct suite *s)
{
	struct packet_writer *w = new_writer(s->cipher, s->mac);
	struct packet_reader *r = new_reader(s->cipher, s->mac);
	const struct armor_shape shape = shape_of(s);
	struct buf bytes = BUF_INIT;
	char payload[100] = "";
	bool good = true;
	struct err e;

	for (size_t i = 1; i < sizeof(payload); i++) {
		size_t len;

		buf_reset(&bytes);
		packet_begin(w, &bytes);
		packet_pad_to(w, 64);
		buf_add(&bytes, payload, i);
		if (packet_end(w, &bytes, &e) != 0)
			die(e.text);
		len = bytes.len - shape.apart - shape.tag;
		feed(r, bytes.data, bytes.len);
		good = good && len % 64 == 0 && len >= i + 9 - shape.apart &&
		       len < i + 9 + 64 + shape.block && gets(r, payload, i);
	}
	buf_reset(&bytes);
	put_packet(w, &bytes, "x", 1);
	ok(good && bytes.len < 32 + MAC_LEN_MAX, "%s %s: steps of 64",
	   cipher_of(s), mac_of(s));
	packet_writer_free(w);
	packet_reader_free(r);
	buf_clear(&bytes);
}

/* A message that cannot be sent leaves everything as it was. */
static void
test_too_long(void)
{
	struct packet_writer *w = new_writer("aes128-ctr", "hmac-sha2-256");
	struct packet_reader *r = new_reader("aes128-ctr", "hmac-sha2-256");
	struct buf bytes = BUF_INIT;
	struct err e;

	put_packet(w, &bytes, "one", 3);
	packet_begin(w, &bytes);
	memset(buf_room(&bytes, PACKET_MAX), 1, PACKET_MAX);
	bytes.len += PACKET_PAYLOAD_MAX + 1;
	is_int(packet_end(w, &bytes, &e), -1, "too long");
	is_str(e.text, "A message of 261121 bytes is too long to be sent.",
	       "and said so");
	packet_begin(w, &bytes);
	is_int(packet_end(w, &bytes, &e), -1, "nothing is too short");
	put_packet(w, &bytes, "two", 3);
	feed(r, bytes.data, bytes.len);
	ok(gets(r, "one", 3) && gets(r, "two", 3), "the others are there");
	is_int((long long)packet_writer_packets(w), 2, "and nothing else");
	packet_writer_free(w);
	packet_reader_free(r);
	buf_clear(&bytes);
}

int
main(void)
{
	static const struct suite clear = { NULL, NULL };

	test_lengths(&clear);
	test_padding(&clear);
	each_suite(test_lengths);
	each_suite(test_padding);
	test_our_padding();
	test_pad_to(&clear);
	each_suite(test_pad_to);
	test_too_long();
	return done_testing();
}
