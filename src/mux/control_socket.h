/*
 * control_socket - where a master of a shared connection waits for its clients:
 * a Unix socket at ControlPath that only its user can open.
 *
 * It appears at its path in one step, listening, and never takes the place of
 * one that somebody listens at; one that was left behind is replaced. It goes
 * with its owner, if it is still the same.
 */
#ifndef MUX_CONTROL_SOCKET_H
#define MUX_CONTROL_SOCKET_H

#include <stdbool.h>

struct control_socket;
struct err;
struct loop;

/* accepted(arg, fd) is given each connection, non-blocking; it is the callee's,
 * who must not free the socket. NULL with e set if it cannot be: ssh's line,
 * and *ret_is_taken tells whether that is because somebody listens there. */
struct control_socket *control_socket_new(struct loop *l, const char *path,
					  void (*accepted)(void *arg, int fd),
					  void *arg, bool *ret_is_taken,
					  struct err *e);

/* Let those who connect wait, or let them in again. */
void control_socket_hold(struct control_socket *s, bool on);

/* NULL is fine. */
void control_socket_free(struct control_socket *s);

#endif
