# HAWSER_LIBRARY(VARIABLE-PREFIX, PKG-CONFIG NAME, VERSION, WHAT IT IS,
#                DEBIAN, FEDORA, ARCH, ALPINE, HOMEBREW)
# Find a library, or stop with one sentence that says how to get it.
AC_DEFUN([HAWSER_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2 >= $3], [], [AC_MSG_ERROR(m4_normalize([hawser
  needs $4 >= $3 with its headers: install $5 on Debian, $6 on Fedora, $7 on
  Arch, $8 on Alpine or $9 with Homebrew.]))])
])

# HAWSER_OPTIONAL(NAME, PREFIX, PKG-CONFIG NAME, VERSION, WHAT IT IS FOR, DEBIAN)
# The switch --without-NAME, and a library, or only its headers, that hawser can do
# without. Defines HAVE_PREFIX, and sets hawser_NAME to what the summary says of it.
AC_DEFUN([HAWSER_OPTIONAL], [
AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1],
  [build without $5 (default: with, where $3 >= $4 is found)])],
  [], [with_$1=auto])
hawser_has_$1=no
AS_IF([test "x$with_$1" = xno], [hawser_$1="none, as wanted"],
  [PKG_CHECK_MODULES([$2], [$3 >= $4],
    [hawser_has_$1=yes
    hawser_$1=$($PKG_CONFIG --modversion $3)
    AC_DEFINE([HAVE_$2], [1], [Define to 1 to build $5.])],
    [hawser_$1="none >= $4: install $6 on Debian"
    AS_IF([test "x$with_$1" != xauto],
      [AC_MSG_ERROR([there is no $3 >= $4: install $6 on Debian])])])])
AS_IF([test $hawser_has_$1 = no],
  [hawser_left_out="$hawser_left_out${hawser_left_out:+, }$5"])
AM_CONDITIONAL([$2], [test $hawser_has_$1 = yes])
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

HAWSER_LIBRARY([CRYPTO], [libcrypto], [3.0], [OpenSSL],
  [libssl-dev], [openssl-devel], [openssl], [openssl-dev], [openssl@3])
hawser_left_out=
HAWSER_OPTIONAL([libssh2], [LIBSSH2], [libssh2], [1.11.1],
  [the engine libssh2], [libssh2-1-dev])
HAWSER_OPTIONAL([zlib], [ZLIB], [zlib], [1.2], [compression], [zlib1g-dev])
# It is loaded when it is used: only its headers are needed.
HAWSER_OPTIONAL([gssapi], [GSSAPI], [krb5-gssapi], [1.8], [Kerberos],
  [libkrb5-dev])
AC_DEFINE([GSSAPI_LIBRARY], ["libgssapi_krb5.so.2"],
  [The library to load for Kerberos.])
# Only the header that describes the interface: the user says which library.
HAWSER_OPTIONAL([pkcs11], [PKCS11], [p11-kit-1], [0.20], [PKCS@%:@11 tokens],
  [libp11-kit-dev])
# This is loaded when it is used, too.
HAWSER_OPTIONAL([fido2], [FIDO2], [libfido2], [1.5], [security keys],
  [libfido2-dev])
AC_DEFINE([FIDO2_LIBRARY], ["libfido2.so.1"],
  [The library to load for security keys.])
AC_SEARCH_LIBS([dlopen], [dl])
# Where it is not in the C library.
AC_SEARCH_LIBS([ns_parserr], [resolv], [],
  [AC_MSG_ERROR([there is no ns_parserr(), which libresolv has])])
HAWSER_LIBRARY([EVENT], [libevent_core], [2.1], [libevent],
  [libevent-dev], [libevent-devel], [libevent], [libevent-dev], [libevent])
HAWSER_LIBRARY([EDIT], [libedit], [3.0], [libedit],
  [libedit-dev], [libedit-devel], [libedit], [libedit-dev], [libedit])
])
