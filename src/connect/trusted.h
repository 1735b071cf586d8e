/*
 * trusted - this connection's view of known_hosts: the files loaded, and the
 * order of host key algorithms that follows from them.
 */
#ifndef CONNECT_TRUSTED_H
#define CONNECT_TRUSTED_H

struct connection;

/* Load the known hosts files. A file that cannot be read is left out, with a
 * debug message, as ssh does. */
void trusted_load(struct connection *c);

/* The list with the algorithms first for which a key of the host is known; and
 * before those the server's own favourite, where that spares a round trip.
 * Owned by the caller. */
char *trusted_order(const struct connection *c, const char *list);

#endif
