#!/usr/bin/env bats
# FastOpenTCP: what leaves with the first packet, and what must not change.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
}

# Each test has a network of its own: no cookies, and counters at zero.
setup() {
	hawser_only
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	network_enter
	kernel_allows 0x403 || skip "the kernel has no TCP Fast Open"
}

# kernel_allows MASK: 1 is for clients, 0x402 for every server.
kernel_allows() {
	"${WORLD[@]}" sh -c "echo $(($1)) >/proc/sys/net/ipv4/tcp_fastopen"
}

# Print one of the network's counters: counted Active
counted() {
	"${WORLD[@]}" awk -v name="TCPFastOpen$1" '
		/^TcpExt:/ && column { print $column; exit }
		/^TcpExt:/ {
			for (i = 1; i <= NF; i++)
				if ($i == name)
					column = i
		}' /proc/net/netstat
}

usual() {
	run --separate-stderr client_at_home -F "$dir/config" -v "$@"
}

fast() {
	usual -o FastOpenTCP=yes "$@"
}

# Once, however often we tried.
was_early() {
	assert_equal \
		"$(grep -c 'bytes with the first packet' <<<"$stderr")" 1
}

was_not_early() {
	refute_stderr --partial 'bytes with the first packet'
}

# Log in twice; the first time gets us a cookie for the address.
get_cookie() {
	fast "$@" echo one
	assert_success
	assert_output one
	was_not_early
	fast "$@" echo two
	assert_success
	assert_output two
	was_early
}

start_hole() {
	launch hole '^port ' "${WORLD[@]}" "$python" "$tests_dir/peers/raw.py" \
		backlog "$@"
}

@test "from the second connection on our first words leave with the SYN" {
	start_sshd main
	get_cookie main
	assert_equal "$(counted CookieReqd)" 1
	assert_equal "$(counted Active)" 1
	assert_equal "$(counted Passive)" 1
	fast main echo three
	assert_success
	assert_equal "$(counted Active)" 2
	assert_equal "$(counted Passive)" 2
}

@test "the whole identification string leaves, an addendum too" {
	local id
	start_sshd main
	get_cookie main
	fast -o 'VersionAddendum="by ferry"' main true
	assert_success
	id=$("$HAWSER" -V 2>&1)
	id="SSH-2.0-${id%%[ ,]*} by ferry"
	assert_stderr --partial \
		"TCP Fast Open: $((${#id} + 2)) bytes with the first packet"
	server_logged main "Remote protocol version 2.0, remote software version ${id#SSH-2.0-}"
}

@test "IPv6" {
	"${WORLD[@]}" grep -q 00000000000000000000000000000001 \
		/proc/net/if_inet6 || skip "no IPv6"
	start_sshd six 'ListenAddress ::1'
	get_cookie -o HostName=::1 -o HostKeyAlias="[127.0.0.1]:$(port six)" six
	assert_equal "$(counted Passive)" 1
}

@test "only where it was asked for" {
	start_sshd main
	get_cookie main
	usual main true
	assert_success
	was_not_early
	assert_equal "$(counted Active)" 1
	assert_equal "$(counted CookieReqd)" 1
}

@test "a server without it" {
	kernel_allows 1
	start_sshd main
	fast main true
	assert_success
	fast main true
	assert_success
	was_not_early
	assert_equal "$(counted Active)" 0
}

@test "a server that has it no more" {
	start_sshd main
	get_cookie main
	kernel_allows 1
	fast main echo three
	assert_success
	assert_output three
	was_early
	assert_equal "$(counted Passive)" 1
}

@test "a kernel without it" {
	kernel_allows 0
	start_sshd main
	fast main echo hi
	assert_success
	assert_output hi
	assert_stderr --partial 'TCP Fast Open: Operation not supported'
}

@test "a port that refuses is told as ever" {
	start_sshd main
	get_cookie main
	fast -o ConnectionAttempts=2 -p 1 127.0.0.1 true
	was_early
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial \
		'ssh: connect to host 127.0.0.1 port 1: Connection refused'
}

@test "a port that does not answer is told as ever" {
	start_sshd main
	get_cookie main
	start_hole 127.0.0.1 2
	fast -o ConnectTimeout=1 -p 2 127.0.0.1 true
	was_early
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial \
		'ssh: connect to host 127.0.0.1 port 2: Connection timed out'
}

# twice.example is 127.0.0.64 and 127.0.0.65, an sshd; we have cookies of both.
start_twice() {
	start_sshd first 'ListenAddress 127.0.0.64'
	start_sshd second 'ListenAddress 127.0.0.65'
	get_cookie -o HostName=127.0.0.64 \
		-o HostKeyAlias="[127.0.0.1]:$(port first)" first
	get_cookie -o HostName=127.0.0.65 \
		-o HostKeyAlias="[127.0.0.1]:$(port second)" second
}

log_in_twice() {
	fast -p "$(port second)" -o HostKeyAlias="[127.0.0.1]:$(port second)" \
		-o ConnectTimeout=10 twice.example echo hi
	was_early
	assert_success
	assert_output hi
}

@test "an address that refuses does not keep us from the next one" {
	start_twice
	log_in_twice
	assert_stderr --partial 'connect to address 127.0.0.64 port'
}

@test "an address that does not answer does not keep us from the next one" {
	start_twice
	start_hole 127.0.0.64 "$(port second)"
	log_in_twice
}
