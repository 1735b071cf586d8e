#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/loop.h"
#include "net/socket.h"
#include "tap.h"

#define TURN_MS 5000

static struct loop *loop;
static int wakes;

static void
on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

static struct socket *
new_socket(int fd)
{
	struct err e = { .kind = ERR_NONE };
	struct socket *c = socket_new(loop, fd, on_wake, NULL, &e);

	if (c == NULL)
		abort();
	return c;
}

static void
wait_for_wake(void)
{
	struct err e = { .kind = ERR_NONE };

	for (wakes = 0; wakes == 0;)
		if (loop_run_once(loop, TURN_MS, &e) != 0)
			abort();
}

/* A TCP connection: ours, non-blocking, and theirs. */
static void
tcp_pair(int fds[2])
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&in, &len) != 0 ||
	    connect(fds[1], (struct sockaddr *)&in, sizeof(in)) != 0)
		abort();
	fds[0] = accept(listener, NULL, NULL);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	close(listener);
}

static void
test_data_and_half_close(void)
{
	char data[16] = "";
	int fds[2];
	struct socket *c;

	tcp_pair(fds);
	c = new_socket(fds[0]);
	is_int((int)socket_read(c, data, sizeof(data)), -EAGAIN, "nothing yet");
	socket_want(c, true, false);
	if (write(fds[1], "ahoy", 4) != 4)
		abort();
	wait_for_wake();
	is_int((int)socket_read(c, data, sizeof(data)), 4, "data");
	shutdown(fds[1], SHUT_WR);
	wait_for_wake();
	is_int((int)socket_read(c, data, sizeof(data)), 0, "their end");
	is_int((int)socket_write(c, "still", 5), 5, "we may go on");
	socket_end_writing(c);
	is_int((int)read(fds[1], data, sizeof(data)), 5, "it arrives");
	is_int((int)read(fds[1], data, sizeof(data)), 0, "so does our end");
	is_int((int)socket_write(c, "x", 1), -EPIPE, "nothing after our end");
	socket_free(c);
	close(fds[1]);
}

static void
test_back_pressure(void)
{
	static char block[65536];
	int fds[2];
	struct socket *c;
	size_t sent = 0, got = 0;
	ssize_t n;

	tcp_pair(fds);
	c = new_socket(fds[0]);
	while ((n = socket_write(c, block, sizeof(block))) > 0)
		sent += (size_t)n;
	is_int((int)n, -EAGAIN, "a full socket says so");
	socket_want(c, false, true);
	while (got < sent && (n = read(fds[1], block, sizeof(block))) > 0)
		got += (size_t)n;
	wait_for_wake();
	ok(socket_write(c, "x", 1) == 1, "and wakes us when it has room");
	socket_free(c);
	close(fds[1]);
}

static void
test_reset(void)
{
	char data[16];
	int fds[2];
	struct socket *c;

	tcp_pair(fds);
	c = new_socket(fds[1]);
	close(socket_release(
	    new_socket(dup(fds[0])))); /* gives the descriptor back */
	setsockopt(fds[0], SOL_SOCKET, SO_LINGER,
		   &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(fds[0]);
	is_int((int)socket_read(c, data, sizeof(data)), -ECONNRESET,
	       "their reset is told");
	socket_free(c);
}

static void
test_peer(void)
{
	char host[64] = "unset";
	int fds[2], port = -1;
	struct sockaddr_in in = { .sin_port = 0 };
	socklen_t len = sizeof(in);
	struct socket *c;

	tcp_pair(fds);
	getsockname(fds[1], (struct sockaddr *)&in, &len);
	c = new_socket(fds[0]);
	socket_peer(c, host, sizeof(host), &port);
	is_str(host, "127.0.0.1", "the address of the other end");
	is_int(port, ntohs(in.sin_port), "and its port");
	socket_free(c);
	close(fds[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		abort();
	c = new_socket(fds[0]);
	socket_peer(c, host, sizeof(host), &port);
	is_str(host, "", "a Unix socket has none");
	is_int(port, 0, "nor a port");
	socket_free(c);
	close(fds[1]);
	socket_free(NULL);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };

	/* as everywhere in the program: not every system has MSG_NOSIGNAL */
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new(&e);
	if (loop == NULL)
		abort();
	test_data_and_half_close();
	test_back_pressure();
	test_reset();
	test_peer();
	loop_free(loop);
	return done_testing();
}
