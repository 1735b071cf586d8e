#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tcp.h"

/* Of the queue, for whoever appends to it: a large packet, so that its memory
 * does not move, and leave a copy behind, before it is encrypted. */
#define QUEUE_ROOM ((size_t)40 * 1024)

#define UNKNOWN_PEER "UNKNOWN"

/* How often the kernel is asked whether all that was sent has arrived. */
#define ASK_EVERY_MS 1000

struct stream {
	const struct stream_carrier *carrier; /* NULL: descriptors */
	void *of;
	int in, out_fd; /* the same, if it is one */
	bool in_is_socket, out_is_socket;
	struct loop_io *in_io, *out_io;
	void (*wake)(void *arg);
	void *arg;
	struct buf out; /* bytes [sent, len) wait; its memory is kept */
	size_t sent;
	size_t to_skip; /* bytes that do not go into it any more */
	bool quickack;
	bool want_read;
	bool is_ended;   /* nothing more to read, ever */
	bool is_blocked; /* the kernel had no room */
	int error;       /* the first one */
	int write_error;
	uint64_t bytes_in, bytes_out;
	int64_t heard_ms;
	int64_t sent_ms;    /* since when something has been on its way */
	bool is_unanswered; /* it was sent after something was heard */
	struct address peer;
	char peer_text[NI_MAXHOST];
	int peer_port;
};

static void
note_peer(struct stream *s)
{
	if (address_of_peer(&s->peer, stream_fd(s)) == 0 &&
	    address_print(&s->peer, s->peer_text, sizeof(s->peer_text)) == 0) {
		s->peer_port = address_port(&s->peer);
		return;
	}
	snprintf(s->peer_text, sizeof(s->peer_text), UNKNOWN_PEER);
	s->peer_port = 65535;
}

static void
update_wants(struct stream *s)
{
	bool read = s->want_read && !s->is_ended;
	bool write = s->is_blocked && s->write_error == 0;

	if (s->carrier != NULL) {
		s->carrier->want(s->of, read, write);
	} else if (s->in_io == s->out_io) {
		loop_io_want(s->in_io, read, write);
	} else {
		loop_io_want(s->in_io, read, false);
		loop_io_want(s->out_io, false, write);
	}
}

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct stream *s = arg;

	(void)can_read;
	(void)can_write;
	s->wake(s->arg);
}

/* What is no socket must be told to wait for nobody. */
static bool
is_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
		return true;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return false;
}

static struct stream *
new_stream(void)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->in = s->out_fd = -1;
	s->want_read = true;
	return s;
}

struct stream *
stream_new_pair(struct loop *l, int in, int out, void (*wake)(void *arg),
		void *arg, struct err *e)
{
	struct stream *s = new_stream();

	s->in = in;
	s->out_fd = out;
	s->wake = wake;
	s->arg = arg;
	s->in_is_socket = is_socket(in);
	s->out_is_socket = is_socket(out);
	s->in_io = loop_io_new(l, in, on_ready, s, e);
	if (s->in_io != NULL)
		s->out_io =
		    in == out ? s->in_io : loop_io_new(l, out, on_ready, s, e);
	if (s->out_io == NULL) {
		stream_free(s);
		return NULL;
	}
	note_peer(s);
	update_wants(s);
	return s;
}

struct stream *
stream_new(struct loop *l, int fd, void (*wake)(void *arg), void *arg,
	   struct err *e)
{
	return stream_new_pair(l, fd, fd, wake, arg, e);
}

struct stream *
stream_new_carried(const struct stream_carrier *carrier, void *of)
{
	struct stream *s = new_stream();

	s->carrier = carrier;
	s->of = of;
	note_peer(s);
	update_wants(s);
	return s;
}

static void
close_descriptors(struct stream *s)
{
	loop_io_free(s->in_io);
	if (s->out_io != s->in_io)
		loop_io_free(s->out_io);
	close(s->in);
	if (s->out_fd != s->in)
		close(s->out_fd);
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->carrier != NULL)
		s->carrier->free(s->of);
	else
		close_descriptors(s);
	buf_clear(&s->out);
	free(s);
}

static void
ask_quickack(struct stream *s)
{
	/* where it is in vain it is not tried every time */
	if (s->quickack && !tcp_acknowledge(s->in))
		s->quickack = false;
}

void
stream_set_quickack(struct stream *s, bool on)
{
	s->quickack = on;
	ask_quickack(s);
}

void
stream_set_dscp(struct stream *s, int dscp)
{
	tcp_set_dscp(s->in, s->peer.any.sa_family, dscp);
}

void
stream_want_read(struct stream *s, bool on)
{
	s->want_read = on;
	update_wants(s);
}

static int
fail(struct stream *s, int error)
{
	if (s->error == 0)
		s->error = error;
	return -error;
}

