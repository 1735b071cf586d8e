/* Where AES-GCM's packets begin and end, in pieces of every length. */
#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"
#include "ssh/libssh2/framing.h"
#include "tap.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	uint32_t lengths[4];
	unsigned bad; /* the first that cannot be; 0 with rc 0: none */
	int rc;
} cases[] = {
	{ "nothing", { 0 }, 0, 0 },
	{ "one block", { 16 }, 0, 0 },
	{ "several", { 16, 32, 256 }, 0, 0 },
	{ "a large one", { 39984 + 16 }, 0, 0 },
	{ "too large", { 32, 40016 }, 40016, -1 },
	{ "huge", { 0xfffffff0 }, 0xfffffff0, -1 },
	{ "odd", { 16, 17, 16 }, 17, -1 },
	{ "half a block", { 8 }, 8, -1 },
	{ "one bit wrong", { 16, 48 ^ 4 }, 52, -1 },
};

static void
follow(const struct buf *data, size_t step, int *ret_rc, unsigned *ret_bad)
{
	struct framing f = { .left = 0 };

	*ret_rc = 0;
	*ret_bad = 0;
	for (size_t at = 0; at < data->len && *ret_rc == 0; at += step)
		*ret_rc = framing_follow(
		    &f, data->data + at,
		    data->len - at < step ? data->len - at : step, ret_bad);
}

int
main(void)
{
	static const unsigned char zero[4];
	struct framing f = { .left = 0 };
	unsigned bad;

	for (size_t i = 0; i < N(cases); i++)
		for (size_t step = 1; step < 90; step += 3) {
			struct buf data = BUF_INIT;
			int rc;

			for (size_t n = 0; cases[i].lengths[n] != 0; n++) {
				size_t len = cases[i].lengths[n] % 65536 + 16;

				wire_put_u32(&data, cases[i].lengths[n]);
				buf_room(&data, len);
				memset(data.data + data.len, 0xff, len);
				data.len += len;
			}
			follow(&data, step, &rc, &bad);
			ok(rc == cases[i].rc && bad == cases[i].bad,
			   "%s, by %zu", cases[i].name, step);
			buf_clear(&data);
		}
	is_int(framing_follow(&f, zero, sizeof(zero), &bad), -1, "no length");
	return done_testing();
}
