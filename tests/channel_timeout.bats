#!/usr/bin/env bats
# ChannelTimeout: channels that carry nothing for too long are closed.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	start_target web 0 "$dir/web.sock"
	start_sshd main
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only # ssh of the machine may be older
}

@test "a session that is silent ends, and says why with -v" {
	for rule in session=1s 'global=1'; do
		run_client -v -o ChannelTimeout="$rule" main 'echo here; sleep 60'
		assert_equal "$status" 255
		assert_output here
		assert_stderr --partial 'session:command channel: closing after 1 seconds of inactivity'
	done
}

@test "a session that is busy, or not meant, goes on" {
	run_client -o ChannelTimeout=session=2 main \
		'for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done'
	assert_success
	run_client -o 'ChannelTimeout=session:shell=1 direct-*=1 session=0 *=1' \
		main 'sleep 2; echo here'
	assert_success
	assert_output here
}

# waits_for_end PORT: a connection that is there, and then ends by itself.
waits_for_end() {
	run limited "$python" -c '
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.settimeout(15)
    print(s.recv(100))' "$1"
	assert_output "b''"
}

@test "forwarded connections are closed one by one, the rest goes on" {
	pick_port && one=$free
	pick_port && two=$free
	pick_port && three=$free
	start_tunnel "$one" "$two" "$three" -- -v \
		-o 'ChannelTimeout=*-tcpip=1 direct-streamlocal@openssh.com=1' \
		-L "$one:127.0.0.1:$(port web)" -R "$two:127.0.0.1:$(port web)" \
		-L "$three:$dir/web.sock" main
	waits_for_end "$one"
	waits_for_end "$two"
	waits_for_end "$three"
	passes "$one"
	for kind in direct-tcpip forwarded-tcpip direct-streamlocal@openssh.com; do
		grep -q "$kind channel: closing after 1 seconds" "$tmp/err"
	done
}

@test "wrong values are refused" {
	for value in session session= =1 session=x 'a=1 none'; do
		run_client -o "ChannelTimeout=$value" main true
		assert_equal "$status" 255
	done
	run_client -o ChannelTimeout=session=x main true
	assert_stderr 'command-line line 0: invalid channel timeout session=x'
	run_client -o ChannelTimeout=none main 'echo here'
	assert_output here
}
