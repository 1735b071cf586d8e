#include "ssh/native/compress.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/wire.h"
#include "base/xalloc.h"

#ifdef HAVE_ZLIB

#define ZLIB_CONST
#include <zlib.h>

enum { LEVEL = 6, PIECE = 16 * 1024 };

struct compress {
	z_stream stream;
	enum compress_use use;
};

bool
compress_is_supported(void)
{
	return true;
}

/* zlib has our memory, so that a lack of it ends where all others do. */
static void *
allocate(void *arg, unsigned count, unsigned size)
{
	(void)arg;
	return xcalloc(count, size);
}

static void
release(void *arg, void *data)
{
	(void)arg;
	free(data);
}

struct compress *
compress_new(enum compress_use use)
{
	struct compress *c = xcalloc(1, sizeof(*c));
	int rc;

	c->use = use;
	c->stream.zalloc = allocate;
	c->stream.zfree = release;
	rc = use == COMPRESS_INFLATES ? inflateInit(&c->stream)
				      : deflateInit(&c->stream, LEVEL);
	if (rc != Z_OK) {
		free(c);
		return NULL;
	}
	return c;
}

void
compress_free(struct compress *c)
{
	if (c == NULL)
		return;
	if (c->use == COMPRESS_INFLATES)
		inflateEnd(&c->stream);
	else
		deflateEnd(&c->stream);
	free(c);
}

/* Let zlib go on, for at most size bytes more at the end of out. */
static int
run(struct compress *c, struct buf *out, size_t size)
{
	int rc;

	c->stream.next_out = buf_room(out, size);
	c->stream.avail_out = (unsigned)size;
	rc = c->use == COMPRESS_INFLATES ? inflate(&c->stream, Z_SYNC_FLUSH)
					 : deflate(&c->stream, Z_PARTIAL_FLUSH);
	out->len += size - c->stream.avail_out;
	return rc;
}

int
compress_deflate(struct compress *c, const struct wire *payload,
		 struct buf *out)
{
	c->stream.next_in = payload->data;
	c->stream.avail_in = (unsigned)payload->len;
	do {
		int rc = run(c, out, PIECE);

		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return -1;
	} while (c->stream.avail_out == 0);
	return 0;
}

int
compress_inflate(struct compress *c, const struct wire *packed, size_t max,
		 struct buf *out)
{
	size_t start = out->len;

	c->stream.next_in = packed->data;
	c->stream.avail_in = (unsigned)packed->len;
	do {
		/* One byte more than allowed shows that there is more. */
		size_t left = max + 1 - (out->len - start);
		int rc = run(c, out, left < PIECE ? left : PIECE);

		/* No progress is no error: there was nothing left to do. */
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return -1;
		if (out->len - start > max)
			return -1;
	} while (c->stream.avail_out == 0);
	return 0;
}

#else

bool
compress_is_supported(void)
{
	return false;
}

struct compress *
compress_new(enum compress_use use)
{
	(void)use;
	return NULL;
}

void
compress_free(struct compress *c)
{
	(void)c;
}

int
compress_deflate(struct compress *c, const struct wire *payload,
		 struct buf *out)
{
	(void)c;
	(void)payload;
	(void)out;
	return -1;
}

int
compress_inflate(struct compress *c, const struct wire *packed, size_t max,
		 struct buf *out)
{
	(void)c;
	(void)packed;
	(void)max;
	(void)out;
	return -1;
}

#endif
