#include "conf/network_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"

#define ALPHABET "0123456789abcdefABCDEF.:/"
#define MAX_ENTRY (INET6_ADDRSTRLEN + 3) /* with "/128" */

struct network {
	int family;
	unsigned char address[16];
	size_t size; /* of the address, in bytes */
	size_t bits; /* how many of it name the network */
};

/* Is the rest of the address, after the network's bits, zero? */
static bool
is_bare(const struct network *n)
{
	for (size_t i = n->bits; i < 8 * n->size; i++)
		if (n->address[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

static int
parse_entry(const char *entry, struct network *n)
{
	char *address = xstrndup(entry, strcspn(entry, "/"));
	const char *slash = strchr(entry, '/');
	long long bits;
	int rc = 0;

	memset(n, 0, sizeof(*n));
	n->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	n->size = n->family == AF_INET6 ? 16 : 4;
	bits = 8 * (long long)n->size;
	if (inet_pton(n->family, address, n->address) != 1 ||
	    (slash != NULL && str_to_number(slash + 1, 0, bits, &bits) != 0))
		rc = -1;
	n->bits = (size_t)bits;
	free(address);
	return rc;
}

static int
check_entry(const char *entry, const char *list, struct err *e)
{
	struct network n;

	if (*entry == '\0')
		return err_set(e, ERR_CONF, "empty entry in list \"%.100s\"",
			       list);
	if (strlen(entry) > MAX_ENTRY)
		return err_set(e, ERR_CONF, "list entry \"%.100s\" too long",
			       entry);
	if (entry[strspn(entry, ALPHABET)] != '\0')
		return err_set(e, ERR_CONF,
			       "list entry \"%.100s\" contains invalid "
			       "characters",
			       entry);
	if (parse_entry(entry, &n) != 0)
		return err_set(e, ERR_CONF, "Invalid network entry \"%.100s\"",
			       entry);
	if (!is_bare(&n))
		return err_set(e, ERR_CONF,
			       "Inconsistent mask length for network "
			       "\"%.100s\"",
			       entry);
	return 0;
}

/* The entry at *at, which steps to the next one, or to NULL; owned. */
static char *
next_entry(const char **at)
{
	size_t len = strcspn(*at, ",");
	char *entry = xstrndup(*at, len);

	*at = (*at)[len] == ',' ? *at + len + 1 : NULL;
	return entry;
}

int
network_list_check(const char *list, struct err *e)
{
	const char *at = list;
	int rc = 0;

	while (at != NULL && rc == 0) {
		char *entry = next_entry(&at);

		rc = check_entry(entry, list, e);
		free(entry);
	}
	return rc;
}

/* The bytes of an IP address; NULL if it is another one. */
static const unsigned char *
bytes_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (const void *)&(
			   (const struct sockaddr_in *)(const void *)address)
		    ->sin_addr;
	if (address->sa_family == AF_INET6)
		return (const void *)&(
			   (const struct sockaddr_in6 *)(const void *)address)
		    ->sin6_addr;
	return NULL;
}

static bool
is_in(const unsigned char *address, const struct network *n)
{
	for (size_t i = 0; i < n->bits; i++)
		if ((address[i / 8] ^ n->address[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

bool
network_list_has(const char *list, const struct sockaddr *address)
{
	const unsigned char *bytes = bytes_of(address);
	bool found = false;

	while (bytes != NULL && list != NULL && !found) {
		char *entry = next_entry(&list);
		struct network n;

		found = parse_entry(entry, &n) == 0 &&
			n.family == address->sa_family && is_in(bytes, &n);
		free(entry);
	}
	return found;
}

bool
network_list_has_ours(const char *list)
{
	struct ifaddrs *all = NULL, *one;
	bool found = false;

	if (getifaddrs(&all) != 0) {
		log_error("match localnetwork failed: getifaddrs failed: %s",
			  strerror(errno));
		return false;
	}
	for (one = all; one != NULL && !found; one = one->ifa_next) {
		found = one->ifa_addr != NULL && one->ifa_flags & IFF_UP &&
			network_list_has(list, one->ifa_addr);
		if (found)
			log_debug2("matched interface %s in %s", one->ifa_name,
				   list);
	}
	freeifaddrs(all);
	return found;
}
