/*
 * escape - the escape keys of ssh(1): "~." and its friends, recognised in what
 * is typed, immediately after a newline (and at the very start).
 *
 * Pure: it sorts bytes and writes texts into buffers. Whoever feeds it carries
 * out the commands. How the input is cut into pieces makes no difference.
 */
#ifndef TERM_ESCAPE_H
#define TERM_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* What EscapeChar none is. */
#define ESCAPE_DISABLED (-1)

enum escape_action {
	ESCAPE_NONE,        /* all of the input was taken; no command in it */
	ESCAPE_DISCONNECT,  /* ~. */
	ESCAPE_BREAK,       /* ~B */
	ESCAPE_COMMANDLINE, /* ~C */
	ESCAPE_INFO,        /* ~I */
	ESCAPE_REKEY,       /* ~R */
	ESCAPE_QUIETER,     /* ~V */
	ESCAPE_LOUDER,      /* ~v */
	ESCAPE_SUSPEND,     /* ~^Z */
	ESCAPE_LIST,        /* ~# */
	ESCAPE_BACKGROUND,  /* ~& */
	ESCAPE_HELP,        /* ~? */
};

struct escape {
	int key; /* the escape byte, or ESCAPE_DISABLED */
	bool is_after_newline;
	bool is_pending; /* the escape byte came; what follows decides */
};

/* key is a byte value; anything else disables escapes. */
void escape_init(struct escape *e, int key);

/*
 * Append to out what is meant for the remote side, up to the end of the input
 * or of the first command in it. *ret_used tells how many bytes were taken;
 * with a command, the owner feeds the rest once it was carried out.
 */
enum escape_action escape_feed(struct escape *e, const void *data, size_t len,
			       struct buf *out, size_t *ret_used);

/* Append what was typed for the command, in print: "~.", "~^Z". Control bytes
 * have the form ^X. */
void escape_print(const struct escape *e, enum escape_action action,
		  struct buf *out);

/* The bit of an action in the sets of escape_help(). */
#define ESCAPE_BIT(action) (1u << (action))

/*
 * Append the answer to "~?", lines ending in \r\n, as ssh writes it: without
 * the commands in hidden, and with a mark at those in impossible.
 */
void escape_help(const struct escape *e, unsigned hidden, unsigned impossible,
		 struct buf *out);

#endif
