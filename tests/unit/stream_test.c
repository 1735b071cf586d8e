#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/stream.h"
#include "tap.h"

#define PATIENCE_MS 10000
#define BULK ((size_t)4 * 1024 * 1024)

static struct loop *loop;
static int wakes;

static void
count_wake(void *arg)
{
	(void)arg;
	wakes++;
}

static void
turn(int timeout_ms)
{
	struct err e = { 0 };

	if (loop_run_once(loop, timeout_ms, &e) != 0)
		ok(false, "loop_run_once: %s", e.text);
}

static struct stream *
new_stream(int fd)
{
	struct err e = { 0 };
	struct stream *s;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	s = stream_new(loop, fd, count_wake, NULL, &e);
	if (s == NULL)
		ok(false, "stream_new: %s", e.text);
	return s;
}

/* What a stream may be made of: a TCP connection, a local socket, behind which
 * anything may be, two pipes, or what is none of these, here with pipes
 * behind it. */
enum kind { KIND_TCP, KIND_LOCAL, KIND_PIPES, KIND_CARRIED };
static const char *const kinds[] = { "TCP", "a local socket", "pipes",
				     "a carrier" };

/* The other side: what it reads from, and writes to. */
struct far {
	int from, to;
};

static void
close_far(struct far *f)
{
	close(f->from);
	if (f->to != f->from)
		close(f->to);
}

/* Two ends of a TCP connection on loopback. */
static void
tcp_pair(int *ret_client, int *ret_server, int *ret_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*ret_client = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&sin, len) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) != 0 ||
	    connect(*ret_client, (struct sockaddr *)&sin, len) != 0)
		abort();
	*ret_server = accept(listener, NULL, NULL);
	*ret_port = ntohs(sin.sin_port);
	close(listener);
}

/* --- a carrier --- */

static int carried_in, carried_out;
static struct loop_io *in_io, *out_io;
static int carried_ends;

static ssize_t
carried_read(void *of, void *data, size_t len)
{
	ssize_t n = read(*(int *)of, data, len);

	return n < 0 ? -errno : n;
}

static ssize_t
carried_write(void *of, const void *data, size_t len)
{
	ssize_t n = write(carried_out, data, len);

	(void)of;
	return n < 0 ? -errno : n;
}

static void
carried_want(void *of, bool read, bool write)
{
	(void)of;
	loop_io_want(in_io, read, false);
	loop_io_want(out_io, false, write);
}

static int
carried_rtt_us(void *of)
{
	(void)of;
	return 123;
}

static void
carried_free(void *of)
{
	(void)of;
	loop_io_free(in_io);
	loop_io_free(out_io);
	close(carried_in);
	close(carried_out);
	carried_ends++;
}

static const struct stream_carrier carrier = {
	.read = carried_read,
	.write = carried_write,
	.want = carried_want,
	.rtt_us = carried_rtt_us,
	.free = carried_free,
};

static void
on_carried(void *arg, bool can_read, bool can_write)
{
	(void)can_read;
	(void)can_write;
	count_wake(arg);
}

static struct stream *
new_carried(int in, int out)
{
	struct err e = { 0 };

	carried_in = in;
	carried_out = out;
	fcntl(in, F_SETFL, O_NONBLOCK);
	fcntl(out, F_SETFL, O_NONBLOCK);
	in_io = loop_io_new(loop, in, on_carried, NULL, &e);
	out_io = loop_io_new(loop, out, on_carried, NULL, &e);
	return stream_new_carried(&carrier, &carried_in);
}

/* --- all of them --- */

static struct stream *
make(enum kind kind, struct far *ret_far)
{
	int pair[2], to[2], from[2], port;
	struct err e = { 0 };

	switch (kind) {
	case KIND_TCP:
		tcp_pair(&pair[0], &pair[1], &port);
		ret_far->from = ret_far->to = pair[1];
		return new_stream(pair[0]);
	case KIND_LOCAL:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
			abort();
		ret_far->from = ret_far->to = pair[1];
		return new_stream(pair[0]);
	case KIND_PIPES:
	case KIND_CARRIED:
		break;
	}
	if (pipe(to) != 0 || pipe(from) != 0)
		abort();
	ret_far->from = to[0];
	ret_far->to = from[1];
	if (kind == KIND_CARRIED)
		return new_carried(from[0], to[1]);
	return stream_new_pair(loop, from[0], to[1], count_wake, NULL, &e);
}

