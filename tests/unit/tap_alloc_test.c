/* What is noted of the packets that libssh2 frees. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "ssh/libssh2/tap.h"
#include "tap.h"
#include "userauth_failure.h"

#define OURS 7
#define OTHER 8

/* Hand over a copy of exactly that size, so that ASan sees a read past it. */
static void
see(struct tap *t, const struct buf *packet)
{
	void *exact = xmemdup(packet->data, packet->len);

	tap_packet(t, exact, packet->len);
	free(exact);
}

static void
test_failure(void)
{
	struct tap t = { .failure_seen = false };
	struct buf b = BUF_INIT;
	char *longest;

	put_failure(&b, "publickey,password", 0);
	see(&t, &b);
	ok(t.failure_seen && !t.partial, "a failure");
	is_str(t.methods, "publickey,password", "what can continue");
	put_failure(&b, "password", 1);
	see(&t, &b);
	ok(t.partial, "a partial success");
	is_str(t.methods, "password", "what remains");
	t.failure_seen = false;
	put_failure(&b, "other", 0);
	for (size_t len = b.len; len-- > 0;) {
		b.len = len;
		see(&t, &b);
	}
	ok(!t.failure_seen && t.partial, "cut at every byte: not noted");
	is_str(t.methods, "password", "the old list stays");
	put_failure(&b, "", 0);
	see(&t, &b);
	is_str(t.methods, "", "an empty list");
	longest = xmalloc(5001);
	memset(longest, 'm', 5000);
	longest[5000] = '\0';
	put_failure(&b, longest, 0);
	see(&t, &b);
	ok(strlen(t.methods) < 5000, "a list without end is cut");
	free(longest);
	tap_clear(&t);
	ok(t.methods == NULL, "cleared");
	buf_clear(&b);
}

static void
test_open(void)
{
	struct tap t = { .open_seen = false };
	struct buf b = BUF_INIT;

	wire_put_byte(&b, 91);
	wire_put_u32(&b, OURS);
	b.len--;
	see(&t, &b);
	ok(!t.open_seen, "half a confirmation");
	b.len++;
	see(&t, &b);
	ok(t.open_seen && t.open_channel == OURS, "a confirmation");
	buf_reset(&b);
	wire_put_byte(&b, 92);
	wire_put_u32(&b, OURS);
	wire_put_u32(&b, 2);
	wire_put_cstring(&b, "no such host");
	wire_put_cstring(&b, "en");
	see(&t, &b);
	ok(t.refusal_code == 2, "a refusal's code");
	is_str(t.refusal, "no such host", "its text");
	b.len = 1 + 4 + 4 + 4 + 11;
	b.data[8] = 3;
	see(&t, &b);
	ok(t.refusal_code == 2, "a refusal with a cut text is left out");
	is_str(t.refusal, "no such host", "the old text stays");
	tap_clear(&t);
	buf_clear(&b);
}

static void
put_request(struct buf *b, uint32_t channel, const char *name)
{
	buf_reset(b);
	wire_put_byte(b, 98);
	wire_put_u32(b, channel);
	wire_put_cstring(b, name);
	wire_put_byte(b, 0);
}

static void
test_status(void)
{
	struct tap t = { .open_seen = false };
	struct tap_channel *c = tap_follow(&t, OURS);
	struct buf b = BUF_INIT;

	put_request(&b, OURS, "exit-status");
	wire_put_u32(&b, 7);
	for (size_t len = 0; len < b.len; len++) {
		struct buf cut = { .data = b.data, .len = len };

		see(&t, &cut);
	}
	ok(!c->exit.has_status, "a status cut at every byte");
	see(&t, &b);
	ok(c->exit.has_status && c->exit.status == 7, "a status");
	put_request(&b, OTHER, "exit-status");
	wire_put_u32(&b, 9);
	see(&t, &b);
	put_request(&b, OURS, "exit-statusx");
	wire_put_u32(&b, 9);
	see(&t, &b);
	put_request(&b, OURS, "");
	wire_put_u32(&b, 9);
	see(&t, &b);
	ok(c->exit.status == 7, "other channels and requests");
	ok(c->exit.signal == NULL, "no signal");
	tap_forget(&t, c);
	see(&t, &b);
	ok(t.channels == NULL, "forgotten");
	buf_clear(&b);
	tap_clear(&t);
}

static void
put_signal(struct buf *b, const char *name, const char *message)
{
	put_request(b, OURS, "exit-signal");
	wire_put_cstring(b, name);
	wire_put_byte(b, 1);
	wire_put_cstring(b, message);
	wire_put_cstring(b, "");
}

