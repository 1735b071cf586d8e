#!/usr/bin/env bats
# Forwardings that listen here, -L and -W: every kind, against every server.

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	head -c 8388608 /dev/urandom >"$dir/data"
	start_target web 0 "$dir/web.sock"
	start_sshd sshd
	start_sshd rekey 'RekeyLimit 1M'
	! command -v dropbear >/dev/null || start_dropbear dropbear -W 1000000
	! has_go_server || start_go go
}

# tcp_to_tcp HOST
tcp_to_tcp() {
	needs_host "$1"
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" "$1"
	passes_http "$free"
	passes "$free"
}

@test "sshd: -L from a port to a port" {
	tcp_to_tcp sshd
}

@test "Dropbear: -L from a port to a port" {
	tcp_to_tcp dropbear
}

@test "Dropbear: a tunnel with small windows" {
	hawser_only
	needs_host dropbear
	pick_port
	start_tunnel "$free" -- -o ChannelWindowMax=64K \
		-L "$free:127.0.0.1:$(port web)" dropbear
	passes "$free"
}

@test "a Go server: -L from a port to a port" {
	tcp_to_tcp go
}

@test "-L to a name, on a given address, and to IPv6" {
	start_target six '[::1]:0'
	pick_port && one=$free
	pick_port && two=$free
	start_tunnel "$one" "$two" -- -L "127.0.0.1:$one:localhost:$(port web)" \
		-L "[::1]:$two:[::1]:$(port six)" sshd
	run traffic call "$one" name
	assert_output web
	run traffic call "[::1]:$two" name
	assert_output six
}

# to_socket HOST
to_socket() {
	needs_host "$1"
	pick_port
	start_tunnel "$free" "$dir/$1.here" -- -L "$free:$dir/web.sock" \
		-L "$dir/$1.here:$dir/web.sock" "$1"
	passes "$free"
	passes "$dir/$1.here"
}

@test "sshd: -L to a Unix socket, from a port and from a socket" {
	to_socket sshd
}

@test "a Go server: -L to a Unix socket, from a port and from a socket" {
	to_socket go
}

@test "-L from a Unix socket to a port; the socket goes with us" {
	start_tunnel "$dir/here" -- -L "$dir/here:127.0.0.1:$(port web)" sshd
	passes "$dir/here"
	assert_equal "$(stat -c %a "$dir/here")" 600
	stop_client
	[[ $(program) == *ssh || ! -e $dir/here ]]
}

@test "StreamLocalBindMask and StreamLocalBindUnlink" {
	"$python" -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/old"
	run_client -N -o ExitOnForwardFailure=yes \
		-L "$dir/old:$dir/web.sock" sshd
	assert_failure 255
	assert_stderr --regexp \
		"unix_listener: cannot bind to path $dir/old: Address .*in use"
	start_tunnel "$dir/old" -- -o StreamLocalBindUnlink=yes \
		-o StreamLocalBindMask=0117 -L "$dir/old:$dir/web.sock" sshd
	wait_until 10 eval '[[ $(stat -c %a "$dir/old") == 660 ]]'
	wait_until 10 traffic call "$dir/old" name
}

@test "-f: what is to be listened for is, also at a name" {
	start_dns 'late.example silent'
	pick_port
	client_at_home -F "$dir/config" -f -L "late.example:$free:$dir/web.sock" \
		sshd "until [ -e $tmp/end ]; do sleep 0.02; done" \
		>"$tmp/out" 2>&1 &
	wait_until 10 grep -q 'asked late.example' "$dir/dns.log"
	echo 'late.example A 127.0.0.1' >"$dir/zone"
	wait "$!"
	listens "$free"
	touch "$tmp/end"
	wait_until 10 listens_not "$free"
}

