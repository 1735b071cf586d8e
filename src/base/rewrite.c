#include "base/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/append.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"

static int
failed(const char *path, struct err *e)
{
	return err_set(e, ERR_LOCAL, "%s: %s", path, strerror(errno));
}

/* Returns 0, or -1 with errno set. */
static int
write_all(int fd, const struct buf *content)
{
	if (fd_write(fd, content->data, content->len) < content->len)
		return -1;
	return fsync(fd);
}

/* The old file's contents must never be missing, whatever happens. */
static int
put_in_place(const char *fresh, const char *path)
{
	char *old = xasprintf("%s.old", path);
	int rc = 0;

	if ((unlink(old) != 0 && errno != ENOENT) || link(path, old) != 0 ||
	    rename(fresh, path) != 0)
		rc = -1;
	free(old);
	return rc;
}

/* Mode and, where that can be, owner stay as they were. */
static int
make_like(int fd, const struct stat *st)
{
	if (fchown(fd, st->st_uid, st->st_gid) != 0)
		log_debug2("fchown: %s", strerror(errno));
	return fchmod(fd, st->st_mode & 0777);
}

static int
replace(const char *path, const struct buf *content, const struct stat *st,
	struct err *e)
{
	char *fresh = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(fresh, O_CLOEXEC), rc = 0;

	if (fd < 0) {
		rc = failed(fresh, e);
		goto out;
	}
	if (write_all(fd, content) != 0 || make_like(fd, st) != 0)
		rc = failed(fresh, e);
	if (close(fd) != 0 && rc == 0)
		rc = failed(fresh, e);
	if (rc == 0 && put_in_place(fresh, path) != 0)
		rc = failed(path, e);
	if (rc != 0)
		unlink(fresh);
out:
	free(fresh);
	return rc;
}

int
rewrite_file(const char *path, size_t max, rewrite_fn *change, void *arg,
	     struct err *e)
{
	struct buf content = BUF_INIT, out = BUF_INIT;
	char *real = realpath(path, NULL);
	int fd = -1, rc = -1;
	struct stat st;

	if (real == NULL)
		return errno == ENOENT ? 0 : failed(path, e);
	fd = append_lock(real, false);
	if (fd < 0 || fstat(fd, &st) != 0) {
		failed(real, e);
		goto out;
	}
	rc = 0;
	if (!S_ISREG(st.st_mode)) /* /dev/null above all */
		goto out;
	rc = -1;
	if (buf_load_file(&content, real, max, e) != 0)
		goto out;
	rc = change(arg, &content, &out, e);
	if (rc > 0)
		rc = replace(real, &out, &st, e);
out:
	if (fd >= 0)
		close(fd);
	free(real);
	buf_clear(&content);
	buf_clear(&out);
	return rc;
}
