/*
 * socket - a connected local socket (TCP or Unix) that bytes are relayed to and
 * from: non-blocking and half-closable.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct socket;
struct err;
struct loop;

/* Takes over fd, even on failure. wake(arg) is called from the loop when
 * something wanted is possible. NULL with e set on failure. */
struct socket *socket_new(struct loop *l, int fd, void (*wake)(void *arg),
			  void *arg, struct err *e);

/* What to wait for. */
void socket_want(struct socket *c, bool read, bool write);

/* Bytes, 0 at the end of input, or a negative errno (-EAGAIN: not now). */
ssize_t socket_read(struct socket *c, void *data, size_t len);
ssize_t socket_write(struct socket *c, const void *data, size_t len);

/* False from the socket_read() that said -EAGAIN, or gave less than there was
 * room for, until the loop, told to wait for it, has seen input. */
bool socket_may_read(const struct socket *c);

/* No more will be written: the other side sees the end of its input. */
void socket_end_writing(struct socket *c);

/* Who is at the other end: a numeric address and port; "" and 0 for a Unix
 * socket. */
void socket_peer(const struct socket *c, char *ret_host, size_t size,
		 int *ret_port);

/* Give the descriptor back, unwatched, and free the rest. */
int socket_release(struct socket *c);

void socket_free(struct socket *c); /* closes; NULL is fine */

#endif
