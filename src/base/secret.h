/*
 * secret - a password or passphrase: wiped when freed, never logged.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

struct secret {
	char *text; /* NUL-terminated */
	size_t len; /* bytes without the NUL */
};

/* A copy of len bytes; the caller owns it and calls secret_free(). */
struct secret *secret_new(const char *text, size_t len);

/* Wipe and free; NULL is fine. */
void secret_free(struct secret *s);

/* Wipe memory in a way that the compiler keeps. */
void secret_wipe(void *data, size_t len);

#endif
