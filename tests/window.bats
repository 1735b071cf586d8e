#!/usr/bin/env bats
# Receive windows over a long path, between two network namespaces.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	local wan

	suite_begin
	((EUID == 0)) && [[ -e /dev/net/tun ]] && ((${#WORLD[@]} > 0)) || return 0
	cc -O2 -o "$dir/wan" "$tests_dir/bench/wan.c" || return 0
	# it ends with its standard input
	mkfifo "$dir/wan.hold"
	launch wan '^ready' sh -c 'exec 5<>"$0"; exec "$1" 30 <&5' \
		"$dir/wan.hold" "$dir/wan" || return 0
	wan=/proc/$(server_pid wan)/fd
	WORLD=(nsenter --net="$wan/3" "${WORLD[@]}")
	echo "$wan/3" >"$dir/there"
	start_sshd far 'ListenAddress 10.77.0.1' 'LogLevel DEBUG2'
	start_sshd rekey 'ListenAddress 10.77.0.1' 'RekeyLimit 3M'
	echo "$wan/4" >"$dir/here"
	head -c 33554432 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only
	[[ -e $dir/here ]] || skip "needs root, /dev/net/tun and a compiler"
	: >"$dir/far.log"
}

# The largest amount by which the server's window grew at once, in KiB.
largest_step() {
	sed -n 's/.*rcvd adjust //p' "$dir/far.log" | sort -n | tail -n 1 |
		awk '{ printf "%d\n", $1 / 1024 }'
}

# The client at the other end of the path.
far() {
	local host=far

	[[ $1 != rekey ]] || host=rekey
	limited nsenter --net="$(<"$dir/here")" "$HAWSER" -F "$dir/config" \
		-o HostName=10.77.0.1 -o HostKeyAlias="[127.0.0.1]:$(port "$host")" \
		"$@"
}

@test "a window grows over a long path" {
	far far "cat $dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
	# from 2 MiB to 4 at least
	(($(largest_step) >= 2048))
}

@test "but not beyond ChannelWindowMax" {
	far -o ChannelWindowMax=1M far "cat $dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
	(($(largest_step) <= 1024))
}

@test "a forwarded connection's window grows too" {
	# -W is such a connection, to a server beside sshd
	launch web '^ready' nsenter --net="$(<"$dir/there")" "$python" -c '
import socket, sys
s = socket.create_server(("127.0.0.1", 4711))
print("ready", flush=True)
c = s.accept()[0]
c.sendall(open(sys.argv[1], "rb").read())
c.close()' "$dir/data"
	far far -W 127.0.0.1:4711 >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
	(($(largest_step) >= 2048))
}

@test "nothing is lost when keys change while it grows" {
	far rekey "cat $dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/rekey.log") > 5))
}
