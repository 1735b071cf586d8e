#include "net/source.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "net/address.h"
#include "net/resolve.h"

/* Reachable from this machine only? */
static bool
is_local(const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa->sa_family == AF_INET)
		return in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	return IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) ||
	       IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static bool
is_usable(const struct ifaddrs *ifa, const char *name, int family)
{
	return ifa->ifa_addr != NULL && ifa->ifa_name != NULL &&
	       (ifa->ifa_flags & IFF_UP) != 0 &&
	       ifa->ifa_addr->sa_family == family &&
	       strcmp(ifa->ifa_name, name) == 0;
}

/* The first usable address that others can reach, else the first usable. */
static const struct ifaddrs *
pick_address(const struct ifaddrs *all, const char *name, int family)
{
	const struct ifaddrs *second_best = NULL;

	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (!is_usable(i, name, family))
			continue;
		if (!is_local(i->ifa_addr))
			return i;
		if (second_best == NULL)
			second_best = i;
	}
	return second_best;
}

static int
bind_to(int fd, const struct address *source)
{
	char text[NI_MAXHOST];

	address_print(source, text, sizeof(text));
	if (bind(fd, &source->any, source->len) != 0) {
		log_error("bind %s: %s", text, strerror(errno));
		return -1;
	}
	log_debug("bound to %s", text);
	return 0;
}

int
source_bind_address(int fd, int family, const char *name,
		    struct resolve *answer)
{
	const struct address *all = NULL;
	struct err e = { .kind = ERR_NONE };
	size_t n = 0;

	resolve_step(answer, &all, &n, &e);
	for (size_t i = 0; i < n; i++)
		if (all[i].any.sa_family == family)
			return bind_to(fd, &all[i]);
	log_error("getaddrinfo: %s: %s", name,
		  n == 0 ? e.text
			 : "Address family for hostname not supported");
	return -1;
}

int
source_bind_interface(int fd, int family, const char *name)
{
	struct ifaddrs *all = NULL;
	const struct ifaddrs *found;
	struct address source;
	int rc = -1;

	if (getifaddrs(&all) != 0) {
		log_error("getifaddrs: %s: %s", name, strerror(errno));
		return -1;
	}
	found = pick_address(all, name, family);
	if (found == NULL)
		log_info("getifaddrs: %s: no suitable addresses", name);
	else if (address_from_system(&source, found->ifa_addr,
				     family == AF_INET
					 ? sizeof(struct sockaddr_in)
					 : sizeof(struct sockaddr_in6)) == 0)
		rc = bind_to(fd, &source);
	freeifaddrs(all);
	return rc;
}
