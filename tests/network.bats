#!/usr/bin/env bats
# Getting there, and losing the way: addresses, timeouts, odd peers, dead ones.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
	ciphers=aes256-ctr start_sshd narrow 'Ciphers aes256-ctr' 'MACs hmac-sha2-256' \
		'KexAlgorithms ecdh-sha2-nistp256'
}

# Fails with 255, nothing on stdout, and this on stderr.
fails_with() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$1"
}

milliseconds_since() {
	echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000))
}

# start_relay NAME MODE...: a raw peer in front of main's sshd.
start_relay() {
	start_raw "$@"
	echo "[127.0.0.1]:$(port "$1") $(bare_key "$dir/host_ed25519.pub")" \
		>>"$dir/known_hosts"
}

@test "connection refused" {
	run_client -p 1 127.0.0.1 true
	fails_with 'connect to host 127.0.0.1 port 1: Connection refused'
}

@test "an unknown host" {
	run_client nosuch.invalid true
	fails_with 'Could not resolve hostname nosuch.invalid: '
}

@test "-4 and -6 limit the addresses" {
	run_client -4 main true
	assert_success
	run_client -4 ::1 true
	fails_with 'Could not resolve hostname ::1: '
	run_client -o AddressFamily=inet6 main true
	fails_with 'Could not resolve hostname 127.0.0.1: '
}

@test "IPv6" {
	grep -q 00000000000000000000000000000001 /proc/net/if_inet6 ||
		skip "no IPv6"
	start_sshd six 'ListenAddress ::1'
	run_client -6 -p "$(port six)" -o HostKeyAlias="[127.0.0.1]:$(port six)" \
		::1 'echo ${SSH_CONNECTION%% *}'
	assert_success
	assert_output ::1
	run_client -o StrictHostKeyChecking=accept-new \
		-o UserKnownHostsFile="$tmp/kh" -p "$(port six)" ::1 true
	assert_success
	assert_equal "$(cut -d' ' -f1 "$tmp/kh")" "[::1]:$(port six)"
	! is_ssh || return 0 # ssh 9.2 takes no such URI
	run_client -o UserKnownHostsFile="$tmp/kh" \
		"ssh://[::1]:$(port six)" true
	assert_success
}

@test "-b chooses our address, and says what is wrong with it" {
	run_client -b 127.0.0.2 main 'echo ${SSH_CLIENT%% *}'
	assert_success
	assert_output 127.0.0.2
	run_client -b 203.0.113.9 main true
	fails_with 'bind 203.0.113.9: Cannot assign requested address'
}

# twice.example is 127.0.0.64, where $1 may be, and 127.0.0.65, an sshd.
twice() {
	run --separate-stderr client_at_home -F "$dir/config" \
		-p "$(port second)" -o HostKeyAlias=second "$@" \
		twice.example 'echo ${SSH_CONNECTION##*.}'
}

start_second() {
	needs_world
	start_sshd second 'ListenAddress 127.0.0.65'
	echo "second $(bare_key "$dir/host_ed25519.pub")" >>"$dir/known_hosts"
}

@test "every address of a name is tried" {
	start_second
	twice
	assert_success
	assert_output "65 $(port second)"
}

@test "an address that never answers is passed over after ConnectTimeout" {
	start_second
	start_raw hole backlog 127.0.0.64 "$(port second)"
	twice -o ConnectTimeout=1
	assert_success
	assert_output "65 $(port second)"
}

@test "an address that never answers does not hold up the next one" {
	hawser_only
	start_second
	start_raw hole backlog 127.0.0.64 "$(port second)"
	local start=$EPOCHREALTIME
	twice
	assert_success
	(($(milliseconds_since "$start") < 1500))
}

@test "ConnectTimeout: nobody answers" {
	local start=$EPOCHREALTIME
	start_raw backlog backlog
	run_client -o ConnectTimeout=1 backlog true
	fails_with "connect to host 127.0.0.1 port $(port backlog): Connection timed out"
	(($(milliseconds_since "$start") < 3000))
}

