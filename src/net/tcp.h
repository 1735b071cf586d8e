/*
 * tcp - a TCP socket made ready to connect: options and source address as
 * the user asked for them. Internal to net/.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stddef.h>

struct address;
struct dial_params;
struct resolve;

/*
 * Set TCP_NODELAY, keepalive and traffic class of a socket of that family, and
 * bind it to the source address that p names; what is known of p->bind_address
 * is the answer in bind_address. -1 after logging the reason as ssh does.
 */
int tcp_prepare(int fd, const struct dial_params *p,
		struct resolve *bind_address, int family);

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

/* gai_strerror(), but the errno text where that says more. */
const char *tcp_gai_text(int code);

#endif
