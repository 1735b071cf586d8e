/*
 * letters - taking the option letters off a command line, as getopt(3) does.
 */
#ifndef CONF_LETTERS_H
#define CONF_LETTERS_H

#include <stdbool.h>

struct err;

/* Where in argv the reader is; starts as { argc, argv, 1, NULL, false }. */
struct letters {
	int argc;
	char **argv;
	int next;           /* the word to look at */
	const char *bundle; /* the rest of a word like -vNT, or NULL */
	bool ended;         /* "--" was met */
};

struct letter {
	char name;
	const char *value; /* NULL for a letter that stands alone */
};

/*
 * The next option. Returns 1 with an option; 0 at a word that is none, at
 * "--" (which is skipped) or at the end; -1 for an unknown letter or a
 * missing value (ERR_USAGE).
 */
int letters_next(struct letters *at, struct letter *ret_letter, struct err *e);

/* Fail with the usage text, after a line with the problem if there is one. */
int letters_usage_error(const char *problem, struct err *e);

/* Fail because the letter's value is not acceptable, in ssh's words. */
int letters_bad_value(const struct letter *l, struct err *e);

#endif