static void
test_signal(void)
{
	struct tap t = { .open_seen = false };
	struct tap_channel *c = tap_follow(&t, OURS);
	struct buf b = BUF_INIT;
	char *longest = xmalloc(70001);

	put_request(&b, OURS, "exit-signal");
	wire_put_u32(&b, 0xffffffff);
	buf_add_str(&b, "KILL");
	see(&t, &b);
	ok(c->exit.signal == NULL && c->exit.message == NULL,
	   "a signal with a huge length");
	put_signal(&b, "KILL", "out of memory");
	for (size_t len = 0; len < 1 + 4 + 15 + 1 + 8; len++) {
		struct buf cut = { .data = b.data, .len = len };

		see(&t, &cut);
	}
	ok(c->exit.signal == NULL, "a signal cut at every byte");
	b.len = 1 + 4 + 15 + 1 + 8 + 1 + 4 + 3;
	see(&t, &b);
	is_str(c->exit.signal, "KILL", "a signal whose message is cut");
	is_str(c->exit.message, NULL, "no message");
	put_signal(&b, "TERM", "later");
	see(&t, &b);
	is_str(c->exit.signal, "KILL", "the first signal stays");
	tap_forget(&t, c);
	c = tap_follow(&t, OURS);
	memset(longest, 'x', 70000);
	longest[70000] = '\0';
	put_signal(&b, longest, longest);
	see(&t, &b);
	ok(c->exit.signal != NULL && strlen(c->exit.signal) < 70000 &&
	       strlen(c->exit.message) < 70000,
	   "endless fields are cut");
	free(longest);
	buf_clear(&b);
	tap_clear(&t);
}

/* Streams: 0 stdout, 1 stderr. */
static void
put_data(struct buf *b, uint32_t channel, uint32_t stream, const char *text)
{
	buf_reset(b);
	wire_put_byte(b, stream == 0 ? 94 : 95);
	wire_put_u32(b, channel);
	if (stream > 0)
		wire_put_u32(b, stream);
	wire_put_cstring(b, text);
}

static const struct {
	uint32_t channel, stream;
	const char *text;
} before[] = {
	{ OURS, 0, "abcd" },
	{ OURS, 1, "ABC" },
	{ OTHER, 0, "other" },
};
static const struct {
	uint32_t channel, stream;
	const char *text;
} after[] = {
	{ OURS, 0, "efg" },    { OURS, 1, "DEF" },
	{ OTHER, 0, "thing" }, { OURS, 2, "???" }, /* no such stream */
	{ OURS, 0, "" },       { OURS, 0, "hijk" },
	{ OURS, 1, "GH" },     { 99, 0, "nobody" },
};

static const struct {
	const char *name;
	uint64_t was_read[2];
	const char *rescued[2];
} rescues[] = {
	{ "all freed was read", { 4, 3 }, { "efghijk", "DEFGH" } },
	{ "packets read in part", { 5, 4 }, { "fghijk", "EFGH" } },
	{ "up to the end of a packet", { 7, 6 }, { "hijk", "GH" } },
	{ "beyond one packet", { 8, 7 }, { "ijk", "H" } },
	{ "everything", { 11, 8 }, { "", "" } },
	{ "more than there is", { 50, 50 }, { "", "" } },
	{ "less than was freed", { 0, 0 }, { "efghijk", "DEFGH" } },
};

static void
test_rescue(void)
{
	for (size_t i = 0; i < sizeof(rescues) / sizeof(rescues[0]); i++) {
		struct tap t = { .open_seen = false };
		struct tap_channel *c = tap_follow(&t, OURS);
		struct buf b = BUF_INIT, saved[2] = { BUF_INIT, BUF_INIT };

		tap_follow(&t, OTHER);
		for (size_t n = 0; n < sizeof(before) / sizeof(before[0]);
		     n++) {
			put_data(&b, before[n].channel, before[n].stream,
				 before[n].text);
			see(&t, &b);
		}
		ok(c->freed[0] == 4 && c->freed[1] == 3, "what was freed");
		tap_rescue(c, saved, rescues[i].was_read);
		for (size_t n = 0; n < sizeof(after) / sizeof(after[0]); n++) {
			put_data(&b, after[n].channel, after[n].stream,
				 after[n].text);
			see(&t, &b);
		}
		is_str(buf_str(&saved[0]), rescues[i].rescued[0], "stdout: %s",
		       rescues[i].name);
		is_str(buf_str(&saved[1]), rescues[i].rescued[1], "stderr: %s",
		       rescues[i].name);
		buf_clear(&saved[0]);
		buf_clear(&saved[1]);
		buf_clear(&b);
		tap_clear(&t);
	}
}

