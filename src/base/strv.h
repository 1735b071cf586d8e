/*
 * strv - a growing list of strings, embedded in its owner. items is always
 * NULL-terminated once something was added, so it can serve as an argv.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **items; /* owned, each item too; NULL while empty */
	size_t len;
};

#define STRV_INIT                                                              \
	{                                                                      \
		NULL, 0                                                        \
	}

void strv_clear(struct strv *v);
void strv_add(struct strv *v, const char *s);             /* copies */
void strv_add_take(struct strv *v, char *s);              /* owns s now */
void strv_copy(struct strv *to, const struct strv *from); /* replaces to */
bool strv_has(const struct strv *v, const char *s);

/* Split s at any of the characters in seps; empty pieces are dropped. */
void strv_split(struct strv *v, const char *s, const char *seps);

/* All items joined by sep; the caller frees it. "" when empty. */
char *strv_join(const struct strv *v, const char *sep);

#endif
