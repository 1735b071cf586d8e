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
#include <unistd.h>

#include "base/log.h"
#include "net/dial.h"

const char *
tcp_gai_text(int code)
{
	if (code == EAI_SYSTEM && errno != 0)
		return strerror(errno);
	return gai_strerror(code);
}

struct source {
	struct sockaddr_storage address;
	socklen_t len;
};

static int
source_from_name(const char *name, int family, struct source *ret_source)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(name, NULL, &hints, &found);

	if (rc != 0) {
		log_error("getaddrinfo: %s: %s", name, tcp_gai_text(rc));
		return -1;
	}
	memcpy(&ret_source->address, found->ai_addr, found->ai_addrlen);
	ret_source->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
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
source_from_interface(const char *name, int family, struct source *ret_source)
{
	struct ifaddrs *all = NULL;
	const struct ifaddrs *found;

	if (family != AF_INET && family != AF_INET6)
		return -1;
	if (getifaddrs(&all) != 0) {
		log_error("getifaddrs: %s: %s", name, strerror(errno));
		return -1;
	}
	found = pick_address(all, name, family);
	if (found != NULL) {
		ret_source->len = family == AF_INET
				      ? sizeof(struct sockaddr_in)
				      : sizeof(struct sockaddr_in6);
		memcpy(&ret_source->address, found->ifa_addr, ret_source->len);
	} else {
		log_info("getifaddrs: %s: no suitable addresses", name);
	}
	freeifaddrs(all);
	return found != NULL ? 0 : -1;
}

static int
bind_source(int fd, const struct dial_params *p, int family)
{
	struct source source = { 0 };
	char text[NI_MAXHOST];
	int rc;

	if (p->bind_address == NULL && p->bind_interface == NULL)
		return 0;
	if (p->bind_address != NULL)
		rc = source_from_name(p->bind_address, family, &source);
	else
		rc = source_from_interface(p->bind_interface, family, &source);
	if (rc != 0)
		return -1;
	rc = getnameinfo((struct sockaddr *)&source.address, source.len, text,
			 sizeof(text), NULL, 0, NI_NUMERICHOST);
	if (rc != 0) {
		log_error("getnameinfo failed: %s", tcp_gai_text(rc));
		return -1;
	}
	if (bind(fd, (struct sockaddr *)&source.address, source.len) != 0) {
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
tcp_open(const struct dial_params *p, const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family,
			ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			ai->ai_protocol);

	if (fd < 0) {
		log_error("socket: %s", strerror(errno));
		return -1;
	}
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (p->tcp_keepalive)
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (p->dscp >= 0 && ai->ai_family == AF_INET)
		set_option(fd, IPPROTO_IP, IP_TOS, p->dscp);
	if (p->dscp >= 0 && ai->ai_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, p->dscp);
	if (bind_source(fd, p, ai->ai_family) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
tcp_connect_fast(int fd, const struct addrinfo *ai, const char *data,
		 size_t *ret_sent)
{
#ifdef MSG_FASTOPEN
	ssize_t n = sendto(fd, data, strlen(data), MSG_FASTOPEN | MSG_NOSIGNAL,
			   ai->ai_addr, ai->ai_addrlen);

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
	return connect(fd, ai->ai_addr, ai->ai_addrlen);
}
