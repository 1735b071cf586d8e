/*
 * name_lookup - does a host name exist, and which one is behind it? Asked by
 * who has no loop yet, and waits.
 */
#ifndef NET_NAME_LOOKUP_H
#define NET_NAME_LOOKUP_H

/*
 * Ask the system's resolver for addresses of a family (AF_UNSPEC: any), for so
 * many seconds (0: for ever). Returns 0, and *ret_canonical is the name at the
 * end of its aliases, owned by the caller, or NULL if there is none; or a code
 * of getaddrinfo(), with errno if that is EAI_SYSTEM.
 */
int name_lookup(const char *name, int family, int patience,
		char **ret_canonical);

#endif
