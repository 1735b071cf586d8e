#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/xalloc.h"

/* Who writes here keeps the lock for some microseconds. Nothing else goes on
 * while we wait, so that is not for long. */
enum { LOCK_TRIES = 10, LOCK_PAUSE_MS = 5, OPEN_TRIES = 10 };

/* Is it ~/.ssh, the one folder that ssh creates? */
static bool
is_own_folder(const char *folder)
{
	const char *home = path_home();
	char *own = xasprintf("%s/.ssh", home != NULL ? home : "");
	bool is_own = strcmp(folder, own) == 0;

	free(own);
	return is_own;
}

/* Returns 0, or -1 when the user was told why not. */
static int
make_folder(const char *folder)
{
	if (mkdir(folder, 0700) == 0)
		return 0;
	log_error("Could not create directory '%s' (%s).", folder,
		  strerror(errno));
	return -1;
}

/* Returns the descriptor, or -1 with errno set. */
static int
open_file(const char *path, bool may_create)
{
	const int flags = O_RDWR | O_APPEND | O_NOCTTY | O_CLOEXEC |
			  (may_create ? O_CREAT : 0);
	const char *slash = strrchr(path, '/');
	int fd = open(path, flags, 0600);

	if (may_create && fd < 0 && errno == ENOENT && slash != NULL) {
		char *folder = xstrndup(path, (size_t)(slash - path));

		if (is_own_folder(folder) && make_folder(folder) == 0)
			fd = open(path, flags, 0600);
		else
			errno = ENOENT;
		free(folder);
	}
	return fd;
}

/* Are there no locks at all where the file is? Some network file systems have
 * none. */
static bool
has_no_locks(int why)
{
	return why == ENOLCK || why == ENOSYS || why == EOPNOTSUPP;
}

/* Returns 0, also where nothing can be locked: ssh never locks. Or -1 with
 * errno set: EWOULDBLOCK if somebody else keeps the lock for too long. */
static int
lock_file(int fd)
{
	const struct timespec pause = { 0, LOCK_PAUSE_MS * 1000000L };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (has_no_locks(errno))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
	errno = EWOULDBLOCK;
	return -1;
}

/* Is it still the file at path, or was that replaced while we waited? */
static bool
is_current(int fd, const char *path)
{
	struct stat mine, there;

	if (fstat(fd, &mine) != 0 || stat(path, &there) != 0)
		return false;
	errno = ESTALE;
	return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int
append_lock(const char *path, bool may_create)
{
	for (int i = 0; i < OPEN_TRIES; i++) {
		int fd = open_file(path, may_create), why;

		if (fd < 0)
			return -1;
		if (lock_file(fd) == 0 && is_current(fd, path))
			return fd;
		why = errno;
		close(fd);
		errno = why;
		if (why == EWOULDBLOCK)
			break;
	}
	return -1;
}

/* Does the file end in the middle of a line? */
static bool
is_line_open(int fd)
{
	struct stat st;
	char last;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	       pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

/* Returns 0, or -1 with errno set. */
static int
write_lines(int fd, const struct buf *lines)
{
	struct buf out = BUF_INIT;
	int rc;

	if (is_line_open(fd))
		buf_add_byte(&out, '\n');
	buf_add(&out, lines->data, lines->len);
	rc = fd_write(fd, out.data, out.len) == out.len ? 0 : -1;
	buf_clear(&out);
	return rc;
}

int
append_lines(const char *path, const struct buf *lines, struct err *e)
{
	int fd = append_lock(path, true), rc = 0;

	/* One write at the end of a file needs no lock, and ssh has none. */
	if (fd < 0 && errno == EWOULDBLOCK)
		fd = open_file(path, true);
	if (fd < 0 || write_lines(fd, lines) != 0)
		rc = err_set(e, ERR_LOCAL, "%s: %s", path, strerror(errno));
	/* Closing gives the lock back. */
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = err_set(e, ERR_LOCAL, "%s: %s", path, strerror(errno));
	return rc;
}
