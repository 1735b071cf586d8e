/*
 * fd_pass - a descriptor in a message over a Unix socket: one at a time, with
 * one byte of any kind, as OpenSSH's programs do it.
 */
#ifndef BASE_FD_PASS_H
#define BASE_FD_PASS_H

/* Send a copy of fd. Never waits. Returns 0 or an errno (EAGAIN: not now). */
int fd_pass_send(int to, int fd);

/*
 * Receive one; it is the caller's, and born close-on-exec. Never waits. Returns
 * 0, or an errno: EAGAIN: not yet, EPIPE: the end came instead, EBADMSG: so did
 * a byte without a descriptor. If there were more, the others are closed.
 */
int fd_pass_receive(int from, int *ret_fd);

#endif
