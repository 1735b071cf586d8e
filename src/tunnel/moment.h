/*
 * moment - when something happened: by the clock that people set, and by the
 * one that nobody does.
 */
#ifndef TUNNEL_MOMENT_H
#define TUNNEL_MOMENT_H

#include <stdint.h>

struct moment {
	int64_t wall_ms; /* since 1970 */
	int64_t mono_ms; /* loop_now_ms() */
};

struct moment moment_now(void);

enum { MOMENT_TEXT_SIZE = 32 };

/* RFC 3339, in UTC, with milliseconds. Returns text. */
const char *moment_text(int64_t wall_ms, char text[MOMENT_TEXT_SIZE]);

#endif
