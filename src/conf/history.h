/*
 * history - which line, option or other keyword gave a value, and which came
 * too late to do so. Kept while a configuration is read.
 */
#ifndef CONF_HISTORY_H
#define CONF_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct history_entry {
	size_t row;     /* of the table */
	char *place;    /* "FILE line 3", "-p", ... */
	char *text;     /* as written there; kept only if is_full */
	bool has_won;   /* it gave the value, or a part of it */
	size_t n_items; /* how many the list had then, for rows of lists */
};

struct history {
	struct history_entry *items;
	size_t len;
	size_t n_lost;
	bool is_full; /* to be set: keep texts, too, and those that lost; as
			 long as there are not too many */
};

void history_clear(struct history *h);

/* The value of the row now comes from there; is_adding leaves what was there
 * before in force. Place and text are taken over. */
void history_take_won(struct history *h, struct history_entry entry,
		      bool is_adding);

/* It would have come from there. The same. */
void history_take_lost(struct history *h, struct history_entry entry);

/* Where the row's value, or the last part of it, is from; NULL: nobody gave it.
 * Borrowed, valid until the next change. */
const struct history_entry *history_last(const struct history *h, size_t row);

/* Where item i of the row's value, as it is shown, is from; NULL: nobody gave
 * it. Borrowed, valid until the next change. */
const struct history_entry *history_find(const struct history *h, size_t row,
					 size_t i);

#endif
