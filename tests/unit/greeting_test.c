/* The first words of servers that mean well, and of others. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/negotiation.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ID "SSH-2.0-OpenSSH_9.2"

/* One side's lists, in the order of the message. */
typedef const char *const offer[NEGOTIATION_LISTS];

static offer usual = {
	"curve25519-sha256,kex-strict-s-v00@openssh.com",
	"ssh-ed25519,rsa-sha2-512",
	"aes128-ctr,aes256-ctr",
	"aes128-ctr,aes256-ctr",
	"hmac-sha2-256,hmac-sha2-512",
	"hmac-sha2-256,hmac-sha2-512",
	"none,zlib@openssh.com",
	"none,zlib@openssh.com",
};

static void
put_packet(struct buf *out, const void *payload, size_t len)
{
	static const unsigned char zeros[8];
	size_t padding = 8 + 8 - (len + 5) % 8;

	wire_put_u32(out, (uint32_t)(len + padding + 1));
	wire_put_byte(out, (uint8_t)padding);
	buf_add(out, payload, len);
	buf_add(out, zeros, 8);
	buf_add(out, zeros, padding - 8);
}

static void
put_offer(struct buf *payload, offer lists)
{
	static const unsigned char cookie[16] = { 1, 2, 3 };

	wire_put_byte(payload, 20);
	buf_add(payload, cookie, sizeof(cookie));
	for (size_t i = 0; i < NEGOTIATION_LISTS; i++)
		wire_put_cstring(payload, lists[i]);
	wire_put_cstring(payload, "");
	wire_put_cstring(payload, "");
	wire_put_byte(payload, 0);
	wire_put_u32(payload, 0);
}

/* The text, then a KEXINIT with the usual lists. */
static void
put_greeting(struct buf *out, const char *text)
{
	struct buf payload = BUF_INIT;

	put_offer(&payload, usual);
	buf_add_str(out, text);
	put_packet(out, payload.data, payload.len);
	buf_clear(&payload);
}

/* Parse from a copy of exactly that size, so that ASan sees a read past it. */
static int
parse(struct greeting *g, const void *data, size_t len, struct err *e)
{
	void *exact = xmemdup(data, len);
	int rc = greeting_parse(g, exact, len, e);

	free(exact);
	return rc;
}

static const struct {
	const char *text;
	size_t lines;
	const char *id;
	const char *first_line;
} good[] = {
	{ ID "\r\n", 0, ID, NULL },
	{ ID "\n", 0, ID, NULL },
	{ "SSH-2.0-x y z\r\n", 0, "SSH-2.0-x y z", NULL },
	{ "SSH-1.99-Cisco-1.25\r\n", 0, "SSH-1.99-Cisco-1.25", NULL },
	{ "SSH-2.1-new\n", 0, "SSH-2.1-new", NULL },
	{ "hello\r\nthere\r\n" ID "\r\n", 2, ID, "hello" },
	{ "\r\n\r\n" ID "\r\n", 2, ID, "" },
	{ "ssh-2.0-small\n" ID "\r\n", 1, ID, "ssh-2.0-small" },
	{ " " ID "\n" ID "\r\n", 1, ID, " " ID },
	{ "\x1b[31mred\n" ID "\n", 1, ID, "\x1b[31mred" },
};

static void
test_good(void)
{
	for (size_t i = 0; i < N(good); i++) {
		struct greeting g = { .has_offer = false };
		struct buf b = BUF_INIT;
		struct err e = { .kind = ERR_NONE };
		bool same = true;

		put_greeting(&b, good[i].text);
		is_int(parse(&g, b.data, b.len, &e), 0, "greeting %zu", i);
		is_str(g.identification, good[i].id, "its identification");
		ok(g.n_lines == good[i].lines, "its %zu lines", g.n_lines);
		is_str(g.first_line, good[i].first_line, "its first line");
		ok(memcmp(b.data + g.identification_at, good[i].id,
			  strlen(good[i].id)) == 0,
		   "where the identification is");
		for (size_t n = 0; g.has_offer && n < NEGOTIATION_LISTS; n++)
			same &= strcmp(g.offer.lists[n], usual[n]) == 0;
		ok(g.has_offer && same, "its offer");
		greeting_clear(&g);
		buf_clear(&b);
	}
}