# start_silent_resolver: the world's name server, which never answers.
start_silent_resolver() {
	network_enter
	launch resolver ready "${WORLD[@]}" "$python" -c '
import socket
import time

resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
print("ready", flush=True)
time.sleep(60)'
	echo 'nameserver 127.0.0.1' >"$tmp/resolv.conf"
	"${WORLD[@]}" mount --bind "$tmp/resolv.conf" /etc/resolv.conf ||
		skip "needs a resolv.conf"
}

@test "ConnectTimeout: nobody says where the host is" {
	hawser_only # ssh waits for the resolver
	start_silent_resolver
	run --separate-stderr client_at_home -F "$dir/config" \
		-o ConnectTimeout=1 lost.example true
	fails_with 'Could not resolve hostname lost.example: Connection timed out'
	# on a terminal; and the same where nobody listens
	for _ in 1 2; do
		run limited "$python" "$tests_dir/lib/on_pty.py" -- \
			"${WORLD[@]}" "$HAWSER" -F "$dir/config" \
			-o ConnectTimeout=1 lost.example true
		assert_line --partial 'Could not resolve hostname lost.example'
		assert_line --partial 'No name server has answered: '
		gone "$(server_pid resolver)" || stop_server resolver
	done
}

@test "a lost connection is noticed while a place to listen at is looked up" {
	hawser_only # ssh waits for the resolver
	start_silent_resolver
	start_sshd inside
	echo "inside $(bare_key "$dir/host_ed25519.pub")" >>"$dir/known_hosts"
	client_at_home -F "$dir/config" -o HostKeyAlias=inside \
		-L lost.example:1234:127.0.0.1:1 inside sleep 60 2>"$tmp/err" &
	wait_until 10 grep -q 'Starting session' "$dir/inside.log"
	local start=$EPOCHREALTIME
	# shellcheck disable=SC2046 # several numbers
	kill $(descendants "$(server_pid inside)")
	status=0
	wait $! || status=$?
	assert_equal "$status" 255
	(($(milliseconds_since "$start") < 4000))
}

@test "ConnectTimeout: a server that says nothing" {
	local start=$EPOCHREALTIME
	start_raw silent silent
	run_client -o ConnectTimeout=1 silent true
	fails_with "Connection timed out during banner exchange"
	assert_stderr --partial "Connection to 127.0.0.1 port $(port silent) timed out"
	(($(milliseconds_since "$start") < 3000))
}

@test "ConnectTimeout: a server that stops in the key exchange" {
	hawser_only # ssh waits for ever
	local start=$EPOCHREALTIME
	start_raw mute mute
	run_client -o ConnectTimeout=1 mute true
	fails_with "timed out"
	(($(milliseconds_since "$start") < 3000))
}

@test "ConnectionAttempts tries again" {
	local start=$EPOCHREALTIME
	run_client -o ConnectionAttempts=2 -p 1 127.0.0.1 true
	fails_with 'port 1: Connection refused'
	(($(milliseconds_since "$start") >= 1000))
}

@test "a port that talks HTTP" {
	start_raw http http
	run_client http true
	fails_with "127.0.0.1 port $(port http)"
	! is_ssh || return 0
	assert_stderr --partial HTTP
}

@test "a server that closes at once" {
	start_raw close close
	run_client close true
	assert_equal "$status" 255
	assert_stderr --regexp \
		"Connection (closed|reset) by 127.0.0.1 port $(port close)"
}

@test "a server with too many visitors" {
	start_raw startups say 'Exceeded MaxStartups\r\n'
	run_client startups true
	fails_with "Connection closed by 127.0.0.1 port $(port startups)"
	! is_ssh || return 0
	assert_stderr --partial 'it said "Exceeded MaxStartups"'
	refute_stderr --partial 'does not speak SSH'
}

@test "a server that has had enough of us" {
	start_raw penalty say 'Not allowed at this time\r\n'
	run_client penalty true
	fails_with "Connection closed by 127.0.0.1 port $(port penalty)"
	! is_ssh || return 0
	assert_stderr --partial 'it said "Not allowed at this time"'
	refute_stderr --partial 'does not speak SSH'
}

@test "a protocol version of old" {
	start_raw old say 'SSH-1.5-old\r\n'
	run_client old true
	fails_with "Protocol major versions differ: 2 vs. 1"
}

