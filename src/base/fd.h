/*
 * fd - descriptors: those that others have left us, that a child is not to
 * keep, or that take all of a text.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>

/* How many listening sockets a service manager says it has passed to this
 * process, from FD_FIRST_PASSED on (LISTEN_PID and LISTEN_FDS); 0: none. */
#define FD_FIRST_PASSED 3
int fd_passed(void);

/* Close all but the standard ones and these two. */
void fd_close_others(int one, int other);

/* Close all but this one: nobody is to wait for a copy of ourselves because it
 * holds an end of his pipe, or of a connection. */
void fd_close_all_but(int fd);

/* A description of our own of the same file, pipe or terminal, with these flags
 * of open(2), close-on-exec. Only Linux can do that: else it is -1 with ENOSYS.
 */
int fd_reopen(int fd, int flags);

/* Is it a terminal that nobody is at any more? */
bool fd_is_hung_up(int fd);

/* Write all of it, waiting for room where fd does not. Returns how much was
 * written; if that is less, errno says why. */
size_t fd_write(int fd, const void *data, size_t len);

#endif
