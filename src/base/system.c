#include "base/system.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#if !defined(HAVE_PIPE2) || !HAVE_DECL_SOCK_CLOEXEC || !defined(HAVE_ACCEPT4)
static void
close_on_exec(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}
#endif

int
system_pipe(int ret_fds[2])
{
#ifdef HAVE_PIPE2
	return pipe2(ret_fds, O_CLOEXEC);
#else
	if (pipe(ret_fds) != 0)
		return -1;
	close_on_exec(ret_fds[0]);
	close_on_exec(ret_fds[1]);
	return 0;
#endif
}

#if HAVE_DECL_SOCK_CLOEXEC

int
system_socketpair(int ret_fds[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds);
}

int
system_socket(int family, int type)
{
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

#else

int
system_socketpair(int ret_fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ret_fds) != 0)
		return -1;
	close_on_exec(ret_fds[0]);
	close_on_exec(ret_fds[1]);
	return 0;
}

int
system_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd >= 0) {
		close_on_exec(fd);
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	}
	return fd;
}

#endif

int
system_accept(int listener)
{
#ifdef HAVE_ACCEPT4
	return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0) {
		close_on_exec(fd);
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	}
	return fd;
#endif
}
