#include "net/own_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/system.h"

#define LIST "/proc/net/if_inet6"

/* Numbers of a line, in this order, behind the address. */
enum { INTERFACE, PREFIX, SCOPE, FLAGS, N_NUMBERS };

/* Of FLAGS. */
#define DAD_FAILED 0x08UL

static bool
is_waiting(const char *line, const char *digits, const struct sockaddr_in6 *a)
{
	unsigned long numbers[N_NUMBERS];
	size_t len = strlen(digits);

	if (strncmp(line, digits, len) != 0)
		return false;
	line += len;
	for (int i = 0; i < N_NUMBERS; i++) {
		char *end;

		numbers[i] = strtoul(line, &end, 16);
		if (end == line)
			return false;
		line = end;
	}
	/* several interfaces may have the same link-local one */
	return (a->sin6_scope_id == 0 ||
		a->sin6_scope_id == numbers[INTERFACE]) &&
	       (numbers[FLAGS] & DAD_FAILED) == 0;
}

bool
own_address_is_tentative(FILE *list, const struct sockaddr_in6 *address)
{
	char digits[2 * sizeof(address->sin6_addr) + 1];
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	hex_encode(&address->sin6_addr, sizeof(address->sin6_addr), digits);
	while (!found && getline(&line, &size, list) >= 0)
		found = is_waiting(line, digits, address);
	free(line);
	return found;
}

/* While it is asked for again, as when a cable was out, connections stay: only
 * where it is gone they cannot go on. */
static bool
will_be_back(const struct sockaddr_storage *own)
{
	FILE *list;
	bool will_be = false;

	if (own->ss_family != AF_INET6)
		return false;
	list = fopen(LIST, "re");
	if (list == NULL)
		return false;
	will_be =
	    own_address_is_tentative(list, (const struct sockaddr_in6 *)own);
	fclose(list);
	return will_be;
}

/* Only the kernel knows what may be used: whole networks, on a loopback. */
static bool
can_bind(const struct sockaddr_storage *own, socklen_t len)
{
	int probe = system_socket(own->ss_family, SOCK_STREAM);
	bool can;

	if (probe < 0)
		return true;
	can = bind(probe, (const struct sockaddr *)own, len) == 0 ||
	      errno != EADDRNOTAVAIL;
	close(probe);
	return can;
}

enum own_address
own_address_of(int fd)
{
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0)
		return OWN_ADDRESS_OURS;
	if (own.ss_family == AF_INET)
		((struct sockaddr_in *)&own)->sin_port = 0;
	else if (own.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&own)->sin6_port = 0;
	else
		return OWN_ADDRESS_OURS;
	if (can_bind(&own, len))
		return OWN_ADDRESS_OURS;
	return will_be_back(&own) ? OWN_ADDRESS_TENTATIVE : OWN_ADDRESS_LOST;
}
