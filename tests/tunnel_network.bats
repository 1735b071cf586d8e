#!/usr/bin/env bats
# Reconnect, and what is between us and the server: jump hosts, silence, the
# network of this machine.
#
# shellcheck disable=SC2154

load lib/suite
load lib/forward
load lib/tunnel

setup_file() {
	suite_begin
	start_target web
	start_sshd first
	start_sshd second
	start_sshd main
	cp "$dir/authorized_keys" "$dir/all_keys"
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
	pick_port
	listen=$free
	quick=(-o Reconnect=yes -o ReconnectDelay="0.1 0.5")
	cp "$dir/all_keys" "$dir/authorized_keys"
}

teardown() {
	local pid

	[[ -z ${client_pid:-} ]] || kill "$client_pid" 2>/dev/null || :
	for pid in ${stopped:-}; do
		kill -CONT "$pid" 2>/dev/null || :
	done
}

tunnel() {
	start_client "${quick[@]}" -N -L "$listen:127.0.0.1:$(port web)" "$@"
	wait_until 10 serves "$listen"
}

# logged_in FIRST SECOND MAIN: so often since the beginning of the test.
logged_in() {
	local now

	mapfile -t now < <(logins first second main)
	assert_equal "$((now[0] - before[0])) $((now[1] - before[1])) $((now[2] - before[2]))" "$*"
}

@test "of a chain, only what has failed is made again" {
	mapfile -t before < <(logins first second main)
	tunnel -J first,second main
	kill_sessions main
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
	logged_in 1 1 2
	kill_sessions second
	wait_until 10 said 2 '^Connected again'
	wait_until 10 serves "$listen"
	logged_in 1 2 3
	kill_sessions first
	wait_until 10 said 3 '^Connected again'
	wait_until 10 serves "$listen"
	logged_in 2 3 4
	kill -HUP "$client_pid"
	wait_until 10 said 4 '^Connected again'
	logged_in 3 4 5
}

@test "a jump host stays while the server behind it is down" {
	local before

	before=$(logins first)
	tunnel -J first main
	lose main
	wait_until 10 said 3 'connect failed: Connection refused'
	again main
	wait_until 10 serves "$listen"
	assert_equal "$(logins first)" $((before + 1))
}

@test "a jump host that fails while nobody needs it is told of once" {
	quick=(-o Reconnect=yes -o ReconnectDelay="600 600")
	mapfile -t before < <(logins first second main)
	tunnel -J first main
	kill_sessions main
	wait_until 10 said 1 '^Connecting again in'
	kill_sessions first
	wait_until 10 said 2 'closed by remote host'
	kill -HUP "$client_pid"
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
	logged_in 2 0 2
	assert_equal "$(grep -c 'closed by remote host' "$tmp/err")" 2
}

@test "a jump host that lets us in no more is the end" {
	tunnel -J first main
	: >"$dir/authorized_keys"
	kill_sessions first
	client_status
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey)'
	assert_equal "$(grep -c '^Connecting again in' "$tmp/err")" 1
}

@test "a server that accepts and says nothing is tried again" {
	tunnel -o ConnectTimeout=1 main
	stopped=$(server_pid main)
	kill -STOP "$stopped"
	kill_sessions main
	wait_until 10 said 1 'timed out during banner exchange'
	kill -CONT "$stopped"
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
}

@test "one behind a jump host, too, which is kept" {
	mapfile -t before < <(logins first second main)
	tunnel -o ConnectTimeout=1 -J first main
	stopped=$(server_pid main)
	kill -STOP "$stopped"
	kill_sessions main
	wait_until 10 said 1 'timed out during banner exchange'
	kill -CONT "$stopped"
	wait_until 10 said 1 '^Connected again'
	wait_until 10 serves "$listen"
	logged_in 1 0 2
}

state_is() {
	grep -qs "\"state\": *\"$1\"" "$tmp/status"
}

@test "silence is told, and its end" {
	tunnel -o ServerAliveInterval=1 -o ServerAliveCountMax=100 \
		-o StatusFile="$tmp/status" main
	wait_until 10 state_is ready
	stopped=$(descendants "$(server_pid main)")
	# shellcheck disable=SC2086 # numbers
	kill -STOP $stopped
	wait_until 10 state_is silent
	# shellcheck disable=SC2086
	kill -CONT $stopped
	wait_until 10 state_is ready
}

# The program and a server, "inside", have a network of their own.
network_begin() {
	local pid

	network_enter
	pid=$(server_pid network)
	enter=(nsenter -t "$pid" -n)
	printf '#!/bin/sh\nexec nsenter -t %s -n "%s" "$@"\n' "$pid" "$HAWSER" \
		>"$tmp/hawser"
	chmod +x "$tmp/hawser"
	HAWSER=$tmp/hawser
	start_sshd inside
	quick=(-o Reconnect=yes -o ReconnectDelay="600 600"
		-o ServerAliveInterval=2 -o ServerAliveCountMax=1000)
}

