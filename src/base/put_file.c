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
open_fresh(const char *fresh)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(fresh, flags, 0644);

	if (fd < 0 && errno == EEXIST && unlink(fresh) == 0)
		fd = open(fresh, flags, 0644);
	return fd;
}

/* Returns 0, or -1 with errno set. */
static int
replace(const char *fresh, const char *path, const struct buf *content)
{
	int fd = open_fresh(fresh), why;

	if (fd < 0)
		return -1;
	why = fd_write(fd, content->data, content->len) < content->len ? errno
								       : 0;
	if (close(fd) != 0 && why == 0)
		why = errno;
	if (why == 0 && rename(fresh, path) != 0)
		why = errno;
	if (why != 0)
		unlink(fresh);
	errno = why;
	return why == 0 ? 0 : -1;
}

int
put_file(const char *path, const struct buf *content, struct err *e)
{
	char *real = realpath(path, NULL), *fresh;
	struct stat st;
	int rc = 0;

	if (real == NULL)
		real = xstrdup(path);
	fresh = xasprintf("%s.%ld", real, (long)getpid());
	if (stat(real, &st) == 0 && !S_ISREG(st.st_mode))
		rc = err_set(e, ERR_LOCAL, "%s: not a regular file", path);
	else if (replace(fresh, real, content) != 0)
		rc = err_set(e, ERR_LOCAL, "%s: %s", path, strerror(errno));
	free(fresh);
	free(real);
	return rc;
}
