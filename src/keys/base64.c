#include "keys/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/xalloc.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz"
			       "0123456789+/";

char *
base64_encode(const void *data, size_t len)
{
	const unsigned char *in = data;
	char *text = xmalloc((len + 2) / 3 * 4 + 1), *p = text;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)in[i] << 16;

		if (n > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (n > 2)
			bits |= in[i + 2];
		*p++ = alphabet[bits >> 18];
		*p++ = alphabet[bits >> 12 & 63];
		*p++ = (char)(n > 1 ? alphabet[bits >> 6 & 63] : '=');
		*p++ = (char)(n > 2 ? alphabet[bits & 63] : '=');
	}
	*p = '\0';
	return text;
}

/* The value of a digit, or -1. */
static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What is read so far: bits not yet written, digits and '=' signs seen. */
struct decoder {
	unsigned char *out;
	uint32_t bits;
	size_t digits, pads;
};

/* Take one character. Returns 0, or -1 if it cannot stand here. */
static int
decode_char(struct decoder *d, char c)
{
	int value = digit(c);

	if (is_space(c))
		return 0;
	if (c == '=') {
		d->pads++;
		return 0;
	}
	if (value < 0 || d->pads > 0)
		return -1;
	d->bits = d->bits << 6 | (uint32_t)value;
	/* Each digit but the first of four completes a byte. */
	if (d->digits % 4 != 0)
		*d->out++ =
		    (unsigned char)(d->bits >> (6 - 2 * (d->digits % 4)));
	d->digits++;
	return 0;
}

int
base64_decode(const char *text, size_t len, struct buf *b)
{
	unsigned char *start = buf_room(b, len);
	struct decoder d = { .out = start };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = decode_char(&d, text[i]);
	if (rc == 0 && (d.pads > 2 || (d.digits + d.pads) % 4 != 0))
		rc = -1;
	if (rc == 0)
		b->len += (size_t)(d.out - start);
	else
		secret_wipe(start, (size_t)(d.out - start));
	secret_wipe(&d, sizeof(d));
	return rc;
}
