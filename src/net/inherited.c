#include "net/inherited.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/address.h"

struct inherited {
	int *fds; /* -1: taken */
	size_t len;
};

static bool
is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 &&
	       value != 0;
}

static void
add(struct inherited *in, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (!is_listening(fd)) {
		log_debug("inherited descriptor %d is not listening", fd);
		close(fd);
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	in->fds[in->len++] = fd;
}

struct inherited *
inherited_new(void)
{
	struct inherited *in = NULL;
	int n = fd_passed();

	if (n > 0) {
		in = xcalloc(1, sizeof(*in));
		in->fds = xcalloc((size_t)n, sizeof(*in->fds));
		for (int fd = FD_FIRST_PASSED; fd < FD_FIRST_PASSED + n; fd++)
			add(in, fd);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return in;
}

static bool
is_at(int fd, int port, const char *path)
{
	struct address a;

	if (address_of_socket(&a, fd) != 0)
		return false;
	if (path != NULL)
		return a.any.sa_family == AF_UNIX &&
		       strcmp(a.un.sun_path, path) == 0;
	return address_port(&a) == port && port != 0;
}

int
inherited_take(struct inherited *in, int port, const char *path)
{
	for (size_t i = 0; i < in->len; i++) {
		int fd = in->fds[i];

		if (fd >= 0 && is_at(fd, port, path)) {
			in->fds[i] = -1;
			return fd;
		}
	}
	return -1;
}

void
inherited_free(struct inherited *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < in->len; i++)
		if (in->fds[i] >= 0)
			close(in->fds[i]);
	free(in->fds);
	free(in);
}
