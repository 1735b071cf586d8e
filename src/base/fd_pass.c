#include "base/fd_pass.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system.h"

/* More than one is not expected; but what comes is to be closed. */
#define FDS_MAX 8

#if HAVE_DECL_MSG_CMSG_CLOEXEC
#define RECEIVE_FLAGS (MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
#else
#define RECEIVE_FLAGS MSG_DONTWAIT
#endif

union control {
	struct cmsghdr aligned;
	unsigned char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int
fd_pass_send(int to, int fd)
{
	union control control = { .room = { 0 } };
	char byte = '\0';
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	ssize_t n;

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &fd, sizeof(int));
	do
		n = sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? EAGAIN : errno;
	return n == 1 ? 0 : EAGAIN;
}

/* The first of those that came; no other stays. -1: none. */
static int
take_descriptor(const struct msghdr *message)
{
	const struct cmsghdr *part = CMSG_FIRSTHDR(message);
	const unsigned char *data;
	size_t n;
	int fd = -1;

	if (part == NULL || part->cmsg_level != SOL_SOCKET ||
	    part->cmsg_type != SCM_RIGHTS)
		return -1;
	data = CMSG_DATA(part);
	n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < n; i++) {
		int other;

		memcpy(&other, data + i * sizeof(int), sizeof(int));
		if (fd < 0)
			fd = other;
		else
			close(other);
	}
	return fd;
}

int
fd_pass_receive(int from, int *ret_fd)
{
	union control control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;
	int fd;

	do
		n = recvmsg(from, &message, RECEIVE_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? EAGAIN : errno;
	if (n == 0)
		return EPIPE;
	fd = take_descriptor(&message);
	if (fd < 0)
		return EBADMSG;
#if !HAVE_DECL_MSG_CMSG_CLOEXEC
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
	*ret_fd = fd;
	return 0;
}
