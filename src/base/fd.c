#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define PASSED_MAX 1024
/* Where they have to be closed one by one: nobody has more. */
#define ONE_BY_ONE_MAX 65536

int
fd_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	long long number;

	if (pid == NULL || count == NULL ||
	    str_to_number(pid, getpid(), getpid(), &number) != 0 ||
	    str_to_number(count, 1, PASSED_MAX, &number) != 0)
		return 0;
	return (int)number;
}

/* The last one counts, too. */
static void
close_range_of(int first, int last)
{
	if (first > last)
		return;
#ifdef HAVE_CLOSE_RANGE
	if (close_range((unsigned int)first, (unsigned int)last, 0) == 0)
		return;
#endif
	/* an old kernel, or a sandbox that has not heard of it */
	for (int fd = first; fd <= last && fd < ONE_BY_ONE_MAX; fd++)
		close(fd);
}

void
fd_close_others(int one, int other)
{
	int low = one < other ? one : other;
	int high = one < other ? other : one;

	close_range_of(STDERR_FILENO + 1, low - 1);
	close_range_of((low > STDERR_FILENO ? low : STDERR_FILENO) + 1,
		       high - 1);
	close_range_of((high > STDERR_FILENO ? high : STDERR_FILENO) + 1,
		       INT_MAX);
}

void
fd_close_all_but(int fd)
{
	close_range_of(STDIN_FILENO, fd - 1);
	close_range_of(fd + 1, INT_MAX);
}

int
fd_reopen(int fd, int flags)
{
#ifdef HAVE_PROC_FD
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
#else
	(void)fd;
	(void)flags;
	errno = ENOSYS;
	return -1;
#endif
}

bool
fd_is_hung_up(int fd)
{
	struct pollfd end = { .fd = fd };
	struct stat st;

	/* of a pipe that would say that its writer has gone */
	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0;
}

size_t
fd_write(int fd, const void *data, size_t len)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	const char *text = data;
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			poll(&room, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return done;
}
