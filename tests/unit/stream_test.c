#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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

/* What a stream may be made of: a TCP connection, or a local socket, behind
 * which anything may be. */
enum kind { KIND_TCP, KIND_LOCAL };
static const char *const kinds[] = { "TCP", "a local socket" };

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

static void
make_pair(enum kind kind, int *ret_client, int *ret_server)
{
	int port, pair[2];

	if (kind == KIND_TCP) {
		tcp_pair(ret_client, ret_server, &port);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	*ret_client = pair[0];
	*ret_server = pair[1];
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
	int client, server;
	struct stream *s;
	char data[16] = "";

	make_pair(kind, &client, &server);
	s = new_stream(client);
	stream_set_quickack(s, true);
	is_int(stream_write(s, "one ", 4), 4, "writing takes everything");
	is_int(stream_write(s, "two", 3), 3, "writing twice does too");
	is_int((long long)stream_pending(s), 7, "both wait in the queue");
	is_int(stream_flush(s), 0, "flushing works");
	is_int((long long)stream_pending(s), 0, "and empties the queue");
	is_int(read(server, data, sizeof(data)), 7, "one write for both");
	is_str(data, "one two", "in order");
	is_int((long long)stream_bytes_out(s), 7, "bytes sent are counted");

	is_int(stream_read(s, data, sizeof(data)), -EAGAIN, "nothing to read");
	wakes = 0;
	if (write(server, "hey", 3) != 3)
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
	close(server);
	stream_free(s);
}

static void
test_skip(enum kind kind)
{
	int client, server;
	struct stream *s;
	char data[16] = "";

	make_pair(kind, &client, &server);
	s = new_stream(client);
	stream_skip(s, 5);
	is_int(stream_write(s, "one", 3), 3, "what was sent is taken");
	is_int((long long)stream_pending(s), 0, "but not queued");
	is_int(stream_write(s, "two three", 9), 9, "and a part of the next");
	is_int(stream_write(s, "!", 1), 1, "and all of the last");
	is_int(stream_flush(s), 0, "flushing works");
	is_int(read(server, data, sizeof(data)), 8, "the rest is sent");
	is_str(data, "o three!", "and nothing twice");
	is_int((long long)stream_bytes_out(s), 13, "all of it is counted");
	close(server);
	stream_free(s);
}

/* Take what is there from a non-blocking descriptor; check the pattern. */
static size_t
drain(int fd, size_t offset, bool *ret_same)
{
	unsigned char piece[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < n; i++, total++)
			if (piece[i] != (unsigned char)((offset + total) % 251))
				*ret_same = false;
	}
	return total;
}

static void
test_bulk(void)
{
	int client, server, small = 4096;
	unsigned char *data = xmalloc(BULK);
	size_t received = 0;
	bool is_same = true;
	struct stream *s;
	int64_t end = loop_now_ms() + PATIENCE_MS;

	for (size_t i = 0; i < BULK; i++)
		data[i] = (unsigned char)(i % 251);
	make_pair(KIND_LOCAL, &client, &server);
	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	s = new_stream(client);
	for (size_t i = 0; i < BULK; i += 8192)
		stream_write(s, data + i, 8192);
	is_int(stream_flush(s), 0, "a short write is no failure");
	ok(stream_pending(s) > 0, "the rest stays queued");
	wakes = 0;
	turn(20);
	is_int(wakes, 0, "no wake while there is no room");
	while (received < BULK && loop_now_ms() < end) {
		received += drain(server, received, &is_same);
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
	close(server);
	stream_free(s);
}

static void
test_close(enum kind kind)
{
	int client, server;
	struct stream *s;
	char data[8];

	make_pair(kind, &client, &server);
	s = new_stream(client);
	if (write(server, "bye", 3) != 3)
		abort();
	close(server);
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
test_read_after_failed_write(void)
{
	int pair[2];
	struct stream *s;
	char data[8];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	s = new_stream(pair[0]);
	if (write(pair[1], "last", 4) != 4)
		abort();
	close(pair[1]);
	stream_write(s, "x", 1);
	is_int(stream_flush(s), -EPIPE, "nobody there to send to");
	is_int(stream_read(s, data, sizeof(data)), 4, "what came is kept");
	is_int(stream_read(s, data, sizeof(data)), 0, "up to the end");
	stream_free(s);
}

int
main(void)
{
	struct err e = { 0 };

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
	}
	test_bulk();
	test_reset();
	test_read_after_failed_write();
	loop_free(loop);
	return done_testing();
}
