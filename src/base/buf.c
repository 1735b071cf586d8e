#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/xalloc.h"

enum { BUF_FIRST_SIZE = 64, BUF_READ_SIZE = 4096 };

void
buf_init(struct buf *b)
{
	*b = (struct buf)BUF_INIT;
}

void
buf_clear(struct buf *b)
{
	if (b == NULL)
		return;
	if (b->wipe && b->size > 0)
		secret_wipe(b->data, b->size);
	free(b->data);
	b->data = NULL;
	b->len = 0;
	b->size = 0;
}

void
buf_reset(struct buf *b)
{
	if (b->wipe && b->size > 0)
		secret_wipe(b->data, b->size);
	b->len = 0;
}

static void
resize(struct buf *b, size_t size)
{
	unsigned char *data;

	if (b->wipe) {
		/* realloc() would leave the old bytes behind. */
		data = xmalloc(size);
		if (b->len > 0)
			memcpy(data, b->data, b->len);
		if (b->size > 0)
			secret_wipe(b->data, b->size);
		free(b->data);
	} else {
		data = xreallocarray(b->data, size, 1);
	}
	b->data = data;
	b->size = size;
}

unsigned char *
buf_room(struct buf *b, size_t len)
{
	size_t size = b->size > 0 ? b->size : BUF_FIRST_SIZE;

	/* A size that cannot be doubled any more ends in xalloc's hands. */
	while (size - b->len < len && size <= SIZE_MAX / 2)
		size *= 2;
	if (size - b->len < len)
		size = SIZE_MAX;
	if (size != b->size)
		resize(b, size);
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_room(b, len), data, len);
	b->len += len;
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_add_byte(struct buf *b, unsigned char byte)
{
	buf_add(b, &byte, 1);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	buf_add_str(b, s);
	if (b->wipe)
		secret_wipe(s, strlen(s));
	free(s);
}

void
buf_consume(struct buf *b, size_t len)
{
	if (len > b->len)
		len = b->len;
	if (len == 0)
		return;
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
	if (b->wipe)
		secret_wipe(b->data + b->len, len);
}

const char *
buf_str(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (const char *)b->data;
}

char *
buf_take_str(struct buf *b)
{
	char *s;

	*buf_room(b, 1) = '\0';
	s = (char *)b->data;
	b->data = NULL;
	b->len = 0;
	b->size = 0;
	return s;
}

int
buf_load_fd(struct buf *b, int fd, size_t max)
{
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, buf_room(b, BUF_READ_SIZE), BUF_READ_SIZE);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		b->len += (size_t)n;
		total += (size_t)n;
		if (total > max)
			return EFBIG;
	}
}

int
buf_load_file(struct buf *b, const char *path, size_t max, struct err *e)
{
	size_t start = b->len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : buf_load_fd(b, fd, max);

	if (fd >= 0)
		close(fd);
	if (error == 0)
		return 0;
	if (b->wipe && b->len > start)
		secret_wipe(b->data + start, b->len - start);
	b->len = start;
	return err_set(e, ERR_LOCAL, "%s: %s", path, strerror(error));
}
