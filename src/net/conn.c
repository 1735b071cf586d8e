#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "net/address.h"
#include "net/loop.h"

struct conn {
	int fd;
	bool may_read;
	struct loop_io *io;
	void (*wake)(void *arg);
	void *arg;
};

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct conn *c = arg;

	(void)can_write;
	c->may_read |= can_read;
	c->wake(c->arg);
}

struct conn *
conn_new(struct loop *l, int fd, void (*wake)(void *arg), void *arg,
	 struct err *e)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->may_read = true;
	c->wake = wake;
	c->arg = arg;
	c->io = loop_io_new(l, fd, on_ready, c, e);
	if (c->io == NULL) {
		conn_free(c);
		return NULL;
	}
	return c;
}

void
conn_want(struct conn *c, bool read, bool write)
{
	loop_io_want(c->io, read, write);
}

ssize_t
conn_read(struct conn *c, void *data, size_t len)
{
	ssize_t n;

	do
		n = recv(c->fd, data, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	/* after less than there was room for, the kernel tells of more */
	c->may_read = n == (ssize_t)len || (n < 0 && errno != EAGAIN);
	return n >= 0 ? n : -errno;
}

bool
conn_may_read(const struct conn *c)
{
	return c->may_read;
}

ssize_t
conn_write(struct conn *c, const void *data, size_t len)
{
	ssize_t n;

	do
		n = send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}

void
conn_end_writing(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

void
conn_peer(const struct conn *c, char *ret_host, size_t size, int *ret_port)
{
	struct address peer;

	ret_host[0] = '\0';
	*ret_port = 0;
	if (address_of_peer(&peer, c->fd) == 0 &&
	    address_print(&peer, ret_host, size) == 0)
		*ret_port = address_port(&peer);
}

int
conn_release(struct conn *c)
{
	int fd = c->fd;

	loop_io_free(c->io);
	free(c);
	return fd;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	loop_io_free(c->io);
	close(c->fd);
	free(c);
}
