/*
 * transcript - what went over a connection, as a text: what the client said
 * behind ">", and what it heard from the server behind "<", each as base64 of
 * some lines.
 */
#ifndef TESTS_UNIT_TRANSCRIPT_H
#define TESTS_UNIT_TRANSCRIPT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "keys/base64.h"

#define TRANSCRIPT_SIDES "<>"

enum {
	TRANSCRIPT_SAID = '>',
	TRANSCRIPT_HEARD = '<',
	TRANSCRIPT_LINE = 76,
};

/* All zero is an empty one. It is read, or it is written. */
struct transcript {
	struct buf text;
	size_t at; /* what was read of it */
};

static inline void
transcript_add(struct transcript *t, char side, const struct buf *bytes)
{
	char *digits = base64_encode(bytes->data, bytes->len);
	const char *rest = digits;

	buf_addf(&t->text, "%c\n", side);
	for (; *rest != '\0'; rest += strnlen(rest, TRANSCRIPT_LINE))
		buf_addf(&t->text, "%.*s\n", TRANSCRIPT_LINE, rest);
	free(digits);
	t->at = t->text.len;
}

/* Append what was said or heard next to b. False if it is the other's turn, or
 * all was read. */
static inline bool
transcript_next(struct transcript *t, char side, struct buf *b)
{
	const char *text = buf_str(&t->text) + t->at;
	size_t len;

	if (*text != side)
		return false;
	len = strcspn(text + 1, TRANSCRIPT_SIDES);
	t->at += 1 + len;
	return base64_decode(text + 1, len, b) == 0;
}

static inline bool
transcript_is_at_end(const struct transcript *t)
{
	return t->at == t->text.len;
}

#endif
