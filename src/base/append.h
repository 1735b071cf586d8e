/*
 * append - add lines to a small file of the user's, such as known_hosts, that
 * other programs add to at the same time.
 */
#ifndef BASE_APPEND_H
#define BASE_APPEND_H

#include <stdbool.h>

struct buf;
struct err;

/*
 * Append whole lines (with their line breaks) in one write, under a lock if the
 * file system has any and nobody else keeps it (for 50 ms), on a line of their
 * own even where the file does not end with a line break. A missing file is
 * made with mode 0600, and so is ~/.ssh (0700), but no other folder; that it
 * cannot be made is told. Returns 0, or -1 with e set (ERR_LOCAL, "path:
 * reason").
 */
int append_lines(const char *path, const struct buf *lines, struct err *e);

/* Open the file, made as above if may_create, and lock it until it is closed.
 * Returns the descriptor, or -1 with errno set: EWOULDBLOCK if somebody else
 * keeps the lock for too long. */
int append_lock(const char *path, bool may_create);

#endif
