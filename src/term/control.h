/*
 * control - finds the control functions (ECMA-48, ISO 2022, DEC) in a stream
 * of terminal output, wherever its pieces are cut. It knows their form, not
 * their meaning. Memory is fixed: parameters past CONTROL_PARAMS and the text
 * of control strings (OSC, DCS, APC, PM, SOS) are passed over.
 *
 * The bytes 0x80 to 0x9f are control functions only for a terminal that does
 * not decode UTF-8. For one that does they are parts of characters, or wrong;
 * some such terminals obey U+009B all the same, most do not, and no program
 * relies on it: to us it is text.
 */
#ifndef TERM_CONTROL_H
#define TERM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_PARAMS 32

enum control_kind {
	CONTROL_SHIFT,   /* SO or SI, in final */
	CONTROL_ESCAPE,  /* ESC, intermediates, final */
	CONTROL_SEQUENCE /* CSI, marker, params, intermediates, final */
};

/* One complete control function. Zero is what is not there. */
struct control {
	enum control_kind kind;
	unsigned char marker;       /* one of <=>? */
	unsigned char intermediate; /* the first one */
	bool has_more;              /* and there were others */
	unsigned char final;
	size_t n_params;
	uint16_t params[CONTROL_PARAMS]; /* the largest stands for larger */
	uint32_t is_sub; /* bit i: param i came after ':', not ';' */
};

struct control_parser {
	bool is_8bit;
	bool has_overflow; /* parameters that there is no room for */
	int state;
	struct control now;   /* what is being read, or was read last */
	struct control shift; /* can come in the middle of that */
};

/* is_8bit: the terminal does not decode UTF-8. */
void control_init(struct control_parser *p, bool is_8bit);

/*
 * Go on in the stream, from *at to the end of the next control function;
 * *at moves there. NULL when there is none before end. What is returned is
 * valid until the next call.
 */
const struct control *control_next(struct control_parser *p,
				   const unsigned char **at,
				   const unsigned char *end);

/* Does the stream stop inside of a control function or string? */
bool control_is_open(const struct control_parser *p);

#endif
