#include "tunnel/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/loop.h"

struct sink {
	struct loop *loop;
	const char *keyword;
	const char *path; /* in messages only, if is_left */
	int fd;           /* -1: not open now */
	bool is_left;     /* by who started us: it cannot be opened again */
	bool is_socket;
	bool may_wait;      /* it is to be asked whether there is room */
	struct buf rest;    /* of a line that was begun */
	struct loop_io *io; /* looks for room for that; NULL: nobody does */
	bool is_ending;
	uint64_t n_dropped;
	bool was_told; /* that nothing can be written */
};

/* --- opening --- */

static void
close_file(struct sink *f)
{
	loop_io_free(f->io);
	f->io = NULL;
	buf_reset(&f->rest);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* A FIFO has no reader yet? Then open() fails, too, but that may change. */
static bool
is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Returns 0, also for a FIFO without reader; or -1 with errno set. */
static int
open_path(struct sink *f)
{
	f->fd = open(f->path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY |
			 O_CLOEXEC,
		     0600);
	return f->fd >= 0 || (errno == ENXIO && is_fifo(f->path)) ? 0 : -1;
}

/* A descriptor is shared with others, who may not expect that it does not wait:
 * so it is opened once more where the system can do that. */
static int
open_left(struct sink *f, int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st) != 0)
		return -1;
	if ((flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return -1;
	}
	f->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode))
		f->fd = fd_reopen(fd, O_WRONLY | O_NONBLOCK);
	if (f->fd < 0) {
		f->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		f->may_wait = !f->is_socket && !S_ISREG(st.st_mode) &&
			      (flags & O_NONBLOCK) == 0;
	}
	return f->fd >= 0 ? 0 : -1;
}

struct sink *
sink_new(struct loop *l, const char *keyword, const char *path, int fd,
	 struct err *e)
{
	struct sink *f = xcalloc(1, sizeof(*f));

	f->loop = l;
	f->keyword = keyword;
	f->path = path;
	f->fd = -1;
	f->is_left = fd >= 0;
	if ((f->is_left ? open_left(f, fd) : open_path(f)) == 0)
		return f;
	err_set(e, ERR_LOCAL, "%s %s: %s", keyword, path, strerror(errno));
	sink_free(f);
	return NULL;
}

void
sink_free(struct sink *f)
{
	if (f == NULL)
		return;
	close_file(f);
	buf_clear(&f->rest);
	free(f);
}

/* Is the file that we have open not the one at its path any more? */
static bool
was_moved(const struct sink *f)
{
	struct stat mine, there;

	if (f->is_left || f->fd < 0 || fstat(f->fd, &mine) != 0 ||
	    !S_ISREG(mine.st_mode))
		return false;
	return stat(f->path, &there) != 0 || mine.st_dev != there.st_dev ||
	       mine.st_ino != there.st_ino;
}

/* --- writing --- */

static bool
has_room(const struct sink *f)
{
	struct pollfd room = { .fd = f->fd, .events = POLLOUT };

	if (!f->may_wait || poll(&room, 1, 0) > 0)
		return true;
	errno = EAGAIN;
	return false;
}

/* Returns how much was written; if that is less, errno says why. */
static size_t
put(const struct sink *f, const unsigned char *data, size_t len)
{
	size_t done = 0;

	while (done < len && has_room(f)) {
		size_t piece = len - done;
		ssize_t n;

		if (f->may_wait && piece > PIPE_BUF)
			piece = PIPE_BUF;
		n = f->is_socket ? send(f->fd, data + done, piece,
					MSG_DONTWAIT | MSG_NOSIGNAL)
				 : write(f->fd, data + done, piece);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	return done;
}

/* Tell once what the user can do something about. */
static void
note_trouble(struct sink *f, int why)
{
	if (why == EPIPE)
		close_file(f);
	if (why == EAGAIN || why == EPIPE || f->was_told)
		return;
	log_error("%s %s: %s", f->keyword, f->path, strerror(why));
	f->was_told = true;
}

static void
write_rest(struct sink *f)
{
	size_t done;

	if (f->rest.len == 0)
		return;
	done = put(f, f->rest.data, f->rest.len);
	if (done < f->rest.len)
		note_trouble(f, errno);
	buf_consume(&f->rest, done < f->rest.len ? done : f->rest.len);
}

static void
on_room(void *arg, bool can_read, bool can_write)
{
	struct sink *f = arg;

	(void)can_read;
	(void)can_write;
	write_rest(f);
	if (f->rest.len > 0)
		return;
	if (f->is_ending)
		close_file(f);
	else if (f->io != NULL)
		loop_io_want(f->io, false, false);
}

/* Finish it as soon as there is room. Where nobody can say when that is (a
 * full disk), with the next line. */
static void
wait_for_room(struct sink *f)
{
	struct err e = { .kind = ERR_NONE };

	if (f->io == NULL)
		f->io = loop_io_new(f->loop, f->fd, on_room, f, &e);
	if (f->io != NULL && !loop_io_is_always_ready(f->io))
		loop_io_want(f->io, false, true);
}

static bool
is_ready(struct sink *f)
{
	write_rest(f);
	if (was_moved(f))
		close_file(f);
	if (f->fd < 0 && !f->is_left && open_path(f) != 0)
		note_trouble(f, errno);
	return f->fd >= 0 && f->rest.len == 0;
}

void
sink_add(struct sink *f, const struct buf *line)
{
	size_t done = is_ready(f) ? put(f, line->data, line->len) : 0;

	if (done == 0) {
		f->n_dropped++;
		if (f->fd >= 0 && f->rest.len == 0)
			note_trouble(f, errno);
		return;
	}
	f->n_dropped = 0;
	f->was_told = false;
	if (done == line->len)
		return;
	buf_add(&f->rest, line->data + done, line->len - done);
	note_trouble(f, errno);
	if (f->fd >= 0)
		wait_for_room(f);
}

void
sink_finish(struct sink *f)
{
	f->is_ending = true;
	if (f->rest.len == 0)
		close_file(f);
}

uint64_t
sink_dropped(const struct sink *f)
{
	return f->n_dropped;
}