ip_inside() {
	"${enter[@]}" ip "$@"
}

# hold ARGUMENT...: until we are logged in.
hold() {
	start_client "${quick[@]}" "$@"
	wait_until 10 grep -q '^Accepted publickey' "$dir/inside.log"
}

@test "when the network changes, nobody waits for the next attempt" {
	network_begin
	hold -N inside
	lose inside
	wait_until 10 said 1 '^Connecting again in'
	again inside
	ip_inside address add 192.0.2.78/32 dev lo
	wait_until 10 said 1 '^Connected again'
}

# connects COUNT: has it begun so often?
connects() {
	[[ $(grep -c '"event":"connecting"' "$tmp/events") -ge $1 ]]
}

@test "when the network changes, an attempt that is stuck is begun anew" {
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "ASan wants to be first"
	network_begin
	"${CC:-cc}" -shared -fPIC -o "$tmp/clock.so" "$tests_dir/peers/clock.c"
	echo 0 >"$tmp/step"
	export LD_PRELOAD=$tmp/clock.so UPTIME_STEP=$tmp/step
	hold -N -L "$tmp/way:127.0.0.1:1" -o EventsFile="$tmp/events" inside
	unset LD_PRELOAD
	wait_until 10 grep -q '"event":"ready"' "$tmp/events"
	"${enter[@]}" tc qdisc replace dev lo root blackhole ||
		skip "needs a black hole"
	kill -HUP "$client_pid"
	wait_until 10 connects 2
	# it is stuck once it has been for five seconds
	echo 6 >"$tmp/step"
	ip_inside address add 192.0.2.78/32 dev lo
	wait_until 5 connects 3
}

@test "a connection whose address is gone is lost at once" {
	network_begin
	hold -N -b 192.0.2.77 inside
	ip_inside address delete 192.0.2.77/32 dev lo
	wait_until 10 said 1 'the address that it has here is gone'
	ip_inside address add 192.0.2.77/32 dev lo
	wait_until 10 said 1 '^Connected again'
}

# An address that is asked for again, after its cable was out: of a connection to
# a server by another address of the same machine.
@test "an IPv6 address that is looked for elsewhere is not gone" {
	network_begin
	ip_inside link add v0 type veth peer name v1 ||
		skip "needs pairs of interfaces"
	"${enter[@]}" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/v0/keep_addr_on_down
		echo 0 >/proc/sys/net/ipv6/conf/v0/accept_dad' ||
		skip "needs IPv6"
	ip_inside link set v1 up
	ip_inside link set v0 up
	ip_inside address add 2001:db8::77/64 dev v0
	pick_port
	launch gate 'listening on' "${enter[@]}" socat -d -d \
		"TCP6-LISTEN:$free,bind=[::1],fork" "TCP4:127.0.0.1:$(port inside)"
	quick[5]=ServerAliveInterval=60
	hold -v -N -b 2001:db8::77 -o HostName=::1 -o Port="$free" \
		-o HostKeyAlias="[127.0.0.1]:$(port inside)" inside
	wait_until 10 said 1 'Entering interactive session'
	"${enter[@]}" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/v0/accept_dad'
	ip_inside link set v0 down
	wait_until 10 said 1 'The network of this machine has changed'
	ip_inside address show dev v0 | grep -q tentative
	ip_inside address delete 2001:db8::77/64 dev v0
	wait_until 10 said 1 'the address that it has here is gone'
	(($(sed '/is gone/q' "$tmp/err" | grep -c 'machine has changed') > 1))
}

@test "when the network changes, who does not answer is missed at once" {
	network_begin
	hold -N inside
	stopped=$(descendants "$(server_pid inside)")
	# shellcheck disable=SC2086 # numbers
	kill -STOP $stopped
	ip_inside address add 192.0.2.78/32 dev lo
	wait_until 10 said 1 'server 127.0.0.1 not responding'
}

@test "data that is not even acknowledged ends a connection" {
	network_begin
	hold -N -L "$tmp/way:127.0.0.1:1" inside
	wait_until 10 test -S "$tmp/way"
	# libssh2 sends one opening of a channel at a time
	socat -u OPEN:/dev/null UNIX-CONNECT:"$tmp/way"
	wait_until 10 said 1 'open failed'
	"${enter[@]}" tc qdisc replace dev lo root blackhole ||
		skip "needs a black hole"
	socat -u OPEN:/dev/null UNIX-CONNECT:"$tmp/way"
	wait_until 15 said 1 'server 127.0.0.1 not responding'
}
