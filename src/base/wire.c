#include "base/wire.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"

void
wire_init(struct wire *w, const void *data, size_t len)
{
	w->data = data;
	w->len = len;
}

int
wire_get_bytes(struct wire *w, size_t len, const unsigned char **ret_data)
{
	if (len > w->len)
		return -1;
	*ret_data = w->data;
	if (len > 0)
		w->data += len;
	w->len -= len;
	return 0;
}

/* A big-endian number of len bytes. */
static int
get_number(struct wire *w, size_t len, uint64_t *ret_value)
{
	const unsigned char *p;
	uint64_t value = 0;

	if (wire_get_bytes(w, len, &p) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | p[i];
	*ret_value = value;
	return 0;
}

int
wire_get_byte(struct wire *w, uint8_t *ret_value)
{
	uint64_t value;

	if (get_number(w, 1, &value) != 0)
		return -1;
	*ret_value = (uint8_t)value;
	return 0;
}

int
wire_get_u32(struct wire *w, uint32_t *ret_value)
{
	uint64_t value;

	if (get_number(w, 4, &value) != 0)
		return -1;
	*ret_value = (uint32_t)value;
	return 0;
}

int
wire_get_u64(struct wire *w, uint64_t *ret_value)
{
	return get_number(w, 8, ret_value);
}

int
wire_get_wire(struct wire *w, struct wire *ret_inner)
{
	struct wire rest = *w;
	const unsigned char *data;
	uint32_t len;

	if (wire_get_u32(&rest, &len) != 0 ||
	    wire_get_bytes(&rest, len, &data) != 0)
		return -1;
	*w = rest;
	wire_init(ret_inner, data, len);
	return 0;
}

int
wire_get_string(struct wire *w, const unsigned char **ret_data, size_t *ret_len)
{
	struct wire inner;

	if (wire_get_wire(w, &inner) != 0)
		return -1;
	*ret_data = inner.data;
	*ret_len = inner.len;
	return 0;
}

int
wire_get_mpint(struct wire *w, struct wire *ret_number)
{
	struct wire rest = *w, n;

	if (wire_get_wire(&rest, &n) != 0 || (n.len > 0 && n.data[0] >= 0x80))
		return -1;
	while (n.len > 0 && n.data[0] == 0)
		wire_init(&n, n.data + 1, n.len - 1);
	*ret_number = n;
	*w = rest;
	return 0;
}

int
wire_get_cstring(struct wire *w, char **ret_text)
{
	struct wire rest = *w, inner;

	if (wire_get_wire(&rest, &inner) != 0)
		return -1;
	if (inner.len > 0 && memchr(inner.data, '\0', inner.len) != NULL)
		return -1;
	*ret_text = xstrndup((const char *)inner.data, inner.len);
	*w = rest;
	return 0;
}

void
wire_put_byte(struct buf *b, uint8_t value)
{
	buf_add_byte(b, value);
}

void
wire_put_u32(struct buf *b, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_byte(b, (unsigned char)(value >> shift));
}

void
wire_put_string(struct buf *b, const void *data, size_t len)
{
	assert(len <= UINT32_MAX);
	wire_put_u32(b, (uint32_t)len);
	buf_add(b, data, len);
}

void
wire_put_cstring(struct buf *b, const char *text)
{
	wire_put_string(b, text, strlen(text));
}

void
wire_put_mpint(struct buf *b, const unsigned char *data, size_t len)
{
	size_t pad;

	while (len > 0 && *data == 0) {
		data++;
		len--;
	}
	assert(len < UINT32_MAX);
	pad = len > 0 && (*data & 0x80) != 0 ? 1 : 0;
	wire_put_u32(b, (uint32_t)(len + pad));
	if (pad > 0)
		buf_add_byte(b, 0);
	buf_add(b, data, len);
}
