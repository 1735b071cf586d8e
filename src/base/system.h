/*
 * system - what not every system has, for those who need not know: sockets and
 * pipes that are close-on-exec from the start, and constants.
 *
 * What else differs has a module of its own: peer_user and fd (fd_reopen), and
 * net/tcp, net/network_watch and net/resume. Which system has what, configure
 * finds out (m4/hawser_system.m4); tests/check-system knows these places.
 */
#ifndef BASE_SYSTEM_H
#define BASE_SYSTEM_H

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Without them: nobody below app/ is killed by SIGPIPE, which is ignored; and
 * who has ended one direction of a connection only is not noticed. */
#if !HAVE_DECL_MSG_NOSIGNAL
#undef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#if !HAVE_DECL_POLLRDHUP
#undef POLLRDHUP
#define POLLRDHUP 0
#endif

/* POSIX says st_mtim; macOS has had it longer. */
#ifndef HAVE_STRUCT_STAT_ST_MTIM
#define st_mtim st_mtimespec
#endif

/* All return what the call of that name returns, with its errno. There is one
 * thread: where it takes two calls, no program is started between them. */
int system_pipe(int ret_fds[2]);
int system_socketpair(int ret_fds[2]); /* of Unix streams */

/* These do not wait. */
int system_socket(int family, int type);
int system_accept(int listener);

#endif
