#include "net/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/loop.h"

/* How often to look whether a terminal with input is ours again: nothing
 * tells. */
#define LOOK_AGAIN_MS 250

/* What goes to a terminal at once whose description is shared: it is then full
 * rather than we stuck. */
#define SHARED_BYTES 256

/* How not to block. */
enum way {
	WAY_PLAIN,  /* never blocks anyway */
	WAY_SOCKET, /* a flag in each call */
	WAY_REOPEN, /* a description of our own */
	WAY_LOOK,   /* poll() before each call */
	WAY_FLAG,   /* O_NONBLOCK on the shared description */
};

struct endpoint {
	int fd;     /* as given; waited for; -1 once closed */
	int own_fd; /* WAY_REOPEN: what is read or written; else -1 */
	enum way way;
	int old_flags; /* WAY_FLAG: to put back; -1: they were right */
	bool for_writing;
	bool is_wanted;
	struct loop_io *io;
	struct loop_timer *again; /* NULL: not a terminal that is read */
	void (*wake)(void *arg);
	void *arg;
};

/* Is the terminal another job's now? Reading it would stop us (SIGTTIN). What
 * is not our controlling terminal has no foreground. */
static bool
is_in_background(const struct endpoint *ep)
{
	pid_t foreground = tcgetpgrp(ep->fd);

	return foreground > 0 && foreground != getpgrp();
}

/* May a terminal be read, without waiting and without being stopped? */
static bool
has_input(const struct endpoint *ep)
{
	struct pollfd pfd = { .fd = ep->fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0 && !is_in_background(ep);
}

static bool
has_room(const struct endpoint *ep)
{
	struct pollfd pfd = { .fd = ep->fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) > 0;
}

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct endpoint *ep = arg;

	(void)can_read;
	(void)can_write;
	if (ep->again != NULL && is_in_background(ep)) {
		loop_io_want(ep->io, false, false);
		loop_timer_set(ep->again, LOOK_AGAIN_MS);
		return;
	}
	ep->wake(ep->arg);
}

static void
on_again(void *arg)
{
	struct endpoint *ep = arg;

	endpoint_want(ep, ep->is_wanted);
}

/* The master side of a pseudo-terminal: opening it again makes a new one. */
static bool
is_pty_master(int fd)
{
#if HAVE_DECL_TIOCGPTN
	unsigned int number;

	return ioctl(fd, TIOCGPTN, &number) == 0;
#else
	return ptsname(fd) != NULL;
#endif
}

static enum way
choose_way(const struct endpoint *ep, mode_t mode)
{
	if (S_ISSOCK(mode))
		return WAY_SOCKET;
	if (S_ISFIFO(mode))
		return WAY_REOPEN;
	if (loop_io_is_always_ready(ep->io))
		return WAY_PLAIN;
	if (S_ISCHR(mode) && isatty(ep->fd) && !is_pty_master(ep->fd))
		return WAY_REOPEN;
	return WAY_FLAG;
}

/* A second description of the same pipe or terminal. After su(1) the terminal
 * is another user's, whose name for it is not asked for permission if it
 * controls us. */
