#include "term/ledger.h"

#include <string.h>

#include "base/buf.h"
#include "term/sgr.h"

/* Bits of the pen that are not attributes. */
#define PEN_CHARSET (UINT32_C(1) << 29) /* G0 is not ASCII */
#define PEN_SHIFT (UINT32_C(1) << 30)   /* not G0 is in use */
#define PEN_ORIGIN (UINT32_C(1) << 31)  /* origin mode */
_Static_assert((SGR_ALL & (PEN_CHARSET | PEN_SHIFT | PEN_ORIGIN)) == 0,
	       "one bit each");

#define SO 0x0e

void
ledger_init(struct ledger *l, bool is_8bit)
{
	memset(l, 0, sizeof(*l));
	control_init(&l->parser, is_8bit);
}

void
ledger_set_rows(struct ledger *l, unsigned rows)
{
	l->rows = rows;
}

static enum ledger_screen
screen(const struct ledger *l)
{
	return l->alternate != 0 ? LEDGER_ALTERNATE : LEDGER_MAIN;
}

static uint16_t
param(const struct control *c, size_t i, uint16_t preset)
{
	return i < c->n_params ? c->params[i] : preset;
}

static void
set_pen(struct ledger *l, uint32_t bit, bool on)
{
	l->pen = on ? l->pen | bit : l->pen & ~bit;
}

static void
save_cursor(struct ledger *l, enum ledger_cursor how)
{
	l->saved_pen[screen(l)] = l->pen;
	if (screen(l) == LEDGER_MAIN)
		l->cursor = how;
}

static void
restore_cursor(struct ledger *l)
{
	l->pen = l->saved_pen[screen(l)];
	if (screen(l) == LEDGER_MAIN)
		l->cursor = LEDGER_NOT_SAVED;
}

static bool
is_screen_mode(uint16_t number)
{
	return number == 47 || number == 1047 || number == 1049;
}

/*
 * 1049 saves and restores the cursor by itself; around 47 and 1047 programs do
 * so, and we must in their place. No terminal nests these: the first counts.
 */
static void
switch_screen(struct ledger *l, uint16_t number, bool on)
{
	if (on && l->alternate == 0) {
		l->leaving = number == 1049 ? LEDGER_NOT_SAVED : l->cursor;
		if (number == 1049)
			l->saved_pen[LEDGER_MAIN] = l->pen;
		l->alternate = number;
	}
	if (!on) {
		l->alternate = 0;
		if (number == 1049)
			l->pen = l->saved_pen[LEDGER_MAIN];
	}
}

static void
set_private_mode(struct ledger *l, uint16_t number, bool on)
{
	if (is_screen_mode(number))
		switch_screen(l, number, on);
	else if (number == 6)
		set_pen(l, PEN_ORIGIN, on);
	else if (number == 1048 && on)
		save_cursor(l, LEDGER_1048);
	else if (number == 1048)
		restore_cursor(l);
	else
		modes_set(&l->modes, MODES_PRIVATE, number, on);
}

static void
set_private_modes(struct ledger *l, const struct control *c)
{
	for (size_t i = 0; i < c->n_params; i++)
		set_private_mode(l, c->params[i], c->final == 'h');
}

static void
set_modes(struct ledger *l, const struct control *c)
{
	for (size_t i = 0; i < c->n_params; i++)
		modes_set(&l->modes, MODES_ANSI, c->params[i], c->final == 'h');
}

static void
save_modes(struct ledger *l, const struct control *c)
{
	if (c->n_params == 0)
		modes_save_all(&l->modes);
	for (size_t i = 0; i < c->n_params; i++) {
		if (is_screen_mode(c->params[i]))
			l->was_alternate = l->alternate != 0;
		modes_save(&l->modes, c->params[i]);
	}
}

static void
restore_modes(struct ledger *l, const struct control *c)
{
	if (c->n_params == 0)
		modes_restore_all(&l->modes);
	for (size_t i = 0; i < c->n_params; i++) {
		if (is_screen_mode(c->params[i]))
			switch_screen(l, c->params[i], l->was_alternate);
		modes_restore(&l->modes, c->params[i]);
	}
}

static void
set_attributes(struct ledger *l, const struct control *c)
{
	l->pen = sgr_apply(l->pen, c);
}

/* Without a parameter it is back to what the user has set. */
static void
set_other_keys(struct ledger *l, const struct control *c)
{
	if (c->n_params == 0 || c->params[0] == 4)
		l->has_other_keys = c->final == 'm' && param(c, 1, 0) != 0;
}

