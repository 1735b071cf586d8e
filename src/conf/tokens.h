/*
 * tokens - the %-tokens of ssh_config(5) and ${VARIABLES}, in the values that
 * take them. Both are replaced in one pass, so what a variable or a name holds
 * is never expanded again.
 */
#ifndef CONF_TOKENS_H
#define CONF_TOKENS_H

#include "base/strv.h"

struct conf;
struct err;

/* What a value takes (ssh_config(5), TOKENS and ENVIRONMENT VARIABLES). */
enum token_set {
	TOKENS_USUAL, /* commands: the shell knows the variables */
	TOKENS_LOCAL, /* LocalCommand: also %T */
	TOKENS_PROXY, /* ProxyCommand: where to, and as whom */
	TOKENS_VALUE, /* the usual ones and variables */
	TOKENS_USER,  /* those, but not %r and %C, which depend on it */
	TOKENS_DATED, /* TOKENS_VALUE, and %D for the date and time */
};

/* All of these want a conf whose HostName, and User unless for that, is
 * settled; conf_finish() does so. */

/* Owned text with the tokens replaced, or NULL with e set. */
char *tokens_expand(const struct conf *c, const char *text, enum token_set set,
		    struct err *e);

/* A file name: TOKENS_VALUE, and a leading "~" that was written there. */
char *tokens_expand_path(const struct conf *c, const char *text, struct err *e);

/* Expand each file name of a list. */
int tokens_expand_paths(const struct conf *c, const struct strv *from,
			struct strv *ret_to, struct err *e);

/* The socket of the agent that IdentityAgent or ForwardAgent, as settled, names
 * by its path or by a variable; or NULL. Borrowed. */
const char *tokens_agent_path(const char *value);

/*
 * Replace the values that the program uses, and -G shows, expanded: User,
 * SetEnv, RemoteCommand, the paths of agents and of forwardings, ... For
 * conf_finish(). Fails with the keyword's name in e.
 */
int tokens_settle(struct conf *c, struct err *e);

#endif