static int
reopen(struct endpoint *ep)
{
	int flags =
	    (ep->for_writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY;

	ep->own_fd = fd_reopen(ep->fd, flags);
	if (ep->own_fd < 0 && isatty(ep->fd) && tcgetpgrp(ep->fd) > 0)
		ep->own_fd = open("/dev/tty", flags | O_CLOEXEC);
	if (ep->own_fd < 0)
		log_debug3("cannot open descriptor %d anew: %s", ep->fd,
			   strerror(errno));
	return ep->own_fd < 0 ? -1 : 0;
}

static int
set_flag(struct endpoint *ep)
{
	int flags = fcntl(ep->fd, F_GETFL);

	if (flags < 0)
		return -1;
	if ((flags & O_NONBLOCK) != 0)
		return 0;
	if (fcntl(ep->fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -1;
	ep->old_flags = flags;
	return 0;
}

static int
prepare(struct endpoint *ep, struct err *e)
{
	struct stat st;

	if (fstat(ep->fd, &st) != 0)
		return err_set(e, ERR_LOCAL, "fstat: %s", strerror(errno));
	ep->way = choose_way(ep, st.st_mode);
	if (ep->way == WAY_REOPEN && reopen(ep) != 0)
		ep->way = isatty(ep->fd) ? WAY_LOOK : WAY_FLAG;
	if (ep->way == WAY_FLAG && set_flag(ep) != 0)
		return err_set(e, ERR_LOCAL, "fcntl O_NONBLOCK: %s",
			       strerror(errno));
	return 0;
}

struct endpoint *
endpoint_new(struct loop *l, int fd, bool for_writing, struct err *e)
{
	struct endpoint *ep = xcalloc(1, sizeof(*ep));

	ep->fd = fd;
	ep->own_fd = -1;
	ep->old_flags = -1;
	ep->for_writing = for_writing;
	/* The given descriptor is waited for even where another is read: a
	 * FIFO opened after its last writer has gone would never report it. */
	ep->io = loop_io_new(l, fd, on_ready, ep, e);
	if (!for_writing && isatty(fd) && !is_pty_master(fd))
		ep->again = loop_timer_new(l, on_again, ep);
	if (ep->io == NULL || prepare(ep, e) != 0) {
		endpoint_free(ep);
		return NULL;
	}
	return ep;
}

void
endpoint_set_wake(struct endpoint *ep, void (*wake)(void *arg), void *arg)
{
	ep->wake = wake;
	ep->arg = arg;
}

void
endpoint_want(struct endpoint *ep, bool on)
{
	ep->is_wanted = on;
	if (ep->fd >= 0)
		loop_io_want(ep->io, on && !ep->for_writing,
			     on && ep->for_writing);
}

static int
transfer_fd(const struct endpoint *ep)
{
	return ep->way == WAY_REOPEN ? ep->own_fd : ep->fd;
}

/* n or, if the call failed, errno as the header promises it. */
static ssize_t
outcome(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

ssize_t
endpoint_read(struct endpoint *ep, void *data, size_t len)
{
	int fd = transfer_fd(ep);
	ssize_t n;

	if (fd < 0)
		return 0;
	if (ep->again != NULL && !has_input(ep))
		return -EAGAIN;
	do
		n = ep->way == WAY_SOCKET ? recv(fd, data, len, MSG_DONTWAIT)
					  : read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return outcome(n);
}

ssize_t
endpoint_write(struct endpoint *ep, const void *data, size_t len)
{
	int fd = transfer_fd(ep);
	ssize_t n;

	if (fd < 0)
		return -EPIPE;
	if (ep->way == WAY_LOOK && !has_room(ep))
		return -EAGAIN;
	if (ep->way == WAY_LOOK && len > SHARED_BYTES)
		len = SHARED_BYTES;
	do
		n = ep->way == WAY_SOCKET
			? send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(fd, data, len);
	while (n < 0 && errno == EINTR);
	return outcome(n);
}

int
endpoint_say(struct loop *l, int fd, const void *text, size_t len)
{
	struct err e = { .kind = ERR_NONE };
	int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	struct endpoint *ep = NULL;
	int rc = -1;

	if (copy >= 0)
		ep = endpoint_new(l, copy, true, &e);
	if (ep != NULL && endpoint_write(ep, text, len) >= 0)
		rc = 0;
	endpoint_free(ep);
	return rc;
}

void
endpoint_close(struct endpoint *ep)
{
	loop_io_free(ep->io);
	ep->io = NULL;
	loop_timer_free(ep->again);
	ep->again = NULL;
	if (ep->fd < 0)
		return;
	if (ep->old_flags >= 0)
		fcntl(ep->fd, F_SETFL, ep->old_flags);
	close(ep->fd);
	if (ep->own_fd >= 0)
		close(ep->own_fd);
	ep->fd = ep->own_fd = -1;
}

bool
endpoint_is_open(const struct endpoint *ep)
{
	return ep->fd >= 0;
}

void
endpoint_free(struct endpoint *ep)
{
	if (ep == NULL)
		return;
	endpoint_close(ep);
	free(ep);
}
