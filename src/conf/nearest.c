#include "conf/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "conf/table.h"

#define MAX_NAME 48
#define MAX_DISTANCE 3

static bool
is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many characters have to be changed, added, taken away or swapped with
 * their neighbour to make a of b. Neither is longer than MAX_NAME.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][MAX_NAME + 1], n = strlen(b);
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= n; j++)
		last[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t *reused = before;

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = last[j - 1] + !is_same(a[i - 1], b[j - 1]);
			row[j] = least(row[j], last[j] + 1);
			row[j] = least(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = reused;
	}
	return last[n];
}

const char *
nearest_keyword(const char *name)
{
	size_t len = strlen(name), best = least(MAX_DISTANCE, len / 3) + 1;
	const char *found = NULL;
	const struct row *row;

	if (len > MAX_NAME)
		return NULL;
	for (size_t i = 0; (row = table_row(i)) != NULL; i++) {
		size_t d;

		if (row->type >= ROW_ALIAS)
			continue;
		d = distance(name, row->name);
		if (d < best) {
			best = d;
			found = row->name;
		}
	}
	return found;
}