@test "LocalForward lines of a file, several at once, and \${...}" {
	pick_port && one=$free
	pick_port && two=$free
	{
		cat "$dir/config"
		printf 'Host sshd\n'
		printf '\tLocalForward %s 127.0.0.1:%s\n' "$one" "$(port web)"
		printf '\tLocalForward localhost:%s ${WEB_PLACE}/web.sock\n' "$two"
	} >"$tmp/config"
	export WEB_PLACE=$dir
	start_tunnel "$one" "$two" -- -F "$tmp/config" sshd
	run traffic call "$one" name
	assert_output web
	run traffic call "$two" name
	assert_output web
}

@test "a forwarding beside a command, which ends when both are over" {
	pick_port
	mkfifo "$tmp/go_on"
	exec 5<>"$tmp/go_on"
	start_client -L "$free:127.0.0.1:$(port web)" sshd \
		"read x <$tmp/go_on; echo done"
	wait_until 10 listens "$free"
	passes "$free"
	echo >&5
	client_status
	assert_equal "$status" 0
	assert_equal "$output" "done"
}

# --- -W -----------------------------------------------------------------------

# to_stdio HOST
to_stdio() {
	needs_host "$1"
	{
		echo up
		cat "$dir/data"
	} >"$tmp/in"
	run_client -W "127.0.0.1:$(port web)" "$1" <"$tmp/in"
	assert_success
	assert_output "8388608 $(sha256sum <"$dir/data" | cut -d' ' -f1)"
	echo name >"$tmp/in"
	run_client -W "localhost:$(port web)" "$1" <"$tmp/in"
	assert_output web
}

@test "sshd: -W" {
	to_stdio sshd
}

@test "Dropbear: -W" {
	to_stdio dropbear
}

@test "a Go server: -W" {
	to_stdio go
}

@test "-W ends when the target ends, whatever our input does" {
	mkfifo "$tmp/in"
	exec 5<>"$tmp/in"
	echo name >&5
	CLIENT_TIMEOUT=8 run_client -W "127.0.0.1:$(port web)" sshd <&5
	assert_success
	assert_output web
}

@test "-W to a place where nobody listens" {
	pick_port
	run_client -W "127.0.0.1:$free" sshd
	assert_failure 255
	assert_output ""
	assert_stderr --partial "open failed: connect failed: Connection refused"
	assert_stderr --partial "stdio forwarding failed"
}

@test "-W asks for no forwarding of a file, and runs no command" {
	pick_port
	echo name >"$tmp/in"
	run_client -o "LocalForward=$free 127.0.0.1:1" \
		-W "127.0.0.1:$(port web)" sshd <"$tmp/in"
	assert_output web
	assert_stderr ""
	run_client -W "127.0.0.1:$(port web)" sshd echo no
	assert_output ""
}

@test "-W as the ProxyCommand of ssh" {
	run limited /usr/bin/ssh -F "$dir/config" -o HostKeyAlias=rekey_host \
		-o StrictHostKeyChecking=no -o LogLevel=ERROR \
		-o "ProxyCommand=$HAWSER -F $dir/config -W 127.0.0.1:%p sshd" \
		rekey echo through
	assert_success
	assert_output through
}

# --- ends -----------------------------------------------------------------------

@test "a reset there ends the connection here, and here there" {
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	passes "$free" 1000
	before=$(descriptors)
	for _ in 1 2 3; do
		run traffic call "$free" reset
		assert_output ok
		run traffic call "$free" hold_reset
		assert_output ok
	done
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
	server_logged web 'hold ended'
	passes "$free" 1000
}

@test "a channel that the server closes ends the connection, idle as it is" {
	needs_host go
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" go
	passes "$free" 1000
	before=$(descriptors)
	stall held "$free" reset
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
}

@test "200 connections at once, of every kind" {
	pick_port
	start_tunnel "$free" "$dir/swarm" -- -L "$free:127.0.0.1:$(port web)" \
		-L "$dir/swarm:$dir/web.sock" sshd
	before=$(descriptors)
	CLIENT_TIMEOUT=60 run traffic swarm 200 400000 "$free" "$dir/swarm"
	assert_output '200 fine'
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
	still_there
}

