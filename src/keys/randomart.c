#include "keys/fingerprint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/*
 * The drunken bishop: two bits of the hash are one diagonal step, and a square
 * is drawn by how often it was visited. The picture must be ssh-keygen's to
 * the last character, because people compare them.
 */
enum { WIDTH = 17, HEIGHT = 9 };

static const char symbols[] = " .o+=*BOX@%&#/^SE";

enum {
	SYMBOL_END = sizeof(symbols) - 2,
	SYMBOL_START = SYMBOL_END - 1,
	SYMBOL_MOST = SYMBOL_START - 1,
};

static int
step(int at, bool forward, int size)
{
	int to = forward ? at + 1 : at - 1;

	return to < 0 || to >= size ? at : to;
}

static void
walk(unsigned char field[HEIGHT][WIDTH], const unsigned char *digest,
     size_t len)
{
	int x = WIDTH / 2, y = HEIGHT / 2;

	for (size_t i = 0; i < 4 * len; i++) {
		int bits = digest[i / 4] >> (2 * (i % 4));

		x = step(x, (bits & 1) != 0, WIDTH);
		y = step(y, (bits & 2) != 0, HEIGHT);
		if (field[y][x] < SYMBOL_MOST)
			field[y][x]++;
	}
	field[HEIGHT / 2][WIDTH / 2] = SYMBOL_START;
	field[y][x] = SYMBOL_END;
}

/* "+---[title]---+" */
static void
put_border(struct buf *art, const char *title)
{
	size_t left = (WIDTH - strlen(title)) / 2;
	size_t right = WIDTH - strlen(title) - left;

	buf_add_byte(art, '+');
	while (left-- > 0)
		buf_add_byte(art, '-');
	buf_add_str(art, title);
	while (right-- > 0)
		buf_add_byte(art, '-');
	buf_add_byte(art, '+');
}

char *
key_randomart(const struct key *k, enum key_hash hash)
{
	unsigned char field[HEIGHT][WIDTH] = { { 0 } };
	unsigned char digest[FINGERPRINT_MAX] = { 0 };
	struct buf art = BUF_INIT;
	char title[WIDTH];
	int len;

	walk(field, digest, fingerprint_digest(k, hash, digest));
	/* Where the size does not fit it is left out; still longer names are
	 * cut, as ssh-keygen does. */
	len = snprintf(title, sizeof(title), "[%s %d]", key_type_name(k),
		       key_bits(k));
	if (len > (int)sizeof(title))
		(void)snprintf(title, sizeof(title), "[%s]", key_type_name(k));
	put_border(&art, title);
	for (int y = 0; y < HEIGHT; y++) {
		buf_add_str(&art, "\n|");
		for (int x = 0; x < WIDTH; x++)
			buf_add_byte(&art, (unsigned char)symbols[field[y][x]]);
		buf_add_byte(&art, '|');
	}
	buf_add_byte(&art, '\n');
	(void)snprintf(title, sizeof(title), "[%s]",
		       fingerprint_hash_name(hash));
	put_border(&art, title);
	return buf_take_str(&art);
}
