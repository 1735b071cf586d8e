/*
 * x11_display - what the DISPLAY variable means: where the X server listens.
 * Pure, but for a look at whether a path exists.
 */
#ifndef FORWARD_X11_DISPLAY_H
#define FORWARD_X11_DISPLAY_H

#include <stdbool.h>

struct err;

struct x11_display {
	char *host; /* NULL: a Unix socket */
	int port;
	char *path;        /* of the socket */
	bool has_abstract; /* the name is to be tried as an abstract one, too */
	unsigned int screen; /* 0 where none is named */
};

/* Could this be a display, and go into a command without harm? */
bool x11_display_is_valid(const char *text);

/*
 * "unix:N", ":N", "host:N" and "/path:N", each with ".SCREEN" or without.
 * Returns 0, or -1 with e set (ERR_FORWARD) in ssh's words.
 */
int x11_display_parse(const char *text, struct x11_display *ret, struct err *e);
void x11_display_clear(struct x11_display *d);

#endif
