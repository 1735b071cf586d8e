/*
 * source - the address of our own from which a connection is made, if the user
 * has named one: BindAddress and BindInterface. Internal to net/.
 */
#ifndef NET_SOURCE_H
#define NET_SOURCE_H

struct resolve;

/* Bind a socket of that family to an address that the name has, which the
 * answer holds. -1 after logging the reason as ssh does. */
int source_bind_address(int fd, int family, const char *name,
			struct resolve *answer);

/* Bind it to an address of the interface. -1 after logging the reason. */
int source_bind_interface(int fd, int family, const char *name);

#endif
