/*
 * asciicast - writes what happens on a terminal to a file that asciinema plays
 * (asciicast v2): a line of JSON about the session, then one for each event.
 *
 * Recording never disturbs the session. When the file cannot be written, the
 * call that notices says so, the file ends with the last line that is whole,
 * and from then on every call succeeds and does nothing.
 */
#ifndef TERM_ASCIICAST_H
#define TERM_ASCIICAST_H

#include <stddef.h>

struct err;
struct asciicast;

/* Texts may be NULL: not known. */
struct asciicast_about {
	unsigned cols, rows; /* 0: not known; 80 and 24 are recorded */
	const char *term, *shell;
	const char *title, *command;
};

/*
 * Create the file at path, for its owner only, and start the clock. If there is
 * something at path, it is left alone, and the file is called path.1, path.2,
 * or so. Returns a recording owned by the caller, or NULL with e set
 * (ERR_LOCAL).
 */
struct asciicast *asciicast_open(const char *path,
				 const struct asciicast_about *about,
				 struct err *e);

/* What the file is called. Borrowed. */
const char *asciicast_path(const struct asciicast *r);

/*
 * What was written to the terminal, typed, or changed. Kept in memory up to
 * 64 KiB. These return 0, or once -1 with e set (ERR_LOCAL).
 */
int asciicast_output(struct asciicast *r, const void *data, size_t len,
		     struct err *e);
int asciicast_input(struct asciicast *r, const void *data, size_t len,
		    struct err *e);
int asciicast_resize(struct asciicast *r, unsigned cols, unsigned rows,
		     struct err *e);

/* Write what is in memory to the file: within a second of any event. */
int asciicast_flush(struct asciicast *r, struct err *e);

/* Write what is left and close. r is gone, also on failure. NULL is fine. */
int asciicast_close(struct asciicast *r, struct err *e);

#endif
