#include "base/hex.h"

#include <string.h>

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	/* the first ten are there twice, and found the first time */
	return at != NULL ? (int)(at - digits) % 16 : -1;
}

int
hex_byte(const char *digits)
{
	int high = digit(digits[0]);
	int low = high >= 0 ? digit(digits[1]) : -1;

	return low >= 0 ? high << 4 | low : -1;
}

void
hex_encode(const void *data, size_t len, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		*ret_text++ = digits[bytes[i] >> 4];
		*ret_text++ = digits[bytes[i] & 15];
	}
	*ret_text = '\0';
}
