/* What packets leave behind: keys that change, numbers, the streams of the
 * compression, the reader's room. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "packets.h"
#include "tap.h"

struct pair {
	struct packet_writer *w;
	struct packet_reader *r;
	struct buf bytes;
};

static void
init(struct pair *p)
{
	p->w = packet_writer_new();
	p->r = packet_reader_new();
	buf_init(&p->bytes);
}

static void
clear(struct pair *p)
{
	packet_writer_free(p->w);
	packet_reader_free(p->r);
	buf_clear(&p->bytes);
}

/* Does a payload come through? */
static bool
passes(struct pair *p, const void *payload, size_t len)
{
	buf_reset(&p->bytes);
	put_packet(p->w, &p->bytes, payload, len);
	feed(p->r, p->bytes.data, p->bytes.len);
	return gets(p->r, payload, len);
}

static void
set_keys(struct pair *p, const char *cipher, const char *mac)
{
	struct fixed_keys f;
	struct err e;

	if (packet_writer_set_keys(p->w, fix_keys(&f, cipher, mac), &e) != 0 ||
	    packet_reader_set_keys(p->r, fix_keys(&f, cipher, mac), &e) != 0)
		die(e.text);
}

/* Keys change while packets with the new ones are already here. */
static void
test_keys(void)
{
	struct fixed_keys f;
	struct pair p;
	struct err e;

	init(&p);
	put_packet(p.w, &p.bytes, "clear", 5);
	put_packet(p.w, &p.bytes, "\x15", 1);
	if (packet_writer_set_keys(p.w, fix_keys(&f, "aes128-ctr", "hmac-sha1"),
				   &e) != 0)
		die(e.text);
	is_int((long long)packet_writer_packets(p.w), 0, "counts anew");
	put_packet(p.w, &p.bytes, "secret", 6);
	is_int((long long)packet_writer_bytes(p.w), 16, "16 bytes");
	feed(p.r, p.bytes.data, p.bytes.len);
	ok(gets(p.r, "clear", 5) && gets(p.r, "\x15", 1), "in clear");
	is_int((long long)packet_reader_bytes(p.r), 32, "32 bytes in clear");
	if (packet_reader_set_keys(p.r, &f.keys, &e) != 0)
		die(e.text);
	is_int((long long)packet_reader_packets(p.r), 0, "counts anew");
	ok(gets(p.r, "secret", 6), "with keys");
	is_int(packet_reader_sequence(p.r), 2, "numbers go on");
	is_int((long long)packet_reader_bytes(p.r), 16, "16 bytes");
	set_keys(&p, "chacha20-poly1305@openssh.com", NULL);
	ok(passes(&p, "again", 5), "with other keys");
	is_int(packet_reader_sequence(p.r), 3, "numbers go on");
	packet_writer_reset_sequence(p.w);
	packet_reader_reset_sequence(p.r);
	ok(passes(&p, "strict", 6), "from 0");
	is_int(packet_reader_sequence(p.r), 0, "which it is");
	ok(passes(&p, "on", 2), "and on");
	packet_reader_reset_sequence(p.r);
	ok(!passes(&p, "x", 1), "not if only one side thinks so");
	clear(&p);
}

static void
test_no_keys(void)
{
	static const struct suite bad[] = {
		{ "none", "hmac-sha1" },
		{ "aes128-ctr", "none" },
		{ "", NULL },
	};
	struct fixed_keys f;
	struct pair p;
	struct err e;

	init(&p);
	set_keys(&p, "aes256-gcm@openssh.com", NULL);
	for (size_t i = 0; i < 3; i++) {
		fix_keys(&f, bad[i].cipher, bad[i].mac);
		e.kind = ERR_NONE;
		ok(packet_writer_set_keys(p.w, &f.keys, &e) == -1 &&
		       e.kind == ERR_PROTOCOL,
		   "no keys for %s", bad[i].cipher);
		is_int(packet_reader_set_keys(p.r, &f.keys, &e), -1,
		       "nor for %s", bad[i].cipher);
	}
	ok(passes(&p, "still there", 11), "nothing has changed");
	clear(&p);
}

/* The room holds what completes a packet, and no more is kept than needed. */
static void
test_room(void)
{
	static const unsigned char payload[PACKET_PAYLOAD_MAX] = { 1 };
	struct pair p;
	size_t first, n, done = 0;
	struct err e;

	init(&p);
	(void)packet_reader_room(p.r, &first);
	ok(first >= 64 * 1024, "first room of %zu", first);
	put_packet(p.w, &p.bytes, payload, sizeof(payload));
	feed(p.r, p.bytes.data, 100);
	is_str(refusal(p.r, &e), "", "the packet has begun");
	(void)packet_reader_room(p.r, &n);
	ok(n >= p.bytes.len - 100, "room of %zu for the rest", n);
	is_int((long long)packet_reader_buffered(p.r), 100, "what is here");
	feed(p.r, p.bytes.data + 100, p.bytes.len - 100);
	ok(gets(p.r, payload, sizeof(payload)), "a large packet");
	(void)packet_reader_room(p.r, &first);
	for (int i = 0; i < 1000; i++) {
		done += p.bytes.len;
		if (!passes(&p, payload, 1 + (size_t)i * 250))
			done = 0;
		(void)packet_reader_room(p.r, &n);
		if (n != first)
			done = 0;
	}
	ok(done > 0, "no more is ever needed");
	clear(&p);
}

