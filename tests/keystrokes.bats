#!/usr/bin/env bats
# ObscureKeystrokeTiming: while somebody types, packets leave at even intervals.
#
# shellcheck disable=SC2154

load lib/suite
load lib/hostile

setup_file() {
	suite_begin
	start_sshd main
	start_rogue counter pinging 'pinging announce=no'
}

# type_at HOST [EXPECT SEND]... -- [OPTION]...: type a, and so on, and q at last.
type_at() {
	local host=$1 talk=()

	shift
	while [[ $1 != -- ]]; do
		talk+=("$1")
		shift
	done
	run client_on_pty ready a "${talk[@]}" -- "${@:2}" "$host"
	assert_success
}

pings() {
	rogue_notes counter "$1" pings | tail -n 1
}

setup() {
	needs_native
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only # ssh 9.2 has no such thing
}

@test "after a key others are feigned, which look like it" {
	type_at counter0 many q --
	(($(pings 0) >= 10))
	assert_equal "$(rogue_notes counter 0 lengths)" 10
}

@test "every key arrives, in its order" {
	run client_on_pty ready abcdefghij abcdefghij klm klm q -- counter0
	assert_success
}

@test "much of input at once is not held back" {
	local text

	text=$(printf 'x%.0s' {1..600})
	run client_on_pty ready "$text" "${text:0:300}" q -- counter0
	assert_success
}

@test "not where it is not wanted" {
	type_at counter0 a q -- -o ObscureKeystrokeTiming=no
	assert_equal "$(pings 0)" 0
}

@test "not with a server that does not know pings" {
	type_at counter1 a q --
	assert_equal "$(pings 1)" 0
}

@test "not without a terminal" {
	run client -T counter0 < <(printf 'a\nq')
	assert_success
	assert_equal "$(pings 0)" 0
}

@test "a connection without post-quantum exchange is told of" {
	run_client -v -o KexAlgorithms=curve25519-sha256 main true
	assert_success
	assert_stderr --partial '** WARNING: connection is not using a post-quantum key exchange algorithm.'
	run_client -v -o KexAlgorithms=curve25519-sha256 \
		-o WarnWeakCrypto=no-pq-kex main true
	refute_stderr --partial 'post-quantum'
	run_client -v -o KexAlgorithms=curve25519-sha256 \
		-o WarnWeakCrypto=no main true
	refute_stderr --partial 'post-quantum'
}
