/* What is noted while libssh2 still has the packets: banners, and how many. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/wire.h"
#include "ssh/libssh2/tap.h"
#include "tap.h"
#include "userauth_failure.h"

/* As libssh2 does: a packet, and an entry in the queue that points to it. */
struct entry {
	void *links[3];
	void *data;
	size_t len, at;
};

static struct entry *
put_in_queue(struct tap *t, const struct buf *packet, size_t padding)
{
	void *data = tap_alloc(t, packet->len + padding, 0);
	struct entry *e;

	memcpy(data, packet->data, packet->len);
	e = tap_alloc(t, sizeof(*e), 0);
	e->data = data;
	e->len = packet->len;
	return e;
}

static void
take_from_queue(struct tap *t, struct entry *e)
{
	tap_free(t, e->data);
	tap_free(t, e);
}

static void
put_banner(struct buf *b, const char *text)
{
	buf_reset(b);
	wire_put_byte(b, 53);
	wire_put_cstring(b, text);
	wire_put_cstring(b, "en");
}

static void
test_banners(void)
{
	struct buf b = BUF_INIT;
	struct tap t;

	tap_init(&t, SIZE_MAX, SIZE_MAX);
	put_banner(&b, "expires");
	put_in_queue(&t, &b, 16);
	tap_look(&t);
	is_str(buf_str(&t.banners), "expires", "a banner");
	tap_look(&t);
	is_str(buf_str(&t.banners), "expires", "counts once");
	put_banner(&b, " soon");
	put_in_queue(&t, &b, 0);
	tap_alloc(&t, 10, 0);
	is_str(buf_str(&t.banners), "expires soon", "another, at once");
	put_banner(&b, "cut");
	b.len = 1 + 4 + 2;
	put_in_queue(&t, &b, 16);
	tap_look(&t);
	is_str(buf_str(&t.banners), "expires soon", "padding is no banner");
	put_banner(&b, "no entry");
	tap_free(&t, memcpy(tap_alloc(&t, b.len, 0), b.data, b.len));
	tap_alloc(&t, sizeof(struct entry), 0);
	tap_look(&t);
	t.is_deaf = true;
	put_banner(&b, "not authentic");
	put_in_queue(&t, &b, 0);
	tap_look(&t);
	t.is_deaf = false;
	t.has_logged_in = true;
	put_banner(&b, "late");
	put_in_queue(&t, &b, 0);
	tap_look(&t);
	is_str(buf_str(&t.banners), "expires soon", "and these are none");
	buf_clear(&b);
	tap_clear(&t);
}

static const struct {
	const char *what;
	uint8_t bytes[16];
	size_t len;
	size_t odd, extended;
} kept[] = {
	{ "data", { 94, 0, 0, 0, 7, 0, 0, 0, 1, 'x' }, 10, 0, 0 },
	{ "no data", { 94, 0, 0, 0, 7, 0, 0, 0, 0 }, 9, 1, 0 },
	{ "stderr", { 95, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 'x' }, 14, 0, 1 },
	{ "nothing", { 95, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0 }, 13, 1, 0 },
	{ "type 2", { 95, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 1, 'x' }, 14, 1, 0 },
	{ "an answer", { 99, 0, 0, 0, 7 }, 5, 1, 0 },
	{ "who knows", { 192 }, 1, 1, 0 },
	{ "a cut header", { 94, 0, 0 }, 3, 1, 0 },
};

static void
test_counters(void)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct buf b = BUF_INIT;
		struct entry *e;
		struct tap t;

		tap_init(&t, SIZE_MAX, SIZE_MAX);
		buf_add(&b, kept[i].bytes, kept[i].len);
		e = put_in_queue(&t, &b, 16);
		tap_look(&t);
		ok(t.n_odd == kept[i].odd && t.n_extended == kept[i].extended,
		   "%s in the queue", kept[i].what);
		take_from_queue(&t, e);
		ok(t.n_odd == 0 && t.n_extended == 0, "and taken out");
		buf_clear(&b);
		tap_clear(&t);
	}
}

static void
test_deaf(void)
{
	struct tap t;
	struct buf b = BUF_INIT;

	tap_init(&t, SIZE_MAX, SIZE_MAX);
	t.is_deaf = true;
	put_failure(&b, "password", 0);
	tap_free(&t, memcpy(tap_alloc(&t, b.len, 0), b.data, b.len));
	ok(!t.failure_seen, "what is not authentic was not seen");
	buf_clear(&b);
	tap_clear(&t);
}

int
main(void)
{
	test_banners();
	test_counters();
	test_deaf();
	return done_testing();
}
