/* The first byte says where to cut; that must not change the result. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "forward/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum step
run(struct socks *s, const uint8_t *data, size_t size, size_t piece,
    struct buf *reply)
{
	enum step step = STEP_AGAIN;
	size_t done = 0;

	socks_init(s);
	while (done < size && step == STEP_AGAIN) {
		size_t len = size - done < piece ? size - done : piece;
		size_t used = 0;

		step = socks_feed(s, data + done, len, &used, reply);
		if (used == 0 || used > len)
			abort();
		done += used;
	}
	if (step == STEP_DONE) {
		/* Bytes that were not taken must not have been looked at. */
		buf_addf(reply, "%s:%d at %zu", s->host, s->port, done);
		if (s->port < 0 || s->port > 65535 || strlen(s->host) > 255)
			abort();
	}
	return step;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	struct socks one, two;
	enum step step;

	if (size < 1)
		return 0;
	step = run(&one, data + 1, size - 1, size, &whole);
	if (step != run(&two, data + 1, size - 1, data[0] % 31 + 1, &pieces) ||
	    whole.len != pieces.len ||
	    (whole.len > 0 && memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	socks_clear(&one);
	socks_clear(&two);
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
