#!/usr/bin/env bats
# Packets that are damaged on their way, or malformed though authentic.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154,SC2317

load lib/suite
load lib/hostile

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	hostile_setup
}

# What is not authentic has no effect, and nothing comes after it.
check_damaged() {
	assert_equal "$status" 255
	assert_stderr --regexp 'orrupted|authentication code|packet length|padding'
	[[ $1 == *how=length* ]] ||
		assert_stderr --partial 'message authentication code incorrect'
	assert_prefix_of $'first\nfirst\nfirst\nsecond'
	[[ $1 == *rekeyed* ]] || assert_prefix_of $'first\nfirst\nfirst'
	assert_equal "$(rogue_count rogue "$number" connection)" 1
	assert_never_asked
	assert_modest
}

damaged() {
	local cipher=$1 cases=() when how

	for when in service login data rekey rekeyed; do
		for how in length start body tag; do
			cases+=("corrupt cipher=$cipher when=$when how=$how")
		done
	done
	# whoever takes that for a refusal would send this
	answers secret secret secret
	options=(-o BatchMode=no -o "Ciphers=${cipher%% *}")
	[[ $cipher != *mac=* ]] || options+=(-o "MACs=${cipher#*mac=}")
	attack_each check_damaged "${cases[@]}"
}

@test "a damaged packet under AES-GCM" {
	damaged "$gcm"
}

@test "a damaged packet under AES-CTR" {
	damaged "$ctr"
}

@test "a damaged packet under AES-CTR with a MAC of what is encrypted" {
	damaged "$etm"
}

@test "a damaged packet under ChaCha20-Poly1305" {
	damaged "$chacha"
}

@test "a damaged packet in a login that was sent ahead is no offence" {
	attack "corrupt when=login how=tag id=SSH-2.0-OpenSSH_9.6"
	check_damaged ""
}

@test "all engines say the same about a damaged packet" {
	hawser_only
	# of this server there is more to say
	attack "corrupt when=data how=tag" -o WarnWeakCrypto=no
	assert_stderr "Corrupted MAC on input.
Connection to 127.0.0.1 port $(port rogue0): message authentication code incorrect"
}

@test "an exit status that is not authentic" {
	answers secret secret secret
	options=(-o "Ciphers=$gcm,$ctr,$chacha")
	attack_each check_damaged "exit_forged" "exit_forged cipher=$ctr" \
		"exit_forged cipher=$chacha"
}

# Each bit counts: behind the key exchange, in the login, in the session.
@test "one wrong bit anywhere in a session with a real server" {
	local at cases=() name=0

	# the shell prints what the client has to print, line by line
	client main 'seq 1 20000' >"$tmp/wanted"
	for at in 2700 2800 {3000..100000..4111}; do
		cases+=("$at")
	done
	for at in "${cases[@]}"; do
		start_raw "flip$name" flip "$(port main)" "$at"
		echo "byte $at"
		CLIENT_TIMEOUT=10 run_client -o HostKeyAlias="[127.0.0.1]:$(port main)" \
			"flip$name" 'seq 1 20000'
		stop_server "flip$name"
		assert_equal "$status" 255
		cmp -n ${#output} "$tmp/wanted" <(printf %s "$output")
		((++name))
	done
}

# libssh2 can be made to crash with these (Engine).
check_malformed() {
	assert_modest
	if ((status == 0)); then
		assert_output --regexp '^(xxxxxxxxxxxxxx)?hi$'
	else
		assert_gave_up
	fi
}

@test "packets of odd lengths" {
	local cases=() size cipher when ciphers=("$gcm")

	[[ $(engine) == libssh2 ]] || ciphers+=("$ctr" "$etm" "$chacha")
	for cipher in "${ciphers[@]}"; do
		for size in 1 2 3 4 5 8 13 16 17 32 100 40001 300000; do
			for when in service data; do
				cases+=("length size=$size when=$when cipher=$cipher")
			done
		done
	done
	attack_each check_malformed "${cases[@]}"
}

@test "packets of odd lengths under ChaCha20-Poly1305 that are not too short" {
	attack_each check_malformed "length size=4 cipher=$chacha" \
		"length size=12 cipher=$chacha" "length size=40001 cipher=$chacha"
}

# Also with a MAC that is computed over what is encrypted: this library must
# not offer it, and another engine get along.
@test "packets that claim more padding than there is" {
	local cases=() size cipher when

	for cipher in "$gcm" "$ctr" "$etm" "$chacha"; do
		for size in 4 19 20 27 28 31 32 200 255; do
			for when in service data; do
				cases+=("padding size=$size when=$when cipher=$cipher")
			done
		done
	done
	attack_each check_malformed "${cases[@]}"
}

@test "packets that claim too little padding show nothing of what pads them" {
	local cases=() size

	for size in 0 1 2 3 7; do
		cases+=("padding size=$size when=data")
	done
	attack_each assert_gave_up_or_hi "${cases[@]}"
}

assert_gave_up_or_hi() {
	((status == 0)) || assert_equal "$status" 255
	((status != 0)) || assert_output xxxxxxxxxxxxxxhi
}

@test "packets without a payload" {
	attack_each check_malformed "empty" "empty cipher=$ctr" \
		"empty cipher=$chacha"
}
