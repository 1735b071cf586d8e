#include "conf/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* More than anybody reads. A hostile file could have any number. */
#define MOST 16384
#define MOST_LOST 4096

static void
forget(struct history_entry *entry)
{
	free(entry->place);
	free(entry->text);
	entry->place = entry->text = NULL;
}

void
history_clear(struct history *h)
{
	for (size_t i = 0; i < h->len; i++)
		forget(&h->items[i]);
	free(h->items);
	memset(h, 0, sizeof(*h));
}

static void
add(struct history *h, struct history_entry entry)
{
	if (h->len >= MOST) {
		h->is_full = false;
		forget(&entry);
		return;
	}
	if (!h->is_full) {
		free(entry.text);
		entry.text = NULL;
	}
	h->items = xreallocarray(h->items, h->len + 1, sizeof(entry));
	h->items[h->len++] = entry;
}

/* Some items of the row were taken away: what is left is n_items. As each entry
 * of a list has no more than the next one, the first that has not is the last
 * to look at. */
static void
lower(struct history *h, size_t row, size_t n_items)
{
	for (size_t i = h->len; i > 0; i--) {
		struct history_entry *earlier = &h->items[i - 1];

		if (earlier->row != row || !earlier->has_won)
			continue;
		if (earlier->n_items <= n_items)
			return;
		earlier->n_items = n_items;
	}
}

void
history_take_won(struct history *h, struct history_entry entry, bool is_adding)
{
	for (size_t i = 0; i < h->len && !is_adding; i++)
		if (h->items[i].row == entry.row)
			h->items[i].has_won = false;
	lower(h, entry.row, entry.n_items);
	entry.has_won = true;
	add(h, entry);
}

static bool
is_known(const struct history *h, const struct history_entry *entry)
{
	for (size_t i = 0; i < h->len; i++)
		if (h->items[i].row == entry->row &&
		    strcmp(h->items[i].place, entry->place) == 0)
			return true;
	return false;
}

void
history_take_lost(struct history *h, struct history_entry entry)
{
	/* a file may be read twice, and a letter set a row twice */
	if (!h->is_full || h->n_lost >= MOST_LOST || is_known(h, &entry)) {
		forget(&entry);
		return;
	}
	h->n_lost++;
	entry.has_won = false;
	add(h, entry);
}

const struct history_entry *
history_last(const struct history *h, size_t row)
{
	for (size_t i = h->len; i > 0; i--)
		if (h->items[i - 1].row == row && h->items[i - 1].has_won)
			return &h->items[i - 1];
	return NULL;
}

const struct history_entry *
history_find(const struct history *h, size_t row, size_t i)
{
	const struct history_entry *found = NULL;

	for (size_t at = 0; at < h->len; at++) {
		const struct history_entry *entry = &h->items[at];

		if (entry->row != row || !entry->has_won)
			continue;
		found = entry;
		if (entry->n_items > i)
			break;
	}
	return found;
}
