#include "net/address.h"

#include <netdb.h>
#include <string.h>

/* The name starts at this place of sun_path, with zeros before it. */
static int
from_name(struct address *ret_address, const char *name, size_t at)
{
	struct address a = { .un = { .sun_family = AF_UNIX },
			     .len = sizeof(a.un) };
	size_t len = strlen(name);

	if (at + len >= sizeof(a.un.sun_path))
		return -1;
	memcpy(a.un.sun_path + at, name, len);
	/* the length of a name that starts with a zero is part of it */
	if (at > 0)
		a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    at + len);
	*ret_address = a;
	return 0;
}

int
address_from_path(struct address *ret_address, const char *path)
{
	return from_name(ret_address, path, 0);
}

int
address_from_abstract(struct address *ret_address, const char *name)
{
	return from_name(ret_address, name, 1);
}

int
address_from_system(struct address *ret_address, const struct sockaddr *from,
		    socklen_t len)
{
	struct address a = { .len = len };

	if (len > sizeof(a.un))
		return -1;
	memcpy(&a.un, from, len);
	*ret_address = a;
	return 0;
}

int
address_of_socket(struct address *ret_address, int fd)
{
	struct address a = { .len = sizeof(a.un) - 1 }; /* a NUL stays */

	if (getsockname(fd, &a.any, &a.len) != 0)
		return -1;
	*ret_address = a;
	return 0;
}

int
address_of_peer(struct address *ret_address, int fd)
{
	struct address a = { .len = sizeof(a.un) };

	if (getpeername(fd, &a.any, &a.len) != 0)
		return -1;
	*ret_address = a;
	return 0;
}

int
address_port(const struct address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	return a->any.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

int
address_print(const struct address *a, char *ret_text, size_t size)
{
	/* getnameinfo() prints the scope, too; Unix sockets are "localhost"
	 * to it */
	if (a->any.sa_family != AF_UNIX &&
	    getnameinfo(&a->any, a->len, ret_text, (socklen_t)size, NULL, 0,
			NI_NUMERICHOST) == 0)
		return 0;
	ret_text[0] = '\0';
	return -1;
}
