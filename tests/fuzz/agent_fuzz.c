/* What an agent answers: its list of keys, and a signature. The first byte
 * says which, and for which algorithm. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "keys/agent_serve.h"
#include "keys/agent_wire.h"
#include "keys/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const algorithms[] = {
	"ssh-ed25519",
	"ecdsa-sha2-nistp256",
	"rsa-sha2-512",
	"rsa-sha2-256-cert-v01@openssh.com",
	"sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
	"unheard-of",
};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static void
list(const void *message, size_t len)
{
	struct agent_keys keys = { NULL, 0 };
	struct err e;

	if (agent_get_keys(message, len, &keys, &e) != 0) {
		assert(keys.items == NULL && e.kind == ERR_LOCAL);
		return;
	}
	for (size_t i = 0; i < keys.len; i++) {
		assert(keys.items[i].comment != NULL);
		free(key_fingerprint(keys.items[i].key, KEY_HASH_SHA256));
	}
	agent_keys_clear(&keys);
}

static void
sign(const void *message, size_t len, const char *algorithm)
{
	struct buf signature = BUF_INIT;
	struct err e;
	int rc = agent_get_signature(message, len, algorithm, &signature, &e);

	assert((rc == 0) == (signature.len > 0));
	buf_clear(&signature);
}

/* What an agent that is a copy of ourselves is asked. */
static void
request(const void *message, size_t len)
{
	struct agent_request r;

	agent_get_request(message, len, &r);
	assert(r.key.len + r.data.len + r.token.len + r.pin.len <= len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	uint8_t *message;
	long len;

	if (size == 0)
		return 0;
	len = agent_message_len(data + 1, size - 1, &e);
	if (len <= 0)
		return 0;
	assert((size_t)len < size);
	/* exactly the message, so that ASan sees a read past it */
	message = xmemdup(data + 1, (size_t)len);
	request(message, (size_t)len);
	if (data[0] == 0)
		list(message, (size_t)len);
	else
		sign(message, (size_t)len, algorithms[data[0] % N_ALGORITHMS]);
	free(message);
	return 0;
}
