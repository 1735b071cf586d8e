#!/usr/bin/env bats
# How a session ends from our side: signals, closed pipes, -N and -f.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
	if has_go_server; then
		start_go go
	fi
}

# A session whose remote process id is in $remote.
start_sleeper() {
	start_client "$1" "echo \$\$; exec sleep 5"
	wait_until 10 grep -q . "$tmp/out"
	remote=$(<"$tmp/out")
}

signal_ends_it() {
	start_sleeper main
	kill -"$1" "$client_pid"
	client_status 3
	assert_equal "$status" 255
	assert_stderr ""
}

@test "SIGINT ends a command with 255" {
	signal_ends_it INT
}

@test "SIGTERM ends a command with 255" {
	signal_ends_it TERM
}

@test "SIGHUP ends a command with 255" {
	signal_ends_it HUP
}

@test "-v tells which signal it was" {
	start_client -v main 'echo ready; exec sleep 5'
	wait_until 10 grep -q ready "$tmp/out"
	kill -TERM "$client_pid"
	client_status 3
	assert_equal "$status" 255
	assert_stderr --partial 'Killed by signal 15.'
}

@test "an ignored SIGINT stays ignored" {
	(
		trap '' INT
		setsid "$HAWSER" -F "$dir/config" main 'echo up; sleep 0.5; exit 3' \
			>"$tmp/out" 3>&- &
		pid=$!
		wait_until 10 grep -q up "$tmp/out"
		kill -INT $pid
		wait $pid
	) || status=$?
	assert_equal "$status" 3
}

@test "the remote process gets the signal that ended us" {
	hawser_only
	# sshd lets nobody signal root's processes
	local name=main
	if ((EUID == 0)); then
		needs_world
		name=ferry
		chmod go+rx "$dir"
		printf 'Host ferry\n\tHostName 127.0.0.1\n\tPort %s\n\tUser ferry\n' \
			"$(port main)" >>"$dir/config"
	fi
	for signal in INT TERM HUP; do
		start_sleeper $name
		kill -$signal "$client_pid"
		client_status 3
		assert_equal "$status" 255
		wait_until 3 gone "$remote"
	done
}

@test "the signal reaches a Go server's process too" {
	hawser_only
	has_go_server || skip "no Go server"
	start_sleeper go
	kill -TERM "$client_pid"
	client_status 3
	assert_equal "$status" 255
	wait_until 3 gone "$remote"
}

@test "a server that ignores the signal does not hold us up" {
	start_client main 'trap "" INT TERM HUP; echo ready; sleep 4'
	wait_until 10 grep -q ready "$tmp/out"
	kill -TERM "$client_pid"
	client_status 3
	assert_equal "$status" 255
}

@test "a signal before login ends us at once" {
	start_raw silent silent
	start_client silent true
	server_logged silent port
	wait_until 5 established "$(port silent)"
	kill -TERM "$client_pid"
	client_status 3
	((status == 255 || status == 143))
}

# Is there a connection to this local port?
established() {
	local hex
	hex=$(printf '%04X' "$1")
	grep -q "^ *[0-9]*: 0100007F:[0-9A-F]* 0100007F:$hex 01" /proc/net/tcp
}

@test "stdout closed by its reader ends the remote writer, with its status" {
	run -5 --separate-stderr bash -c \
		'"$@" | head -n 2; exit ${PIPESTATUS[0]}' - timeout 10 "$HAWSER" \
		-F "$dir/config" main 'trap "" PIPE; yes 2>/dev/null; exit 5'
	assert_output "$(printf 'y\ny')"
	assert_stderr ""
}

@test "stdout closed by its reader does not end a command that is silent" {
	run -4 --separate-stderr bash -c \
		'"$@" | head -n 1; exit ${PIPESTATUS[0]}' - timeout 10 "$HAWSER" \
		-F "$dir/config" main "echo a; cat >$tmp/got; exit 4" <<<'still here'
	assert_output a
	assert_equal "$(<"$tmp/got")" 'still here'
}

@test "stdout closed by its reader leaves stdin and stderr to the command" {
	needs_native
	hawser_only # ssh loses what comes later
	mkfifo "$tmp/in"
	exec 5<>"$tmp/in"
	status=0
	bash -c '"$@" | head -n 1; exit ${PIPESTATUS[0]}' - timeout 10 "$HAWSER" \
		-F "$dir/config" main "yes 2>/dev/null; echo ended >&2; read x
		echo \"\$x\" >&2; read x; exit 5" \
		<"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- 5>&- &
	wait_until 10 grep -qs ended "$tmp/err"
	echo 'still heard' >&5
	# sshd forgets what is said on stderr right before the end
	wait_until 10 grep -qs heard "$tmp/err"
	echo >&5
	wait $! || status=$?
	exec 5>&-
	assert_equal "$status" 5
	assert_equal "$(<"$tmp/out")" y
	assert_equal "$(tr -d '\r' <"$tmp/err")" "$(printf 'ended\nstill heard')"
}

@test "with libssh2 it ends the command, with its status" {
	hawser_only
	needs_libssh2
	run -5 --separate-stderr bash -c \
		'"$@" | head -n 2; exit ${PIPESTATUS[0]}' - timeout 10 "$HAWSER" \
		-F "$dir/config" -o Engine=libssh2 main \
		'trap "" PIPE; yes 2>/dev/null; exit 5'
	assert_output "$(printf 'y\ny')"
	assert_stderr ""
}

