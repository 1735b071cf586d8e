#!/usr/bin/env bats
# Forwardings through a connection that is made again: who waits meanwhile, and
# what becomes of places to listen at on the server.
#
# Quoted $ are for eval; Bats has variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	cat >>"$dir/config" <<-END
		Reconnect yes
		ReconnectDelay 0.1 0.2
	END
	start_target web
	start_sshd sshd
	start_sshd local 'AllowTcpForwarding local'
	start_sshd slow "ForceCommand exec $dir/slow"
	# a command waits a while for what is said to be ready without it
	cat >"$dir/slow" <<-END
		#!/bin/sh
		for _ in 1 2 3 4 5 6 7 8; do
			test ! -s "$dir/slow.ready" || : >"$dir/slow.early"
			sleep 0.1
		done
		eval "\$SSH_ORIGINAL_COMMAND"
	END
	chmod +x "$dir/slow"
	for key in picky forced bound; do
		make_key "$key" ed25519
	done
	cat >>"$dir/authorized_keys" <<-END
		permitlisten="1" $(<"$dir/picky.pub")
		command="echo hawser-server 1 0 x" $(<"$dir/forced.pub")
		permitopen="localhost:1" $(<"$dir/bound.pub")
	END
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only
}

teardown() {
	[[ -z ${client_pid:-} ]] || stop_client
	mend
}

# sessions SIGNAL: send it to what the server has started for connections.
sessions() {
	local pid

	for pid in $(descendants "$(server_pid sshd)"); do
		kill -s "$1" "$pid" 2>/dev/null || true
	done
}

# sever: the connection is gone, and the server does not answer until mend.
sever() {
	kill -STOP "$(server_pid sshd)"
	kill_sessions sshd
	client_said 'Connecting again'
}

mend() {
	sessions CONT
	kill -CONT "$(server_pid sshd)"
}

# stale: the server's side of the connection does not notice that it is over,
# and keeps its ports, until mend.
stale() {
	sessions STOP
	kill -HUP "$client_pid"
}

# come NAME ADDRESS VERB: a connection, in the background, with its answer in
# $tmp/NAME.
come() {
	traffic call "$2" "$3" >"$tmp/$1" 2>&1 &
	come_pid=$!
}

# How many connections has the client taken in?
taken() {
	local count

	count=$(find "/proc/$client_pid/fd" -lname 'socket:*' | wc -l)
	echo "$count"
}

took() {
	(($(taken) >= $1))
}

@test "who comes while there is no connection is let in by the next one" {
	pick_port && one=$free
	pick_port
	start_tunnel "$free" "$one" -- -L "$free:127.0.0.1:$(port web)" \
		-D "$one" sshd
	run traffic call "$free" name
	assert_output web
	sever
	before=$(taken)
	for i in 1 2 3; do
		come "$i" "$free" name
	done
	curl -sS --noproxy '' -x "socks5h://127.0.0.1:$one" -o "$tmp/socks" \
		"http://127.0.0.1:$(port web)/1000" &
	socks_pid=$!
	wait_until 10 took $((before + 4))
	mend
	wait_until 20 eval '(($(cat "$tmp"/[123] | grep -c web) == 3))' ||
		fail "$(<"$tmp/err")"
	wait "$socks_pid"
	assert_equal "$(wc -c <"$tmp/socks")" 1000
}

@test "who has come just before the loss is let in, too" {
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	run traffic call "$free" name
	assert_output web
	kill -STOP "$(server_pid sshd)"
	sessions STOP
	before=$(taken)
	come 1 "$free" name
	wait_until 10 took $((before + 1))
	kill_sessions sshd
	client_said 'Connecting again'
	mend
	wait "$come_pid"
	assert_equal "$(<"$tmp/1")" web
}

@test "ReconnectHold: nobody waits for longer" {
	pick_port
	start_tunnel "$free" -- -o ReconnectHold=1 \
		-L "$free:127.0.0.1:$(port web)" sshd
	sever
	run traffic call "$free" refused
	assert_output ok
	still_there
}

@test "-R: a port that is in use is waited for" {
	pick_port
	start_target stranger "$free"
	start_client -N -R "127.0.0.1:$free:127.0.0.1:$(port web)" sshd
	client_said "remote port forwarding failed for listen port $free"
	client_said "waiting for listen port $free"
	stop_server stranger
	client_said 'the server listens again'
	run traffic call "$free" name
	assert_output web
}

@test "-R: a port that the connection before still has is waited for" {
	pick_port
	start_client -N -R "$free:127.0.0.1:$(port web)" sshd
	wait_until 10 listens "$free"
	run traffic call "$free" name
	assert_output web
	stale
	client_said "waiting for listen port $free"
	mend
	client_said 'the server listens again'
	run traffic call "$free" name
	assert_output web
}

@test "-R: with ExitOnForwardFailure, it counts as a lost connection" {
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" sshd
	run traffic call "$free" name
	assert_output web
	stale
	client_said "Error: remote port forwarding failed for listen port $free"
	mend
	client_said 'Connected again.'
	run traffic call "$free" name
	assert_output web
}

