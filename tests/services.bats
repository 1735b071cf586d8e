#!/usr/bin/env bats
# The units and scripts that run hawser as a service, and the recipes of the
# chapter TUNNELS THAT HOLD that can be run here.
#
# Quoted $ are for other shells; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

services=$tests_dir/../services

setup_file() {
	suite_begin
	! is_ssh || return 0
	start_sshd main
	start_target web
	make_units
	# the instance: a Host that says what is forwarded
	pick_port
	cat >"$dir/hold.config" <<-END
		Host hold
			HostName 127.0.0.1
			Port $(port main)
			RemoteForward $free 127.0.0.1:$(port web)
		Include $dir/config
	END
	echo "$free" >"$dir/hold.port"
}

# As make install does, with the program under test.
make_units() {
	local kind

	for kind in system user; do
		mkdir -p "$dir/units/$kind"
		sed "s|@bindir[@]/hawser|$HAWSER|" \
			"$services/$kind/hawser@.service.in" \
			>"$dir/units/$kind/hawser@.service"
	done
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
}

analyze() {
	XDG_RUNTIME_DIR=$tmp run systemd-analyze "$@"
	[[ $status == 0 ]] || fail "$output"
}

has_systemd() {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
}

@test "the units pass systemd's own check" {
	has_systemd
	local kind flags=()

	# older ones know neither
	! systemd-analyze --help | grep -q -- --recursive-errors ||
		flags=(--recursive-errors=no)
	for kind in system user; do
		local words=(verify --man=no "${flags[@]}")

		[[ $kind == system ]] || words+=(--user)
		analyze "${words[@]}" "$dir/units/$kind/hawser@.service"
		assert_output ""
	done
}

@test "the system's unit is locked up" {
	has_systemd
	systemd-analyze --help | grep -q -- --offline ||
		skip "too old to look at files"
	# 0 is best; what talks to the network cannot be much better
	analyze security --offline=yes --threshold=20 \
		"$dir/units/system/hawser@.service"
}

@test "the system's unit runs as a user that has a home" {
	has_systemd
	local root=$tmp/root home name
	name=$(sed -n 's/^User=//p' "$dir/units/system/hawser@.service")

	mkdir -p "$root/etc"
	systemd-sysusers --root="$root" "$services/sysusers.d/hawser.conf"
	home=$(grep "^$name:" "$root/etc/passwd" | cut -d: -f6)
	assert_equal "$(sed -n 's/^ReadWritePaths=-//p' \
		"$dir/units/system/hawser@.service")" "$home"
	((EUID == 0)) || return 0
	systemd-tmpfiles --root="$root" --create "$services/tmpfiles.d/hawser.conf"
	assert_equal "$(stat -c %a "$root$home/.ssh")" 700
	[[ $(stat -c %u "$root$home/.ssh") == \
		"$(grep "^$name:" "$root/etc/passwd" | cut -d: -f3)" ]]
}

@test "make install puts them where it is told" {
	[[ -e ${HAWSER_BUILD:-}/Makefile ]] || skip "no build tree"
	local targets=(install-nodist_systemdsystemunitDATA
		install-nodist_systemduserunitDATA install-dist_sysusersDATA
		install-dist_tmpfilesDATA)

	make -s -C "$HAWSER_BUILD" "${targets[@]}" DESTDIR="$tmp" prefix=/opt \
		systemduserunitdir=/units
	grep -q '^ExecStart=/.*/hawser -N' \
		"$tmp/opt/lib/systemd/system/hawser@.service"
	grep -q '^ExecStart=/.*/hawser -N' "$tmp/units/hawser@.service"
	grep -q '^u _hawser' "$tmp/opt/lib/sysusers.d/hawser.conf"
	grep -q '^d /var/lib/hawser' "$tmp/opt/lib/tmpfiles.d/hawser.conf"
	run ! grep -r '@bindir' "$tmp"
	make -s -C "$HAWSER_BUILD" "${targets[@]}" DESTDIR="$tmp/none" \
		systemdsystemunitdir= systemduserunitdir= sysusersdir= \
		tmpfilesdir=
	[[ ! -e $tmp/none ]]
}

