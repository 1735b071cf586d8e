/* The first message of an X client. The first byte cuts it in two; the fake
 * cookie is made to be "AAAAAAAAAAAAAAAA", so that it can be found. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "forward/x11_cookie.h"

#define REAL "00000000000000000000000000000000"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only the cookie may have been changed. */
static void
check_done(const struct x11_cookie *c, const struct buf *b, const uint8_t *data)
{
	size_t end = x11_cookie_message_len(c);

	assert(b->len >= end);
	assert(memcmp(b->data + end - c->len, c->real, c->len) == 0);
	assert(memcmp(data + end - c->len, c->fake, c->len) == 0);
	assert(memcmp(b->data, data, end - c->len) == 0);
	assert(memcmp(b->data + end, data + end, b->len - end) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = BUF_INIT;
	struct x11_cookie c;
	const char *why = NULL;
	enum step step;
	size_t first;

	if (size == 0)
		return 0;
	first = data[0] < size - 1 ? data[0] : size - 1;
	data++;
	size--;
	assert(x11_cookie_init(&c, "MIT-MAGIC-COOKIE-1", REAL) == 0);
	memset(c.fake, 'A', c.len);
	buf_add(&b, data, first);
	step = x11_cookie_replace(&c, &b, &why);
	if (step == STEP_AGAIN) {
		buf_add(&b, data + first, size - first);
		step = x11_cookie_replace(&c, &b, &why);
	}
	if (step == STEP_DONE)
		check_done(&c, &b, data);
	else
		assert(memcmp(b.data != NULL ? b.data : data, data, b.len) ==
		       0);
	assert((step == STEP_FAIL) == (why != NULL));
	if (step == STEP_AGAIN)
		assert(b.len < x11_cookie_message_len(&c));
	buf_clear(&b);
	x11_cookie_clear(&c);
	return 0;
}
