/*
 * userauth_failure - a refused login (RFC 4252 section 5.1), for the tests of
 * what is learnt from one.
 */
#ifndef TESTS_UNIT_USERAUTH_FAILURE_H
#define TESTS_UNIT_USERAUTH_FAILURE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/wire.h"

static inline void
put_failure(struct buf *b, const char *methods, uint8_t partial)
{
	buf_reset(b);
	wire_put_byte(b, 51);
	wire_put_cstring(b, methods);
	wire_put_byte(b, partial);
}

#endif
