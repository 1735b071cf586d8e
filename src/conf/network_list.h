/*
 * network_list - which networks this machine is in: the argument of "Match
 * localnetwork", addresses and CIDR blocks with commas between them.
 */
#ifndef CONF_NETWORK_LIST_H
#define CONF_NETWORK_LIST_H

#include <stdbool.h>

struct err;
struct sockaddr;

/* Fails if it is not one; e names the entry. */
int network_list_check(const char *list, struct err *e);

/* Is the address in one of them? Of a list that was checked. */
bool network_list_has(const char *list, const struct sockaddr *address);

/* Is one of the addresses that this machine's interfaces have now? */
bool network_list_has_ours(const char *list);

#endif
