# Where systemd's units go; "no" leaves them out.

# HAWSER_UNIT_DIR(WHOSE, WHAT IT IS FOR, FOLDER OF THE PREFIX)
AC_DEFUN([HAWSER_UNIT_DIR], [
AC_ARG_WITH([systemd$1unitdir],
  [AS_HELP_STRING([--with-systemd$1unitdir=DIR],
    [where the unit for $2 goes @<:@PREFIX/lib/systemd/$1@:>@, or no])],
  [], [with_systemd$1unitdir=yes])
AS_CASE([$with_systemd$1unitdir],
  [yes], [systemd$1unitdir="\${prefix}/$3/systemd/$1"],
  [no], [systemd$1unitdir=],
  [systemd$1unitdir=$with_systemd$1unitdir])
AC_SUBST([systemd$1unitdir])
])

AC_DEFUN([HAWSER_SERVICES], [
# Of what is below a home, a user's service manager reads ~/.local/share only.
AS_CASE([$prefix],
  ["$HOME"/*], [hawser_user_units=share],
  [hawser_user_units=lib])
HAWSER_UNIT_DIR([system], [the whole machine], [lib])
HAWSER_UNIT_DIR([user], [each user], [$hawser_user_units])
# The user that the system's unit needs, and its home: in the same lib, or etc.
AS_CASE([$systemdsystemunitdir],
  [''], [service_base=],
  [*/systemd/system], [service_base=${systemdsystemunitdir%/systemd/system}],
  [service_base='${prefix}/lib'])
AC_SUBST([sysusersdir], [${service_base:+$service_base/sysusers.d}])
AC_SUBST([tmpfilesdir], [${service_base:+$service_base/tmpfiles.d}])
])
