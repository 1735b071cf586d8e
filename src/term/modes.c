#include "term/modes.h"

#include <stddef.h>

#include "base/buf.h"

/* clang-format off */

/* The order is that of undoing. */
static const struct {
	unsigned char kind;
	uint16_t number;
	bool is_usual;
	bool is_soft; /* DECSTR resets it */
	enum modes_phase phase;
} rows[] = {
	/* The terminal sends what was not typed. */
	{ '?', 1000, false, false, MODES_EARLY }, /* mouse: buttons */
	{ '?', 1001, false, false, MODES_EARLY },
	{ '?', 1002, false, false, MODES_EARLY }, /* and dragging */
	{ '?', 1003, false, false, MODES_EARLY }, /* and moving */
	{ '?', 9, false, false, MODES_EARLY },    /* X10's mouse */
	{ '?', 1005, false, false, MODES_EARLY }, /* ways of writing that */
	{ '?', 1006, false, false, MODES_EARLY },
	{ '?', 1015, false, false, MODES_EARLY },
	{ '?', 1016, false, false, MODES_EARLY },
	{ '?', 1004, false, false, MODES_EARLY }, /* focus */
	{ '?', 2004, false, false, MODES_EARLY }, /* bracketed paste */
	{ '?', 2031, false, false, MODES_EARLY }, /* dark or light changes */
	{ '?', 2048, false, false, MODES_EARLY }, /* size changes */
	{ '?', 9001, false, false, MODES_EARLY }, /* Windows key events */
	{ 0, 2, false, true, MODES_EARLY },       /* keyboard locked */
	{ 0, 12, true, false, MODES_EARLY },      /* no local echo */
	{ 0, 20, false, false, MODES_EARLY },     /* Enter sends CR LF */
	{ '?', 69, false, true, MODES_MOVING },   /* left, right margins */
	{ '?', 1, false, true, MODES_LATE },      /* cursor keys */
	{ '?', MODES_KEYPAD, false, true, MODES_LATE },
	{ 0, 4, false, true, MODES_LATE },        /* insert */
	{ '?', 7, true, true, MODES_LATE },       /* wrap */
	{ '?', 5, false, false, MODES_LATE },     /* reverse screen */
	{ '?', 25, true, true, MODES_LATE },      /* cursor visible */
	/* Held back until now, everything appears at once. */
	{ '?', 2026, false, false, MODES_LATE },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(N_ROWS <= 32, "one bit for each");

#define BIT(i) (UINT32_C(1) << (i))

/* The bit of a mode, 0 for an unknown one. */
static uint32_t
find(unsigned char kind, uint16_t number, bool *ret_is_usual)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].number == number && rows[i].kind == kind) {
			*ret_is_usual = rows[i].is_usual;
			return BIT(i);
		}
	return 0;
}

static void
copy_bits(uint32_t *to, uint32_t from, uint32_t bits)
{
	*to = (*to & ~bits) | (from & bits);
}

void
modes_set(struct modes *m, unsigned char kind, uint16_t number, bool on)
{
	bool is_usual = false;
	uint32_t bit = find(kind, number, &is_usual);

	copy_bits(&m->unusual, on != is_usual ? bit : 0, bit);
}

void
modes_save(struct modes *m, uint16_t number)
{
	bool is_usual;

	copy_bits(&m->saved, m->unusual,
		  find(MODES_PRIVATE, number, &is_usual));
}

void
modes_restore(struct modes *m, uint16_t number)
{
	bool is_usual;

	copy_bits(&m->unusual, m->saved,
		  find(MODES_PRIVATE, number, &is_usual));
}

static uint32_t
private_bits(void)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].kind == MODES_PRIVATE)
			bits |= BIT(i);
	return bits;
}

void
modes_save_all(struct modes *m)
{
	copy_bits(&m->saved, m->unusual, private_bits());
}

void
modes_restore_all(struct modes *m)
{
	copy_bits(&m->unusual, m->saved, private_bits());
}

void
modes_soft_reset(struct modes *m)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].is_soft)
			m->unusual &= ~BIT(i);
}

bool
modes_is_unusual(const struct modes *m, enum modes_phase phase)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if ((m->unusual & BIT(i)) != 0 && rows[i].phase == phase)
			return true;
	return false;
}

void
modes_undo(const struct modes *m, enum modes_phase phase, struct buf *out)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if ((m->unusual & BIT(i)) == 0 || rows[i].phase != phase)
			continue;
		if (rows[i].number == MODES_KEYPAD)
			buf_add_str(out, "\033>"); /* better known than 66 */
		else
			buf_addf(out, "\033[%s%d%c",
				 rows[i].kind == MODES_PRIVATE ? "?" : "",
				 rows[i].number, rows[i].is_usual ? 'h' : 'l');
	}
}
