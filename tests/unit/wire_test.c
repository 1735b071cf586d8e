#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "tap.h"

static void
test_round_trip(void)
{
	struct buf b = BUF_INIT;
	struct wire w, inner;
	const unsigned char *data;
	uint8_t byte = 0;
	uint32_t u32 = 0;
	uint64_t u64 = 0;
	size_t len = 0;
	char *text = NULL;

	wire_put_byte(&b, 0xab);
	wire_put_u32(&b, 0x01020304);
	wire_put_u32(&b, 0x01020304);
	wire_put_u32(&b, 0x05060708);
	wire_put_string(&b, "a\0b", 3);
	wire_put_cstring(&b, "word");
	wire_put_string(&b, NULL, 0);
	wire_put_string(&b, "\0\0\0\1", 4);
	wire_init(&w, b.data, b.len);

	ok(wire_get_byte(&w, &byte) == 0 && byte == 0xab, "byte");
	ok(wire_get_u32(&w, &u32) == 0 && u32 == 0x01020304, "u32");
	ok(wire_get_u64(&w, &u64) == 0 && u64 == 0x0102030405060708, "u64");
	ok(wire_get_string(&w, &data, &len) == 0 && len == 3 &&
	       memcmp(data, "a\0b", 3) == 0,
	   "string with NUL");
	ok(wire_get_cstring(&w, &text) == 0, "cstring");
	is_str(text, "word", "cstring's text");
	free(text);
	ok(wire_get_string(&w, &data, &len) == 0 && len == 0, "empty string");
	ok(wire_get_wire(&w, &inner) == 0 && wire_get_u32(&inner, &u32) == 0 &&
	       u32 == 1 && inner.len == 0,
	   "nested reader");
	is_int((long long)w.len, 0, "all is read");
	is_int(wire_get_byte(&w, &byte), -1, "no byte after the end");
	buf_clear(&b);
}

/* A failed read changes neither the reader nor the outputs. */
static void
test_short(const char *bytes, size_t n, const char *name)
{
	const unsigned char *data = NULL;
	struct wire w, before, inner = { NULL, 77 };
	char *text = NULL;
	size_t len = 77;

	wire_init(&w, bytes, n);
	before = w;
	is_int(wire_get_string(&w, &data, &len), -1, "%s: string", name);
	is_int(wire_get_cstring(&w, &text), -1, "%s: cstring", name);
	is_int(wire_get_wire(&w, &inner), -1, "%s: wire", name);
	ok(w.data == before.data && w.len == before.len, "%s: reader", name);
	ok(data == NULL && text == NULL && len == 77 && inner.len == 77,
	   "%s: outputs", name);
}

static void
test_limits(void)
{
	static const char nul[] = "\0\0\0\3a\0b";
	const unsigned char *data = NULL;
	struct wire w;
	uint32_t u32 = 5;
	uint64_t u64 = 5;
	char *text = NULL;

	test_short("", 0, "nothing");
	test_short("\0\0\0", 3, "half a length");
	test_short("\0\0\0\1", 4, "no content");
	test_short("\0\0\0\5abcd", 8, "one byte missing");
	test_short("\377\377\377\377abcd", 8, "huge length");

	wire_init(&w, nul, 7);
	is_int(wire_get_cstring(&w, &text), -1, "NUL in a cstring");
	is_int((long long)w.len, 7, "NUL in a cstring: reader");
	wire_init(&w, "abc", 3);
	ok(wire_get_u32(&w, &u32) == -1 && u32 == 5 && w.len == 3, "short u32");
	ok(wire_get_u64(&w, &u64) == -1 && u64 == 5 && w.len == 3, "short u64");
	ok(wire_get_bytes(&w, 4, &data) == -1 && w.len == 3, "short bytes");
	ok(wire_get_bytes(&w, 3, &data) == 0 && w.len == 0, "bytes");
}

static const struct {
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} mpints[] = {
	{ "", 0, "\0\0\0\0", 4 },
	{ "\0\0", 2, "\0\0\0\0", 4 },
	{ "\177", 1, "\0\0\0\1\177", 5 },
	{ "\200", 1, "\0\0\0\2\0\200", 6 },
	{ "\0\0\200\1", 4, "\0\0\0\3\0\200\1", 7 },
	{ "\0\1\2", 3, "\0\0\0\2\1\2", 6 },
};

static const struct {
	const char *in;
	size_t in_len;
	const char *out; /* NULL: refused */
	size_t out_len;
} numbers[] = {
	{ "\0\0\0\0", 4, "", 0 },
	{ "\0\0\0\2\0\0", 6, "", 0 },
	{ "\0\0\0\1\177", 5, "\177", 1 },
	{ "\0\0\0\3\0\0\200", 7, "\200", 1 },
	{ "\0\0\0\2\0\200", 6, "\200", 1 },
	{ "\0\0\0\1\200", 5, NULL, 0 },
	{ "\0\0\0\2\0", 5, NULL, 0 },
	{ "\0\0\0", 3, NULL, 0 },
};

static void
test_number(size_t i)
{
	struct wire w, before, n = { NULL, 77 };

	wire_init(&w, numbers[i].in, numbers[i].in_len);
	before = w;
	if (numbers[i].out == NULL) {
		is_int(wire_get_mpint(&w, &n), -1, "number %zu: refused", i);
		ok(w.data == before.data && w.len == before.len && n.len == 77,
		   "number %zu: reader and output", i);
		return;
	}
	is_int(wire_get_mpint(&w, &n), 0, "number %zu", i);
	ok(w.len == 0 && n.len == numbers[i].out_len &&
	       (n.len == 0 || memcmp(n.data, numbers[i].out, n.len) == 0),
	   "number %zu: value", i);
}

int
main(void)
{
	test_round_trip();
	test_limits();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		test_number(i);
	for (size_t i = 0; i < sizeof(mpints) / sizeof(mpints[0]); i++) {
		struct buf b = BUF_INIT;

		wire_put_mpint(&b, (const unsigned char *)mpints[i].in,
			       mpints[i].in_len);
		ok(b.len == mpints[i].out_len &&
		       memcmp(b.data, mpints[i].out, b.len) == 0,
		   "mpint %zu", i);
		buf_clear(&b);
	}
	return done_testing();
}
