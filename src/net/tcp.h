/*
 * tcp - what only TCP sockets have. Internal to net/.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;

/* Set TCP_NODELAY, keepalive and, if dscp is not 0, the traffic class of a
 * socket of that family. */
void tcp_set_options(int fd, int family, bool keepalive, int dscp);

/* IP_TOS or IPV6_TCLASS; other families have none. */
void tcp_set_dscp(int fd, int family, int dscp);

/*
 * connect(2), but by TCP Fast Open (RFC 7413) where the kernel has a cookie of
 * that address: data then leaves with the first packet, and *ret_sent is set
 * to how many of its bytes the kernel took. It is untouched where there is
 * none yet (one is asked for), or no such thing. Failures come as from any
 * connection that is in progress.
 */
int tcp_connect_fast(int fd, const struct address *to, const char *data,
		     size_t *ret_sent);

/* Let the kernel acknowledge what comes at once, for a while (TCP_QUICKACK);
 * false: it is not TCP, or the system cannot do that. */
bool tcp_acknowledge(int fd);

/* The round trip time that the kernel has measured; 0: none, it is not TCP, or
 * the system does not say. */
int tcp_rtt_us(int fd);

/* What the kernel still holds for the other side, which may be on its way, and
 * how long ago there was the last sign of any being received. */
struct tcp_debt {
	uint64_t bytes;
	int64_t silent_ms;
};

/* false: it is not TCP, or the system does not say. */
bool tcp_get_debt(int fd, struct tcp_debt *ret);

#endif
