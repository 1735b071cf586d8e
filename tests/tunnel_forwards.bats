#!/usr/bin/env bats
# Forwardings through a connection that is made again: who waits meanwhile, and
# what becomes of places to listen at on the server.

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
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only
}

teardown() {
	kill -CONT "$(server_pid sshd)"
	[[ -z ${client_pid:-} ]] || stop_client
}

# sever: the connection is gone, and the server does not answer until mend.
sever() {
	kill -STOP "$(server_pid sshd)"
	kill_sessions sshd
	client_said 'Connecting again'
}

mend() {
	kill -CONT "$(server_pid sshd)"
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
	for pid in $(descendants "$(server_pid sshd)"); do
		kill -STOP "$pid"
	done
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
