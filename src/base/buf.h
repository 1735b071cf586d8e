/*
 * buf - a growing byte buffer, embedded in its owner.
 *
 * data[0..len) is the content; data is NULL until something was added. When
 * wipe is set, memory is cleared before it is given back (for key material).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct buf {
	unsigned char *data;
	size_t len;
	size_t size; /* allocated bytes */
	bool wipe;
};

#define BUF_INIT                                                               \
	{                                                                      \
		NULL, 0, 0, false                                              \
	}

void buf_init(struct buf *b);

/* Free the content; b is empty and usable afterwards. */
void buf_clear(struct buf *b);

/* Forget the content but keep the memory (cleared if wipe is set). */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_byte(struct buf *b, unsigned char byte);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Make room for len more bytes and return where they go; len is unchanged. */
unsigned char *buf_room(struct buf *b, size_t len);

/* Remove len bytes (at most all) from the front. */
void buf_consume(struct buf *b, size_t len);

/* NUL-terminated view of the content, valid until the next change. */
const char *buf_str(struct buf *b);

/* Hand the content over as a NUL-terminated string; the caller frees it. */
char *buf_take_str(struct buf *b);

/*
 * Append everything in the file at path, but at most max bytes. Returns 0, or
 * -1 with e set (kind ERR_LOCAL, text "path: reason") when it cannot be read
 * or is larger.
 */
int buf_load_file(struct buf *b, const char *path, size_t max, struct err *e);

/* Append what fd has up to its end. Returns 0 or an errno; what came before
 * that is in b. EFBIG: more than max bytes, and the rest was not read. */
int buf_load_fd(struct buf *b, int fd, size_t max);

#endif
