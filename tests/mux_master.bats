#!/usr/bin/env bats
# A master of a shared connection, and its guests: GUEST is their program, by
# default ssh.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	export GUEST=${GUEST:-ssh}
	[[ $GUEST != hawser ]] || GUEST=$HAWSER
	start_sshd main 'MaxSessions 300'
	head -c 8388608 /dev/urandom >"$dir/data"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	control=$tmp/c
}

teardown() {
	[[ -z ${master_pid:-} ]] || end_master
}

# A master with nothing to do itself; its process is $master_pid.
start_master() {
	setsid "$HAWSER" -F "$dir/config" -MN -S "$control" "$@" main \
		>"$tmp/master" 2>&1 3>&- &
	master_pid=$!
	remember "$master_pid"
	wait_until 10 test -S "$control"
}

end_master() {
	kill "$master_pid" 2>/dev/null
	wait_until 5 gone "$master_pid" || kill -KILL "$master_pid"
	wait "$master_pid" 2>/dev/null || return 0
}

guest() {
	limited "$GUEST" -F "$dir/config" -S "$control" "$@"
}

# The same, with its process in $guest_pid.
start_guest() {
	setsid "$GUEST" -F "$dir/config" -S "$control" "$@" 3>&- &
	guest_pid=$!
	remember "$guest_pid"
}

# guest_ends STATUS
guest_ends() {
	wait_until 10 gone "$guest_pid"
	status=0
	wait "$guest_pid" || status=$?
	assert_equal "$status" "$1"
}

descriptors() {
	find "/proc/$master_pid/fd" -mindepth 1 | wc -l
}

# has_descriptors N: so many and no more, once what ended was seen to.
has_descriptors() {
	[[ $(descriptors) == "$1" ]]
}

logins() {
	grep -c 'Accepted publickey' "$dir/main.log" || :
}

# Who has no terminal, and waits, is in the background.
is_in_background() {
	[[ $(readlink "/proc/$1/fd/0") == /dev/null &&
		$(readlink "/proc/$1/fd/1") == /dev/null &&
		$(ps -o sid= -p "$1") -ne $$ ]]
}

persisting() {
	client -S "$control" -o ControlMaster=auto -o ControlPersist="$1" \
		"${@:2}"
}

told_pid() {
	guest -O check main 2>&1 | sed -n 's/.*(pid=\([0-9]*\)).*/\1/p'
}

@test "ControlPersist: a first session, the background, its time" {
	before=$(logins)
	run persisting 1 main 'cat; echo first; exit 3' <<<input
	assert_failure 3
	assert_output $'input\nfirst'
	master_pid=$(told_pid)
	is_in_background "$master_pid"
	run guest main 'sleep 1.5; echo second; exit 4'
	assert_failure 4
	assert_output second
	assert_equal "$(($(logins) - before))" 1
	wait_until 10 gone "$master_pid"
	refute [ -e "$control" ]
	master_pid=
}

@test "ControlPersist: a pipe is released, -N returns, exit ends it" {
	output=$(persisting yes main 'echo out; echo err >&2' 2>&1)
	assert_output $'out\nerr'
	master_pid=$(told_pid)
	run guest -O exit main
	assert_success
	wait_until 10 gone "$master_pid"
	persisting yes -N main
	master_pid=$(told_pid)
	is_in_background "$master_pid"
	run guest main 'echo there'
	assert_output there
	run guest -O stop main
	wait_until 10 gone "$master_pid"
	master_pid=
}

@test "ControlPersist: PidFile is the master's, and goes with it" {
	hawser_only
	launch manager '^listening' "$python" "$tests_dir/peers/manager.py" \
		"$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify persisting yes -o PidFile="$tmp/pid" main true
	master_pid=$(told_pid)
	wait_until 5 grep -qx "$master_pid" "$tmp/pid"
	wait_until 5 grep -q "^READY=1 MAINPID=$master_pid " "$dir/manager.log"
	guest -O exit main
	wait_until 10 gone "$master_pid"
	master_pid=
	refute [ -e "$tmp/pid" ]
}

@test "ControlPersist: -L is the master's, and -W a guest's" {
	pick_port
	start_target web
	client -S "$control" -o ControlMaster=auto -o ControlPersist=yes \
		-L "$free:127.0.0.1:$(port web)" main true
	master_pid=$(told_pid)
	passes "$free"
	run guest -O cancel -L "$free:127.0.0.1:$(port web)" main
	assert_success
	run traffic call "$free" up 1
	assert_failure
	run client -S "$control" -o ControlMaster=auto \
		-W "127.0.0.1:$(port main)" main
	assert_output --partial SSH-2.0
}