/* Any piece of a greeting is no error and no offer; given byte by byte it
 * comes to the same. */
static void
test_split(void)
{
	struct greeting slow = { .has_offer = false };
	struct buf b = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	bool is_fine = true;

	put_greeting(&b, "one\r\ntwo\n" ID "\r\n");
	for (size_t len = 0; len <= b.len; len++) {
		struct greeting g = { .has_offer = false };
		bool is_whole = len == b.len;

		is_fine &= parse(&g, b.data, len, &e) == 0;
		is_fine &= g.has_offer == is_whole;
		is_fine &= parse(&slow, b.data, len, &e) == 0;
		is_fine &= slow.has_offer == is_whole;
		greeting_clear(&g);
	}
	ok(is_fine, "cut at every byte");
	ok(slow.n_lines == 2, "lines are not counted twice");
	is_str(slow.offer.lists[NEGOTIATION_COMPRESSION_IN], usual[7],
	       "offer, byte by byte");
	/* what follows is not ours to look at */
	buf_add(&b, "\xff\xff\xff\xff", 4);
	is_int(parse(&slow, b.data, b.len, &e), 0, "bytes after the offer");
	greeting_clear(&slow);
	buf_clear(&b);
}

/* Lines that were looked at may be dropped. */
static void
test_dropped(void)
{
	static const char text[] = "one\r\ntwo\n" ID "\r\nnext";
	struct greeting g = { .has_offer = false };
	struct buf b = BUF_INIT;
	struct err e = { .kind = ERR_NONE };
	bool is_fine = true;

	for (size_t i = 0; text[i] != '\0'; i++) {
		buf_add_byte(&b, (unsigned char)text[i]);
		is_fine &= greeting_identify(&g, b.data, b.len, &e) == 0;
		buf_consume(&b, g.parsed);
		g.parsed = 0;
	}
	ok(is_fine && b.len == 4, "byte by byte, but for the lines");
	is_str(g.identification, ID, "the identification");
	is_str(g.first_line, "one", "the first line");
	is_int((long long)g.n_lines, 2, "of two");
	greeting_clear(&g);
	buf_clear(&b);
}

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{ "SSH-1.5-old\r\n", "Protocol major versions differ: 2 vs. 1" },
	{ "SSH-1.98-old\r\n", "Protocol major versions differ: 2 vs. 1" },
	{ "SSH-3.0-new\r\n", "Protocol major versions differ: 2 vs. 3" },
	{ "HTTP/1.1 400 Bad Request\r\n\r\nSSH-1.5-old\n",
	  "Protocol major versions differ: 2 vs. 1" },
	{ "SSH-2.0\r\n",
	  "Bad remote protocol version identification: 'SSH-2.0'" },
	{ "SSH-2.0-\r\n",
	  "Bad remote protocol version identification: 'SSH-2.0-'" },
	{ "SSH-\n", "Bad remote protocol version identification: 'SSH-'" },
	{ "SSH-2-x\n",
	  "Bad remote protocol version identification: 'SSH-2-x'" },
	{ "SSH-99999999999.0-x\n", "Bad remote protocol version "
				   "identification: 'SSH-99999999999.0-x'" },
	{ "SSH-\x1b[2J\n",
	  "Bad remote protocol version identification: 'SSH-\\033[2J'" },
};

static void
test_bad(void)
{
	for (size_t i = 0; i < N(bad); i++) {
		struct greeting g = { .has_offer = false };
		struct buf b = BUF_INIT;
		struct err e = { .kind = ERR_NONE };

		put_greeting(&b, bad[i].text);
		ok(parse(&g, b.data, b.len, &e) == -1 &&
		       e.kind == ERR_PROTOCOL && !g.has_offer,
		   "refused: greeting %zu", i);
		is_str(e.text, bad[i].error, "why");
		greeting_clear(&g);
		buf_clear(&b);
	}
}

