/*
 * query - what -Q lists: the algorithms that this program has; and for the
 * completions of shells, keywords, their values, and hosts.
 */
#ifndef APP_QUERY_H
#define APP_QUERY_H

struct conf;
struct err;

/* What c->query asks for, one name per line, as ssh -Q prints them; owned by
 * the caller. NULL with e set (ERR_USAGE) for something that cannot be listed.
 * May read the configuration files into c. */
char *query_list(struct conf *c, struct err *e);

#endif
