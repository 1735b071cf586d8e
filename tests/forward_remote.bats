#!/usr/bin/env bats
# Forwardings that listen on the server, -R: every kind, against every server.

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
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" "$1"
	passes_http "$free"
	passes "$free"
	assert_equal "$(<"$tmp/err")" ""
}

@test "sshd: -R to a port" {
	tcp_to_tcp sshd
}

@test "Dropbear: -R to a port" {
	tcp_to_tcp dropbear
}

@test "a Go server: -R to a port" {
	tcp_to_tcp go
}

# to_socket HOST
to_socket() {
	needs_host "$1"
	pick_port
	start_tunnel "$free" -- -R "$free:$dir/web.sock" "$1"
	passes "$free"
}

@test "sshd: -R to a Unix socket" {
	to_socket sshd
}

@test "Dropbear: -R to a Unix socket" {
	to_socket dropbear
}

@test "a Go server: -R to a Unix socket" {
	to_socket go
}

# allocated HOST: ports that the server chooses, several at once.
allocated() {
	local web sock=web.sock

	needs_host "$1"
	web=127.0.0.1:$(port web)
	start_tunnel -- -R "0:$web" -R "127.0.0.1:0:$dir/$sock" "$1"
	free=$(allocated_port "$web")
	passes "$free"
	free=$(allocated_port "$dir/$sock")
	passes "$free"
}

@test "sshd: -R 0" {
	allocated sshd
}

@test "a Go server: -R 0" {
	allocated go
}

@test "several on given ports and hosts, and RemoteForward" {
	start_target other
	pick_port && one=$free
	pick_port && two=$free
	pick_port && three=$free
	pick_port
	start_tunnel "$one" "$two" "$three" "$free" -- \
		-R "localhost:$one:localhost:$(port web)" \
		-R "127.0.0.1:$two:127.0.0.1:$(port other)" \
		-R ":$three:127.0.0.1:$(port web)" \
		-o "RemoteForward=*:$free 127.0.0.1:$(port other)" sshd
	for place in "$one=web" "$two=other" "$three=web" "$free=other"; do
		run traffic call "${place%=*}" name
		assert_output "${place#*=}"
	done
}

@test "connections that come before the target is there are refused, once told" {
	hawser_only
	pick_port && nobody=$free
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$nobody" sshd
	for _ in 1 2 3; do
		run traffic call "$free" refused
		assert_output ok
	done
	client_said 'Connection refused'
	assert_equal "$(grep -c 'Connection refused' "$tmp/err")" 1
	start_target later "$nobody"
	run traffic call "$free" name
	assert_output later
	stop_server later
	run traffic call "$free" refused
	assert_output ok
	wait_until 5 eval \
		'(($(grep -c "Connection refused" "$tmp/err") == 2))'
}

@test "a target that refuses, in ssh's words" {
	pick_port && nobody=$free
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$nobody" \
		-R "0:$dir/no.sock" sshd
	run traffic call "$free" refused
	assert_output ok
	client_said "connect_to 127.0.0.1 port $nobody: failed"
	run traffic call "$(allocated_port "$dir/no.sock")" refused
	assert_output ok
	client_said "$dir/no.sock"
	client_said "failed: No such file or directory"
}

@test "a forwarding beside a command" {
	pick_port
	mkfifo "$tmp/go_on"
	exec 5<>"$tmp/go_on"
	start_client -R "$free:127.0.0.1:$(port web)" sshd \
		"read x <$tmp/go_on; echo done"
	wait_until 10 listens "$free"
	passes "$free"
	echo >&5
	client_status
	assert_equal "$status" 0
	assert_equal "$output" "done"
	wait_until 5 listens_not "$free"
}

@test "a command that runs at once finds its forwarding there" {
	pick_port
	run_client -R "$free:127.0.0.1:$(port web)" sshd \
		"'$python' '$tests_dir/peers/traffic.py' call $free name"
	assert_success
	assert_output web
}

# --- ends -----------------------------------------------------------------------

@test "a reset there ends the connection here, and here there" {
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" sshd
	passes "$free" 1000
	before=$(descriptors)
	for _ in 1 2 3; do
		run traffic call "$free" reset
		assert_output ok
		run traffic call "$free" hold_reset
		assert_output ok
	done
	server_logged web 'hold ended'
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
	passes "$free" 1000
}

# swarm HOST COUNT
swarm() {
	needs_host "$1"
	pick_port && one=$free
	pick_port
	start_tunnel "$free" "$one" -- -R "$free:127.0.0.1:$(port web)" \
		-R "$one:$dir/web.sock" "$1"
	before=$(descriptors)
	CLIENT_TIMEOUT=60 run traffic swarm "$2" 400000 "$free" "$one"
	assert_output "$2 fine"
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
	still_there
}

@test "sshd: 200 connections at once, of every kind" {
	swarm sshd 200
}

@test "Dropbear: 60 connections at once, of every kind" {
	swarm dropbear 60
}

@test "a Go server: 100 connections at once, of every kind" {
	swarm go 100
}

logged_times() {
	(($(grep -cF -- "$1" "$tmp/err") == $2))
}

@test "no more than 64 wait for a target at once, and the others for them" {
	needs_native # libssh2 does not log them
	hawser_only
	start_slow
	pick_port
	start_tunnel "$free" -- -v -R "$free:127.0.0.1:$slow" sshd
	"$python" -c '
import socket, sys, time
all = [socket.create_connection(("127.0.0.1", int(sys.argv[1])))
       for i in range(80)]
time.sleep(60)' "$free" >/dev/null 2>&1 3>&- &
	remember $!
	wait_until 10 logged_times 'ctype forwarded-tcpip' 80
	wait_until 10 logged_times 'Connection to remote' 64
	kill "$slow_pid"
	wait_until 10 logged_times 'Connection to remote' 80
}