@test "ControlPersist with Reconnect: who parted connects no second time" {
	hawser_only
	before=$(logins)
	run persisting yes -o Reconnect=yes main 'echo once; exit 3'
	assert_failure 3
	assert_output once
	master_pid=$(told_pid)
	is_in_background "$master_pid"
	assert_equal "$(logins)" $((before + 1))
}

@test "the master's own session: others outlive it, and its status stays" {
	start_client -M -S "$control" main \
		"echo on; until [ -e $tmp/go ]; do sleep .1; done; exit 6"
	wait_until 10 grep -q on "$tmp/out"
	mode=$(stat -c %a "$control")
	assert_equal "$mode" 600
	start_guest main "echo in; until [ -e $tmp/leave ]; do sleep .1; done
		echo out; exit 7" >"$tmp/guest"
	wait_until 10 grep -q in "$tmp/guest"
	touch "$tmp/go"
	sleep 0.3
	refute gone "$client_pid"
	touch "$tmp/leave"
	guest_ends 7
	assert_equal "$(<"$tmp/guest")" $'in\nout'
	client_status
	assert_failure 6
	refute [ -e "$control" ]
}

@test "with the libssh2 engine" {
	hawser_only
	needs_libssh2
	start_agent agent id
	start_master -o Engine=libssh2 -A -o IdentityAgent="$dir/agent.agent"
	for n in 3 4; do
		run guest -A main "cat; ssh-add -l; exit $n" <<<input
		assert_failure "$n"
		assert_line input
		assert_line --partial "$(fingerprint "$dir/id.pub")"
	done
}

@test "exit and stop" {
	start_master
	run guest -O exit main
	assert_success
	assert_output --partial 'Exit request sent.'
	wait_until 10 gone "$master_pid"
	status=0
	wait "$master_pid" || status=$?
	assert_equal "$status" 255
	start_master
	start_guest main "echo in; until [ -e $tmp/go ]; do sleep .1; done" \
		>"$tmp/guest"
	wait_until 10 grep -q in "$tmp/guest"
	run guest -O stop main
	assert_success
	refute [ -e "$control" ]
	refute gone "$master_pid"
	touch "$tmp/go"
	wait "$guest_pid"
	wait_until 10 gone "$master_pid"
	master_pid=
}

@test "many sessions at once, each its own" {
	start_master
	before=$(logins) fds=$(descriptors)
	for i in {1..200}; do
		guest main "cat; echo $i >&2; exit $((i % 250))" \
			<<<"in $i" >"$tmp/out.$i" 2>"$tmp/err.$i" &&
			echo 0 >"$tmp/status.$i" || echo $? >"$tmp/status.$i" &
		guests+=($!)
	done
	wait "${guests[@]}"
	for i in {1..200}; do
		assert_equal "$(<"$tmp/out.$i")" "in $i"
		assert_equal "$(tr -d '\r' <"$tmp/err.$i")" "$i"
		assert_equal "$(<"$tmp/status.$i")" "$((i % 250))"
	done
	assert_equal "$(logins)" "$before"
	wait_until 10 has_descriptors "$fds"
}

@test "more than 100 MB each way" {
	start_master
	local many="for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do cat $dir/data; done"

	wanted=$(sh -c "$many" | md5sum)
	run guest main md5sum < <(sh -c "$many")
	assert_output "$wanted"
	run bash -c "'$GUEST' -F '$dir/config' -S '$control' main '$many' |
		md5sum"
	assert_output "$wanted"
}

@test "one that does not read stops none of the others" {
	start_master
	mkfifo "$tmp/pipe"
	exec 7<>"$tmp/pipe"
	start_guest main 'exec cat /dev/zero' >"$tmp/pipe"
	head -c 100000 <&7 >/dev/null
	run guest main md5sum <"$dir/data"
	assert_output --partial "$(md5sum <"$dir/data" | cut -d' ' -f1)"
	run bash -c "md5sum < <(exec '$GUEST' -F '$dir/config' -S '$control' \
		main 'cat $dir/data')"
	assert_output --partial "$(md5sum <"$dir/data" | cut -d' ' -f1)"
	[[ -n ${HAWSER_SANITIZERS:-} ]] ||
		(($(sed -n 's/VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
			"/proc/$master_pid/status") < 40000))
	exec 7<&-
	wait "$guest_pid" || :
}

@test "guests that are killed leave nothing behind" {
	hawser_only # ssh waits for what does not read
	start_master
	guest main true
	fds=$(descriptors)
	for i in {1..18}; do
		start_guest main "echo there; exec sleep 60" \
			>"$tmp/out.$i"
		guests+=("$guest_pid")
	done
	for i in {1..18}; do
		# some of them at any moment of their beginning
		((i % 3 == 0)) || wait_until 10 grep -q there "$tmp/out.$i"
		kill -KILL "${guests[i - 1]}"
	done
	wait_until 10 has_descriptors "$fds"
	run guest main 'echo still'
	assert_output still
}

