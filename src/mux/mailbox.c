#include "mux/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd_pass.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "mux/packet.h"
#include "net/loop.h"

#define FDS_MOST 3

struct mailbox {
	int fd;
	struct loop_io *io;
	void (*wake)(void *arg);
	void *arg;
	bool has_input;  /* there may be something to be read */
	bool has_failed; /* nothing can be sent any more */
	struct buf in;   /* one message, as far as it has come */
	struct buf out;
	bool has_more;     /* mailbox_send() had */
	int fds[FDS_MOST]; /* that came, and were not taken yet */
	size_t n_fds;
};

static void
watch(struct mailbox *m)
{
	bool has_output = m->out.len > 0 || m->has_more;

	loop_io_want(m->io, !m->has_input, has_output && !m->has_failed);
}

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct mailbox *m = arg;

	if (can_read)
		m->has_input = true;
	if (can_write)
		mailbox_flush(m);
	watch(m);
	m->wake(m->arg);
}

struct mailbox *
mailbox_new(struct loop *l, int fd, void (*wake)(void *arg), void *arg,
	    struct err *e)
{
	struct mailbox *m = xcalloc(1, sizeof(*m));

	m->fd = fd;
	m->wake = wake;
	m->arg = arg;
	m->io = loop_io_new(l, fd, on_ready, m, e);
	if (m->io == NULL) {
		mailbox_free(m);
		return NULL;
	}
	watch(m);
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (m->io != NULL)
		loop_io_free(m->io);
	close(m->fd);
	while (m->n_fds > 0)
		close(m->fds[--m->n_fds]);
	buf_clear(&m->in);
	buf_clear(&m->out);
	free(m);
}

/* There is nothing: until the loop has seen something. */
static void
rest(struct mailbox *m)
{
	m->has_input = false;
	watch(m);
}

/* What came of a look at the socket. STEP_FAIL: the client has gone. */
static enum step
outcome(struct mailbox *m, ssize_t n)
{
	if (n > 0)
		return STEP_DONE;
	if (n == 0 ||
	    (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		return STEP_FAIL;
	rest(m);
	return STEP_AGAIN;
}

/* Not more than is missing: descriptors come with the bytes behind. */
static enum step
read_some(struct mailbox *m, size_t missing)
{
	ssize_t n =
	    recv(m->fd, buf_room(&m->in, missing), missing, MSG_DONTWAIT);

	if (n > 0)
		m->in.len += (size_t)n;
	return outcome(m, n);
}

enum step
mailbox_take(struct mailbox *m, struct mux_packet *ret_packet, struct err *e)
{
	enum step step;
	long missing;
	int rc;

	while ((missing = mux_packet_missing(m->in.data, m->in.len, e)) > 0) {
		step =
		    m->has_input ? read_some(m, (size_t)missing) : STEP_AGAIN;
		if (step != STEP_DONE)
			return step;
	}
	if (missing < 0)
		return STEP_FAIL;
	rc = mux_packet_parse(m->in.data, m->in.len, ret_packet, e);
	buf_clear(&m->in);
	return rc == 0 ? STEP_DONE : STEP_FAIL;
}

static enum step
read_fd(struct mailbox *m, struct err *e)
{
	int error = fd_pass_receive(m->fd, &m->fds[m->n_fds]);

	if (error == 0) {
		m->n_fds++;
		return STEP_DONE;
	}
	if (error == EAGAIN) {
		rest(m);
		return STEP_AGAIN;
	}
	err_set(e, ERR_PROTOCOL, "did not receive file descriptors");
	return STEP_FAIL;
}

enum step
mailbox_take_fds(struct mailbox *m, int *ret_fds, size_t n, struct err *e)
{
	assert(n <= FDS_MOST);
	while (m->n_fds < n) {
		enum step step = m->has_input ? read_fd(m, e) : STEP_AGAIN;

		if (step != STEP_DONE)
			return step;
	}
	memcpy(ret_fds, m->fds, n * sizeof(*ret_fds));
	m->n_fds = 0;
	return STEP_DONE;
}

bool
mailbox_is_abandoned(struct mailbox *m)
{
	char byte;

	if (!m->has_input)
		return false;
	return outcome(m, recv(m->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK)) ==
	       STEP_FAIL;
}

void
mailbox_put(struct mailbox *m, const struct mux_packet *p)
{
	mux_packet_put(&m->out, p);
	mailbox_flush(m);
}

static void
send_some(struct mailbox *m, struct buf *bytes)
{
	size_t sent = 0;

	while (sent < bytes->len && !m->has_failed) {
		ssize_t n = send(m->fd, bytes->data + sent, bytes->len - sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		else if (n == 0 || errno != EINTR)
			m->has_failed = true;
	}
	buf_consume(bytes, sent);
}

void
mailbox_flush(struct mailbox *m)
{
	send_some(m, &m->out);
	watch(m);
}

enum step
mailbox_receive(struct mailbox *m, void *room, size_t len, size_t *ret_n)
{
	enum step step;
	ssize_t n;

	*ret_n = 0;
	if (!m->has_input)
		return STEP_AGAIN;
	n = recv(m->fd, room, len, MSG_DONTWAIT);
	step = outcome(m, n);
	if (step == STEP_DONE)
		*ret_n = (size_t)n;
	return step;
}

int
mailbox_send(struct mailbox *m, struct buf *bytes)
{
	send_some(m, &m->out);
	if (m->out.len == 0)
		send_some(m, bytes);
	m->has_more = bytes->len > 0;
	watch(m);
	return m->has_failed ? -1 : 0;
}

bool
mailbox_is_empty(const struct mailbox *m)
{
	return m->out.len == 0 || m->has_failed;
}
