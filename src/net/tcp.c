#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef HAVE_LINUX_SOCKIOS_H
#include <linux/sockios.h>
#endif

#include "base/log.h"
#include "base/system.h"
#include "net/address.h"

static void
set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) != 0)
		log_debug("setsockopt %d/%d: %s", level, name, strerror(errno));
}

void
tcp_set_options(int fd, int family, bool keepalive, int dscp)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (keepalive)
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (dscp > 0)
		tcp_set_dscp(fd, family, dscp);
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
#if HAVE_DECL_MSG_FASTOPEN
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

bool
tcp_acknowledge(int fd)
{
#if HAVE_DECL_TCP_QUICKACK
	int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)) == 0;
#else
	(void)fd;
	return false;
#endif
}

int
tcp_rtt_us(int fd)
{
#ifdef HAVE_STRUCT_TCP_INFO_TCPI_RTT
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		return (int)info.tcpi_rtt;
#else
	(void)fd;
#endif
	return 0;
}

bool
tcp_get_debt(int fd, struct tcp_debt *ret)
{
#if defined(HAVE_LINUX_SOCKIOS_H) &&                                           \
    defined(HAVE_STRUCT_TCP_INFO_TCPI_LAST_ACK_RECV)
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int bytes;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0)
		return false;
	ret->bytes = (uint64_t)bytes;
	ret->silent_ms = (int64_t)info.tcpi_last_ack_recv;
	return true;
#else
	(void)fd;
	(void)ret;
	return false;
#endif
}
