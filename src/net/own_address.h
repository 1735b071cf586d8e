/*
 * own_address - is an address that a connection has here still this machine's?
 */
#ifndef NET_OWN_ADDRESS_H
#define NET_OWN_ADDRESS_H

#include <stdbool.h>
#include <stdio.h>

struct sockaddr_in6;

enum own_address {
	OWN_ADDRESS_OURS,      /* or that cannot be found out */
	OWN_ADDRESS_TENTATIVE, /* it is, but nothing can be sent from it yet */
	OWN_ADDRESS_LOST,      /* not any more */
};

/* What has become of the address that a socket was given here? */
enum own_address own_address_of(int fd);

/*
 * Is this address in Linux's list of ours (/proc/net/if_inet6), though it may
 * not be used yet: is somebody else asked whether he has it? One that was found
 * to be another's is not.
 */
bool own_address_is_tentative(FILE *list, const struct sockaddr_in6 *address);

#endif
