/*
 * Bytes as the inside of a JSON string. How they are cut must not matter, and
 * the result must be UTF-8 without anything that a JSON string may not hold.
 * The first byte says where to cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
convert(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
	struct json_text t = JSON_TEXT_INIT;

	for (size_t at = 0; at < size; at += piece)
		json_text_add(&t, data + at,
			      size - at < piece ? size - at : piece, out);
	json_text_end(&t, out);
}

static void
check_escapes(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] < 0x20 || b->data[i] == '"')
			abort();
		if (b->data[i] != '\\')
			continue;
		i++;
		if (i == b->len || b->data[i] == '\0' ||
		    strchr("bfnrtu\"\\", b->data[i]) == NULL)
			abort();
	}
}

/* A value: one string, and nothing in it that a terminal obeys. */
static void
check_value(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct json j = json_begin(&out);

	buf_add(&text, data, size);
	json_add_string(&j, NULL, buf_str(&text));
	if (out.len < 2 || out.data[0] != '"' || out.data[out.len - 1] != '"')
		abort();
	for (size_t i = 0; i + 1 < out.len; i++)
		if (out.data[i] < 0x20 || out.data[i] == 0x7f ||
		    (out.data[i] == 0xc2 && out.data[i + 1] < 0xa0))
			abort();
	out.data[out.len - 1] = ' ';
	buf_consume(&out, 1);
	check_escapes(&out);
	buf_clear(&text);
	buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, cut = BUF_INIT, again = BUF_INIT;

	if (size == 0)
		return 0;
	convert(data + 1, size - 1, size, &whole);
	convert(data + 1, size - 1, (size_t)*data + 1, &cut);
	if (whole.len != cut.len ||
	    (whole.len > 0 && memcmp(whole.data, cut.data, whole.len) != 0))
		abort();
	check_escapes(&whole);
	check_value(data + 1, size - 1);
	/* What is UTF-8 stays as it is. */
	for (size_t i = 0; i < whole.len; i++)
		if (whole.data[i] == '\\' || whole.data[i] == '"')
			whole.data[i] = '/';
	convert(whole.data, whole.len, whole.len + 1, &again);
	if (whole.len != again.len ||
	    (whole.len > 0 && memcmp(whole.data, again.data, whole.len) != 0))
		abort();
	buf_clear(&whole);
	buf_clear(&cut);
	buf_clear(&again);
	return 0;
}