@test "stdin that the command does not read any more is left alone" {
	needs_native
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh asides asides
	mkfifo "$tmp/in"
	yes >"$tmp/in" 3>&- &
	writer=$!
	start_client asides "deaf $tmp/end" <"$tmp/in"
	wait_until 10 gone "$writer" || {
		kill "$writer"
		fail "the writer was not told"
	}
	touch "$tmp/end"
	client_status
	assert_equal "$status" 7
}

@test "closed stderr does not stop stdout" {
	run --separate-stderr bash -c '"$@" 2> >(true)' - timeout 10 "$HAWSER" \
		-F "$dir/config" main 'seq 100000 >&2; echo out; exit 6'
	assert_output out
	assert_equal "$status" 6
}

@test "-N runs nothing, and SIGTERM ends it with 0" {
	start_logged_in -N main
	kill -TERM "$client_pid"
	client_status 3
	assert_equal "$status" 0
	assert_equal "$output$stderr" ""
}

@test "-N opens no channel" {
	needs_native
	start_sshd bare
	start_client -N bare
	server_logged bare 'Entering interactive session'
	wait_until 5 catches_sigterm "$client_pid"
	kill -TERM "$client_pid"
	client_status 3
	assert_equal "$status" 0
	server_logged bare 'Disconnected from'
	run grep 'ctype session' "$dir/bare.log"
	assert_failure
}

@test "-N on a server without sessions, with either engine" {
	hawser_only
	needs_libssh2
	start_sshd closed 'MaxSessions 0'
	for engine in native libssh2; do
		start_client -N -o Engine=$engine closed
		wait_until 5 catches_sigterm "$client_pid"
		kill -TERM "$client_pid"
		client_status 3
		assert_equal "$status" 0
	done
}

@test "-N and SIGINT give 255" {
	start_logged_in -o SessionType=none main
	kill -INT "$client_pid"
	client_status 3
	assert_equal "$status" 255
}

# Start a client, and wait until it is logged in and ready for SIGTERM.
start_logged_in() {
	: >"$dir/main.log"
	start_client "$@"
	server_logged main 'Entering interactive session'
	wait_until 5 catches_sigterm "$client_pid"
}

catches_sigterm() {
	local caught
	caught=$(sed -n 's/^SigCgt:[^0-9a-f]*//p' "/proc/$1/status")
	((16#$caught & 1 << 14))
}

@test "-f goes to the background after login, with stdin from /dev/null" {
	local start=$EPOCHREALTIME
	status=0
	client -f main "cat; sleep 1; echo done >$tmp/done" \
		<<<"not this" >"$tmp/out" 2>"$tmp/err" || status=$?
	assert_equal "$status" 0
	((${EPOCHREALTIME/./} - ${start/./} < 1000000))
	assert [ ! -e "$tmp/done" ]
	wait_until 5 test -s "$tmp/done"
	assert_equal "$(<"$tmp/out")" ""
}

@test "-f still writes the command's stdout" {
	client -f main 'sleep 0.3; echo late' >"$tmp/out"
	wait_until 5 test -s "$tmp/out"
	assert_equal "$(<"$tmp/out")" late
}

@test "-f gives 255 if the login fails" {
	run_client -f -i "$dir/nothing" -o IdentityFile=none \
		-o ForkAfterAuthentication=yes -o PubkeyAuthentication=no main true
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey).'
}

@test "-f without a command is refused" {
	run_client -f main
	assert_equal "$status" 255
	assert_stderr "Cannot fork into background without a command to execute."
}

@test "-fN goes to the background and stays there" {
	: >"$dir/main.log"
	client -fN -E "$tmp/log" main >"$tmp/out"
	pid=$(pgrep -f "$HAWSER -F $dir/config -fN")
	remember "$pid"
	server_logged main 'Entering interactive session'
	run wait_until 1 gone "$pid"
	assert_failure
	kill -TERM "$pid"
	wait_until 5 gone "$pid"
}

@test "-fN keeps no descriptor that it was started with" {
	exec 9>"$tmp/lock"
	flock 9
	client -fN main >"$tmp/out"
	exec 9>&-
	pid=$(pgrep -f "$HAWSER -F $dir/config -fN")
	remember "$pid"
	run flock -n "$tmp/lock" true
	kill -TERM "$pid"
	wait_until 5 gone "$pid"
	assert_success
}

@test "a server that closes the channel instead of answering" {
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh curt curt
	run_client -o SetEnv='A=1' curt true
	assert_equal "$status" 255
	run_client -o SetEnv='A=1 B=2 C=3' curt true
	assert_equal "$status" 255
	run_client curt
	assert_equal "$status" 255
}

# What a server leaves unsaid does not hold us for ever.
never_closes() {
	hawser_only
	has_asyncssh || skip "no AsyncSSH"
	[[ -e $dir/mum.port ]] || start_asyncssh mum mum
}

@test "a command that has ended on a channel that the server does not close" {
	never_closes
	run_client mum words
	assert_equal "$status $output" '7 words'
	run --separate-stderr client mum words < <(exec sleep 15)
	assert_equal "$status $output" '7 words'
}

@test "no reader any more, and the server does not close" {
	never_closes
	run --separate-stderr bash -c \
		'"$@" | head -n 2; exit ${PIPESTATUS[0]}' - timeout 15 "$HAWSER" \
		-F "$dir/config" mum flood
	assert_equal "$status" 255
	assert_output "$(printf 'flood\nflood')"
	assert_stderr ""
}

@test "-W whose target has ended, and the server does not close" {
	never_closes
	start_raw said say 'bye\n'
	run_client -W "127.0.0.1:$(port said)" mum
	assert_success
	assert_output bye
}
