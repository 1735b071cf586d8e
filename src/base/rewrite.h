/*
 * rewrite - change a small file of the user's, such as known_hosts, that other
 * programs add to at the same time (append.h).
 */
#ifndef BASE_REWRITE_H
#define BASE_REWRITE_H

#include <stddef.h>

struct buf;
struct err;

/* Append what the file is to contain to out. 1: write that; 0: there is nothing
 * to change; -1 with e set: leave the file alone. */
typedef int rewrite_fn(void *arg, struct buf *content, struct buf *out,
		       struct err *e);

/*
 * Give the content of the file at path (a symbolic link is followed) to change,
 * and put a file with what it makes of it in the place of the old one, at once
 * and with the old one's mode; that one remains as path.old. Under the lock
 * that append_lines() takes. Returns 0, also for a file that is not there
 * or is none, such as /dev/null, or -1 with e set (ERR_LOCAL).
 */
int rewrite_file(const char *path, size_t max, rewrite_fn *change, void *arg,
		 struct err *e);

#endif