static void
push_keyboard(struct ledger *l, const struct control *c)
{
	(void)c;
	if (l->keyboard[screen(l)].depth < UINT8_MAX)
		l->keyboard[screen(l)].depth++;
}

/* To pop more than was pushed resets the flags below. */
static void
pop_keyboard(struct ledger *l, const struct control *c)
{
	uint16_t count = param(c, 0, 1);
	uint8_t *depth = &l->keyboard[screen(l)].depth;

	if (count > *depth) {
		l->keyboard[screen(l)].flags = 0;
		*depth = 0;
	} else {
		*depth = (uint8_t)(*depth - count);
	}
}

/* What is set above the bottom goes when that entry is popped. */
static void
set_keyboard(struct ledger *l, const struct control *c)
{
	uint16_t flags = param(c, 0, 0), *old = &l->keyboard[screen(l)].flags;

	if (l->keyboard[screen(l)].depth > 0)
		return;
	switch (param(c, 1, 1)) {
	case 1:
		*old = flags;
		break;
	case 2:
		*old |= flags;
		break;
	case 3:
		*old = (uint16_t)(*old & ~flags);
		break;
	}
}

static void
set_region(struct ledger *l, const struct control *c)
{
	uint16_t top = param(c, 0, 0), bottom = param(c, 1, 0);
	bool is_to_end = bottom == 0 || (l->rows > 0 && bottom >= l->rows);

	l->has_region = top > 1 || !is_to_end;
}

static void
remove_title(struct ledger *l, size_t i)
{
	l->n_titles--;
	memmove(l->titles + i, l->titles + i + 1, l->n_titles - i);
}

/* Terminals with one stack take its last entry, whatever it is; those with
 * one for each title the last of that kind. */
static void
pop_title(struct ledger *l, uint8_t which)
{
	size_t i = l->n_titles;

	while (i > 0 && l->titles[i - 1] != which)
		i--;
	if (l->n_titles > 0)
		remove_title(l, i > 0 ? i - 1 : l->n_titles - 1);
}

static void
push_title(struct ledger *l, uint8_t which)
{
	if (l->n_titles == LEDGER_TITLES)
		remove_title(l, 0);
	l->titles[l->n_titles++] = which;
}

static void
operate_window(struct ledger *l, const struct control *c)
{
	uint16_t which = param(c, 1, 0);

	if (which > 2)
		return;
	if (param(c, 0, 0) == 22)
		push_title(l, (uint8_t)which);
	else if (param(c, 0, 0) == 23)
		pop_title(l, (uint8_t)which);
}

static void
set_cursor_style(struct ledger *l, const struct control *c)
{
	l->has_cursor_style = param(c, 0, 0) != 0;
}

/* What DEC says it resets. Terminals that reset more lose nothing by being
 * told again. */
static void
soft_reset(struct ledger *l, const struct control *c)
{
	(void)c;
	modes_soft_reset(&l->modes);
	l->pen = 0;
	l->saved_pen[screen(l)] = 0;
	l->has_region = false;
}

static const struct {
	unsigned char marker, intermediate, final;
	void (*fn)(struct ledger *l, const struct control *c);
} sequences[] = {
	{ '?', 0, 'h', set_private_modes }, { '?', 0, 'l', set_private_modes },
	{ '?', 0, 's', save_modes },        { '?', 0, 'r', restore_modes },
	{ 0, 0, 'h', set_modes },           { 0, 0, 'l', set_modes },
	{ 0, 0, 'm', set_attributes },      { 0, 0, 'r', set_region },
	{ 0, 0, 't', operate_window },      { 0, ' ', 'q', set_cursor_style },
	{ 0, '!', 'p', soft_reset },        { '>', 0, 'm', set_other_keys },
	{ '>', 0, 'n', set_other_keys },    { '>', 0, 'u', push_keyboard },
	{ '<', 0, 'u', pop_keyboard },      { '=', 0, 'u', set_keyboard },
};

#define N_SEQUENCES (sizeof(sequences) / sizeof(sequences[0]))

static void
take_sequence(struct ledger *l, const struct control *c)
{
	for (size_t i = 0; i < N_SEQUENCES && !c->has_more; i++)
		if (sequences[i].final == c->final &&
		    sequences[i].marker == c->marker &&
		    sequences[i].intermediate == c->intermediate)
			sequences[i].fn(l, c);
}

