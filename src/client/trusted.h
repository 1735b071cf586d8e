/*
 * trusted - this connection's view of known_hosts: the files loaded, and the
 * order of host key algorithms that follows from them.
 */
#ifndef CLIENT_TRUSTED_H
#define CLIENT_TRUSTED_H

struct client;

/* Load the known hosts files. A file that cannot be read is left out, with a
 * debug message, as ssh does. */
void trusted_load(struct client *c);

/* The list with the algorithms first for which a key of the host is known; and
 * before those the server's own favourite, where that spares a round trip.
 * Owned by the caller. */
char *trusted_order(const struct client *c, const char *list);

#endif
