/* What the remote side sends to a forwarded agent: it is cut into messages
 * that together are the same bytes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const uint8_t *data, size_t len)
{
	/* exactly the message, so that ASan sees a read past it */
	uint8_t *message = xmemdup(data, len);
	const unsigned char *key = NULL;
	size_t key_len = 0;

	if (agent_is_sign(message, len, &key, &key_len) && key_len > 0) {
		assert(key > message && key + key_len <= message + len);
		free(xmemdup(key, key_len));
	}
	free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	long len;

	while ((len = agent_message_len(data, size, &e)) > 0) {
		assert(len > 4 && (size_t)len <= size);
		assert((size_t)len <= AGENT_MESSAGE_MAX + 4);
		assert(agent_message_len(data, (size_t)len - 1, &e) == 0);
		look_at(data, (size_t)len);
		data += len;
		size -= (size_t)len;
	}
	assert(len == 0 || size >= 4);
	return 0;
}
