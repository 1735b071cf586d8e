/*
 * query - what -Q lists: the algorithms that this program has.
 */
#ifndef CLIENT_QUERY_H
#define CLIENT_QUERY_H

struct err;

/* One name per line, as ssh -Q prints them; owned by the caller. NULL with e
 * set (ERR_USAGE) for something that cannot be listed. */
char *query_list(const char *what, struct err *e);

#endif