# configured_for PREFIX: where make would put the user's unit, who lives in
# /home/ada. What configure knows from the build tree need not be found out again.
configured_for() {
	sed -n "s/^\(ac_cv_[a-z0-9_]*\)=\(.*\)/test \"\${\1+y}\" || \1=\2/p" \
		"$HAWSER_BUILD/config.log" | grep -v ' ac_cv_env_' >"$tmp/cache"
	mkdir -p "$tmp/tree"
	(cd "$tmp/tree" && HOME=/home/ada PKG_CONFIG_PATH=$tests_dir/../.prefix/lib/pkgconfig \
		"$tests_dir/../configure" --quiet --cache-file="$tmp/cache" \
		--no-create --prefix="$1" >/dev/null)
	grep "^systemduserunitdir=" "$tmp/tree/config.log"
}

@test "a unit below a home is where the user's service manager looks" {
	[[ -e ${HAWSER_BUILD:-}/config.log && -e $tests_dir/../configure ]] ||
		skip "no build tree"
	run configured_for /home/ada/.local
	assert_output "systemduserunitdir='\${prefix}/share/systemd/user'"
}

# A service manager's end of the socket: what it is told, line by line.
listen_to_service() {
	"$python" - "$tmp/notify" >"$tmp/told" 3>&- <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		while True:
		    print(s.recv(4096).decode(), flush=True)
	END
	remember $!
	listener=$!
	wait_until 5 test -S "$tmp/notify"
}

@test "what the units start is ready, connects anew, and ends" {
	local kind command

	listen_to_service
	for kind in system user; do
		: >"$tmp/told"
		command=$(sed -n 's/^ExecStart=//p' "$dir/units/$kind/hawser@.service")
		[[ $command == *' -- %i' ]]
		read -ra command <<<"${command/%\%i/hold}"
		NOTIFY_SOCKET=$tmp/notify "${command[0]}" -F "$dir/hold.config" \
			"${command[@]:1}" >"$tmp/out" 2>"$tmp/err" 3>&- &
		client_pid=$!
		remember "$client_pid"
		wait_until 10 grep -q '^READY=1' "$tmp/told"
		[[ $(traffic call "127.0.0.1:$(<"$dir/hold.port")" name) == *web* ]]
		kill -HUP "$client_pid"
		wait_until 10 grep -q '^Connected again' "$tmp/err"
		kill "$client_pid"
		client_status
		assert_equal "$status" 0
		grep -q '^STOPPING=1' "$tmp/told"
	done
	kill "$listener"
}

@test "the OpenRC script is a shell script that starts the same" {
	sh -n "$services/openrc/hawser"
	! command -v shellcheck >/dev/null ||
		shellcheck "$services/openrc/hawser"
	run env RC_SVCNAME=hawser.hold sh -c \
		'. "$1"; echo $command_args; start_pre' - "$services/openrc/hawser"
	assert_success
	assert_output "$(sed -n 's/^ExecStart=[^ ]* \(.*\)%i/\1hold/p' \
		"$dir/units/system/hawser@.service")"
}

@test "the launchd example is a property list that starts the same" {
	run "$python" - "$services/launchd/hawser.ALIAS.plist" <<-'END'
		import plistlib, sys
		with open(sys.argv[1], "rb") as file:
		    job = plistlib.load(file)
		assert job["Label"] == "hawser.ALIAS"
		assert job["KeepAlive"] == {"SuccessfulExit": False}
		words = job["ProgramArguments"]
		print(*[word for word in words[1:] if word != "-y"])
	END
	assert_output "$(sed -n 's/^ExecStart=[^ ]* \(.*\)%i/\1ALIAS/p' \
		"$dir/units/user/hawser@.service")"
}
