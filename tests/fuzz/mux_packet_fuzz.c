/* What comes over a control socket: messages, one after the other. What is
 * parsed and known must be the same when it is put and parsed again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "mux/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put_again(const struct mux_packet *p)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct mux_packet copy = { 0 };
	struct err e;

	mux_packet_put(&once, p);
	if (mux_packet_missing(once.data, once.len, &e) == 0) {
		assert(mux_packet_parse(once.data, once.len, &copy, &e) == 0);
		mux_packet_put(&twice, &copy);
		assert(once.len == twice.len &&
		       memcmp(once.data, twice.data, once.len) == 0);
	}
	mux_packet_clear(&copy);
	buf_clear(&twice);
	buf_clear(&once);
}

static void
look_at(const uint8_t *data, size_t len)
{
	/* exactly the message, so that ASan sees a read past it */
	uint8_t *message = xmemdup(data, len);
	struct mux_packet p = { 0 };
	struct err e;

	if (mux_packet_parse(message, len, &p, &e) == 0 && p.is_known)
		put_again(&p);
	mux_packet_clear(&p);
	free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	size_t len = 0;
	long more;

	while ((more = mux_packet_missing(data, len, &e)) >= 0) {
		if (more > 0 && len + (size_t)more > size)
			return 0;
		len += (size_t)more;
		if (more > 0)
			continue;
		look_at(data, len);
		data += len;
		size -= len;
		len = 0;
	}
	return 0;
}
