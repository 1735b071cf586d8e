/*
 * tokens - the %-tokens of ssh_config(5) for one connection, applied to the
 * values that take them.
 */
#ifndef CLIENT_TOKENS_H
#define CLIENT_TOKENS_H

#include "base/strv.h"

struct client;
struct err;

/* Which tokens a value takes (ssh_config(5), TOKENS). */
enum token_set {
	TOKENS_HOST,  /* HostName: %h is the host as typed */
	TOKENS_USUAL, /* files, RemoteCommand */
	TOKENS_LOCAL, /* LocalCommand: also %T */
};

/* Owned text with the tokens replaced, or NULL with e set. */
char *tokens_expand(const struct client *c, const char *text,
		    enum token_set set, struct err *e);

/* The same for a file name: also ${VARIABLE} and a leading "~". */
char *tokens_expand_path(const struct client *c, const char *text,
			 struct err *e);

/* Expand each file name of a list; "none" alone gives an empty list. */
int tokens_expand_paths(const struct client *c, const struct strv *from,
			struct strv *ret_to, struct err *e);

#endif
