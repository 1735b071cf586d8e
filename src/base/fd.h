/*
 * fd - descriptors that others have left us, or that a child is not to keep.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

/* How many listening sockets a service manager says it has passed to this
 * process, from FD_FIRST_PASSED on (LISTEN_PID and LISTEN_FDS); 0: none. */
#define FD_FIRST_PASSED 3
int fd_passed(void);

/* Close all from first on. */
void fd_close_from(int first);

/* Close all but the standard ones and these two, which may be the same. */
void fd_close_others(int one, int other);

#endif
