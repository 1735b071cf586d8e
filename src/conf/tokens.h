/*
 * tokens - the %-tokens of ssh_config(5), ${VARIABLES} and a leading "~" in the
 * values of keywords. One table says which keyword takes what of it. All is
 * replaced in one pass, so what a variable or a name holds is never expanded
 * again.
 */
#ifndef CONF_TOKENS_H
#define CONF_TOKENS_H

#include "base/strv.h"

struct conf;
struct err;

/* What only the caller can know; each may be NULL, and is "NONE" then. */
struct tokens_extra {
	const char *tunnel;      /* %T */
	const char *fingerprint; /* %f: of the host's key */
	const char *searched;    /* %H: the name that is looked up */
	const char *reason;      /* %I: ADDRESS, HOSTNAME, ORDER */
	const char *key;         /* %K: base64 */
	const char *key_type;    /* %t */
};

/*
 * Owned text: text with all replaced that the value of this keyword, or
 * "Match exec", takes; extra may be NULL. Or NULL with e set, which names the
 * keyword, for a token that it does not take and a variable that is not set.
 *
 * May be called before conf_finish(): then %h, %p, %r and so on are what they
 * would be if no more lines came. A "~" of Include is left to its caller.
 */
char *tokens_expand(const struct conf *c, const char *keyword, const char *text,
		    const struct tokens_extra *extra, struct err *e);

/* Owned: where the connection would go if no more lines came, HostName with its
 * tokens; or NULL with e set. */
char *tokens_host(const struct conf *c, struct err *e);

/* Expand each item of a list but "none"; -1 as soon as one fails. */
int tokens_expand_list(const struct conf *c, const char *keyword,
		       const struct strv *from, struct strv *ret_to,
		       struct err *e);

#endif
