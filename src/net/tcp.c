#include "net/tcp.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "net/address.h"
#include "net/dial.h"
#include "net/resolve.h"

const char *
tcp_gai_text(int code)
{
	if (code == EAI_SYSTEM && errno != 0)
		return strerror(errno);
	return gai_strerror(code);
}

static int
source_from_name(const char *name, struct resolve *answer, int family,
		 struct address *ret_source)
{
	const struct address *all = NULL;
	struct err e = { .kind = ERR_NONE };
	size_t n = 0;

	resolve_step(answer, &all, &n, &e);
	for (size_t i = 0; i < n; i++) {
		if (all[i].any.sa_family == family) {
			*ret_source = all[i];
			return 0;
		}
	}
	log_error("getaddrinfo: %s: %s", name,
		  n == 0 ? e.text
			 : "Address family for hostname not supported");
	return -1;
}

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
source_from_interface(const char *name, int family, struct address *ret_source)
{
	struct ifaddrs *all = NULL;
	const struct ifaddrs *found;
	int rc = -1;

	if (getifaddrs(&all) != 0) {
		log_error("getifaddrs: %s: %s", name, strerror(errno));
		return -1;
	}
	found = pick_address(all, name, family);
	if (found != NULL)
		rc = address_from_system(ret_source, found->ifa_addr,
					 family == AF_INET
					     ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6));
	else
		log_info("getifaddrs: %s: no suitable addresses", name);
	freeifaddrs(all);
	return rc;
}

static int
bind_source(int fd, const struct dial_params *p, struct resolve *bind_address,
	    int family)
{
	struct address source;
	char text[NI_MAXHOST];
	int rc;

	if (p->bind_address == NULL && p->bind_interface == NULL)
		return 0;
	if (p->bind_address != NULL)
		rc = source_from_name(p->bind_address, bind_address, family,
				      &source);
	else
		rc = source_from_interface(p->bind_interface, family, &source);
	if (rc != 0)
		return -1;
	address_print(&source, text, sizeof(text));
	if (bind(fd, &source.any, source.len) != 0) {
		log_error("bind %s: %s", text, strerror(errno));
		return -1;
	}
	log_debug("bound to %s", text);
	return 0;
}

static void
set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) != 0)
		log_debug("setsockopt %d/%d: %s", level, name, strerror(errno));
}

int
tcp_prepare(int fd, const struct dial_params *p, struct resolve *bind_address,
	    int family)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (p->tcp_keepalive)
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (p->dscp > 0)
		tcp_set_dscp(fd, family, p->dscp);
	return bind_source(fd, p, bind_address, family);
}

void
tcp_set_dscp(int fd, int family, int dscp)
{
	if (family == AF_INET)
		set_option(fd, IPPROTO_IP, IP_TOS, dscp);
	else if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp);
}

int
tcp_connect_fast(int fd, const struct address *to, const char *data,
		 size_t *ret_sent)
{
#ifdef MSG_FASTOPEN
	ssize_t n = sendto(fd, data, strlen(data), MSG_FASTOPEN | MSG_NOSIGNAL,
			   &to->any, to->len);

	if (n >= 0) {
		log_debug("TCP Fast Open: %zd bytes with the first packet", n);
		*ret_sent = (size_t)n;
		errno = EINPROGRESS;
		return -1;
	}
	if (errno == EINPROGRESS)
		return -1;
	log_debug("TCP Fast Open: %s", strerror(errno));
#else
	(void)data;
	(void)ret_sent;
	log_debug("TCP Fast Open: not on this system");
#endif
	return connect(fd, &to->any, to->len);
}