/* Each has its own place to be rescued to. */
static void
test_two_channels(void)
{
	static const uint64_t read_ours[2] = { 2, 0 }, read_other[2] = { 0, 0 };
	struct buf ours[2] = { BUF_INIT, BUF_INIT };
	struct buf other[2] = { BUF_INIT, BUF_INIT };
	struct tap t = { .open_seen = false };
	struct tap_channel *a = tap_follow(&t, OURS);
	struct tap_channel *c = tap_follow(&t, OTHER);
	struct buf b = BUF_INIT;

	tap_rescue(a, ours, read_ours);
	tap_rescue(c, other, read_other);
	put_data(&b, OTHER, 0, "12345");
	see(&t, &b);
	put_data(&b, OURS, 0, "abcde");
	see(&t, &b);
	a->rescue = NULL;
	put_data(&b, OURS, 0, "late");
	see(&t, &b);
	is_str(buf_str(&ours[0]), "cde", "one channel");
	is_str(buf_str(&other[0]), "12345", "the other channel");
	for (size_t len = b.len; len-- > 0;) {
		b.len = len;
		see(&t, &b);
	}
	ok(a->freed[0] == 9, "cut data is not counted");
	tap_forget(&t, a);
	put_data(&b, OTHER, 1, "err");
	see(&t, &b);
	is_str(buf_str(&other[1]), "err", "the one that is left");
	for (int i = 0; i < 2; i++) {
		buf_clear(&ours[i]);
		buf_clear(&other[i]);
	}
	buf_clear(&b);
	tap_clear(&t);
}

static void
test_alloc(void)
{
	static const size_t sizes[] = { 0, 1, 16, 4095, 4096, 4097, 100000 };
	struct tap t;
	struct buf b = BUF_INIT;
	unsigned char *block;

	tap_init(&t, SIZE_MAX, SIZE_MAX);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		block = tap_alloc(&t, sizes[i], 0);
		ok(block != NULL && (uintptr_t)block % 16 == 0,
		   "a block of %zu bytes", sizes[i]);
		memset(block, 0xaa, sizes[i]);
		block = tap_realloc(&t, block, sizes[i] * 2 + 1);
		ok(sizes[i] == 0 || block[sizes[i] - 1] == 0xaa,
		   "grown to twice its size");
		block = tap_realloc(&t, block, sizes[i] / 2);
		ok(sizes[i] < 2 || block[sizes[i] / 2 - 1] == 0xaa,
		   "and shrunk");
		tap_free(&t, block);
	}
	ok(tap_alloc(&t, SIZE_MAX, 0) == NULL, "too much");
	ok(tap_alloc(&t, SIZE_MAX - 8, 0) == NULL, "too much with what we add");
	ok(tap_alloc(&t, 8, SIZE_MAX - 8) == NULL, "too much to spare");
	block = tap_alloc(&t, 4, 0);
	ok(tap_realloc(&t, block, SIZE_MAX) == NULL, "too much to grow to");
	tap_free(&t, block);
	tap_free(&t, NULL);
	put_failure(&b, "password", 0);
	block = tap_realloc(&t, NULL, b.len);
	memcpy(block, b.data, b.len);
	t.watched = block;
	tap_free(&t, block);
	is_str(t.methods, "password", "freeing looks at the block");
	ok(t.watched == NULL, "freeing tells who watches");
	buf_clear(&b);
	tap_clear(&t);
}

/* So many bytes at a time, and so many between two signs of progress. */
static void
test_bounds(void)
{
	struct tap t;
	void *blocks[3];

	tap_init(&t, 1000, 600);
	blocks[0] = tap_alloc(&t, 400, 5000);
	ok(blocks[0] != NULL && t.used == 400, "spare bytes do not count");
	ok(tap_alloc(&t, 201, 0) == NULL, "too much without progress");
	blocks[1] = tap_alloc(&t, 200, 0);
	ok(blocks[1] != NULL, "as much as is allowed");
	tap_free(&t, blocks[1]);
	ok(tap_alloc(&t, 1, 0) == NULL, "what was freed counts too");
	tap_note_progress(&t);
	blocks[1] = tap_alloc(&t, 600, 0);
	ok(blocks[1] != NULL && t.used == 1000, "after progress");
	tap_note_progress(&t);
	ok(tap_alloc(&t, 1, 0) == NULL, "too much in all");
	ok(tap_realloc(&t, blocks[1], 601) == NULL, "too much to grow to");
	tap_free(&t, blocks[0]);
	blocks[2] = tap_alloc(&t, 400, 0);
	ok(blocks[2] != NULL, "what was freed can be had again");
	t.used_most = 10;
	ok(tap_alloc(&t, 1, 0) == NULL, "a bound that was lowered");
	tap_clear(&t);
	ok(t.used == 0 && t.blocks == NULL, "what is left is freed");
}

int
main(void)
{
	test_failure();
	test_open();
	test_status();
	test_signal();
	test_rescue();
	test_two_channels();
	test_alloc();
	test_bounds();
	return done_testing();
}
