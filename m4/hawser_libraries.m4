# HAWSER_LIBRARY(VARIABLE-PREFIX, PKG-CONFIG NAME, VERSION, WHAT IT IS,
#                DEBIAN, FEDORA, ARCH, ALPINE, HOMEBREW)
# Find a library, or stop with one sentence that says how to get it.
AC_DEFUN([HAWSER_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2 >= $3], [], [AC_MSG_ERROR(m4_normalize([hawser
  needs $4 >= $3 with its headers: install $5 on Debian, $6 on Fedora, $7 on
  Arch, $8 on Alpine or $9 with Homebrew.]))])
])

# HAWSER_LEFT_OUT(LIBRARY, WHAT IT IS FOR)
AC_DEFUN([HAWSER_LEFT_OUT], [
AS_CASE([$hawser_$1], [none*],
  [hawser_left_out="$hawser_left_out${hawser_left_out:+,} $2"])
])

# HAWSER_LIBRARIES
# The libraries hawser is built on. libssh2 is optional: it is the second
# engine, beside our own. Where the system's libssh2 is too old, the
# private one that bootstrap puts into .prefix/ is used.
AC_DEFUN([HAWSER_LIBRARIES], [
PKG_PROG_PKG_CONFIG([0.29])
AS_IF([test -z "$PKG_CONFIG"], [AC_MSG_ERROR(m4_normalize([hawser needs
  pkg-config: install pkg-config on Debian, pkgconf-pkg-config on Fedora,
  pkgconf on Arch, Alpine or with Homebrew.]))])
hawser_private=$(cd "$srcdir" && pwd)/.prefix/lib/pkgconfig
AS_IF([test -f "$hawser_private/libssh2.pc"],
  [PKG_CHECK_EXISTS([libssh2 >= 1.11.1], [],
    [PKG_CONFIG_PATH=$hawser_private${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export PKG_CONFIG_PATH])])

AC_ARG_WITH([libssh2], [AS_HELP_STRING([--without-libssh2],
  [build without the second engine (default: with it, where it is found)])],
  [], [with_libssh2=auto])
hawser_libssh2=none
AS_IF([test "x$with_libssh2" != xno],
  [PKG_CHECK_MODULES([LIBSSH2], [libssh2 >= 1.11.1],
    [hawser_libssh2="$($PKG_CONFIG --modversion libssh2) ($LIBSSH2_LIBS)"
    AC_DEFINE([HAVE_LIBSSH2], [1], [Define to 1 to build the second engine.])],
    [AS_IF([test "x$with_libssh2" = xyes],
      [AC_MSG_ERROR([there is no libssh2 >= 1.11.1])])])])
AM_CONDITIONAL([LIBSSH2], [test "$hawser_libssh2" != none])
HAWSER_LIBRARY([CRYPTO], [libcrypto], [3.0], [OpenSSL],
  [libssl-dev], [openssl-devel], [openssl], [openssl-dev], [openssl@3])
PKG_CHECK_MODULES([ZLIB], [zlib >= 1.2],
  [AC_DEFINE([HAVE_ZLIB], [1], [Define to 1 to offer compression.])
  hawser_zlib=$($PKG_CONFIG --modversion zlib)],
  [hawser_zlib="none (install zlib1g-dev on Debian)"])
# It is loaded when it is used: only its headers are needed.
PKG_CHECK_MODULES([GSSAPI], [krb5-gssapi],
  [hawser_gssapi=$($PKG_CONFIG --modversion krb5-gssapi)
  AC_DEFINE([HAVE_GSSAPI], [1], [Define to 1 to log in with Kerberos.])
  AC_DEFINE([GSSAPI_LIBRARY], ["libgssapi_krb5.so.2"],
    [The library to load for that.])],
  [hawser_gssapi="none (install libkrb5-dev on Debian)"])
AM_CONDITIONAL([GSSAPI], [test -n "$GSSAPI_LIBS"])
AC_SEARCH_LIBS([dlopen], [dl])
# Only the header that describes the interface: the user says which library.
PKG_CHECK_MODULES([PKCS11], [p11-kit-1],
  [hawser_pkcs11=$($PKG_CONFIG --modversion p11-kit-1)
  AC_DEFINE([HAVE_PKCS11], [1], [Define to 1 to use tokens.])],
  [hawser_pkcs11="none (install libp11-kit-dev on Debian)"])
# This is loaded when it is used, too.
AC_ARG_WITH([fido2], [AS_HELP_STRING([--without-fido2],
  [build without libfido2, for security keys (default: with it, where it is
  found)])], [], [with_fido2=auto])
hawser_fido2="none (install libfido2-dev on Debian)"
AS_IF([test "x$with_fido2" != xno],
  [PKG_CHECK_MODULES([FIDO2], [libfido2 >= 1.5],
    [hawser_fido2=$($PKG_CONFIG --modversion libfido2)
    AC_DEFINE([HAVE_FIDO2], [1], [Define to 1 to use security keys.])
    AC_DEFINE([FIDO2_LIBRARY], ["libfido2.so.1"],
      [The library to load for that.])],
    [AS_IF([test "x$with_fido2" = xyes],
      [AC_MSG_ERROR([there is no libfido2 >= 1.5])])])])
# Where it is not in the C library.
AC_SEARCH_LIBS([ns_parserr], [resolv], [],
  [AC_MSG_ERROR([there is no ns_parserr(), which libresolv has])])
HAWSER_LIBRARY([EVENT], [libevent_core], [2.1], [libevent],
  [libevent-dev], [libevent-devel], [libevent], [libevent-dev], [libevent])
HAWSER_LIBRARY([EDIT], [libedit], [3.0], [libedit],
  [libedit-dev], [libedit-devel], [libedit], [libedit-dev], [libedit])
])
