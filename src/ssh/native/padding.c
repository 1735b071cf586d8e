#include "ssh/native/padding.h"

#include <assert.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"

void
padding_clear(struct padding *p)
{
	secret_wipe(p, sizeof(*p));
}

int
padding_take(struct padding *p, unsigned char *out, size_t len)
{
	unsigned char *from;

	assert(len <= PADDING_MAX);
	if (p->left < len) {
		if (RAND_bytes(p->store, sizeof(p->store)) != 1)
			return -1;
		p->left = sizeof(p->store);
	}
	from = p->store + sizeof(p->store) - p->left;
	memcpy(out, from, len);
	secret_wipe(from, len);
	p->left -= len;
	return 0;
}
