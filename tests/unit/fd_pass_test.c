/* Descriptors in messages. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd_pass.h"
#include "tap.h"

/* Two in one message: what nobody who means well sends. */
static void
send_two(int to, int fd)
{
	union {
		struct cmsghdr aligned;
		unsigned char room[CMSG_SPACE(2 * sizeof(int))];
	} control = { .room = { 0 } };
	const int fds[2] = { fd, fd };
	struct iovec data = { "x", 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(part), fds, sizeof(fds));
	ok(sendmsg(to, &message, 0) == 1, "two in one message");
}

int
main(void)
{
	int pair[2], fd = -1, next;
	char byte;

	/* as everywhere in the program: not every system has MSG_NOSIGNAL */
	signal(SIGPIPE, SIG_IGN);
	ok(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "a pair");
	is_int(fd_pass_receive(pair[1], &fd), EAGAIN, "nothing there");
	is_int(fd_pass_send(pair[0], pair[0]), 0, "sent");
	is_int(fd_pass_send(pair[0], pair[0]), 0, "another");
	is_int(fd_pass_receive(pair[1], &fd), 0, "received");
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	   "it is close-on-exec");
	ok(write(fd, "y", 1) == 1, "it is the one that was sent");
	close(fd);
	is_int(fd_pass_receive(pair[1], &fd), 0, "the other one");
	close(fd);
	ok(read(pair[1], &byte, 1) == 1 && byte == 'y', "what it wrote");

	ok(write(pair[0], "z", 1) == 1, "a byte alone");
	is_int(fd_pass_receive(pair[1], &fd), EBADMSG, "no descriptor");
	send_two(pair[0], pair[0]);
	is_int(fd_pass_receive(pair[1], &fd), 0, "the first of two");
	next = dup(fd);
	is_int(next, fd + 1, "the second is closed");
	close(next);
	close(fd);
	close(pair[0]);
	is_int(fd_pass_receive(pair[1], &fd), EPIPE, "the end");
	is_int(fd_pass_send(pair[1], pair[1]), EPIPE, "nobody there");
	close(pair[1]);
	return done_testing();
}
