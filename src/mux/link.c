#include "mux/link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd_pass.h"
#include "base/peer_user.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "mux/control_path.h"
#include "mux/packet.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/socket.h"

/* How soon to knock again where many others wait to be let in. */
#define KNOCK_MS 5

struct mux_link {
	struct loop *loop;
	char *path;
	struct address address;
	void (*wake)(void *arg);
	void *arg;
	struct loop_timer *knock;
	struct socket *socket; /* NULL: not yet */
	int fd;                /* the socket's, borrowed */
	struct buf in, out;
	int fds[MUX_LINK_FDS];
	size_t n_fds, fds_sent;
	bool has_dropped; /* something that the master was to be told */
	enum mux_link_end end;
	int error; /* an errno */
};

struct mux_link *
mux_link_new(struct loop *l, const char *path, void (*wake)(void *arg),
	     void *arg, struct err *e)
{
	struct mux_link *link = xcalloc(1, sizeof(*link));

	if (control_path_address(path, &link->address, e) != 0) {
		free(link);
		return NULL;
	}
	link->loop = l;
	link->path = xstrdup(path);
	link->wake = wake;
	link->arg = arg;
	link->fd = -1;
	link->knock = loop_timer_new(l, wake, arg);
	return link;
}

void
mux_link_free(struct mux_link *l)
{
	if (l == NULL)
		return;
	loop_timer_free(l->knock);
	socket_free(l->socket);
	buf_clear(&l->in);
	buf_clear(&l->out);
	free(l->path);
	free(l);
}

int
mux_link_release(struct mux_link *l)
{
	int fd = socket_release(l->socket);

	l->socket = NULL;
	return fd;
}

enum mux_link_end
mux_link_end(const struct mux_link *l)
{
	return l->end;
}

int
mux_link_errno(const struct mux_link *l)
{
	return l->error;
}

void
mux_link_put(struct mux_link *l, const struct mux_packet *p)
{
	assert(l->n_fds == l->fds_sent);
	mux_packet_put(&l->out, p);
}

void
mux_link_put_fds(struct mux_link *l, const int *fds, size_t n)
{
	assert(l->n_fds == l->fds_sent && n <= MUX_LINK_FDS);
	memcpy(l->fds, fds, n * sizeof(*fds));
	l->n_fds = n;
	l->fds_sent = 0;
}

/* It has ended. */
static enum step
end(struct mux_link *l, enum mux_link_end how, int error, struct err *e)
{
	l->end = how;
	l->error = error;
	if (l->socket != NULL)
		socket_want(l->socket, false, false);
	if (how != MUX_LINK_BROKEN)
		err_set(e, ERR_LOCAL, "Control socket %s(%.100s): %s",
			how == MUX_LINK_UNREACHABLE ? "connect" : "read",
			l->path, strerror(error));
	return STEP_FAIL;
}

/* Returns 0 or an errno. */
static int
check_owner(int fd)
{
	uid_t uid;
	pid_t pid;
	int rc = peer_user(fd, &uid, &pid);

	if (rc != 0)
		return rc;
	return uid == geteuid() || uid == 0 ? 0 : EACCES;
}

static int
knock(const struct mux_link *l, int fd)
{
	if (connect(fd, &l->address.any, l->address.len) != 0)
		return errno;
	return check_owner(fd);
}

static enum step
reach(struct mux_link *l, struct err *e)
{
	int fd = system_socket(AF_UNIX, SOCK_STREAM);
	int rc = fd >= 0 ? knock(l, fd) : errno;

	if (rc == 0) {
		l->fd = fd;
		l->socket = socket_new(l->loop, fd, l->wake, l->arg, e);
		return l->socket != NULL ? STEP_DONE : STEP_FAIL;
	}
	if (fd >= 0)
		close(fd);
	if (rc != EAGAIN)
		return end(l, MUX_LINK_UNREACHABLE, rc, e);
	loop_timer_set(l->knock, KNOCK_MS);
	return STEP_AGAIN;
}

/* What cannot be sent any more is dropped: what was said before is heard. A
 * master that waits for a descriptor that we could not send is told. */
static void
drop(struct mux_link *l)
{
	socket_end_writing(l->socket);
	buf_reset(&l->out);
	l->fds_sent = l->n_fds;
	l->has_dropped = true;
}

static void
send_all(struct mux_link *l)
{
	while (l->out.len > 0) {
		ssize_t n = socket_write(l->socket, l->out.data, l->out.len);

		if (n == -EAGAIN)
			return;
		if (n < 0)
			drop(l);
		else
			buf_consume(&l->out, (size_t)n);
	}
	while (l->fds_sent < l->n_fds) {
		int rc = fd_pass_send(l->fd, l->fds[l->fds_sent]);

		if (rc == EAGAIN)
			return;
		if (rc != 0)
			drop(l);
		else
			l->fds_sent++;
	}
}

static enum step
receive(struct mux_link *l, struct mux_packet *ret_packet, struct err *e)
{
	for (;;) {
		long more = mux_packet_missing(l->in.data, l->in.len, e);
		ssize_t n;

		if (more == 0)
			break;
		if (more < 0)
			return end(l, MUX_LINK_BROKEN, EPROTO, e);
		n = socket_read(l->socket, buf_room(&l->in, (size_t)more),
				(size_t)more);
		if (n == -EAGAIN)
			return STEP_AGAIN;
		if (n <= 0)
			return end(l,
				   n == 0 && !l->has_dropped ? MUX_LINK_CLOSED
							     : MUX_LINK_RESET,
				   n == 0 ? EPIPE : (int)-n, e);
		l->in.len += (size_t)n;
	}
	if (mux_packet_parse(l->in.data, l->in.len, ret_packet, e) != 0)
		return end(l, MUX_LINK_BROKEN, EPROTO, e);
	buf_reset(&l->in);
	return STEP_DONE;
}

enum step
mux_link_step(struct mux_link *l, struct mux_packet *ret_packet, struct err *e)
{
	enum step step = STEP_DONE;

	if (l->socket == NULL)
		step = reach(l, e);
	if (step != STEP_DONE)
		return step;
	send_all(l);
	step = receive(l, ret_packet, e);
	if (step != STEP_FAIL)
		socket_want(l->socket, true,
			    l->out.len > 0 || l->fds_sent < l->n_fds);
	return step;
}
