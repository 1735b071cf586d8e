/*
 * path - home directories and %-tokens.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stddef.h>

struct err;

/*
 * The home directory as ssh sees it: from the password database (never
 * $HOME), or NULL if there is no entry. Borrowed, valid for the program's
 * life.
 */
const char *path_home(void);

/* The local user name from the password database, or NULL. Borrowed. */
const char *path_user(void);

/*
 * Replace a leading "~/" or "~user/" by that home directory. Returns an owned
 * string, or NULL with e set (ERR_CONF) for an unknown user.
 */
char *path_expand_tilde(const char *path, struct err *e);

struct path_token {
	char letter;
	const char
	    *value; /* borrowed; NULL ends the table's entry as unknown */
};

/*
 * Replace %x by the value of the token x ("%%" is "%"). Returns an owned
 * string, or NULL with e set (ERR_CONF, naming the token) for an unknown or
 * unfinished token.
 */
char *path_expand_tokens(const char *text, const struct path_token *tokens,
			 size_t n_tokens, struct err *e);

/*
 * Replace ${NAME} by environment variables. Returns an owned string, or NULL
 * with e set (ERR_CONF) if one is not set or not closed.
 */
char *path_expand_env(const char *text, struct err *e);

/*
 * Replace both tokens and ${NAME}, in one pass: what a variable holds is taken
 * as it is. Otherwise as above.
 */
char *path_expand(const char *text, const struct path_token *tokens,
		  size_t n_tokens, struct err *e);

#endif
