#!/usr/bin/env bats
# What comes from the server is damaged on its way, or ends too early: whatever
# the client makes of it, it must never be a wrong result.
#
# With TORTURE=1 (make torture) at every byte, and 10,000 random mutations.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
}

# survives MODE CIPHER MAC: no harm of that kind does harm.
survives() {
	local count=60 seed=${SEED:-1}

	# every start of a program with sanitizers takes its time
	[[ -z ${HAWSER_SANITIZERS:-} ]] || count=20
	[[ $1 == flip ]] || ((count /= 4))
	if [[ -n ${TORTURE:-} ]]; then
		count=all
		[[ $1 != mutate ]] || count=2500
	fi
	run "$python" -B "$tests_dir/peers/faults.py" "$(port main)" "$1" "$count" \
		"$seed" 7 "$tmp" "$HAWSER" -F "$dir/config" -c "$2" -m "$3" \
		-o HostKeyAlias="[127.0.0.1]:$(port main)" main \
		'printf x >>@RAN@; seq 400; echo over >&2; exit 7'
	assert_success
	assert_output --regexp '^[0-9]+ sessions$'
}

gcm=aes128-gcm@openssh.com
chacha=chacha20-poly1305@openssh.com
etm=hmac-sha2-256-etm@openssh.com
mac=hmac-sha2-256

@test "one bit is wrong: AES-GCM" {
	survives flip $gcm $mac
}

@test "one bit is wrong: ChaCha20-Poly1305" {
	survives flip $chacha $mac
}

@test "one bit is wrong: AES-CTR with HMAC" {
	survives flip aes128-ctr $mac
}

@test "one bit is wrong: AES-CTR with encrypt-then-MAC" {
	survives flip aes128-ctr $etm
}

@test "the connection is cut: AES-GCM" {
	survives cut $gcm $mac
}

@test "the connection is cut: ChaCha20-Poly1305" {
	survives cut $chacha $mac
}

@test "the connection is cut: AES-CTR with HMAC" {
	survives cut aes128-ctr $mac
}

@test "the connection is cut: AES-CTR with encrypt-then-MAC" {
	survives cut aes128-ctr $etm
}

@test "random mutations: AES-GCM" {
	survives mutate $gcm $mac
}

@test "random mutations: ChaCha20-Poly1305" {
	survives mutate $chacha $mac
}

@test "random mutations: AES-CTR with HMAC" {
	survives mutate aes128-ctr $mac
}

@test "random mutations: AES-CTR with encrypt-then-MAC" {
	survives mutate aes128-ctr $etm
}
