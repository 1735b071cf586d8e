#include "net/network_watch.h"

#include <stddef.h>

#ifdef HAVE_LINUX_RTNETLINK_H

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"

#define GROUPS                                                                 \
	(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |               \
	 RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

/* One cause has many effects. */
#define TOGETHER_MS 200
/* As many messages as are read in a turn. */
#define READ_MOST 32

struct network_watch {
	void (*changed)(void *arg);
	void *arg;
	int fd;
	struct loop_io *io;
	struct loop_timer *timer; /* until a change is told */
};

/* One message: 1 for the kernel's, 0 for anybody else's; -1: there is no more.
 * Those that were lost because there were too many have told of changes, too.
 */
static int
read_message(int fd)
{
	char data[8192];
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &len);

	if (n < 0)
		return errno == ENOBUFS ? 1 : -1;
	return from.nl_pid == 0;
}

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct network_watch *w = arg;
	int what = 0;

	(void)can_read;
	(void)can_write;
	for (int i = 0; i < READ_MOST && what == 0; i++)
		what = read_message(w->fd);
	if (what != 1)
		return;
	/* as soon as they have been told: what goes on for long is told often
	 */
	loop_io_want(w->io, false, false);
	loop_timer_set(w->timer, TOGETHER_MS);
}

static void
on_time(void *arg)
{
	struct network_watch *w = arg;

	for (int i = 0; i < READ_MOST && read_message(w->fd) >= 0; i++)
		;
	loop_io_want(w->io, true, false);
	w->changed(w->arg);
}

static int
open_socket(void)
{
	const struct sockaddr_nl here = { .nl_family = AF_NETLINK,
					  .nl_groups = GROUPS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)&here, sizeof(here)) != 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		log_debug("No news of the network: %s", strerror(errno));
	return fd;
}

struct network_watch *
network_watch_new(struct loop *l, void (*changed)(void *arg), void *arg)
{
	struct network_watch *w;
	struct err e = { .kind = ERR_NONE };
	int fd = open_socket();

	if (fd < 0)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->changed = changed;
	w->arg = arg;
	w->fd = fd;
	w->timer = loop_timer_new(l, on_time, w);
	w->io = loop_io_new(l, fd, on_ready, w, &e);
	if (w->io == NULL) {
		log_debug("No news of the network: %s", e.text);
		network_watch_free(w);
		return NULL;
	}
	loop_io_want(w->io, true, false);
	return w;
}

void
network_watch_free(struct network_watch *w)
{
	if (w == NULL)
		return;
	loop_io_free(w->io);
	loop_timer_free(w->timer);
	close(w->fd);
	free(w);
}

#else

struct network_watch *
network_watch_new(struct loop *l, void (*changed)(void *arg), void *arg)
{
	(void)l;
	(void)changed;
	(void)arg;
	return NULL;
}

void
network_watch_free(struct network_watch *w)
{
	(void)w;
}

#endif
