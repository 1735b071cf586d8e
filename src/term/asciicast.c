#include "term/asciicast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { KEPT_BYTES = 65536, USUAL_COLS = 80, USUAL_ROWS = 24 };

/* So many recordings may stand beside one of the same name. */
enum { OTHERS_MAX = 9999 };

struct asciicast {
	char *path;
	int fd; /* -1: writing failed */
	off_t written;
	struct timespec start;
	struct buf lines; /* not yet written */
	struct json_text output, input;
};

/* Not printf's %f: the locale may have a comma there. */
static void
add_time(struct asciicast *r)
{
	struct timespec now;
	int64_t us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (int64_t)(now.tv_sec - r->start.tv_sec) * 1000000 +
	     (now.tv_nsec - r->start.tv_nsec) / 1000;
	buf_addf(&r->lines, "%lld.%06lld", (long long)(us / 1000000),
		 (long long)(us % 1000000));
}

static void
start_event(struct asciicast *r, char kind)
{
	buf_add_byte(&r->lines, '[');
	add_time(r);
	buf_addf(&r->lines, ", \"%c\", \"", kind);
}

static void
end_event(struct asciicast *r)
{
	buf_add_str(&r->lines, "\"]\n");
}

static void
add_field(struct buf *out, const char *before, const char *name,
	  const char *value)
{
	if (value == NULL)
		return;
	buf_add_str(out, before);
	json_text_string(name, out);
	buf_add_str(out, ": ");
	json_text_string(value, out);
}

static void
add_header(struct buf *out, const struct asciicast_about *about)
{
	buf_addf(out,
		 "{\"version\": 2, \"width\": %u, \"height\": %u, "
		 "\"timestamp\": %lld",
		 about->cols > 0 ? about->cols : USUAL_COLS,
		 about->rows > 0 ? about->rows : USUAL_ROWS,
		 (long long)time(NULL));
	add_field(out, ", ", "title", about->title);
	add_field(out, ", ", "command", about->command);
	buf_add_str(out, ", \"env\": {");
	add_field(out, "", "TERM", about->term);
	add_field(out, about->term != NULL ? ", " : "", "SHELL", about->shell);
	buf_add_str(out, "}}\n");
}

/* Give up: leave whole lines behind, which can be played. */
static void
abandon(struct asciicast *r, size_t n_written)
{
	while (n_written > 0 && r->lines.data[n_written - 1] != '\n')
		n_written--;
	if (ftruncate(r->fd, r->written + (off_t)n_written) != 0)
		log_debug("%s: ftruncate: %s", r->path, strerror(errno));
	close(r->fd);
	r->fd = -1;
	buf_clear(&r->lines);
}

int
asciicast_flush(struct asciicast *r, struct err *e)
{
	size_t done = 0;

	if (r->fd >= 0)
		done = fd_write(r->fd, r->lines.data, r->lines.len);
	if (r->fd >= 0 && done < r->lines.len) {
		err_set(e, ERR_LOCAL, "cannot record to %s: %s", r->path,
			strerror(errno));
		abandon(r, done);
		return -1;
	}
	r->written += (off_t)done;
	buf_reset(&r->lines);
	return 0;
}

/* Returns the descriptor of a new file, whose name is owned by the caller, or
 * -1 with errno set. */
static int
create(const char *path, char **ret_path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	char *name = xstrdup(path);
	int fd = open(name, flags, 0600);

	for (int i = 1; fd < 0 && errno == EEXIST && i <= OTHERS_MAX; i++) {
		free(name);
		name = xasprintf("%s.%d", path, i);
		fd = open(name, flags, 0600);
	}
	if (fd < 0) {
		int saved = errno;

		free(name);
		errno = saved;
		return -1;
	}
	*ret_path = name;
	return fd;
}

struct asciicast *
asciicast_open(const char *path, const struct asciicast_about *about,
	       struct err *e)
{
	char *name = NULL;
	int fd = create(path, &name);
	struct asciicast *r;

	if (fd < 0) {
		err_set(e, ERR_LOCAL, "cannot record to %s: %s", path,
			strerror(errno));
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->path = name;
	r->fd = fd;
	buf_init(&r->lines);
	clock_gettime(CLOCK_MONOTONIC, &r->start);
	add_header(&r->lines, about);
	if (asciicast_flush(r, e) != 0) {
		unlink(name);
		asciicast_close(r, e);
		return NULL;
	}
	return r;
}

const char *
asciicast_path(const struct asciicast *r)
{
	return r->path;
}

static int
flush_if_full(struct asciicast *r, struct err *e)
{
	return r->lines.len >= KEPT_BYTES ? asciicast_flush(r, e) : 0;
}

/* One event, unless all of it is held back. */
static int
add_text(struct asciicast *r, char kind, const void *data, size_t len,
	 struct err *e)
{
	struct json_text *t = kind == 'o' ? &r->output : &r->input;
	size_t before = r->lines.len, empty;

	if (r->fd < 0)
		return 0;
	start_event(r, kind);
	empty = r->lines.len;
	json_text_add(t, data, len, &r->lines);
	if (r->lines.len == empty)
		r->lines.len = before;
	else
		end_event(r);
	return flush_if_full(r, e);
}

int
asciicast_output(struct asciicast *r, const void *data, size_t len,
		 struct err *e)
{
	return add_text(r, 'o', data, len, e);
}

int
asciicast_input(struct asciicast *r, const void *data, size_t len,
		struct err *e)
{
	return add_text(r, 'i', data, len, e);
}

int
asciicast_resize(struct asciicast *r, unsigned cols, unsigned rows,
		 struct err *e)
{
	if (r->fd < 0)
		return 0;
	start_event(r, 'r');
	buf_addf(&r->lines, "%ux%u", cols, rows);
	end_event(r);
	return flush_if_full(r, e);
}

static void
end_text(struct asciicast *r, char kind)
{
	struct json_text *t = kind == 'o' ? &r->output : &r->input;

	if (t->len == 0)
		return;
	start_event(r, kind);
	json_text_end(t, &r->lines);
	end_event(r);
}

int
asciicast_close(struct asciicast *r, struct err *e)
{
	int rc;

	if (r == NULL)
		return 0;
	end_text(r, 'o');
	end_text(r, 'i');
	rc = asciicast_flush(r, e);
	if (r->fd >= 0 && close(r->fd) != 0)
		rc = err_set(e, ERR_LOCAL, "cannot record to %s: %s", r->path,
			     strerror(errno));
	buf_clear(&r->lines);
	free(r->path);
	free(r);
	return rc;
}
