/* A server's side of a key exchange: a byte that says which method, then
 * messages, each after two bytes of length. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/wire.h"
#include "ssh/native/kex.h"
#include "ssh/native/kex_method.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kex_transcript transcript = {
	.client_id = "SSH-2.0-hawser",
	.server_id = "SSH-2.0-fuzz",
};

/* The chosen method, or NULL if libcrypto has it not. */
static struct kex *
begin(uint8_t choice)
{
	struct strv names = STRV_INIT;
	struct kex *k = NULL;
	const char *name;
	struct err e;

	strv_split(&names, kex_method_names(), ",");
	name = names.items[choice % names.len];
	if (kex_method_is_supported(name)) {
		k = kex_new(name, &e);
		assert(k != NULL);
	}
	strv_clear(&names);
	return k;
}

static void
check_result(const struct kex *k)
{
	struct buf key = { .wipe = true };
	struct kex_result result;
	struct err e;

	kex_get_result(k, &result);
	assert(result.hash.len >= 20 && result.hash.len <= KEX_HASH_MAX);
	assert(kex_derive(k, 'C', &result.hash, 100, &key, &e) == 0);
	assert(key.len == 100);
	buf_clear(&key);
}

/* Take the next message. Returns false when there is none. */
static bool
get_message(struct wire *input, struct wire *ret_message)
{
	const unsigned char *bytes;
	uint8_t high, low;
	size_t len;

	if (wire_get_byte(input, &high) != 0 || wire_get_byte(input, &low) != 0)
		return false;
	len = (size_t)high << 8 | low;
	if (len > input->len)
		len = input->len;
	(void)wire_get_bytes(input, len, &bytes);
	wire_init(ret_message, bytes, len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum step step = STEP_AGAIN;
	struct buf said = BUF_INIT;
	struct wire input, message;
	uint8_t choice = 0;
	struct kex *k;

	wire_init(&input, data, size);
	(void)wire_get_byte(&input, &choice);
	k = begin(choice);
	if (k == NULL)
		return 0;
	kex_start(k, &said);
	while (step == STEP_AGAIN && get_message(&input, &message)) {
		struct err e = { .kind = ERR_NONE };

		buf_reset(&said);
		step = kex_receive(k, &message, &transcript, &said, &e);
		assert((step == STEP_FAIL) == (e.kind != ERR_NONE));
		assert((step == STEP_AGAIN) == (said.len > 0));
	}
	if (step == STEP_DONE)
		check_result(k);
	for (int type = 0; step != STEP_AGAIN && type < 256; type++)
		assert(!kex_expects(k, (uint8_t)type));
	kex_free(k);
	buf_clear(&said);
	return 0;
}