@test "endless lines before the version do not hold us" {
	start_raw endless say "$(printf 'x\\n%.0s' {1..1100})"
	run_client -o ConnectTimeout=10 endless true
	assert_equal "$status" 255
	assert_output ""
}

@test "one line without an end does not hold us" {
	start_raw long say "$(printf 'x%.0s' {1..40000})"
	run_client -o ConnectTimeout=10 long true
	assert_equal "$status" 255
	assert_output ""
}

@test "lines before the version are passed over" {
	start_relay pre relay "$(port main)" 'Welcome\r\nto \033[2J us\r\n'
	run_client pre echo hi
	assert_success
	assert_output hi
	assert_stderr ""
	run_client -v pre echo hi
	assert_stderr --partial 'Welcome'
	refute_stderr --partial $'\e'
}

@test "a disconnect message is shown, and cannot move the cursor" {
	start_raw disconnect disconnect 'go away \033[2J now'
	run_client disconnect true
	fails_with "Received disconnect from 127.0.0.1 port $(port disconnect):11: go away \\033[2J now"
	assert_stderr --partial \
		"Disconnected from 127.0.0.1 port $(port disconnect)"
}

no_common() {
	run_client "${@:3}" narrow true
	fails_with "Unable to negotiate with 127.0.0.1 port $(port narrow): no matching $1 found. Their offer: $2"
}

@test "no common algorithm: which kind, and what the server offers" {
	no_common cipher aes256-ctr -c aes128-ctr
	no_common MAC hmac-sha2-256 -m hmac-sha2-512
	no_common 'key exchange method' ecdh-sha2-nistp256 \
		-o KexAlgorithms=curve25519-sha256
	no_common 'host key type' ssh-ed25519 -o HostKeyAlgorithms=rsa-sha2-512
}

@test "no common algorithm: what we offered" {
	hawser_only
	no_common cipher aes256-ctr -c aes128-ctr
	assert_stderr --partial aes128-ctr
	no_common 'key exchange method' ecdh-sha2-nistp256 \
		-o KexAlgorithms=curve25519-sha256
	assert_stderr --partial curve25519-sha256
}

# shows LEVEL NAME ARGUMENT...: what is said at a LogLevel.
shows() {
	run_client -o LogLevel="$1" "${@:3}" "$2" true
	assert_equal "$status" 255
}

@test "how a connection ends before the login is information" {
	start_raw gone disconnect bye
	shows ERROR gone
	assert_stderr "Received disconnect from 127.0.0.1 port $(port gone):11: bye"
	shows ERROR narrow -c aes128-ctr
	assert_stderr ''
	start_raw name say 'SSH-2.0-name\r\n'
	shows ERROR name
	assert_stderr ''
	shows INFO name
	assert_stderr "Connection closed by 127.0.0.1 port $(port name)"
}

@test "what ssh takes for fatal is said at that level" {
	shows FATAL main -o PubkeyAuthentication=no
	assert_stderr "$user@127.0.0.1: Permission denied (publickey)."
	shows FATAL main -o UserKnownHostsFile=none
	assert_stderr 'Host key verification failed.'
	shows FATAL main -s
	assert_stderr 'subsystem request failed on channel 0'
	shows QUIET main -s
	assert_stderr ''
}

# Send a signal to the processes that serve main's sessions.
signal_sessions() {
	local pid

	for pid in $(descendants "$(server_pid main)"); do
		[[ $(ps -o comm= -p "$pid") != sshd* ]] || kill -"$1" "$pid"
	done
}

@test "a killed server: everything it sent is there, then 255" {
	start_client main 'seq 20000; echo all sent >&2; exec sleep 3'
	wait_until 10 grep -qs 'all sent' "$tmp/err"
	signal_sessions KILL
	client_status
	assert_equal "$status" 255
	assert_output "$(seq 20000)"
	assert_stderr --partial "Connection to 127.0.0.1 closed by remote host."
}

@test "a killed server: also what a slow reader has not read yet" {
	hawser_only
	mkfifo "$tmp/out"
	exec 5<>"$tmp/out"
	start_client main 'seq 100000; echo all sent >&2; exec sleep 3'
	exec 6<"$tmp/out" 5>&-
	wait_until 10 grep -qs 'all sent' "$tmp/err"
	signal_sessions KILL
	seq 100000 | cmp - <(cat <&6)
	exec 6<&-
	wait "$client_pid" || status=$?
	assert_equal "$status" 255
}

