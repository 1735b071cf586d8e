#include "net/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/loop.h"

struct socket {
	int fd;
	bool may_read;
	struct loop_io *io;
	void (*wake)(void *arg);
	void *arg;
};

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct socket *c = arg;

	(void)can_write;
	c->may_read |= can_read;
	c->wake(c->arg);
}

struct socket *
socket_new(struct loop *l, int fd, void (*wake)(void *arg), void *arg,
	   struct err *e)
{
	struct socket *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->may_read = true;
	c->wake = wake;
	c->arg = arg;
	c->io = loop_io_new(l, fd, on_ready, c, e);
	if (c->io == NULL) {
		socket_free(c);
		return NULL;
	}
	return c;
}

void
socket_want(struct socket *c, bool read, bool write)
{
	loop_io_want(c->io, read, write);
}

ssize_t
socket_read(struct socket *c, void *data, size_t len)
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
socket_may_read(const struct socket *c)
{
	return c->may_read;
}

ssize_t
socket_write(struct socket *c, const void *data, size_t len)
{
	ssize_t n;

	do
		n = send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}

void
socket_end_writing(struct socket *c)
{
	shutdown(c->fd, SHUT_WR);
}

void
socket_peer(const struct socket *c, char *ret_host, size_t size, int *ret_port)
{
	struct address peer;

	ret_host[0] = '\0';
	*ret_port = 0;
	if (address_of_peer(&peer, c->fd) == 0 &&
	    address_print(&peer, ret_host, size) == 0)
		*ret_port = address_port(&peer);
}

int
socket_release(struct socket *c)
{
	int fd = c->fd;

	loop_io_free(c->io);
	free(c);
	return fd;
}

void
socket_free(struct socket *c)
{
	if (c == NULL)
		return;
	loop_io_free(c->io);
	close(c->fd);
	free(c);
}