static void
test_failure_stays(void)
{
	struct pair p;
	struct err e;

	init(&p);
	feed(p.r, (const unsigned char *)"SSH-2.0-", 8);
	is_str(refusal(p.r, &e), "Bad packet length 1397966893.", "no packet");
	ok(!passes(&p, "a good one", 10), "a good one does not help");
	is_str(refusal(p.r, &e), "Bad packet length 1397966893.",
	       "and the reason stays");
	clear(&p);
	init(&p);
	feed(p.r, (const unsigned char *)"\0\0\0\x0c\x03           ", 16);
	is_str(refusal(p.r, &e), "Corrupted padlen 3 on input.", "padding");
	ok(!passes(&p, "a good one", 10), "a good one does not help");
	is_str(refusal(p.r, &e), "Corrupted padlen 3 on input.",
	       "and the reason stays");
	clear(&p);
}

#ifdef HAVE_ZLIB

static void
start_compression(struct pair *p)
{
	packet_writer_compress(p->w);
	packet_reader_decompress(p->r);
}

static void
test_compression(const struct suite *s)
{
	char text[2000];
	bool good = true;
	struct pair p;
	size_t first;

	init(&p);
	if (s->cipher != NULL)
		set_keys(&p, s->cipher, s->mac);
	start_compression(&p);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23 + i % 3);
	good = passes(&p, text, sizeof(text));
	first = p.bytes.len;
	good = good && passes(&p, text, sizeof(text));
	ok(good && first < sizeof(text) && p.bytes.len < first,
	   "%s %s: compresses, and remembers: %zu, %zu bytes", cipher_of(s),
	   mac_of(s), first, p.bytes.len);
	set_keys(&p, "aes128-gcm@openssh.com", NULL);
	good = passes(&p, text, sizeof(text));
	ok(good && p.bytes.len > sizeof(text), "not after a change of keys");
	start_compression(&p);
	good = passes(&p, text, sizeof(text));
	ok(good && p.bytes.len < sizeof(text) && p.bytes.len > first - 64,
	   "anew when told: %zu", p.bytes.len);
	clear(&p);
}

/* What does not compress, in all sizes, and the largest. */
static void
test_incompressible(void)
{
	struct buf noise = BUF_INIT;
	uint32_t state = 1;
	bool good = true;
	struct pair p;

	init(&p);
	start_compression(&p);
	for (size_t i = 0; i < PACKET_PAYLOAD_MAX; i++) {
		state = state * 1664525 + 1013904223;
		buf_add_byte(&noise, (unsigned char)(state >> 24));
	}
	for (size_t size = 1; size <= noise.len; size += 1 + size / 3)
		good = good && passes(&p, noise.data, size);
	ok(good, "noise of all sizes");
	ok(passes(&p, noise.data, noise.len), "noise of the largest size");
	buf_clear(&noise);
	clear(&p);
}

/* What a peer's zlib makes of len bytes with the flush of its choice, into the
 * reader, as the first compressed packet. Returns the reader's answer. */
static const char *
foreign(struct pair *p, const struct buf *payload, int flush, struct err *e)
{
	struct buf packed = BUF_INIT;
	z_stream z = { 0 };

	init(p);
	packet_reader_decompress(p->r);
	if (deflateInit(&z, 9) != Z_OK)
		die("deflateInit");
	z.next_in = payload->data;
	z.avail_in = (unsigned)payload->len;
	z.next_out = buf_room(&packed, PACKET_MAX);
	z.avail_out = PACKET_MAX;
	if (deflate(&z, flush) < Z_OK)
		die("deflate");
	packed.len = PACKET_MAX - z.avail_out;
	(void)deflateEnd(&z);
	put_packet(p->w, &p->bytes, packed.data, packed.len);
	feed(p->r, p->bytes.data, p->bytes.len);
	buf_clear(&packed);
	return refusal(p->r, e);
}

static void
test_foreign(void)
{
	struct buf payload = BUF_INIT;
	struct pair p;
	struct err e;

	memset(buf_room(&payload, PACKET_MAX + 1), 7, PACKET_MAX + 1);
	payload.len = PACKET_MAX;
	is_str(foreign(&p, &payload, Z_PARTIAL_FLUSH, &e), "a payload",
	       "%d bytes", PACKET_MAX);
	clear(&p);
	payload.len++;
	is_str(foreign(&p, &payload, Z_PARTIAL_FLUSH, &e),
	       "Corrupted compressed data on input.", "and one more");
	clear(&p);
	payload.len = 1;
	is_str(foreign(&p, &payload, Z_SYNC_FLUSH, &e), "a payload",
	       "another flush");
	clear(&p);
	is_str(foreign(&p, &payload, Z_FULL_FLUSH, &e), "a payload",
	       "yet another flush");
	clear(&p);
	is_str(foreign(&p, &payload, Z_FINISH, &e),
	       "Corrupted compressed data on input.", "the stream's end");
	clear(&p);
	payload.len = 0;
	is_str(foreign(&p, &payload, Z_SYNC_FLUSH, &e),
	       "Empty packet on input.", "nothing, compressed");
	clear(&p);
	init(&p);
	packet_reader_decompress(p.r);
	put_packet(p.w, &p.bytes, "not compressed", 14);
	feed(p.r, p.bytes.data, p.bytes.len);
	is_str(refusal(p.r, &e), "Corrupted compressed data on input.",
	       "no zlib");
	clear(&p);
	buf_clear(&payload);
}

#endif

int
main(void)
{
	test_keys();
	test_no_keys();
	test_room();
	test_failure_stays();
#ifdef HAVE_ZLIB
	ok(packet_can_compress(), "there is compression");
	test_compression(&(struct suite){ NULL, NULL });
	each_suite(test_compression);
	test_incompressible();
	test_foreign();
#else
	ok(!packet_can_compress(), "there is no compression");
#endif
	return done_testing();
}
