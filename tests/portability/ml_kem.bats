#!/usr/bin/env bats
# What Debian 13 has and Debian 12 has not: key exchanges with ML-KEM.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load ../lib/suite

setup_file() {
	suite_begin
	start_sshd main
	start_sshd often 'RekeyLimit 64K'
}

# agrees METHOD [OPTION]...
agrees() {
	run_client -v "${@:2}" main 'echo hi; exit 3'
	assert_equal "$status" 3
	assert_output hi
	assert_stderr --partial "kex: algorithm: $1"
}

@test "ML-KEM with X25519 is what OpenSSH 10 and we like best" {
	agrees mlkem768x25519-sha256
}

@test "a key exchange with ML-KEM that was asked for" {
	hawser_only
	agrees mlkem768x25519-sha256 -o KexAlgorithms=mlkem768x25519-sha256
	run_client -Q kex
	assert_success
	assert_line mlkem768nistp256-sha256
	assert_line mlkem1024nistp384-sha384
}

@test "keys are changed often, with ML-KEM" {
	head -c 2000000 /dev/urandom >"$tmp/data"
	client -v often cat <"$tmp/data" >"$tmp/got" 2>"$tmp/err"
	cmp "$tmp/data" "$tmp/got"
	run grep -c 'SSH2_MSG_KEXINIT received' "$tmp/err"
	((output > 10))
}
