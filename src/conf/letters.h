/*
 * letters - the option letters of the command line: one row says everything
 * about one of them. What follows a letter in the usage text, what it sets and
 * what is said of a bad argument are there; nothing else knows a letter.
 */
#ifndef CONF_LETTERS_H
#define CONF_LETTERS_H

struct conf;
struct err;
struct letter;

/* The row of a letter, or NULL. */
const struct letter *letters_find(char name);

/* What the usage text calls the letter's argument; NULL if it takes none. */
const char *letters_argument(const struct letter *l);

/* Do what the letter is for. argument is NULL for one that takes none. */
int letters_apply(const struct letter *l, struct conf *c, const char *argument,
		  struct err *e);

/* The letter that sets the keyword; '\0' if none does. */
char letters_of_keyword(const char *keyword);

#endif