@test "sessions that end in all kinds of ways: nothing grows" {
	hawser_only
	run "$python" "$tests_dir/mux/torture.py" "$HAWSER" \
		--sessions 52 --first 26 --at-once 8 --memory 0
	assert_success
}

@test "who says nonsense is sent away, and nobody else" {
	hawser_only # ssh is less patient with some
	start_master
	start_guest main "echo in; until [ -e $tmp/go ]; do sleep .1; done
		exit 8" >"$tmp/guest"
	wait_until 10 grep -q in "$tmp/guest"
	fds=$(descriptors)
	run limited "$python" "$tests_dir/peers/fake_guest.py" "$control"
	assert_success
	assert_output - <<-END
		nothing: open
		no hello: closed
		two hellos: closed
		an old version: closed
		half an extension: closed
		huge: closed
		empty: closed
		short: closed
		no request: closed
		long string: closed
		nul in a string: closed
		half a variable: closed
		no descriptors: 80000003 closed
		unknown: 80000003 open
		a reply: 80000003 open
		no such port: 80000003 open
		no such kind: 80000003 open
		no place: 80000003 open
		long command: 80000006 closed
		long variable: 80000006 80000004 closed
		long terminal: 80000006 80000008 80000004 closed
		long host: 80000003 open
		long address: 80000003 open
		long path: 80000003 open
		two sessions: 80000006 80000003 open
	END
	wait_until 10 has_descriptors "$fds"
	touch "$tmp/go"
	guest_ends 8
}

@test "another user is sent away" {
	((EUID == 0)) || skip "needs root"
	control=$(mktemp -d /tmp/hawser-mux.XXXXXX)/c
	start_master
	chmod 711 "${control%/*}"
	chmod 666 "$control"
	run limited setpriv --reuid 54321 --regid 54321 --clear-groups \
		"$python" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.recv(100))' "$control"
	assert_output "b''"
	wait_until 5 grep -q 'multiplex uid mismatch' "$tmp/master"
	run guest main 'echo still'
	assert_output still
	end_master
	master_pid=
	rmdir "${control%/*}"
}

@test "who knows our number cannot keep us from our path" {
	hawser_only
	cat >"$tmp/expected" <<-'END'
		#!/bin/sh
		for i in - 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
			: >"$control.$(printf %x $$)$i"
		done
		exec "$program" "$@"
	END
	chmod +x "$tmp/expected"
	export control program=$HAWSER
	HAWSER=$tmp/expected start_master
	run guest -O check main
	assert_success
}

@test "masters that want the same path at once: there is one" {
	for i in {1..6}; do
		"$HAWSER" -F "$dir/config" -M -S "$control" main \
			"echo $i; until [ -e $tmp/go ]; do sleep .1; done" \
			>"$tmp/out.$i" 2>"$tmp/err.$i" </dev/null 3>&- &
		masters+=($!)
	done
	for i in {1..6}; do
		wait_until 20 grep -q . "$tmp/out.$i"
	done
	run grep -l 'already exists, disabling multiplexing' "$tmp"/err.*
	assert_equal "${#lines[@]}" 5
	run guest main 'echo shared'
	assert_output shared
	touch "$tmp/go"
	wait "${masters[@]}"
	run find "$tmp" -name 'c*'
	assert_output ''
}

@test "a socket that was left behind is replaced" {
	hawser_only
	start_master
	kill -KILL "$master_pid"
	wait "$master_pid" || :
	[[ -S $control ]]
	start_master
	wait_until 10 guest -O check main
	run guest main 'echo new'
	assert_output new
	run find "$tmp" -name 'c?*'
	assert_output ''
}

@test "what is no socket is left alone" {
	echo precious >"$control"
	run client -M -S "$control" main 'echo ran'
	assert_success
	assert_line ran
	assert_output --partial 'already exists, disabling multiplexing'
	assert_equal "$(<"$control")" precious
	hawser_only # ssh unlinks it
	run client -S "$control" -o ControlMaster=auto main 'echo ran'
	assert_line ran
	assert_equal "$(<"$control")" precious
}

@test "-L that was refused once may be asked for again" {
	hawser_only # ssh believes that it is there
	pick_port
	start_target taken "127.0.0.1:$free"
	start_target web
	way=(-L "127.0.0.1:$free:127.0.0.1:$(port web)")
	start_master "${way[@]}"
	wait_until 5 grep -q 'Could not request local forwarding' "$tmp/master"
	stop_server taken
	run guest -O forward "${way[@]}" main
	assert_success
	assert_output ''
	run traffic call "$free" name
	assert_output web
	run guest -O cancel "${way[@]}" main
	assert_success
	wait_until 5 listens_not "$free"
}

