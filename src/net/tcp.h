/*
 * tcp - a TCP socket made ready to connect: options and source address as
 * the user asked for them. Internal to net/.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

struct addrinfo;
struct dial_params;

/*
 * A non-blocking, close-on-exec socket for connecting to ai, with
 * TCP_NODELAY, keepalive and traffic class set, bound to the source address
 * that p names. Returns it, owned by the caller, or -1 after logging the
 * reason as ssh does.
 */
int tcp_open(const struct dial_params *p, const struct addrinfo *ai);

/* Once connected: how long sent data may stay unacknowledged (0: as long as
 * the system likes). Not before, since it would cut connecting short. */
void tcp_set_user_timeout(int fd, int timeout_ms);

/* gai_strerror(), but the errno text where that says more. */
const char *tcp_gai_text(int code);

#endif