/* Not SSH, but it may become that yet. */
static void
test_http(void)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\n"
				     "Connection: close\r\n\r\n<html>";
	struct greeting g = { .has_offer = false };
	struct err e = { .kind = ERR_NONE };

	is_int(parse(&g, answer, strlen(answer), &e), 0, "HTTP");
	ok(g.identification == NULL && g.n_lines == 3, "three lines");
	is_str(g.first_line, "HTTP/1.1 400 Bad Request", "the first");
	greeting_clear(&g);
}

static void
expect(const struct buf *b, int rc, const char *part, const char *name)
{
	struct greeting g = { .has_offer = false };
	struct err e = { .kind = ERR_NONE };

	is_int(parse(&g, b->data, b->len, &e), rc, "%s", name);
	ok(!g.has_offer && strstr(e.text, part) != NULL, "%s: %s", name,
	   e.text);
	greeting_clear(&g);
}

static void
fill(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_add_str(b, text);
}

static void
test_limits(void)
{
	struct buf b = BUF_INIT;

	fill(&b, "x", 8191);
	expect(&b, 0, "", "a long line that may end yet");
	buf_add_byte(&b, 'x');
	expect(&b, -1, "does not speak SSH", "a line longer than libssh2's");
	buf_add_str(&b, "\n" ID "\n");
	expect(&b, -1, "does not speak SSH", "the same, ended");
	buf_reset(&b);
	buf_add_str(&b, "SSH-2.0-");
	fill(&b, "x", 8192 - 8);
	buf_add_byte(&b, '\n');
	expect(&b, -1, "does not speak SSH", "an endless identification");
	buf_reset(&b);
	fill(&b, "\n", 1024);
	expect(&b, 0, "", "1024 lines");
	fill(&b, "\n", 2);
	expect(&b, -1, "does not speak SSH", "more than 1024 lines");
	buf_reset(&b);
	fill(&b, "0123456789abcdef", 65537);
	expect(&b, -1, "does not speak SSH", "a flood");
	buf_reset(&b);
	buf_add(&b, "SSH-2.0-a\0b", 11);
	expect(&b, -1, "invalid characters", "a NUL in the identification");
	buf_reset(&b);
	/* a TLS alert */
	buf_add(&b, "\x15\x03\x01\x00\x02\x02\x46", 7);
	expect(&b, -1, "invalid characters", "TLS");
	buf_clear(&b);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	int rc;
	const char *error;
} packets[] = {
	{ "half a length", "\0\0\0", 3, 0, "" },
	{ "length 0", "\0\0\0\0", 4, -1, "Bad packet length 0." },
	{ "length 1", "\0\0\0\1", 4, -1, "Bad packet length 1." },
	{ "length 35001", "\0\0\x88\xb9", 4, -1, "Bad packet length 35001." },
	{ "length 35000", "\0\0\x88\xb8", 4, 0, "" },
	{ "length -1", "\xff\xff\xff\xff", 4, -1, "Bad packet length 42949" },
	{ "nothing but padding", "\0\0\0\4\3\0\0\0", 8, -1, "Bad padding" },
	{ "more padding than bytes", "\0\0\0\4\xff\0\0\0", 8, -1,
	  "Bad padding" },
	{ "a KEXINIT without cookie", "\0\0\0\6\4\x14\0\0\0\0", 10, -1,
	  "malformed" },
	{ "DISCONNECT", "\0\0\0\6\4\1\0\0\0\0", 10, 0, "" },
	{ "text", "GET / HTTP/1.1\r\n", 16, -1,
	  "Bad packet length 1195725856" },
};

