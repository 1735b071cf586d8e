/*
 * ledger - what the remote side has switched on in the user's terminal, kept
 * by watching everything that is written to it, so that after an abnormal end
 * exactly that can be undone.
 *
 * "On" is what differs from a terminal at a shell's prompt: how it was before
 * nobody can tell without asking it and waiting for an answer. What a program
 * has put right itself is off again. Not kept: what shows nothing at a prompt
 * (tabs, saved cursors, designations of G1 to G3), what cannot be put back
 * without harm (132 columns, VT52 mode), and colours, hyperlinks and whatever
 * else OSC strings change.
 *
 * Hostile output can make a ledger say too much or too little, but not grow:
 * it owns no memory.
 */
#ifndef TERM_LEDGER_H
#define TERM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/control.h"
#include "term/modes.h"

struct buf;

/* No undo is longer. */
#define LEDGER_UNDO_MAX 512

#define LEDGER_TITLES 10 /* as deep as xterm's stack */

enum ledger_screen { LEDGER_MAIN, LEDGER_ALTERNATE };

/* How the cursor of the main screen was saved. */
enum ledger_cursor { LEDGER_NOT_SAVED, LEDGER_DECSC, LEDGER_1048 };

/* The fields are ledger.c's. */
struct ledger {
	struct control_parser parser;
	unsigned rows;
	struct modes modes;
	uint32_t pen;          /* attributes and such: what DECSC saves */
	uint32_t saved_pen[2]; /* by screen */
	enum ledger_cursor cursor;
	uint16_t alternate;         /* mode that switched screens, or 0 */
	enum ledger_cursor leaving; /* cursor, when it did */
	bool was_alternate;         /* when modes were saved */
	bool has_region;            /* scrolling region */
	bool has_cursor_style;
	bool has_other_keys; /* xterm's modifyOtherKeys */
	struct {
		uint8_t depth;  /* entries pushed; the largest for more */
		uint16_t flags; /* below them */
	} keyboard[2];          /* kitty's protocol, by screen */
	uint8_t titles[LEDGER_TITLES]; /* pushed: 0 both, 1 icon, 2 window */
	size_t n_titles;
};

/* is_8bit: the terminal does not decode UTF-8 (see control.h). */
void ledger_init(struct ledger *l, bool is_8bit);

/* The height of the terminal, now or after a change: many programs set a
 * scrolling region of all lines where they mean none. */
void ledger_set_rows(struct ledger *l, unsigned rows);

/* These bytes are written to the terminal. */
void ledger_feed(struct ledger *l, const void *data, size_t len);

/* May something of our own be written to the terminal here? Not within a
 * control function. */
bool ledger_is_between(const struct ledger *l);

/*
 * Append what ends an unfinished control function and undoes all that is on;
 * nothing if nothing is. Written to the terminal, it leaves nothing on.
 */
void ledger_undo(const struct ledger *l, struct buf *out);

#endif
