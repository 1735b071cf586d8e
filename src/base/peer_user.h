/*
 * peer_user - who is at the other end of a Unix socket.
 */
#ifndef BASE_PEER_USER_H
#define BASE_PEER_USER_H

#include <sys/types.h>

/* Whose process has connected, or listens there; and which, if ret_pid is not
 * NULL (0: the system does not say). Returns 0 or an errno. */
int peer_user(int socket, uid_t *ret_uid, pid_t *ret_pid);

#endif
