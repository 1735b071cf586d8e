# HAWSER_LACKS(NAME)
AC_DEFUN([HAWSER_LACKS], [hawser_lacks="$hawser_lacks${hawser_lacks:+, }$1"])

# HAWSER_DECLS(HEADER, NAMES)
AC_DEFUN([HAWSER_DECLS], [
m4_foreach_w([hawser_name], [$2], [AC_CHECK_DECLS(m4_defn([hawser_name]), [],
  [HAWSER_LACKS(m4_defn([hawser_name]))], [[#include <$1>]])])
])

# HAWSER_MEMBER(HEADER, MEMBER)
AC_DEFUN([HAWSER_MEMBER],
  [AC_CHECK_MEMBERS([$2], [], [HAWSER_LACKS([$2])], [[#include <$1>]])])

# HAWSER_SYSTEM
# What not every system has. Each has a way around it in src/base/system.h or the
# modules that it names: "make check-plain" builds and tests without any.
AC_DEFUN([HAWSER_SYSTEM], [
hawser_lacks=
m4_foreach_w([hawser_name],
  [accept4 close_range mallopt pipe2 prctl timerfd_create],
  [AC_CHECK_FUNCS(m4_defn([hawser_name]), [],
    [HAWSER_LACKS(m4_defn([hawser_name]))])])
AC_CHECK_HEADERS([linux/rtnetlink.h], [], [HAWSER_LACKS([rtnetlink])])
AC_CHECK_HEADERS([linux/sockios.h], [], [HAWSER_LACKS([SIOCOUTQ])])
HAWSER_DECLS([sys/socket.h],
  [MSG_CMSG_CLOEXEC MSG_FASTOPEN MSG_NOSIGNAL SOCK_CLOEXEC])
HAWSER_DECLS([poll.h], [POLLRDHUP])
HAWSER_DECLS([netinet/tcp.h], [TCP_QUICKACK])
HAWSER_DECLS([sys/ioctl.h], [TIOCGPTN])
HAWSER_MEMBER([netinet/tcp.h], [struct tcp_info.tcpi_rtt])
HAWSER_MEMBER([netinet/tcp.h], [struct tcp_info.tcpi_last_ack_recv])
HAWSER_MEMBER([sys/stat.h], [struct stat.st_mtim])
AC_CHECK_MEMBERS([struct ucred.pid], [],
  [HAWSER_LACKS([SO_PEERCRED])
  AC_CHECK_FUNC([getpeereid], [], [AC_MSG_ERROR([there is neither SO_PEERCRED
with a struct ucred nor getpeereid()])])], [[#include <sys/socket.h>]])
AC_CACHE_CHECK([whether /proc/self/fd opens a file anew], [hawser_cv_proc_fd],
  [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __linux__
#error it does nothing, or what dup() does
#endif
]])], [hawser_cv_proc_fd=yes], [hawser_cv_proc_fd=no])])
AS_IF([test $hawser_cv_proc_fd = yes], [AC_DEFINE([HAVE_PROC_FD], [1],
  [Define to 1 if opening /proc/self/fd/N opens that file anew.])],
  [HAWSER_LACKS([/proc/self/fd])])
])