@test "a connection that is cut in mid-packet" {
	start_relay cut cut "$(port main)" 1000000
	run_client cut 'seq 10000000'
	assert_equal "$status" 255
	assert_stderr --partial "closed by remote host."
	# All but the packet that was cut, of at most 32 KiB, and the login. ssh
	# drops what it has not written.
	is_ssh || ((${#output} > 955000))
	seq 10000000 | head -c ${#output} | cmp - <(printf %s "$output")
}

@test "a server that shuts down" {
	start_client main 'echo up; exec sleep 3'
	wait_until 10 grep -q up "$tmp/out"
	signal_sessions TERM
	client_status
	assert_equal "$status" 255
	assert_stderr "Connection to 127.0.0.1 closed by remote host."
}

@test "ServerAliveInterval notices a server that is stopped" {
	start_client -o ServerAliveInterval=1 -o ServerAliveCountMax=2 main \
		'echo up; exec sleep 8'
	wait_until 10 grep -q up "$tmp/out"
	local start=$EPOCHREALTIME
	signal_sessions STOP
	client_status
	signal_sessions CONT
	assert_equal "$status" 255
	assert_stderr "Timeout, server 127.0.0.1 not responding."
	(($(milliseconds_since "$start") < 5000))
}

@test "ServerAliveInterval leaves a live and idle server alone" {
	run_client -o ServerAliveInterval=1 -o ServerAliveCountMax=1 main \
		'sleep 3.5; echo still there'
	assert_success
	assert_output 'still there'
}

@test "the server's own probes and rekeys are answered by an idle session" {
	start_sshd probing 'ClientAliveInterval 1' 'ClientAliveCountMax 1' \
		'RekeyLimit default 1'
	start_client -N probing
	run_client probing 'sleep 3.5; echo still there'
	assert_success
	assert_output 'still there'
	kill -TERM "$client_pid"
	client_status
	assert_equal "$status" 0
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/probing.log") > 4))
}

@test "CheckHostIP: the address must fit too" {
	network_enter
	local kh=$tmp/kh key other port
	make_key other ed25519
	start_sshd quay 'ListenAddress 192.0.2.77'
	key=$(bare_key "$dir/host_ed25519.pub")
	other=$(bare_key "$dir/other.pub")
	port=$(port quay)
	quay() {
		run --separate-stderr client_at_home -F "$dir/config" -p "$port" \
			-o UserKnownHostsFile="$kh" -o CheckHostIP="$1" \
			"${@:2}" quay.example echo hi
	}
	printf '%s\n' "[quay.example]:$port $key" "[192.0.2.77]:$port $other" \
		>"$kh"
	quay no
	assert_success
	quay yes
	assert_equal "$status" 255
	assert_stderr --partial "Warning: the ED25519 host key for '[quay.example]:$port' differs from the key for the IP address '[192.0.2.77]:$port'"
	assert_stderr --partial "Offending key for IP in $kh:2"
	make_key third ed25519
	sed -i "1s|.*|[quay.example]:$port $(bare_key "$dir/third.pub")|" "$kh"
	quay yes
	assert_equal "$status" 255
	assert_stderr --partial 'POSSIBLE DNS SPOOFING DETECTED'
	assert_stderr --partial "
  ssh-keygen -f \"$kh\" -R \"[192.0.2.77]:$port\"
@@@"
	sed -i "1s|.*|[quay.example]:$port $key|; 2d" "$kh"
	quay yes
	assert_success
	assert_stderr --partial "Warning: Permanently added the ED25519 host key for IP address '[192.0.2.77]:$port' to the list of known hosts."
	assert_equal "$(sed -n 2p "$kh")" "[192.0.2.77]:$port $key"
	printf '%s\n' "alias $key" "[192.0.2.77]:$port $other" >"$kh"
	quay yes -o HostKeyAlias=alias
	assert_equal "$status" 255
	assert_stderr --partial "Warning: the ED25519 host key for 'alias' differs from the key for the IP address '[192.0.2.77]:$port'"
}
