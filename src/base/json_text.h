/*
 * json_text - a stream of bytes as the inside of JSON strings.
 *
 * A character that is cut by the end of a piece is held back until the rest
 * arrives. What is not UTF-8 becomes U+FFFD, one for each longest beginning of
 * a character, as Unicode recommends and asciinema does.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stddef.h>

struct buf;

struct json_text {
	unsigned char held[3]; /* an incomplete character */
	size_t len;
};

#define JSON_TEXT_INIT                                                         \
	{                                                                      \
		{ 0 }, 0                                                       \
	}

/* Append the next bytes to out. */
void json_text_add(struct json_text *t, const void *data, size_t len,
		   struct buf *out);

/* There is no more: what is held back is not a character. */
void json_text_end(struct json_text *t, struct buf *out);

/* A whole string with its quotes. */
void json_text_string(const char *s, struct buf *out);

#endif
