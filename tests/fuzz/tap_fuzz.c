/* Packets as libssh2 frees them: each is a length byte and that many bytes.
 * Of two channels one is being rescued. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "ssh/libssh2/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
see(struct tap *t, const uint8_t *packet, size_t len)
{
	void *block = tap_alloc(t, len / 2, 0);

	block = tap_realloc(t, block, len);
	if (len > 0)
		memcpy(block, packet, len);
	tap_free(t, block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t was_read[2] = { 3, 1 };
	struct buf rescue[2] = { BUF_INIT, BUF_INIT };
	struct tap_channel *saved, *other;
	struct tap t;

	tap_init(&t, SIZE_MAX, SIZE_MAX);
	saved = tap_follow(&t, 1);
	other = tap_follow(&t, 0);
	tap_rescue(saved, rescue, was_read);
	while (size > 0) {
		size_t len = data[0] < size - 1 ? data[0] : size - 1;

		see(&t, data + 1, len);
		data += len + 1;
		size -= len + 1;
	}
	for (int i = 0; i < 2; i++)
		assert(rescue[i].len <= saved->freed[i]);
	assert(!t.failure_seen || t.methods != NULL);
	assert(saved->exit.message == NULL || saved->exit.signal != NULL);
	tap_forget(&t, other);
	tap_clear(&t);
	buf_clear(&rescue[0]);
	buf_clear(&rescue[1]);
	return 0;
}
