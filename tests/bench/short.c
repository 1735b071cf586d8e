/*
 * short - many short connections, cheap for whoever makes and answers them, so
 * that what lies between shows.
 *
 *   short serve                  answers; prints "port N"
 *   short call PORT COUNT N      COUNT connections, N at a time; prints seconds
 *
 * A connection is one byte there, one byte back, and the end from both sides.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
watch(int ep, int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll_ctl");
}

static int
make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* Answer what has come; at the end, leave. */
static void
answer(int fd)
{
	char bytes[64];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0 && write(fd, bytes, 1) == 1)
		return;
	if (n >= 0 || errno != EAGAIN)
		close(fd);
}

static void
serve(void)
{
	struct epoll_event events[EVENTS];
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof(at);
	int ep = epoll_create1(0), listener = make_socket();

	if (bind(listener, (struct sockaddr *)&at, len) != 0 ||
	    listen(listener, 1024) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		die("listen");
	watch(ep, listener, EPOLLIN);
	printf("port %d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(ep, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener)
				answer(fd);
			else if ((fd = accept4(listener, NULL, NULL,
					       SOCK_NONBLOCK)) >= 0)
				watch(ep, fd, EPOLLIN);
		}
	}
}

static void
start_call(int ep, int port)
{
	struct sockaddr_in to = loopback(port);
	int fd = make_socket();

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS)
		die("connect");
	watch(ep, fd, EPOLLOUT);
}

/* Connected: say something. Returns whether the answer came. */
static int
go_on(int ep, const struct epoll_event *event)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data = event->data };
	int fd = event->data.fd;
	char byte;

	if (event->events & EPOLLOUT) {
		if (write(fd, "e", 1) != 1 ||
		    epoll_ctl(ep, EPOLL_CTL_MOD, fd, &wanted) != 0)
			die("write");
		return 0;
	}
	if (read(fd, &byte, 1) != 1) {
		fprintf(stderr, "no answer\n");
		exit(1);
	}
	close(fd);
	return 1;
}

static void
call(int port, int count, int at_once)
{
	struct epoll_event events[EVENTS];
	struct timespec from, to;
	int ep = epoll_create1(0), begun = 0, done = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (; begun < at_once && begun < count; begun++)
		start_call(ep, port);
	while (done < count) {
		int n = epoll_wait(ep, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (!go_on(ep, &events[i]))
				continue;
			done++;
			if (begun++ < count)
				start_call(ep, port);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.6f\n", (double)(to.tv_sec - from.tv_sec) +
			     (double)(to.tv_nsec - from.tv_nsec) / 1e9);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		serve();
	else if (argc == 5 && strcmp(argv[1], "call") == 0)
		call(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	else
		fprintf(stderr, "usage: short serve | call PORT COUNT N\n");
	return argc < 2;
}
