#include "term/control.h"

#include <string.h>

enum {
	BEL = 0x07,
	SO = 0x0e,
	SI = 0x0f,
	CAN = 0x18,
	SUB = 0x1a,
	ESC = 0x1b,
	DEL = 0x7f,
	C1_FIRST = 0x80,
	C1_LAST = 0x9f
};

enum state {
	GROUND,
	ESCAPE,
	PARAMS,        /* after CSI */
	INTERMEDIATES, /* of a CSI sequence */
	IGNORED,       /* a CSI sequence that is not well-formed */
	STRING,        /* until ST */
	OSC            /* until ST or BEL */
};

void
control_init(struct control_parser *p, bool is_8bit)
{
	memset(p, 0, sizeof(*p));
	p->is_8bit = is_8bit;
	p->state = GROUND;
}

static void
start(struct control_parser *p, enum state state, enum control_kind kind)
{
	struct control *c = &p->now;

	p->state = (int)state;
	p->has_overflow = false;
	/* The params are set one by one. */
	c->kind = kind;
	c->marker = 0;
	c->intermediate = 0;
	c->has_more = false;
	c->final = 0;
	c->n_params = 0;
	c->is_sub = 0;
}

static const struct control *
finish(struct control_parser *p, unsigned char final)
{
	p->state = GROUND;
	p->now.final = final;
	return &p->now;
}

static void
add_intermediate(struct control *c, unsigned char byte)
{
	if (c->intermediate == 0)
		c->intermediate = byte;
	else
		c->has_more = true;
}

/* What comes after ESC, or stands for both in one byte. */
static const struct control *
introduce(struct control_parser *p, unsigned char byte)
{
	switch (byte) {
	case '[':
		start(p, PARAMS, CONTROL_SEQUENCE);
		return NULL;
	case ']':
		start(p, OSC, CONTROL_ESCAPE);
		return NULL;
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
	case 'k': /* a title, for screen and tmux */
		start(p, STRING, CONTROL_ESCAPE);
		return NULL;
	}
	return finish(p, byte);
}

static const struct control *
escape_byte(struct control_parser *p, unsigned char byte)
{
	if (byte >= 0x20 && byte <= 0x2f) {
		add_intermediate(&p->now, byte);
		return NULL;
	}
	if (p->now.intermediate != 0)
		return finish(p, byte);
	return introduce(p, byte);
}

static void
next_param(struct control_parser *p, bool is_sub)
{
	struct control *c = &p->now;

	if (c->n_params == CONTROL_PARAMS) {
		p->has_overflow = true;
		return;
	}
	if (is_sub)
		c->is_sub |= (uint32_t)1 << c->n_params;
	c->params[c->n_params++] = 0;
}

static void
digit(struct control_parser *p, unsigned char byte)
{
	struct control *c = &p->now;
	uint32_t value;

	if (c->n_params == 0)
		next_param(p, false);
	if (p->has_overflow)
		return;
	value = (uint32_t)c->params[c->n_params - 1] * 10 + (byte - '0');
	c->params[c->n_params - 1] =
	    value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static const struct control *
params_byte(struct control_parser *p, unsigned char byte)
{
	struct control *c = &p->now;

	if (byte >= 0x40)
		return finish(p, byte);
	if (byte >= '0' && byte <= '9') {
		digit(p, byte);
	} else if (byte == ';' || byte == ':') {
		if (c->n_params == 0)
			next_param(p, false);
		next_param(p, byte == ':');
	} else if (byte >= '<') {
		if (c->n_params > 0 || c->marker != 0)
			p->state = IGNORED;
		c->marker = byte;
	} else {
		p->state = INTERMEDIATES;
		add_intermediate(c, byte);
	}
	return NULL;
}

static const struct control *
intermediates_byte(struct control_parser *p, unsigned char byte)
{
	if (byte >= 0x40)
		return finish(p, byte);
	if (byte >= 0x30)
		p->state = IGNORED;
	else
		add_intermediate(&p->now, byte);
	return NULL;
}

/* 0x20 to 0x7e. */
static const struct control *
graphic_byte(struct control_parser *p, unsigned char byte)
{
	switch ((enum state)p->state) {
	case ESCAPE:
		return escape_byte(p, byte);
	case PARAMS:
		return params_byte(p, byte);
	case INTERMEDIATES:
		return intermediates_byte(p, byte);
	case IGNORED:
		if (byte >= 0x40)
			p->state = GROUND;
		return NULL;
	case GROUND:
	case STRING:
	case OSC:
		return NULL;
	}
	return NULL;
}

static bool
is_c1(const struct control_parser *p, unsigned char byte)
{
	return p->is_8bit && byte >= C1_FIRST && byte <= C1_LAST;
}

/* Returns the control function that this byte completes, or NULL. */
static const struct control *
parse_byte(struct control_parser *p, unsigned char byte)
{
	if (byte == ESC) {
		start(p, ESCAPE, CONTROL_ESCAPE);
		return NULL;
	}
	if (is_c1(p, byte)) {
		start(p, ESCAPE, CONTROL_ESCAPE);
		return introduce(p, (unsigned char)(byte - 0x40));
	}
	if (byte == CAN || byte == SUB || (byte == BEL && p->state == OSC)) {
		p->state = GROUND;
		return NULL;
	}
	if (p->state == STRING || p->state == OSC)
		return NULL;
	if (byte == SO || byte == SI) {
		/* In the middle of a sequence it counts at once, and the
		 * sequence goes on. */
		p->shift.kind = CONTROL_SHIFT;
		p->shift.final = byte;
		return &p->shift;
	}
	if (byte > DEL)
		p->state = GROUND;
	return byte >= 0x20 && byte < DEL ? graphic_byte(p, byte) : NULL;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool
has_zero(uint64_t word)
{
	return ((word - EACH(0x01)) & ~word & EACH(0x80)) != 0;
}

/* Eight bytes of text at a time: most of what comes is text. */
static const unsigned char *
skip_text(const struct control_parser *p, const unsigned char *at,
	  const unsigned char *end)
{
	for (uint64_t word; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		if (has_zero(word ^ EACH(ESC)) ||
		    has_zero((word & EACH(0xfe)) ^ EACH(SO)) ||
		    (p->is_8bit &&
		     has_zero((word & EACH(0xe0)) ^ EACH(C1_FIRST))))
			break;
	}
	while (at < end && *at != ESC && *at != SO && *at != SI &&
	       !is_c1(p, *at))
		at++;
	return at;
}

const struct control *
control_next(struct control_parser *p, const unsigned char **at,
	     const unsigned char *end)
{
	const struct control *found = NULL;

	while (*at < end && found == NULL) {
		if (p->state == GROUND)
			*at = skip_text(p, *at, end);
		if (*at < end)
			found = parse_byte(p, *(*at)++);
	}
	return found;
}

bool
control_is_open(const struct control_parser *p)
{
	return p->state != GROUND;
}
