#include "forward/x11_cookie.h"

#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/secret.h"
#include "base/xalloc.h"

/* Byte order, a pad byte, two version numbers, two lengths, two pad bytes. */
#define HEADER_BYTES ((size_t)12)
#define MSB_FIRST 0x42
#define LSB_FIRST 0x6c
/* ssh reads no more from xauth. */
#define TEXT_MAX ((size_t)511)

/* Returns 0, or -1 for what is not an even number of digits. */
static int
from_hex(const char *text, unsigned char *out)
{
	for (; *text != '\0'; text += 2) {
		int byte = hex_byte(text);

		if (byte < 0)
			return -1;
		*out++ = (unsigned char)byte;
	}
	return 0;
}

int
x11_cookie_init(struct x11_cookie *c, const char *protocol, const char *real)
{
	size_t digits = strlen(real);

	memset(c, 0, sizeof(*c));
	if (*protocol == '\0' || strlen(protocol) > TEXT_MAX || digits == 0 ||
	    digits > TEXT_MAX)
		return -1;
	c->len = digits / 2;
	c->real = xcalloc(1, c->len + 1);
	c->fake = xcalloc(1, c->len + 1);
	c->protocol = xstrdup(protocol);
	if (from_hex(real, c->real) != 0 ||
	    RAND_bytes(c->fake, (int)c->len) != 1) {
		x11_cookie_clear(c);
		return -1;
	}
	return 0;
}

void
x11_cookie_copy(struct x11_cookie *to, const struct x11_cookie *from)
{
	to->len = from->len;
	to->protocol = xstrdup(from->protocol);
	to->real = xmemdup(from->real, from->len + 1);
	to->fake = xmemdup(from->fake, from->len + 1);
}

void
x11_cookie_clear(struct x11_cookie *c)
{
	if (c->real != NULL)
		secret_wipe(c->real, c->len);
	if (c->fake != NULL)
		secret_wipe(c->fake, c->len);
	free(c->real);
	free(c->fake);
	free(c->protocol);
	memset(c, 0, sizeof(*c));
}

char *
x11_cookie_fake(const struct x11_cookie *c)
{
	char *text = xcalloc(2, c->len + 1);

	hex_encode(c->fake, c->len, text);
	return text;
}

static size_t
padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

size_t
x11_cookie_message_len(const struct x11_cookie *c)
{
	return HEADER_BYTES + padded(strlen(c->protocol)) + padded(c->len);
}

/* Both lengths; -1 if there is no such byte order. */
static int
read_lengths(const unsigned char *p, size_t *ret_protocol, size_t *ret_cookie)
{
	switch (p[0]) {
	case MSB_FIRST:
		*ret_protocol = (size_t)p[6] << 8 | p[7];
		*ret_cookie = (size_t)p[8] << 8 | p[9];
		return 0;
	case LSB_FIRST:
		*ret_protocol = (size_t)p[7] << 8 | p[6];
		*ret_cookie = (size_t)p[9] << 8 | p[8];
		return 0;
	}
	return -1;
}

/* Takes as long whatever the difference is. */
static bool
is_same(const unsigned char *a, const unsigned char *b, size_t len)
{
	unsigned char difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static enum step
refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return STEP_FAIL;
}

enum step
x11_cookie_replace(const struct x11_cookie *c, struct buf *message,
		   const char **ret_why)
{
	size_t protocol_len, cookie_len;
	unsigned char *cookie;

	if (message->len < HEADER_BYTES)
		return STEP_AGAIN;
	if (read_lengths(message->data, &protocol_len, &cookie_len) != 0)
		return refuse(ret_why, "bad byte order");
	/* lengths that are not ours need not be waited for */
	if (protocol_len != strlen(c->protocol))
		return refuse(ret_why, "different authentication protocol");
	if (cookie_len != c->len)
		return refuse(ret_why, "auth data does not match fake data");
	if (message->len < x11_cookie_message_len(c))
		return STEP_AGAIN;
	if (memcmp(message->data + HEADER_BYTES, c->protocol, protocol_len) !=
	    0)
		return refuse(ret_why, "different authentication protocol");
	cookie = message->data + HEADER_BYTES + padded(protocol_len);
	if (!is_same(cookie, c->fake, c->len))
		return refuse(ret_why, "auth data does not match fake data");
	memcpy(cookie, c->real, c->len);
	return STEP_DONE;
}
