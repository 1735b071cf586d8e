/*
 * left_fds - the descriptors that whoever started us has left open, without
 * which we are better off: somebody may wait for our end of a pipe, or for a
 * lock. Which ones are wanted is known only once the configuration is read.
 */
#ifndef BASE_LEFT_FDS_H
#define BASE_LEFT_FDS_H

#include <stdbool.h>
#include <stddef.h>

struct left_fds {
	int *items;
	size_t len;
};

/* Find all from first on, before anything is opened. No program that is started
 * gets one of them. */
void left_fds_find(struct left_fds *ret, int first);
void left_fds_clear(struct left_fds *l); /* closes nothing */

bool left_fds_has(const struct left_fds *l, int fd);

/* Close all but these two, which may be -1. */
void left_fds_close(const struct left_fds *l, int one, int other);

#endif
