/*
 * address - where a socket is, or is to be: a TCP port of an IP address, or a
 * Unix socket.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};

/* Make the address of a Unix socket. -1 if the path is too long for one. */
int address_from_path(struct address *ret_address, const char *path);

/* The same name without a file, in Linux's abstract namespace. */
int address_from_abstract(struct address *ret_address, const char *name);

/* Take any from the system. -1 if it fits none of ours. */
int address_from_system(struct address *ret_address,
			const struct sockaddr *from, socklen_t len);

/* The local end of a socket, and the other. -1 if there is none. */
int address_of_socket(struct address *ret_address, int fd);
int address_of_peer(struct address *ret_address, int fd);

/* The TCP port; 0 for a Unix socket. */
int address_port(const struct address *a);

/* Write the numeric address; -1, and "", for a Unix socket. */
int address_print(const struct address *a, char *ret_text, size_t size);

#endif
