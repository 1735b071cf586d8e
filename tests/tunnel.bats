#!/usr/bin/env bats
# Reconnect: what comes back, what does not, and how one ends it.
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/tunnel

setup_file() {
	suite_begin
	start_sshd main
	start_target web
	make_key locked ed25519 -N 'sesame'
	cat "$dir/locked.pub" >>"$dir/authorized_keys"
	cp "$dir/authorized_keys" "$dir/all_keys"
	! has_go_server || start_go password -methods password
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
	pick_port
	listen=$free
	quick=(-o Reconnect=yes -o ReconnectDelay="0.1 0.5")
	wait_until 5 nobody_is_in main
	cp "$dir/all_keys" "$dir/authorized_keys"
}

# How many questions were there?
asked() {
	[[ $(wc -l <"$tmp/questions") == "$1" ]]
}

tunnel() {
	start_client "${quick[@]}" -N -R "$listen:127.0.0.1:$(port web)" "$@"
}

@test "a forwarding comes back, here and there, time and again" {
	local here

	pick_port
	here=$free
	tunnel -L "$here:127.0.0.1:$(port web)" main
	for i in 1 2 3; do
		wait_until 10 serves "$listen"
		wait_until 10 serves "$here"
		kill_sessions main
		wait_until 10 said "$i" '^Connected again'
	done
	wait_until 10 serves "$listen"
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
}

@test "SIGHUP connects anew; without Reconnect it ends" {
	local before

	before=$(logins main)
	tunnel main
	wait_until 10 serves "$listen"
	kill -HUP "$client_pid"
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
	assert_equal "$(logins main)" $((before + 2))
	kill "$client_pid"
	client_status
	quick=()
	tunnel main
	wait_until 10 serves "$listen"
	kill -HUP "$client_pid"
	client_status
	assert_equal "$status" 255
}

is_stopped() {
	[[ $(ps -o stat= -p "$client_pid") == T* ]]
}

@test "SIGTERM that comes with a SIGHUP is not lost" {
	tunnel main
	wait_until 10 serves "$listen"
	kill -STOP "$client_pid"
	wait_until 5 is_stopped
	kill -HUP "$client_pid"
	kill -TERM "$client_pid"
	kill -CONT "$client_pid"
	client_status
	assert_equal "$status" 0
	run ! said 1 '^Connected again'
}

@test "a server that is down: at first only with ReconnectFirst" {
	start_sshd late
	stop_server late
	tunnel late
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Connection refused'
	tunnel -o ReconnectFirst=yes late
	wait_until 10 said 2 'Connection refused'
	again late
	wait_until 10 serves "$listen"
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
	stop_server late
}

@test "it is ended while it waits, and gives up in the end" {
	start_sshd late
	tunnel -o ReconnectDelay="60 60" late
	wait_until 10 serves "$listen"
	lose late
	wait_until 10 said 1 '^Connecting again in'
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
	again late
	quick=(-o Reconnect=1 -o ReconnectDelay="0.1 0.2")
	tunnel late
	wait_until 10 serves "$listen"
	lose late
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Giving up'
	assert_stderr --partial 'Connection refused'
}

@test "logins that come to nothing are one outage, and given up in the end" {
	quick=(-o Reconnect=1 -o ReconnectFirst=yes -o ReconnectDelay="0.1 0.2")
	start_client "${quick[@]}" -N -o ExitOnForwardFailure=yes \
		-R "127.0.0.1:$(port web):127.0.0.1:1" main
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Giving up'
	assert said 2 'remote port forwarding failed'
}

@test "a wrong host key or a refused login is the end" {
	cp "$dir/known_hosts" "$tmp/known_hosts"
	tunnel -o UserKnownHostsFile="$tmp/known_hosts" main
	wait_until 10 serves "$listen"
	sed -i "s|ed25519 .*|ed25519 $(cut -d' ' -f2 "$dir/locked.pub")|" \
		"$tmp/known_hosts"
	kill_sessions main
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'REMOTE HOST IDENTIFICATION HAS CHANGED'
	tunnel main
	wait_until 10 serves "$listen"
	: >"$dir/authorized_keys"
	kill_sessions main
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey)'
}

@test "a passphrase is asked once, and kept only if it shall be" {
	local login=(-o BatchMode=no -o IdentityFile=none -i "$dir/locked")

	answers sesame
	tunnel "${login[@]}" main
	wait_until 10 serves "$listen"
	assert asked 1
	run cat "$tmp/err"
	assert_output --partial 'see ReconnectKeepSecrets'
	kill_sessions main
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Not connecting again: the login needs an answer'
	answers sesame
	tunnel "${login[@]}" -o ReconnectKeepSecrets=yes main
	for i in 1 2; do
		wait_until 10 serves "$listen"
		kill_sessions main
		wait_until 10 said "$i" '^Connected again'
	done
	assert asked 1
	is_locked "$client_pid"
	kill "$client_pid"
	client_status
}

# is_locked PID: is some of its memory? The sanitizers lock nothing.
is_locked() {
	[[ ${HAWSER_SANITIZERS:-} ]] ||
		grep -q '^VmLck:.*[1-9]' "/proc/$1/status"
}

@test "what is kept stays locked in the background" {
	local pid

	answers sesame
	client "${quick[@]}" -f -N -o BatchMode=no -o IdentityFile=none \
		-i "$dir/locked" -o ReconnectKeepSecrets=yes \
		-o PidFile="$tmp/pid" main 2>"$tmp/err"
	pid=$(<"$tmp/pid")
	remember "$pid"
	wait_until 5 is_locked "$pid"
	kill "$pid"
	wait_until 10 gone "$pid"
}

@test "of the passwords that were typed the last one is kept" {
	has_go_server || skip "no Go server"
	answers wrong "$pass"
	start_client "${quick[@]}" -N -v -o ReconnectKeepSecrets=yes \
		-o BatchMode=no password
	wait_until 10 said 1 '^Authenticated to'
	kill -HUP "$client_pid"
	wait_until 10 said 1 '^Connected again'
	assert asked 2
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
}

@test "a host key that was accepted is not asked about again" {
	answers yes
	tunnel -o BatchMode=no -o StrictHostKeyChecking=ask \
		-o UserKnownHostsFile=/dev/null main
	wait_until 10 serves "$listen"
	kill_sessions main
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
	assert_equal "$(grep -c 'continue connecting' "$tmp/questions")" 1
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
}
