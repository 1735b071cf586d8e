/*
 * line - one line of configuration: keyword, arguments, and what becomes of
 * them.
 */
#ifndef CONF_LINE_H
#define CONF_LINE_H

#include <stdbool.h>

#include "conf/args.h"
#include "conf/conf.h"

struct err;
struct row;

/* Where a line comes from, and whether it counts. */
struct line_origin {
	const char *name; /* of the file, as in messages */
	int number;
	enum conf_source source;
	bool is_active;    /* if not, it is checked only */
	const char *block; /* the Host or Match line above it, or NULL */
	const char *place; /* as --explain calls it; NULL: name and number */
};

struct line {
	char *keyword;         /* lower case; NULL: blank or a comment */
	const struct row *row; /* NULL: to be ignored (IgnoreUnknown) */
	struct args args;
	char *text; /* what args borrows from */
};

/*
 * Take a line apart and find its row. On failure e names file and line. Call
 * line_clear() in any case.
 */
int line_parse(struct line *l, const struct conf *c, const char *text,
	       const struct line_origin *from, struct err *e);
void line_clear(struct line *l);

/*
 * Store the value of a parsed line that is not a block's, if it counts and is
 * the first for its keyword. On failure e names file and line.
 */
int line_store(struct line *l, struct conf *c, const struct line_origin *from,
	       struct err *e);

/* Put "FILE line N" before the text of e. Returns -1. */
int line_blame(const struct line_origin *from, struct err *e);

/* Remember that the row has a value from there, where text is written, and what
 * that rules out. */
void line_mark(struct conf *c, const struct row *row,
	       const struct line_origin *from, const char *text);

/* Remember that it would have it, had it none yet. */
void line_mark_lost(struct conf *c, const struct row *row,
		    const struct line_origin *from, const char *text);

#endif