static void
test_addresses(void)
{
	int client, server, port, pair[2];
	struct stream *s;

	tcp_pair(&client, &server, &port);
	s = new_stream(client);
	is_str(stream_peer_address(s), "127.0.0.1", "address of the peer");
	is_int(stream_peer_port(s), port, "port of the peer");
	is_int(stream_fd(s), client, "the descriptor");
	stream_free(s);
	close(server);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	s = new_stream(pair[0]);
	is_str(stream_peer_address(s), "UNKNOWN", "a local socket has none");
	is_int(stream_peer_port(s), 65535, "and no port");
	is_int(stream_rtt_us(s), 0, "nor a round trip");
	stream_set_quickack(s, true);
	stream_set_dscp(s, 0x10);
	is_int(stream_error(s), 0, "what TCP alone has is no failure");
	close(pair[1]);
	stream_free(s);
	stream_free(NULL);
}

static void
test_dscp(void)
{
	int client, server, port, tos = 0;
	socklen_t len = sizeof(tos);
	struct stream *s;

	tcp_pair(&client, &server, &port);
	s = new_stream(client);
	stream_set_dscp(s, 0x10);
	getsockopt(client, IPPROTO_IP, IP_TOS, &tos, &len);
	is_int(tos, 0x10, "the traffic class is set");
	close(server);
	stream_free(s);
}

static void
test_small(enum kind kind)
{
	struct far far;
	struct stream *s;
	char data[16] = "";

	s = make(kind, &far);
	stream_set_quickack(s, true);
	is_int(stream_write(s, "one ", 4), 4, "writing takes everything");
	is_int(stream_write(s, "two", 3), 3, "writing twice does too");
	is_int((long long)stream_pending(s), 7, "both wait in the queue");
	is_int(stream_flush(s), 0, "flushing works");
	is_int((long long)stream_pending(s), 0, "and empties the queue");
	is_int(read(far.from, data, sizeof(data)), 7, "one write for both");
	is_str(data, "one two", "in order");
	is_int((long long)stream_bytes_out(s), 7, "bytes sent are counted");

	is_int(stream_read(s, data, sizeof(data)), -EAGAIN, "nothing to read");
	wakes = 0;
	if (write(far.to, "hey", 3) != 3)
		abort();
	turn(PATIENCE_MS);
	is_int(wakes, 1, "woken for what came");
	stream_want_read(s, false);
	turn(20);
	is_int(wakes, 1, "but not while reading is paused");
	stream_want_read(s, true);
	turn(PATIENCE_MS);
	is_int(wakes, 2, "and again after that");
	is_int(stream_read(s, data, sizeof(data)), 3, "reading works");
	is_int((long long)stream_bytes_in(s), 3, "bytes received are counted");
	turn(20);
	is_int(wakes, 2, "nothing more to wake for");
	is_int(stream_error(s), 0, "no error so far");
	close_far(&far);
	stream_free(s);
}

static void
test_skip(enum kind kind)
{
	struct far far;
	struct stream *s;
	char data[16] = "";

	s = make(kind, &far);
	stream_skip(s, 5);
	is_int(stream_write(s, "one", 3), 3, "what was sent is taken");
	is_int((long long)stream_pending(s), 0, "but not queued");
	is_int(stream_write(s, "two three", 9), 9, "and a part of the next");
	is_int(stream_write(s, "!", 1), 1, "and all of the last");
	is_int(stream_flush(s), 0, "flushing works");
	is_int(read(far.from, data, sizeof(data)), 8, "the rest is sent");
	is_str(data, "o three!", "and nothing twice");
	is_int((long long)stream_bytes_out(s), 13, "all of it is counted");
	close_far(&far);
	stream_free(s);
}

/* Take what is there from a non-blocking descriptor; check the pattern. */
static size_t
drain(int fd, size_t offset, bool *ret_same)
{
	unsigned char piece[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < n; i++, total++)
			if (piece[i] != (unsigned char)((offset + total) % 251))
				*ret_same = false;
	}
	return total;
}

