/*
 * xalloc - memory that cannot fail: when there is none, the program ends with
 * a message and status 255. Sizes that come from outside must be bounded by
 * the caller first. Everything returned is owned by the caller, free() it.
 */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);

/* Resize to count * size bytes; the product is checked for overflow. */
void *xreallocarray(void *ptr, size_t count, size_t size);

char *xstrdup(const char *s);

/* The same; NULL for NULL. */
char *xstrdup_any(const char *s);

/* At most len bytes of s; NUL-terminated. */
char *xstrndup(const char *s, size_t len);

void *xmemdup(const void *data, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

#endif