@test "-R 0: the next connection has the port of the one before" {
	start_tunnel -- -R "0:127.0.0.1:$(port web)" sshd
	free=$(allocated_port "127.0.0.1:$(port web)")
	kill -HUP "$client_pid"
	client_said 'Connected again.'
	run traffic call "$free" name
	assert_output web
}

# as_key NAME: $tmp/config logs in with this key.
as_key() {
	sed "s|^IdentityFile.*|IdentityFile $dir/$1|" "$dir/config" >"$tmp/config"
}

# forbids REASON ARGUMENT...
forbids() {
	pick_port
	run_client -N -o ReconnectFirst=yes -o ExitOnForwardFailure=yes \
		-R "$free:127.0.0.1:1" "${@:2}"
	assert_failure 255
	assert_stderr "Error: remote port forwarding failed for listen port $free: $1"
}

@test "-R: what the server forbids is not asked for again" {
	forbids 'Server has disabled port forwarding.' local
	as_key picky
	forbids 'port forwarding refused' -F "$tmp/config" sshd
	start_client -N -R "$free:127.0.0.1:1" local
	client_said 'the server forbids it: Server has disabled port forwarding.'
	refute grep -q waiting "$tmp/err"
}

@test "TakeOverListener: the process before, which stands still, is ended" {
	pick_port
	start_tunnel "$free" -- -v -o TakeOverListener=yes \
		-R "$free:127.0.0.1:$(port web)" sshd
	client_said 'of the server listens for us'
	stale
	client_said 'which listened for the connection before, was ended.'
	client_said 'Connected again.'
	run traffic call "$free" name
	assert_output web
	refute grep -q 'Error: remote port' "$tmp/err"
}

@test "TakeOverListener: never what has come in its place" {
	pick_port
	start_client -N -v -o TakeOverListener=yes \
		-R "127.0.0.1:$free:127.0.0.1:$(port web)" sshd
	client_said 'of the server listens for us'
	sever
	wait_until 5 listens_not "$free"
	start_target stranger "$free"
	mend
	client_said 'is not there any more'
	run traffic call "$free" name
	assert_output stranger
	stop_server stranger
	client_said 'the server listens again'
	run traffic call "$free" name
	assert_output web
}

@test "TakeOverListener: nothing is ready before it is known who listens" {
	start_tunnel -- -v -o TakeOverListener=yes -o ReadyFd=7 \
		-R "0:127.0.0.1:$(port web)" slow 7>"$dir/slow.ready"
	client_said 'of the server listens for us'
	wait_until 10 test -s "$dir/slow.ready"
	refute [ -e "$dir/slow.early" ]
}

@test "TakeOverListener: a server that runs no commands is told of once" {
	pick_port
	as_key forced
	start_client -N -F "$tmp/config" -o TakeOverListener=yes \
		-R "$free:127.0.0.1:$(port web)" sshd
	client_said 'no process can be recognised on the server'
	kill -HUP "$client_pid"
	client_said 'Connected again.'
	run traffic call "$free" name
	assert_output web
	assert_equal "$(grep -c recognised "$tmp/err")" 1
}

# checked LANE N: has it been found to be right so often?
checked() {
	(($(grep -cF "forwarding $1: checked" "$tmp/err") >= $2))
}

@test "CheckForwards: -R and -L that work, and their targets see nothing of it" {
	pick_port && one=$free
	pick_port && nobody=$free
	pick_port
	start_client -N -v -o CheckForwards=1 -R "$free:127.0.0.1:$nobody" \
		-R "0:127.0.0.1:$nobody" -L "$one:127.0.0.1:$(port web)" sshd
	for lane in "$free [127.0.0.1]:$nobody" "0 [127.0.0.1]:$nobody" \
		"$one [127.0.0.1]:$(port web)"; do
		wait_until 20 checked "$lane" 2 || fail "$lane: $(<"$tmp/err")"
	done
	refute grep -q "$nobody.*refused" "$tmp/err"
}

@test "CheckForwards: a -R that the server only says it listens for is dead" {
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh hollow portless
	pick_port
	start_client -N -o CheckForwards=1 -R "$free:127.0.0.1:1" hollow
	client_said "forwarding $free [127.0.0.1]:1 is dead: "
	client_said 'Connecting again'
}

@test "CheckForwards: a server that does not let us look is told of once" {
	pick_port
	as_key bound
	start_client -N -v -F "$tmp/config" -o CheckForwards=1 \
		-R "$free:127.0.0.1:$(port web)" \
		-L "$tmp/local:localhost:1" sshd
	client_said "forwarding $free [127.0.0.1]:$(port web): it cannot be checked"
	run traffic call "$free" name
	assert_output web
	assert_equal "$(grep -c 'cannot be checked' "$tmp/err")" 1
	still_there
}

@test "CheckForwards: a target of -L that comes and goes" {
	pick_port && target=$free
	pick_port
	start_tunnel "$free" -- -o CheckForwards=1 \
		-L "$free:127.0.0.1:$target" sshd
	client_said "127.0.0.1:$target: channel"
	start_target late "$target"
	client_said 'works again'
	stop_server late
	wait_until 10 eval '(($(grep -c "open failed" "$tmp/err") == 2))'
	still_there
}