static void
test_bulk(enum kind kind)
{
	struct far far;
	int small = 4096;
	unsigned char *data = xmalloc(BULK);
	size_t received = 0;
	bool is_same = true;
	struct stream *s;
	int64_t end = loop_now_ms() + PATIENCE_MS;

	for (size_t i = 0; i < BULK; i++)
		data[i] = (unsigned char)(i % 251);
	s = make(kind, &far);
	fcntl(far.from, F_SETFL, O_NONBLOCK);
	setsockopt(stream_fd(s), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (size_t i = 0; i < BULK; i += 8192)
		stream_write(s, data + i, 8192);
	is_int(stream_flush(s), 0, "a short write is no failure");
	ok(stream_pending(s) > 0, "the rest stays queued");
	wakes = 0;
	turn(20);
	is_int(wakes, 0, "no wake while there is no room");
	while (received < BULK && loop_now_ms() < end) {
		received += drain(far.from, received, &is_same);
		turn(100);
		stream_flush(s);
	}
	is_int((long long)received, (long long)BULK, "everything arrives");
	ok(is_same, "unchanged");
	ok(wakes > 0, "woken when room came back");
	is_int((long long)stream_bytes_out(s), (long long)BULK, "all counted");
	wakes = 0;
	turn(20);
	is_int(wakes, 0, "room is not watched with nothing to send");
	free(data);
	close_far(&far);
	stream_free(s);
}

static void
test_close(enum kind kind)
{
	struct far far;
	struct stream *s;
	char data[8];

	s = make(kind, &far);
	if (write(far.to, "bye", 3) != 3)
		abort();
	close_far(&far);
	wakes = 0;
	turn(PATIENCE_MS);
	is_int(wakes, 1, "woken when the peer closes");
	is_int(stream_read(s, data, sizeof(data)), 3, "the last bytes");
	is_int(stream_read(s, data, sizeof(data)), 0, "then the end");
	turn(20);
	is_int(wakes, 1, "the end does not wake for ever");
	is_int(stream_error(s), 0, "the end is not an error");
	stream_free(s);
}

static void
test_reset(void)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	int client, server, port;
	struct stream *s;
	char data[8];
	ssize_t n;

	tcp_pair(&client, &server, &port);
	s = new_stream(client);
	setsockopt(server, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(server);
	wakes = 0;
	turn(PATIENCE_MS);
	is_int(wakes, 1, "woken by a reset");
	n = stream_read(s, data, sizeof(data));
	is_int(n, -ECONNRESET, "reading tells the reason");
	is_int(stream_error(s), ECONNRESET, "which is remembered");
	stream_write(s, "x", 1);
	ok(stream_flush(s) < 0, "flushing fails, and nobody is killed");
	is_int(stream_write(s, "x", 1), -EPIPE, "so does writing from then on");
	is_int((long long)stream_pending(s), 0, "the queue is gone");
	is_int(stream_error(s), ECONNRESET, "the first error stays");
	turn(20);
	is_int(wakes, 1, "a broken stream is silent");
	stream_free(s);
}

/* What the peer sent before it went away can be read after a write failed. */
static void
test_read_after_failed_write(enum kind kind)
{
	struct far far;
	struct stream *s = make(kind, &far);
	char data[8];

	if (write(far.to, "last", 4) != 4)
		abort();
	close_far(&far);
	stream_write(s, "x", 1);
	is_int(stream_flush(s), -EPIPE, "nobody there to send to");
	is_int(stream_read(s, data, sizeof(data)), 4, "what came is kept");
	is_int(stream_read(s, data, sizeof(data)), 0, "up to the end");
	stream_free(s);
}

/* Each direction of two pipes ends by itself. */
static void
test_half(enum kind kind)
{
	struct far far;
	struct stream *s = make(kind, &far);
	char data[8] = "";

	is_int(stream_fd(s), -1, "there is no socket");
	is_str(stream_peer_address(s), "UNKNOWN", "nor an address");
	close(far.to);
	wakes = 0;
	turn(PATIENCE_MS);
	is_int(wakes, 1, "woken for the end of input");
	is_int(stream_read(s, data, sizeof(data)), 0, "which is read");
	stream_write(s, "more", 4);
	is_int(stream_flush(s), 0, "the other direction goes on");
	is_int(read(far.from, data, sizeof(data)), 4, "and carries");
	close(far.from);
	stream_write(s, "x", 1);
	is_int(stream_flush(s), -EPIPE, "until it ends, too");
	is_int(stream_rtt_us(s), kind == KIND_CARRIED ? 123 : 0,
	       "the round trip is the carrier's");
	stream_set_quickack(s, true);
	stream_set_dscp(s, 0x10);
	is_int(stream_error(s), EPIPE, "and what TCP alone has no error");
	carried_ends = 0;
	stream_free(s);
	is_int(carried_ends, kind == KIND_CARRIED, "the carrier is told");
}

int
main(void)
{
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	loop = loop_new(&e);
	if (!ok(loop != NULL, "a loop can be made"))
		return done_testing();
	test_addresses();
	test_dscp();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		printf("# %s\n", kinds[i]);
		test_small((enum kind)i);
		test_skip((enum kind)i);
		test_close((enum kind)i);
		if (i != KIND_TCP) {
			test_bulk((enum kind)i);
			test_read_after_failed_write((enum kind)i);
		}
	}
	test_half(KIND_PIPES);
	test_half(KIND_CARRIED);
	test_reset();
	loop_free(loop);
	return done_testing();
}
