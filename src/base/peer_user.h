/*
 * peer_user - who is at the other end of a Unix socket.
 */
#ifndef BASE_PEER_USER_H
#define BASE_PEER_USER_H

#include <sys/types.h>

/* Whose process has connected, or listens there, and which one it is: 0 where
 * the system does not say that. Returns 0 or an errno. */
int peer_user(int socket, uid_t *ret_uid, pid_t *ret_pid);

#endif
