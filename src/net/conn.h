/*
 * conn - a connected local socket (TCP or Unix) that bytes are relayed to and
 * from: non-blocking and half-closable.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conn;
struct err;
struct loop;

/* Takes over fd, even on failure. wake(arg) is called from the loop when
 * something wanted is possible. NULL with e set on failure. */
struct conn *conn_new(struct loop *l, int fd, void (*wake)(void *arg),
		      void *arg, struct err *e);

/* What to wait for. */
void conn_want(struct conn *c, bool read, bool write);

/* Bytes, 0 at the end of input, or a negative errno (-EAGAIN: not now). */
ssize_t conn_read(struct conn *c, void *data, size_t len);
ssize_t conn_write(struct conn *c, const void *data, size_t len);

/* False from the conn_read() that said -EAGAIN, or gave less than there was
 * room for, until the loop, told to wait for it, has seen input. */
bool conn_may_read(const struct conn *c);

/* No more will be written: the other side sees the end of its input. */
void conn_end_writing(struct conn *c);

/* Who is at the other end: a numeric address and port; "" and 0 for a Unix
 * socket. */
void conn_peer(const struct conn *c, char *ret_host, size_t size,
	       int *ret_port);

/* Give the descriptor back, unwatched, and free the rest. */
int conn_release(struct conn *c);

void conn_free(struct conn *c); /* closes; NULL is fine */

#endif
