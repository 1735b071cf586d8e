/*
 * tcp - a TCP socket made ready to connect: options and source address as
 * the user asked for them. Internal to net/.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <stddef.h>

struct addrinfo;
struct dial_params;

/*
 * A non-blocking, close-on-exec socket for connecting to ai, with
 * TCP_NODELAY, keepalive and traffic class set, bound to the source address
 * that p names. Returns it, owned by the caller, or -1 after logging the
 * reason as ssh does.
 */
int tcp_open(const struct dial_params *p, const struct addrinfo *ai);

/*
 * connect(2), but by TCP Fast Open (RFC 7413) where the kernel has a cookie of
 * that address: data then leaves with the first packet, and *ret_sent is set
 * to how many of its bytes the kernel took. It is untouched where there is
 * none yet (one is asked for), or no such thing. Failures come as from any
 * connection that is in progress.
 */
int tcp_connect_fast(int fd, const struct addrinfo *ai, const char *data,
		     size_t *ret_sent);

/* gai_strerror(), but the errno text where that says more. */
const char *tcp_gai_text(int code);

#endif
