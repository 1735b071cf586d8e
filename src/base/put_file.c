#include "base/put_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/xalloc.h"

/* One that a process with our number has left behind is of no use. Returns
 * the descriptor, or -1 with errno set. */
static int
open_fresh(const char *fresh, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(fresh, flags, mode);

	if (fd < 0 && errno == EEXIST && unlink(fresh) == 0)
		fd = open(fresh, flags, mode);
	return fd;
}

int
put_file_whole(const char *path, const struct buf *content, mode_t mode)
{
	char *fresh = xasprintf("%s.%ld", path, (long)getpid());
	int fd = open_fresh(fresh, mode);
	int why = fd < 0 ? errno : 0;

	if (fd >= 0 && fd_write(fd, content->data, content->len) < content->len)
		why = errno;
	if (fd >= 0 && close(fd) != 0 && why == 0)
		why = errno;
	if (why == 0 && rename(fresh, path) != 0)
		why = errno;
	if (why != 0 && fd >= 0)
		unlink(fresh);
	free(fresh);
	errno = why;
	return why == 0 ? 0 : -1;
}

int
put_file(const char *path, const struct buf *content, struct err *e)
{
	char *real = realpath(path, NULL);
	struct stat st;
	int rc = 0;

	if (real == NULL)
		real = xstrdup(path);
	if (stat(real, &st) == 0 && !S_ISREG(st.st_mode))
		rc = err_set(e, ERR_LOCAL, "%s: not a regular file", path);
	else if (put_file_whole(real, content, 0644) != 0)
		rc = err_set(e, ERR_LOCAL, "%s: %s", path, strerror(errno));
	free(real);
	return rc;
}