@test "the server is told who connected" {
	pick_port && from=$free
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	run curl -sS --noproxy '*' --local-port "$from" -o "$tmp/got" \
		"http://127.0.0.1:$free/1024"
	assert_success
	server_logged sshd "originator 127.0.0.1 port $from, target 127.0.0.1"
	run_client -W "127.0.0.1:$(port web)" sshd <<<name
	assert_output web
	server_logged sshd "originator 127.0.0.1 port 65535, target 127.0.0.1"
}

@test "while keys change" {
	pick_port
	start_tunnel "$free" -- -o KexAlgorithms=curve25519-sha256 \
		-L "$free:127.0.0.1:$(port web)" rekey
	passes "$free" 8388608
	CLIENT_TIMEOUT=60 run traffic swarm 30 2000000 "$free"
	assert_output '30 fine'
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/rekey.log") > 20))
}

@test "256 MiB down" {
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	CLIENT_TIMEOUT=60 run traffic call "$free" down 268435456
	assert_output ok
}

@test "the server goes away with connections open" {
	start_sshd mortal
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" mortal
	stall held "$free" hold
	kill_sessions mortal
	client_status
	assert_equal "$status" 255
	wait_until 5 listens_not "$free"
	stop_server mortal
}

# --- limits ---------------------------------------------------------------------

@test "readers that are slow do not make us grow, and hold up nobody" {
	hawser_only
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "sanitizers take memory too"
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	stall held "$free" stuff
	passes "$free" 8388608
	(($(memory_of "$client_pid" VmHWM) < 65536)) ||
		fail "$(memory_of "$client_pid" VmHWM)"
}

@test "no descriptors left: accepting waits, and says so once" {
	hawser_only
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" sshd
	prlimit -p "$client_pid" --nofile="$(($(descriptors) + 3)):"
	for i in 1 2 3 4 5; do
		stall held.$i "$free" hold
	done
	client_said 'cannot accept connections for now: '
	before=$(ticks)
	sleep 0.5 # time in which it must be idle
	(($(ticks) - before < 20))
	assert_equal "$(grep -c 'cannot accept connections' "$tmp/err")" 1
	prlimit -p "$client_pid" --nofile=1024:
	run traffic call "$free" name
	assert_output web
}

# The processor time that the client has had, in hundredths of a second.
ticks() {
	local fields

	read -ra fields <"/proc/$client_pid/stat"
	echo $((fields[13] + fields[14]))
}

# --- sockets of others ----------------------------------------------------------

@test "listening sockets that we were started with" {
	hawser_only
	pick_port
	cat >"$tmp/start.py" <<-'END'
		import os, socket, sys
		s = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
		u = socket.socket(socket.AF_UNIX)
		u.bind(sys.argv[2])
		u.listen(8)
		a, b = os.dup(s.fileno()), os.dup(u.fileno())
		os.dup2(a, 3)
		os.dup2(b, 4)
		os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2")
		os.execv(sys.argv[3], sys.argv[3:])
	END
	setsid "$python" "$tmp/start.py" "$free" "$tmp/given" "$HAWSER" \
		-F "$dir/config" -N -o ExitOnForwardFailure=yes \
		-L "$free:127.0.0.1:$(port web)" \
		-L "$tmp/given:127.0.0.1:$(port web)" sshd \
		>"$tmp/out" 2>"$tmp/err" 3>&- &
	client_pid=$!
	remember "$client_pid"
	wait_until 10 listens "$free"
	passes "$free"
	passes "$tmp/given"
}

@test "systemd-socket-activate starts us with the first connection" {
	hawser_only
	command -v systemd-socket-activate >/dev/null || skip "not here"
	pick_port
	setsid systemd-socket-activate -l "127.0.0.1:$free" "$HAWSER" \
		-F "$dir/config" -N -L "$free:127.0.0.1:$(port web)" sshd \
		>"$tmp/out" 2>"$tmp/err" 3>&- &
	client_pid=$!
	remember "$client_pid"
	wait_until 10 listens "$free"
	passes "$free"
}
