# HAWSER_TRY_FLAG(VARIABLE, FLAG)
# Append FLAG to VARIABLE if compiler and linker take it without a word,
# together with what VARIABLE holds and what the user asked for.
AC_DEFUN([HAWSER_TRY_FLAG], [
AC_MSG_CHECKING([whether $CC takes $2])
hawser_saved_CFLAGS=$CFLAGS
hawser_saved_LDFLAGS=$LDFLAGS
m4_if([$1], [HARDEN_LDFLAGS],
  [CFLAGS="$CFLAGS $HARDEN_CFLAGS"
  LDFLAGS="$LDFLAGS $$1 $2 -Werror"],
  [CFLAGS="$CFLAGS $$1 $2 -Werror"])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("");]])],
  [hawser_takes=yes], [hawser_takes=no])
CFLAGS=$hawser_saved_CFLAGS
LDFLAGS=$hawser_saved_LDFLAGS
AC_MSG_RESULT([$hawser_takes])
AS_IF([test $hawser_takes = yes], [$1="$$1 $2"])
])

# HAWSER_SWITCH(NAME, HELP)
# The switch --enable-NAME, off by default; sets enable_NAME to yes or no.
AC_DEFUN([HAWSER_SWITCH], [
AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [$2])], [],
  [enable_$1=no])
AS_IF([test "x$enable_$1" != xno],
  [enable_$1=yes
  hawser_switches="$hawser_switches $1"])
])

# HAWSER_SWITCHES
# How the program is built for those who work on it.
AC_DEFUN([HAWSER_SWITCHES], [
hawser_switches=
HAWSER_SWITCH([werror], [treat compiler warnings as errors])
HAWSER_SWITCH([sanitizers], [build with AddressSanitizer and UBSan])
HAWSER_SWITCH([fuzzing], [build the fuzz targets with libFuzzer (clang)])
HAWSER_SWITCH([coverage], [build for gcov])

CHECK_CFLAGS= CHECK_LDFLAGS= FUZZ_LIBS=
AS_IF([test $enable_sanitizers = yes || test $enable_fuzzing = yes],
  [CHECK_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all"
  CHECK_CFLAGS="$CHECK_CFLAGS -fno-omit-frame-pointer -DHAWSER_SANITIZERS"
  CHECK_LDFLAGS="-fsanitize=address,undefined"])
AS_IF([test $enable_fuzzing = yes],
  [CHECK_CFLAGS="$CHECK_CFLAGS -fsanitize=fuzzer-no-link"
  FUZZ_LIBS=-fsanitize=fuzzer])
AS_IF([test $enable_coverage = yes],
  [CHECK_CFLAGS="$CHECK_CFLAGS --coverage -O0"
  CHECK_LDFLAGS="$CHECK_LDFLAGS --coverage"])
AC_MSG_CHECKING([whether $CC can build with$hawser_switches])
hawser_saved_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $CHECK_CFLAGS"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
  AC_MSG_ERROR([$CC cannot do that; with clang, is libclang-rt installed?])])
CFLAGS=$hawser_saved_CFLAGS
AM_CONDITIONAL([FUZZING], [test $enable_fuzzing = yes])
AC_SUBST([CHECK_CFLAGS])
AC_SUBST([CHECK_LDFLAGS])
AC_SUBST([FUZZ_LIBS])
])

# HAWSER_DEFAULTS
# Where the ssh of a distribution was built with another default, so is hawser.
# Debian's trusts forwarded X11 connections.
AC_DEFUN([HAWSER_DEFAULTS], [
AC_ARG_ENABLE([trusted-x11], [AS_HELP_STRING([--enable-trusted-x11],
  [let ForwardX11Trusted be "yes" by default, as Debian's ssh does
  (default: on Debian and its descendants)])], [],
  [AS_IF([test -f /etc/debian_version], [enable_trusted_x11=yes],
    [enable_trusted_x11=no])])
AS_IF([test "x$enable_trusted_x11" != xno], [enable_trusted_x11=yes])
AC_DEFINE_UNQUOTED([FORWARD_X11_TRUSTED], ["$enable_trusted_x11"],
  [The default of ForwardX11Trusted.])
])

# HAWSER_WARNINGS
AC_DEFUN([HAWSER_WARNINGS], [
WARN_CFLAGS=
m4_foreach_w([hawser_flag], [-Wall -Wextra -Wshadow -Wformat=2 -Wconversion
  -Wvla -Wmissing-prototypes],
  [HAWSER_TRY_FLAG([WARN_CFLAGS], m4_defn([hawser_flag]))])
AS_IF([test $enable_werror = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])

# HAWSER_HARDENING
# Every flag is probed; -D_FORTIFY_SOURCE drops out by itself at -O0. The
# sanitizers bring checks of their own that these would get in the way of.
AC_DEFUN([HAWSER_HARDENING], [
HARDEN_CPPFLAGS= HARDEN_CFLAGS= HARDEN_LDFLAGS=
AS_IF([test -z "$CHECK_CFLAGS"], [
HAWSER_TRY_FLAG([HARDEN_CPPFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3])
AS_IF([test -z "$HARDEN_CPPFLAGS"],
  [HAWSER_TRY_FLAG([HARDEN_CPPFLAGS],
    [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])])
m4_foreach_w([hawser_flag], [-fstack-protector-strong
  -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
  -fPIE],
  [HAWSER_TRY_FLAG([HARDEN_CFLAGS], m4_defn([hawser_flag]))])
m4_foreach([hawser_flag], [[-pie], [-Wl,-z,relro], [-Wl,-z,now]],
  [HAWSER_TRY_FLAG([HARDEN_LDFLAGS], m4_defn([hawser_flag]))])
])
AC_SUBST([HARDEN_CPPFLAGS])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])
