#include "base/json_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* The bytes of a character that starts with this one; 0 if none does. */
static size_t
char_len(unsigned char first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/* After the first byte: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
static bool
can_follow(unsigned char first, size_t i, unsigned char byte)
{
	unsigned char low = 0x80, high = 0xbf;

	if (i == 1) {
		if (first == 0xe0)
			low = 0xa0;
		else if (first == 0xed)
			high = 0x9f;
		else if (first == 0xf0)
			low = 0x90;
		else if (first == 0xf4)
			high = 0x8f;
	}
	return byte >= low && byte <= high;
}

static bool
is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void
add_ascii(unsigned char byte, struct buf *out)
{
	static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	const char *at = byte != '\0' ? strchr(letters, byte) : NULL;

	if (at != NULL)
		buf_addf(out, "\\%c", names[at - letters]);
	else if (is_plain(byte))
		buf_add_byte(out, byte);
	else
		buf_addf(out, "\\u%04x", byte);
}

/* A byte that is not the next one of what is held. */
static void
add_first(struct json_text *t, unsigned char byte, struct buf *out)
{
	if (byte < 0x80) {
		add_ascii(byte, out);
	} else if (char_len(byte) == 0) {
		buf_add_str(out, REPLACEMENT);
	} else {
		t->held[0] = byte;
		t->len = 1;
	}
}

static void
add_byte(struct json_text *t, unsigned char byte, struct buf *out)
{
	if (t->len == 0) {
		add_first(t, byte, out);
	} else if (!can_follow(t->held[0], t->len, byte)) {
		json_text_end(t, out);
		add_first(t, byte, out);
	} else if (t->len + 1 < char_len(t->held[0])) {
		t->held[t->len++] = byte;
	} else {
		buf_add(out, t->held, t->len);
		buf_add_byte(out, byte);
		t->len = 0;
	}
}

void
json_text_add(struct json_text *t, const void *data, size_t len,
	      struct buf *out)
{
	const unsigned char *bytes = data;

	for (size_t i = 0, plain; i < len; i += plain + 1) {
		for (plain = 0; t->len == 0 && i + plain < len &&
				is_plain(bytes[i + plain]);
		     plain++)
			;
		buf_add(out, bytes + i, plain);
		if (i + plain < len)
			add_byte(t, bytes[i + plain], out);
	}
}

void
json_text_end(struct json_text *t, struct buf *out)
{
	if (t->len > 0)
		buf_add_str(out, REPLACEMENT);
	t->len = 0;
}

void
json_text_string(const char *s, struct buf *out)
{
	struct json_text t = JSON_TEXT_INIT;

	buf_add_byte(out, '"');
	json_text_add(&t, s, strlen(s), out);
	json_text_end(&t, out);
	buf_add_byte(out, '"');
}