static void
test_packets(void)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < N(packets); i++) {
		buf_reset(&b);
		buf_add_str(&b, ID "\r\n");
		buf_add(&b, packets[i].bytes, packets[i].len);
		expect(&b, packets[i].rc, packets[i].error, packets[i].name);
	}
	buf_clear(&b);
}

/* Every way to cut a KEXINIT off short inside a whole packet. */
static void
test_cut_offer(void)
{
	struct buf payload = BUF_INIT;
	size_t lists_end, wrong = 0;

	put_offer(&payload, usual);
	lists_end = payload.len - 4 - 4 - 1 - 4;
	for (size_t len = 1; len <= payload.len; len++) {
		struct greeting g = { .has_offer = false };
		struct err e = { .kind = ERR_NONE };
		struct buf b = BUF_INIT;
		int rc;

		buf_add_str(&b, ID "\r\n");
		put_packet(&b, payload.data, len);
		rc = parse(&g, b.data, b.len, &e);
		if (rc != (len < lists_end ? -1 : 0) ||
		    g.has_offer != (len >= lists_end))
			wrong++;
		greeting_clear(&g);
		buf_clear(&b);
	}
	is_int((long long)wrong, 0, "an offer cut at every byte");
	buf_clear(&payload);
}

static void
test_odd_lists(void)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		int rc;
	} lists[] = {
		{ "an empty list", "\0\0\0\0", 4, 0 },
		{ "empty names", "\0\0\0\3,,,", 7, 0 },
		{ "a NUL in a list", "\0\0\0\3a\0b", 7, -1 },
		{ "a huge length", "\xff\xff\xff\xff", 4, -1 },
		{ "a length one too long", "\0\0\0\2a", 5, -1 },
	};

	for (size_t i = 0; i < N(lists); i++) {
		struct greeting g = { .has_offer = false };
		struct err e = { .kind = ERR_NONE };
		struct buf payload = BUF_INIT, b = BUF_INIT;

		wire_put_byte(&payload, 20);
		fill(&payload, "cookie16", 2);
		for (size_t n = 1; n < NEGOTIATION_LISTS; n++)
			wire_put_cstring(&payload, usual[n]);
		buf_add(&payload, lists[i].bytes, lists[i].len);
		buf_add_str(&b, ID "\r\n");
		put_packet(&b, payload.data, payload.len);
		is_int(parse(&g, b.data, b.len, &e), lists[i].rc, "%s",
		       lists[i].name);
		ok(g.has_offer == (lists[i].rc == 0), "%s: offer",
		   lists[i].name);
		greeting_clear(&g);
		buf_clear(&payload);
		buf_clear(&b);
	}
}

/* libssh2 looks past these, so the offer behind them is the one that counts. */
static void
test_chatter(void)
{
	struct greeting g = { .has_offer = false };
	struct err e = { .kind = ERR_NONE };
	struct buf b = BUF_INIT;

	buf_add_str(&b, ID "\r\n");
	put_packet(&b, "\2\0\0\0\1x", 6);
	put_packet(&b, "\4\0\0\0\0\1y\0\0\0\0", 11);
	is_int(parse(&g, b.data, b.len, &e), 0, "IGNORE and DEBUG");
	ok(!g.has_offer, "no offer yet");
	put_greeting(&b, "");
	is_int(parse(&g, b.data, b.len, &e), 0, "then KEXINIT");
	ok(g.has_offer, "the offer");
	greeting_clear(&g);
	buf_reset(&b);
	buf_add_str(&b, ID "\r\n");
	while (b.len <= (size_t)1024 * 1024)
		put_packet(&b, "\2\0\0\0\1x", 6);
	expect(&b, -1, "no key exchange offer", "nothing but chatter");
	buf_clear(&b);
}

int
main(void)
{
	test_good();
	test_split();
	test_dropped();
	test_bad();
	test_http();
	test_limits();
	test_packets();
	test_cut_offer();
	test_odd_lists();
	test_chatter();
	return done_testing();
}