static void
hard_reset(struct ledger *l)
{
	unsigned rows = l->rows;

	ledger_init(l, l->parser.is_8bit);
	l->rows = rows;
}

static void
take_escape(struct ledger *l, const struct control *c)
{
	if (c->intermediate == '(')
		set_pen(l, PEN_CHARSET, c->final != 'B' || c->has_more);
	if (c->intermediate != 0)
		return;
	switch (c->final) {
	case 'c':
		hard_reset(l);
		break;
	case '=':
	case '>':
		modes_set(&l->modes, MODES_PRIVATE, MODES_KEYPAD,
			  c->final == '=');
		break;
	case '7':
		save_cursor(l, LEDGER_DECSC);
		break;
	case '8':
		restore_cursor(l);
		break;
	case 'n': /* LS2 and LS3 */
	case 'o':
		set_pen(l, PEN_SHIFT, true);
		break;
	}
}

void
ledger_feed(struct ledger *l, const void *data, size_t len)
{
	const unsigned char *at = data, *end = len > 0 ? at + len : at;
	const struct control *c;

	while ((c = control_next(&l->parser, &at, end)) != NULL) {
		switch (c->kind) {
		case CONTROL_SHIFT:
			set_pen(l, PEN_SHIFT, c->final == SO);
			break;
		case CONTROL_ESCAPE:
			take_escape(l, c);
			break;
		case CONTROL_SEQUENCE:
			take_sequence(l, c);
			break;
		}
	}
}

bool
ledger_is_between(const struct ledger *l)
{
	return !control_is_open(&l->parser);
}

static void
undo_keyboard(const struct ledger *l, enum ledger_screen on, struct buf *out)
{
	if (l->keyboard[on].depth > 0)
		buf_addf(out, "\033[<%du", l->keyboard[on].depth);
	if (l->keyboard[on].flags != 0)
		buf_add_str(out, "\033[=0u");
}

/* Returns the pen that the main screen has then. */
static uint32_t
undo_screen(const struct ledger *l, struct buf *out)
{
	bool has_restored = true;

	buf_addf(out, "\033[?%dl", l->alternate);
	switch (l->leaving) {
	case LEDGER_NOT_SAVED:
		has_restored = l->alternate == 1049;
		break;
	case LEDGER_DECSC:
		buf_add_str(out, "\0338");
		break;
	case LEDGER_1048:
		buf_add_str(out, "\033[?1048l");
		break;
	}
	/* Not every terminal restores everything. */
	return l->pen | (has_restored ? l->saved_pen[LEDGER_MAIN] : 0);
}

/* Setting margins moves the cursor. */
static void
undo_margins(const struct ledger *l, struct buf *out)
{
	if (!l->has_region && !modes_is_unusual(&l->modes, MODES_MOVING))
		return;
	buf_add_str(out, "\0337");
	modes_undo(&l->modes, MODES_MOVING, out);
	if (l->has_region)
		buf_add_str(out, "\033[r");
	buf_add_str(out, "\0338");
}

void
ledger_undo(const struct ledger *l, struct buf *out)
{
	uint32_t pen = l->pen;

	/* A terminal that does not know CAN takes it as part of the string,
	 * which ST ends. */
	if (!ledger_is_between(l))
		buf_add_str(out, "\030\033\\");
	modes_undo(&l->modes, MODES_EARLY, out);
	if (l->has_other_keys)
		buf_add_str(out, "\033[>4m");
	if (l->alternate != 0) {
		undo_keyboard(l, LEDGER_ALTERNATE, out);
		pen = undo_screen(l, out);
	}
	undo_keyboard(l, LEDGER_MAIN, out);
	for (size_t i = l->n_titles; i > 0; i--)
		buf_addf(out, "\033[23;%dt", l->titles[i - 1]);
	/* The cursor goes home with it, but what comes next belongs below
	 * what is on the screen. */
	if ((pen & PEN_ORIGIN) != 0)
		buf_add_str(out, "\033[?6l\033[9999H");
	undo_margins(l, out);
	if ((pen & PEN_SHIFT) != 0)
		buf_add_str(out, "\017");
	if ((pen & PEN_CHARSET) != 0)
		buf_add_str(out, "\033(B");
	if ((pen & SGR_ALL) != 0)
		buf_add_str(out, "\033[m");
	if (l->has_cursor_style)
		buf_add_str(out, "\033[0 q");
	modes_undo(&l->modes, MODES_LATE, out);
}
