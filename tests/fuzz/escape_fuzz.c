/*
 * The first byte is the escape key, the second says where to cut. What comes
 * out must not depend on how the rest is cut into pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "term/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feed pieces of this size; commands leave a mark in the output. */
static void
run(int key, const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	struct escape e;
	size_t done = 0;

	escape_init(&e, key);
	while (done < size) {
		size_t len = size - done < piece ? size - done : piece;
		size_t used = 0;
		enum escape_action action =
		    escape_feed(&e, data + done, len, out, &used);

		if (used == 0 || used > len ||
		    (action == ESCAPE_NONE && used != len))
			abort();
		if (action != ESCAPE_NONE)
			buf_addf(out, "<%d at %zu>", (int)action, done + used);
		done += used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;

	if (size < 2)
		return 0;
	run(data[0], data + 2, size - 2, size, &whole);
	run(data[0], data + 2, size - 2, data[1] % 7 + 1, &pieces);
	if (whole.len != pieces.len ||
	    (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