@test "while keys change" {
	pick_port
	start_tunnel "$free" -- -o KexAlgorithms=curve25519-sha256 \
		-R "$free:127.0.0.1:$(port web)" rekey
	passes "$free" 8388608
	CLIENT_TIMEOUT=60 run traffic swarm 30 2000000 "$free"
	assert_output '30 fine'
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/rekey.log") > 20))
}

@test "256 MiB up" {
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" sshd
	CLIENT_TIMEOUT=60 run traffic call "$free" up 268435456
	assert_output ok
}

@test "readers that are slow do not make us grow, and hold up nobody" {
	hawser_only
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "sanitizers take memory too"
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" sshd
	for i in 1 2 3; do
		stall held.$i "$free" stuff
	done
	"$python" -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"deaf\n")
s.settimeout(2)
try:
    while True: s.sendall(b"x" * 65536)
except TimeoutError: pass' "$free"
	passes "$free" 8388608
	(($(memory_of "$client_pid" VmHWM) < 65536)) ||
		fail "$(memory_of "$client_pid" VmHWM)"
}

@test "the server goes away with connections open, and comes back" {
	start_sshd mortal
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" mortal
	stall held "$free" hold
	kill_sessions mortal
	client_status
	assert_equal "$status" 255
	wait_until 5 listens_not "$free"
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" mortal
	run traffic call "$free" name
	assert_output web
	stop_client
	stop_server mortal
}

# --- Unix sockets on the server -----------------------------------------------------

# sshd leaves its sockets behind, and will not take another's place.
no_sockets() {
	rm -f "$dir/there" "$dir/there.2"
}

@test "-R from a Unix socket to a port, and to a Unix socket" {
	needs_native
	no_sockets
	start_tunnel "$dir/there" "$dir/there.2" -- \
		-R "$dir/there:127.0.0.1:$(port web)" \
		-o "RemoteForward=$dir/there.2 $dir/web.sock" sshd
	before=$(descriptors)
	passes "$dir/there" 8388608
	passes "$dir/there.2"
	CLIENT_TIMEOUT=60 run traffic swarm 60 400000 "$dir/there" "$dir/there.2"
	assert_output '60 fine'
	wait_until 10 descriptors_are "$before" || fail "$(descriptors)"
	assert_equal "$(<"$tmp/err")" ""
}

@test "AsyncSSH: -R from a port, and from a Unix socket" {
	needs_native
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh asides asides
	no_sockets
	pick_port
	start_tunnel "$free" "$dir/there" -- -R "$free:127.0.0.1:$(port web)" \
		-R "$dir/there:127.0.0.1:$(port web)" asides
	passes "$free"
	passes "$dir/there"
}

@test "a dynamic -R on a Unix socket" {
	needs_native
	hawser_only
	no_sockets
	start_tunnel "$dir/there" -- -R "$dir/there" sshd
	run limited "$python" "$tests_dir/peers/socks.py" "$dir/there" 5name \
		localhost "$(port web)"
	assert_output web
}

@test "a Unix socket that the server cannot have, in ssh's words" {
	needs_native
	no_sockets
	touch "$dir/there"
	run_client -R "$dir/there:127.0.0.1:$(port web)" sshd echo went on
	assert_success
	assert_output "went on"
	assert_stderr \
		"Warning: remote port forwarding failed for listen path $dir/there"
	run_client -N -o ExitOnForwardFailure=yes \
		-R "$dir/there:127.0.0.1:$(port web)" sshd
	assert_failure 255
	assert_stderr \
		"Error: remote port forwarding failed for listen path $dir/there"
}

@test "libssh2 cannot ask for a Unix socket, and says so" {
	hawser_only
	needs_libssh2
	no_sockets
	run_client -N -o Engine=libssh2 -o ExitOnForwardFailure=yes \
		-R "$dir/there:127.0.0.1:$(port web)" sshd
	assert_failure 255
	assert_stderr --partial \
		"remote port forwarding failed for listen path $dir/there"
	assert_stderr --partial "not possible with this Engine"
	run_client -o Engine=libssh2 -R "$dir/there:127.0.0.1:$(port web)" \
		sshd echo went on
	assert_success
	assert_output "went on"
	assert_stderr --partial \
		"Warning: remote port forwarding failed for listen path $dir/there"
}

# --- what is known of a connection --------------------------------------------------

@test "who connected to the server is logged" {
	needs_native
	pick_port
	start_tunnel "$free" -- -v -R "$free:127.0.0.1:$(port web)" sshd
	run traffic call "$free" name
	assert_output web
	client_said "listen localhost port $free, originator 127.0.0.1 port "
}

# --- answers ------------------------------------------------------------------------

@test "a port of which the server says nothing is a failure" {
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh big portless 70000
	start_asyncssh portless portless
	run_client -R 0:127.0.0.1:1 big true
	assert_success
	assert_stderr "$(
		cat <<-END
			Invalid allocated port 70000 for remote forward to 127.0.0.1:1
			Warning: remote port forwarding failed for listen port 0
		END
	)"
	for host in big portless; do
		run_client -o ExitOnForwardFailure=yes -R 0:127.0.0.1:1 $host true
		assert_equal "$status" 255
		refute_stderr --partial Allocated
	done
}