static ssize_t
read_once(struct stream *s, void *data, size_t len)
{
	ssize_t n;

	if (s->carrier != NULL)
		return s->carrier->read(s->of, data, len);
	do
		n = s->in_is_socket ? recv(s->in, data, len, MSG_DONTWAIT)
				    : read(s->in, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}

ssize_t
stream_read(struct stream *s, void *data, size_t len)
{
	ssize_t n = read_once(s, data, len);

	if (n == -EAGAIN)
		return n;
	if (n > 0) {
		s->bytes_in += (uint64_t)n;
		s->heard_ms = loop_now_ms();
		s->is_unanswered = false;
		ask_quickack(s);
		return n;
	}
	/* The end stays readable; watching it would never wait again. */
	s->is_ended = true;
	if (n < 0)
		fail(s, (int)-n);
	update_wants(s);
	return n;
}

/* Make the memory of what was sent useful again: at no more than one copy of
 * each byte. */
static void
reuse_room(struct stream *s, size_t len)
{
	size_t waiting = stream_pending(s);

	if (waiting == 0 ||
	    (s->out.size - s->out.len < len && s->sent >= waiting)) {
		buf_consume(&s->out, s->sent);
		s->sent = 0;
	}
}

ssize_t
stream_write(struct stream *s, const void *data, size_t len)
{
	size_t skip = len < s->to_skip ? len : s->to_skip;

	if (s->write_error != 0)
		return -EPIPE;
	reuse_room(s, len - skip);
	buf_add(&s->out, (const char *)data + skip, len - skip);
	s->to_skip -= skip;
	return (ssize_t)len;
}

struct buf *
stream_queue(struct stream *s)
{
	if (s->write_error != 0)
		s->sent = s->out.len;
	reuse_room(s, QUEUE_ROOM);
	buf_room(&s->out, QUEUE_ROOM);
	return &s->out;
}

void
stream_skip(struct stream *s, size_t len)
{
	s->to_skip = len;
	s->bytes_out += len;
}

static ssize_t
write_once(struct stream *s, const void *data, size_t len)
{
	ssize_t n;

	if (s->carrier != NULL)
		return s->carrier->write(s->of, data, len);
	do
		n = s->out_is_socket ? send(s->out_fd, data, len,
					    MSG_NOSIGNAL | MSG_DONTWAIT)
				     : write(s->out_fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}

/* What is sent now is on its way from now on, unless something else is. */
static void
note_sending(struct stream *s)
{
	int64_t now_ms = loop_now_ms();
	struct tcp_debt debt = { .bytes = 0 };
	bool is_first = !s->is_unanswered;

	if (!is_first && now_ms - s->sent_ms < ASK_EVERY_MS)
		return;
	if (!is_first && s->out_is_socket)
		tcp_get_debt(s->out_fd, &debt);
	if (is_first || debt.bytes == 0)
		s->sent_ms = now_ms;
	s->is_unanswered = true;
}

/* One send(2) of what is queued: bytes, or a negative errno. */
static ssize_t
send_queued(struct stream *s)
{
	size_t offered = stream_pending(s);
	ssize_t n;

	note_sending(s);
	n = write_once(s, s->out.data + s->sent, offered);
	if (n < 0)
		return n;
	s->sent += (size_t)n;
	s->bytes_out += (uint64_t)n;
	/* A short write means that there is no more room now. */
	return (size_t)n < offered ? -EAGAIN : n;
}

int
stream_flush(struct stream *s)
{
	ssize_t n = 0;

	if (s->write_error != 0)
		return -s->write_error;
	if (stream_pending(s) > 0)
		n = send_queued(s);
	s->is_blocked = n == -EAGAIN;
	if (n < 0 && n != -EAGAIN) {
		s->write_error = (int)-n;
		fail(s, s->write_error);
		s->sent = s->out.len;
	}
	update_wants(s);
	return -s->write_error;
}

size_t
stream_pending(const struct stream *s)
{
	return s->out.len - s->sent;
}

int64_t
stream_heard_ms(const struct stream *s)
{
	return s->heard_ms;
}

bool
stream_has_input(const struct stream *s)
{
	int bytes = 0;

	return s->in_is_socket && ioctl(s->in, FIONREAD, &bytes) == 0 &&
	       bytes > 0;
}

void
stream_get_progress(const struct stream *s, struct stream_progress *ret)
{
	struct tcp_debt debt = { .bytes = 0 };

	if (s->out_is_socket)
		tcp_get_debt(s->out_fd, &debt);
	*ret = (struct stream_progress){
		.written = s->bytes_out + stream_pending(s),
		.acknowledged = s->bytes_out - debt.bytes,
		.sent_ms = s->sent_ms,
		.sign_ms = loop_now_ms() - debt.silent_ms,
	};
}

enum own_address
stream_own_address(const struct stream *s)
{
	return s->in_is_socket ? own_address_of(s->in) : OWN_ADDRESS_OURS;
}

int
stream_rtt_us(const struct stream *s)
{
	if (s->carrier != NULL)
		return s->carrier->rtt_us(s->of);
	return tcp_rtt_us(s->in);
}

uint64_t
stream_bytes_in(const struct stream *s)
{
	return s->bytes_in;
}

uint64_t
stream_bytes_out(const struct stream *s)
{
	return s->bytes_out;
}

int
stream_error(const struct stream *s)
{
	return s->error;
}

bool
stream_peer_is_known(const struct stream *s)
{
	return strcmp(s->peer_text, UNKNOWN_PEER) != 0;
}

const char *
stream_peer_address(const struct stream *s)
{
	return s->peer_text;
}

int
stream_peer_port(const struct stream *s)
{
	return s->peer_port;
}

int
stream_fd(const struct stream *s)
{
	return s->in_is_socket ? s->in : -1;
}
