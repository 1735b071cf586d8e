# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# forward - forwardings, and what is sent through them: tests/peers/traffic.py
# is both the targets and their clients.

# start_target NAME [ADDRESS]...: a server that tells NAME when it is asked.
start_target() {
	local name=$1

	shift
	launch "$name" '^ready' "$python" "$tests_dir/peers/traffic.py" \
		serve "$name" "$@"
	told_port "$name" | head -n 1 >"$dir/$name.port"
}

# start_slow: a server whose port is $slow, and which accepts once there is
# $tmp/go.
start_slow() {
	cat >"$tmp/slow.py" <<-'END'
		import os, socket, sys, time
		s = socket.create_server(("127.0.0.1", 0), backlog=0)
		filler = socket.create_connection(s.getsockname())
		print(s.getsockname()[1], flush=True)
		while not os.path.exists(sys.argv[1]):
		    time.sleep(0.05)
		s.accept()
		c, _ = s.accept()
		c.sendall(b"slow " + c.makefile("rb").readline())
	END
	"$python" "$tmp/slow.py" "$tmp/go" >"$tmp/slow" 2>/dev/null 3>&- &
	slow_pid=$!
	remember "$slow_pid"
	wait_until 10 test -s "$tmp/slow"
	slow=$(<"$tmp/slow")
}

# One connection, or many: see traffic.py.
traffic() {
	limited "$python" "$tests_dir/peers/traffic.py" "$@"
}

# stall NAME ADDRESS VERB: a connection that says this and then does nothing
# until the end of the suite; there once its verb was sent.
stall() {
	"$python" "$tests_dir/peers/traffic.py" stall "${@:2}" \
		>"$tmp/$1" 2>&1 3>&- &
	remember $!
	wait_until 10 grep -q ready "$tmp/$1"
}

# passes ADDRESS [SIZE]: bytes pass both ways, with each way of ending.
passes() {
	local verb

	for verb in up down both; do
		run traffic call "$1" "$verb" "${2:-300000}"
		assert_output ok
	done
}

# passes_http PORT [CURL OPTION]...: HTTP both ways, from 1 KiB on.
passes_http() {
	local size not='*'

	(($# == 1)) || not=

	for size in 1024 65536 8388608; do
		head -c $size "$dir/data" >"$tmp/part"
		run curl -sS --noproxy "$not" -T "$tmp/part" \
			"${@:2}" "http://127.0.0.1:$1/"
		assert_output "$(sha256sum <"$tmp/part" | cut -d' ' -f1)"
		run curl -sS --noproxy "$not" -o "$tmp/got" "${@:2}" \
			"http://127.0.0.1:$1/$size"
		assert_success
		assert_equal "$(sha256sum <"$tmp/got")" "$(flow_sum $size)"
	done
}

# What sha256sum says of the first SIZE bytes that traffic.py sends.
flow_sum() {
	[[ -e $dir/flow.$1 ]] || curl -sS --noproxy '*' -o "$dir/flow.$1" \
		"http://127.0.0.1:$(port web)/$1"
	sha256sum <"$dir/flow.$1"
}

# Set $free to a port on which nobody listens; servers have others.
pick_port() {
	local try

	for try in {1..30}; do
		free=$((12000 + RANDOM % 8000))
		reserve "$free" && ! listens "$free" && return 0
	done
	fail "no free port in $try tries"
}

# Keep a port from being picked again, by this suite or by one beside it (whose
# TMPDIR is another), until suite_end.
reserve() {
	local link=$port_links.$1 owner

	ln -s "$BATS_ROOT_PID" "$link" 2>/dev/null && return 0
	owner=$(readlink "$link") && ! kill -0 "$owner" 2>/dev/null &&
		rm -f "$link"
	return 1
}

# Does somebody listen on this TCP port, of any address?
listens() {
	local hex

	printf -v hex '%04X' "$1"
	grep -qE ":$hex [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6
}

listens_not() {
	! listens "$1"
}

# Does somebody listen on this port of 127.0.0.1, but of no other address?
listens_here_only() {
	local hex

	printf -v hex '%04X' "$1"
	grep -qE " 0100007F:$hex [0-9A-F:]+ 0A " /proc/net/tcp &&
		! grep -qE " 00000000:$hex [0-9A-F:]+ 0A " /proc/net/tcp
}

# Does somebody listen on it for every address?
listens_everywhere() {
	local hex

	printf -v hex '%04X' "$1"
	grep -qE " 0+:$hex [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6
}

# Kill what a server has started for its connections, the hard way.
kill_sessions() {
	local pids

	mapfile -t pids < <(descendants "$(server_pid "$1")")
	kill -KILL "${pids[@]}"
}

# start_tunnel PORT|PATH... -- ARGUMENT...: a client with -N, and wait until
# somebody listens on the ports and paths.
start_tunnel() {
	local place places=()

	while [[ $1 != -- ]]; do
		places+=("$1")
		shift
	done
	shift
	start_client -N -o ExitOnForwardFailure=yes "$@"
	for place in "${places[@]}"; do
		if [[ $place == */* ]]; then
			wait_until 15 is_up test -S "$place"
		else
			wait_until 15 is_up listens "$place"
		fi || fail "no tunnel: $(<"$tmp/err")"
		gone "$client_pid" && fail "no tunnel: $(<"$tmp/err")"
	done
	return 0
}

# Is it so, or the client gone?
is_up() {
	gone "$client_pid" || "$@"
}

# What the client said, now or soon.
client_said() {
	wait_until 10 grep -qF -- "$1" "$tmp/err" ||
		fail "the client said: $(<"$tmp/err")"
}

# The port in "Allocated port N for remote forward to $1".
allocated_port() {
	client_said "for remote forward to $1" >&2 || return
	sed -n "s|^Allocated port \([0-9]*\) for remote forward to $1.*|\1|p" \
		"$tmp/err"
}

stop_client() {
	kill "$client_pid" 2>/dev/null
	wait_until 5 gone "$client_pid" || kill -KILL "$client_pid"
	wait "$client_pid" 2>/dev/null || return 0
}

# Is the client still at work?
still_there() {
	gone "$client_pid" && fail "the client ended: $(<"$tmp/err")"
	return 0
}

# VmRSS or VmHWM of a process, in KiB.
memory_of() {
	sed -n "s/^$2:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$1/status"
}

# How many descriptors does the client have open?
descriptors() {
	local all=("/proc/$client_pid/fd"/*)

	echo ${#all[@]}
}

descriptors_are() {
	(($(descriptors) == $1))
}

needs_host() {
	[[ -e $dir/$1.port ]] || skip "no $1 here"
}

# Each test's client ends with it.
teardown() {
	[[ -z ${client_pid:-} ]] || stop_client
}
