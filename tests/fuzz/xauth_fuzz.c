/* What "xauth list" printed. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "forward/x11_cookie.h"
#include "forward/xauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT;
	struct x11_cookie c;
	char *fake;

	buf_add(&out, data, size);
	if (xauth_parse_list(&out, &c) == 0) {
		fake = x11_cookie_fake(&c);
		assert(c.len > 0 && strlen(fake) == 2 * c.len);
		assert(strlen(c.protocol) + 2 * c.len < size);
		free(fake);
		x11_cookie_clear(&c);
	}
	buf_clear(&out);
	return 0;
}
