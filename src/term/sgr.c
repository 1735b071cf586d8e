#include "term/sgr.h"

#include <stddef.h>

#include "term/control.h"

/* clang-format off */
#define BOLD		(UINT32_C(1) << 0)
#define FAINT		(UINT32_C(1) << 1)
#define ITALIC		(UINT32_C(1) << 2)
#define UNDERLINE	(UINT32_C(1) << 3)
#define BLINK		(UINT32_C(1) << 4)
#define INVERSE		(UINT32_C(1) << 5)
#define CONCEAL		(UINT32_C(1) << 6)
#define STRIKE		(UINT32_C(1) << 7)
#define FONT		(UINT32_C(1) << 8)
#define SPACING		(UINT32_C(1) << 9)
#define FOREGROUND	(UINT32_C(1) << 10)
#define BACKGROUND	(UINT32_C(1) << 11)
#define FRAME		(UINT32_C(1) << 12)
#define OVERLINE	(UINT32_C(1) << 13)
#define LINE_COLOUR	(UINT32_C(1) << 14)
#define IDEOGRAM	(UINT32_C(1) << 15)
#define SCRIPT		(UINT32_C(1) << 16)

static const struct {
	uint16_t first, last; /* parameters */
	uint32_t on, off;
} rows[] = {
	{ 0, 0, 0, SGR_ALL },
	{ 1, 1, BOLD, 0 },
	{ 2, 2, FAINT, 0 },
	{ 3, 3, ITALIC, 0 },
	{ 4, 4, UNDERLINE, 0 },
	{ 5, 6, BLINK, 0 },
	{ 7, 7, INVERSE, 0 },
	{ 8, 8, CONCEAL, 0 },
	{ 9, 9, STRIKE, 0 },
	{ 10, 10, 0, FONT },
	{ 11, 19, FONT, 0 }, /* 11: line drawing on a PC console */
	{ 20, 20, ITALIC, 0 },
	{ 21, 21, UNDERLINE, 0 },
	{ 22, 22, 0, BOLD | FAINT },
	{ 23, 23, 0, ITALIC },
	{ 24, 24, 0, UNDERLINE },
	{ 25, 25, 0, BLINK },
	{ 26, 26, SPACING, 0 },
	{ 27, 27, 0, INVERSE },
	{ 28, 28, 0, CONCEAL },
	{ 29, 29, 0, STRIKE },
	{ 30, 38, FOREGROUND, 0 },
	{ 39, 39, 0, FOREGROUND },
	{ 40, 48, BACKGROUND, 0 },
	{ 49, 49, 0, BACKGROUND },
	{ 50, 50, 0, SPACING },
	{ 51, 52, FRAME, 0 },
	{ 53, 53, OVERLINE, 0 },
	{ 54, 54, 0, FRAME },
	{ 55, 55, 0, OVERLINE },
	{ 58, 58, LINE_COLOUR, 0 },
	{ 59, 59, 0, LINE_COLOUR },
	{ 60, 64, IDEOGRAM, 0 },
	{ 65, 65, 0, IDEOGRAM },
	{ 73, 74, SCRIPT, 0 },
	{ 75, 75, 0, SCRIPT },
	{ 90, 97, FOREGROUND, 0 },
	{ 100, 107, BACKGROUND, 0 },
	{ 221, 221, 0, BOLD }, /* kitty: 22 in two */
	{ 222, 222, 0, FAINT },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static uint32_t
apply_one(uint32_t attributes, uint16_t param)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (param >= rows[i].first && param <= rows[i].last)
			return (attributes & ~rows[i].off) | rows[i].on;
	return attributes;
}

static bool
is_sub(const struct control *c, size_t i)
{
	return i < c->n_params && (c->is_sub >> i & 1) != 0;
}

/* How many parameters after the one at i say which colour it is: "5;index" or
 * "2;red;green;blue". Those with ':' are told apart by it. */
static size_t
colour_params(const struct control *c, size_t i)
{
	if (c->params[i] != 38 && c->params[i] != 48 && c->params[i] != 58)
		return 0;
	if (i + 1 >= c->n_params || is_sub(c, i + 1))
		return 0;
	switch (c->params[i + 1]) {
	case 5:
		return 2;
	case 2:
		return 4;
	}
	return 1;
}

uint32_t
sgr_apply(uint32_t attributes, const struct control *c)
{
	if (c->n_params == 0)
		return attributes & ~SGR_ALL;
	for (size_t i = 0; i < c->n_params; i++) {
		if (is_sub(c, i))
			continue;
		if (c->params[i] == 4 && is_sub(c, i + 1) &&
		    c->params[i + 1] == 0)
			attributes &= ~UNDERLINE; /* "4:0" */
		else
			attributes = apply_one(attributes, c->params[i]);
		i += colour_params(c, i);
	}
	return attributes;
}