@test "a path where no socket can be" {
	run client -M -S "$tmp/none/c" main true
	assert_failure 255
	assert_output --partial 'cannot bind to path'
}

@test "the connection dies: guests end with the reason" {
	start_master
	server=$(guest main 'echo $PPID')
	start_guest main 'echo in; exec sleep 60' >"$tmp/guest" 2>"$tmp/why"
	wait_until 10 grep -q in "$tmp/guest"
	kill "$server"
	guest_ends 255
	wait_until 10 gone "$master_pid"
	refute [ -e "$control" ]
	is_ssh || grep -q 'closed by remote host' "$tmp/why"
	master_pid=
}

# left_behind VERB...: a guest that has ended, and a connection to the agent
# that stays, says "list:1" in $tmp/said, and says these once there is $tmp/go.
left_behind() {
	mkfifo "$tmp/pipe"
	cat "$tmp/pipe" >"$tmp/out" 3>&- &
	reader_pid=$!
	remember "$reader_pid"
	guest -A main "$python $tests_dir/peers/agent_talk.py list \
		await=$tmp/go $* >$tmp/said 2>&1 & until [ -s $tmp/said ]; do
		sleep .1; done; echo out" >"$tmp/pipe"
}

@test "a connection that outlives its guest has none of its descriptors" {
	start_agent agent id
	start_master -A -o IdentityAgent="$dir/agent.agent"
	left_behind unknown
	wait_until 5 gone "$reader_pid"
	assert_equal "$(<"$tmp/out")" out
	touch "$tmp/go"
	wait_until 5 grep -qx failure "$tmp/said"
}

@test "one that outlives its guest asks, nevertheless" {
	hawser_only
	start_agent agent id
	answers yes
	# what was freed is not what it was
	MALLOC_PERTURB_=165 start_master -A -o IdentityAgent="$dir/agent.agent" \
		-o ForwardAgentConfirm=yes -o BatchMode=no
	left_behind "sign=$dir/id.pub"
	touch "$tmp/go"
	wait_until 5 grep -qx signature "$tmp/said"
	grep -q 'Allow' "$tmp/questions"
}

# What the master itself is waiting for is asked for once more, and once only:
# the second would be refused for ever.
@test "a forwarding that the master waits for, and a guest asks for, too" {
	hawser_only
	start_raw taken silent
	there="127.0.0.1:$(port taken):x:1"
	start_master -o Reconnect=yes -o EventsFile="$tmp/events" -R "$there"
	wait_until 10 grep -q '"forward-failed"' "$tmp/events"
	run guest -O forward -R "$there" main
	assert_failure 255
	stop_server taken
	run guest -O forward -R "$there" main
	assert_success
	wait_until 10 grep -q '"ready"' "$tmp/events"
	run guest -O cancel -R "$there" main
	assert_success
	wait_until 5 listens_not "$(port taken)"
}

@test "ask: each is asked for, and one that is not wanted is told" {
	answers yes no yes no
	start_master -M
	run guest main 'echo allowed'
	assert_output allowed
	run guest main 'echo alone'
	assert_output --partial 'Permission denied'
	pick_port
	run guest -O forward -L "$free:127.0.0.1:1" main
	assert_success
	run guest -O exit main
	assert_failure 255
	assert_output --partial 'Permission denied'
	run cat "$tmp/questions"
	assert_line --index 0 --partial 'Allow shared connection to 127.0.0.1'
	assert_line --index 2 --partial 'Open local forward'
	assert_line --index 3 --partial 'Terminate shared connection'
}

@test "what runs on it: for people, and as JSON" {
	hawser_only
	pick_port
	start_master -L "$free:127.0.0.1:1"
	start_guest main "echo in; exec sleep 60 # 'x'" >"$tmp/guest"
	wait_until 10 grep -q in "$tmp/guest"
	run client -S "$control" -O list main
	assert_success
	assert_line --index 0 --regexp "^$user@127.0.0.1 by pid $master_pid since "
	assert_line --index 1 --regexp \
		"session 1: command of pid $guest_pid since .*, 3 bytes in, .*: echo"
	assert_line --index 2 --partial -- "-L $free [127.0.0.1]:1: 0 open"
	run client -S "$control" -O list-json main
	run "$python" -c 'import json, sys
d = json.loads(sys.argv[1])
s, = d["sessions"]
f, = d["forwards"]
print(d["pid"], s["pid"], s["kind"], s["command"], s["bytes_in"])
print(f["kind"], f["phase"], f["port"])' "$output"
	assert_output "$master_pid $guest_pid command echo in; exec sleep 60 # 'x' 3
local up $free"
	run client -S "$control" -O conninfo main
	assert_output --partial "hostkey ED25519 SHA256:"
	assert_output --partial "authenticated with publickey"
}
