/*
 * args - the words after a keyword, split as ssh_config(5) quotes them.
 */
#ifndef CONF_ARGS_H
#define CONF_ARGS_H

#include <stddef.h>

#include "base/strv.h"

struct args {
	const char *raw; /* the unsplit text; borrowed */
	struct strv words;
	size_t next; /* index of the next word to hand out */
};

/*
 * Split at blanks. Words may be quoted by ' or ", wholly or in part; a
 * backslash protects quotes, backslashes and, outside quotes, a blank; a '#'
 * that begins a word ends the line. Returns -1 if a quote is left open.
 */
int args_split(struct args *a, const char *text);

/* The same for a command that is run without a shell: a '#' is a word as others
 * are. */
int args_split_command(struct args *a, const char *text);

void args_clear(struct args *a);

/* The next word, borrowed, or NULL. */
const char *args_next(struct args *a);

size_t args_left(const struct args *a);
void args_consume(struct args *a);

#endif
