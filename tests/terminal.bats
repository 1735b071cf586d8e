#!/usr/bin/env bats
# Questions on a real terminal, and the terminal after them.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/shell

setup_file() {
	suite_begin
	without_identity
	start_sshd main
	start_sshd hurried 'LoginGraceTime 1'
	cp "$dir/id" "$dir/locked"
	ssh-keygen -q -p -P '' -N "$pass" -a 2 -f "$dir/locked" >/dev/null
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	export question="Enter passphrase for key '$dir/locked': "
	export client="$HAWSER -F $dir/config -o BatchMode=no -i $dir/locked main"
}

# on_pty SCRIPT [EXPECT SEND]...: a shell script on a terminal, which may use
# $client and $tmp; its terminal modes before and after must be the same.
on_pty() {
	export tmp test_script=$1
	run limited "$python" "$tests_dir/lib/on_pty.py" "${@:2}" -- bash -c '
		stty -a >"$tmp/before"
		eval "$test_script"
		result=$?
		stty -a >"$tmp/after"
		exit $result'
	cmp "$tmp/before" "$tmp/after"
}

@test "a passphrase is not shown, and the terminal is as it was" {
	on_pty '$client echo hello' "$question" "$pass"$'\r'
	assert_success
	assert_line --partial "$question"
	assert_line --partial hello
	refute_output --partial "$pass"
}

@test "questions go to the terminal when all streams are elsewhere" {
	seq 1000 >"$tmp/in"
	on_pty '$client "cat; echo err >&2" <$tmp/in >$tmp/out 2>$tmp/err' \
		"$question" "$pass"$'\r'
	assert_success
	cmp "$tmp/in" "$tmp/out"
	assert_equal "$(<"$tmp/err")" err
}

@test "stdin is for the command, not for the question" {
	on_pty '$client cat <<<"from stdin"' "$question" "$pass"$'\r'
	assert_success
	assert_line --partial 'from stdin'
}

@test "an interrupted question leaves the terminal as it was" {
	on_pty 'trap : INT; $client true' "$question" $'\003'
	assert_failure
}

@test "^Z at a question stops us, and fg asks again" {
	on_pty 'set -m; $client echo hello; echo "stopped with $?"
		stty -a >"$tmp/stopped"; fg' \
		"$question" $'\032' "$question" "$pass"$'\r'
	assert_success
	assert_line --partial 'stopped with 148'
	assert_line --partial hello
	cmp "$tmp/before" "$tmp/stopped"
}

@test "^\\ at a question ends us, and the terminal is as it was" {
	on_pty 'set -m; $client true & fg >/dev/null; echo "ended with $?"' \
		"$question" "$(printf '\034')"
	assert_line --partial 'ended with 131'
}

@test "a question holds nothing of the connection" {
	needs_native # with libssh2 we ask ourselves
	hawser_only # as ssh does
	run_session expect "$question" \
		'do' '! readlink /proc/$(pgrep -P $pid)/fd/* | grep socket' \
		send $'\003' -- -o BatchMode=no -i "$dir/locked" main true
	assert_equal "$stderr" ""
	assert_equal "$status" 130
}

# askpass LINE...: a program that does this.
askpass() {
	printf '%s\n' '#!/bin/bash' "$@" >"$tmp/askpass"
	chmod +x "$tmp/askpass"
	export SSH_ASKPASS=$tmp/askpass SSH_ASKPASS_REQUIRE=force
}

@test "an askpass program may ask on the terminal itself" {
	askpass 'printf "Well? " >/dev/tty' 'read -rs line </dev/tty' 'echo "$line"'
	on_pty '$client echo hello' 'Well? ' "$pass"$'\r'
	assert_success
	assert_line --partial hello
}

@test "an askpass program ends with the question" {
	needs_native # libssh2 cannot tell
	hawser_only # ssh asks on
	askpass 'echo $$ >$tmp/pid; exec sleep 30'
	on_pty '${client/%main/hurried} true' nothing ''
	assert_equal "$status" 255
	wait_until 5 gone "$(<"$tmp/pid")"
	rm "$tmp/pid"
	run_session await 'test -s $tmp/pid' signal TERM -- -o BatchMode=no \
		-i "$dir/locked" main true
	assert_equal "$status" 143
	wait_until 5 gone "$(<"$tmp/pid")"
}

@test "a question that is stopped does not keep us" {
	needs_native # with libssh2 we ask ourselves
	hawser_only # as ssh does
	run_session expect "$question" 'do' 'kill -STOP $(pgrep -P $pid)' \
		signal TERM -- -o BatchMode=no -i "$dir/locked" main true
	assert_equal "$stderr" ""
	assert_equal "$status" 143
}

@test "a server that does not wait for the answer is heard" {
	needs_native # libssh2 cannot tell
	hawser_only # ssh asks on
	on_pty '${client/%main/hurried} true' "$question" ''
	assert_equal "$status" 255
	assert_line --partial 'Connection closed by 127.0.0.1 port'
}

# The question about the host is asked by a child of ours: of its parent's
# parent it says whether it rests while the server has left.
@test "a question about the host outlives the server's patience, at rest" {
	local hex # as in /proc/net/tcp, where 08 is CLOSE-WAIT

	hawser_only # ssh asks itself
	printf -v hex %04X "$(port hurried)"
	askpass '[[ $1 == *authenticity* ]] || exit 1' \
		'us=$(ps -o ppid= -p $PPID | tr -d " ")' \
		'until grep -q ":'"$hex"' 08 " /proc/net/tcp; do sleep 0.1; done' \
		'ticks() { cut -d" " -f14,15 /proc/$us/stat; }' \
		'rests() { old=$(ticks); sleep 0.5; [[ $(ticks) == "$old" ]]; }' \
		'rests || rests || rests || echo "$us is busy" >"$tmp/busy"' \
		'echo yes'
	on_pty '${client/%main/hurried} -o StrictHostKeyChecking=ask \
		-o UserKnownHostsFile=$tmp/kh true' nothing ''
	assert_equal "$status" 255
	[[ ! -e $tmp/busy ]]
	assert_line --partial 'Permanently added'
	assert_line --partial '127.0.0.1 port'
	[[ -s $tmp/kh ]]
}

@test "end of file at a question is no answer" {
	on_pty '$client true' "$question" $'\004'
	assert_equal "$status" 255
	assert_line --partial "Permission denied (publickey)."
}

@test "a wrong passphrase is asked again" {
	on_pty '$client echo hello' "$question" $'wrong\r' "$question" "$pass"$'\r'
	assert_success
	assert_line --partial hello
}

@test "backspace and ^U edit the answer" {
	on_pty '$client echo hello' "$question" $'wrong\025'"$pass"$'xx\177\177\r'
	assert_success
	assert_line --partial hello
}

@test "messages on a terminal end their lines properly" {
	on_pty '$client -o PubkeyAuthentication=no true'
	assert_equal "$status" 255
	assert_output --partial $'Permission denied (publickey).\r'
}
