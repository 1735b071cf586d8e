/*
 * hex - bytes of a test vector, written as hexadecimal digits with blanks.
 */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Append the bytes to b. */
static inline void
hex_add(struct buf *b, const char *digits)
{
	char pair[3] = { 0 };
	size_t n = 0;

	for (; *digits != '\0'; digits++) {
		if (*digits == ' ')
			continue;
		pair[n++] = *digits;
		if (n == 2)
			buf_add_byte(b, (unsigned char)strtoul(pair, NULL, 16));
		n %= 2;
	}
}

#endif
