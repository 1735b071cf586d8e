#!/usr/bin/env bats
# Key exchanges that do harm: what comes in clear text, and numbers that make
# the keys known to everybody.
#
# shellcheck disable=SC2030,SC2031,SC2154,SC2317

load lib/suite
load lib/hostile

setup_file() {
	suite_begin
}

setup() {
	hostile_setup
}

moments='before-offer after-offer before-reply before-newkeys'
group14=diffie-hellman-group14-sha256
gex=diffie-hellman-group-exchange-sha256

check_good() {
	assert_equal "$status" 0
	assert_output hi
}

check_gave_up() {
	assert_gave_up
	assert_output ""
	assert_equal "$(rogue_count rogue "$number" 'login signature')" 0
}

@test "messages without a meaning may come before the keys are in use" {
	local cases=() kind moment

	for kind in 2 4; do
		for moment in $moments; do
			cases+=("clear kind=$kind moment=$moment strict=no")
		done
	done
	attack_each check_good "${cases[@]}"
}

@test "but not in a strict key exchange" {
	local cases=() moment

	for moment in $moments; do
		cases+=("clear kind=2 moment=$moment")
	done
	attack_each check_gave_up "${cases[@]}"
}

# ssh leaves some of them out and goes on.
@test "nothing else may come in clear text" {
	hawser_only
	local cases=() kind moment

	for kind in 5 6 7 20 52 53 80 90 94 98 192; do
		for moment in $moments; do
			cases+=("clear kind=$kind moment=$moment strict=no")
		done
	done
	attack_each check_gave_up "${cases[@]}"
}

@test "a success in clear text lets nobody in" {
	local cases=() moment

	for moment in $moments; do
		cases+=("clear kind=52 moment=$moment strict=no")
	done
	attack_each check_gave_up "${cases[@]}"
}

@test "a host key is not recorded when the keys are misused at once" {
	hawser_only
	needs_native
	local cases=() kind

	for kind in 6 51 52 53 60 79; do
		cases+=("behind kind=$kind")
	done
	options=(-o StrictHostKeyChecking=accept-new
		-o "UserKnownHostsFile=$tmp/known")
	attack_each check_not_recorded "${cases[@]}"
}

check_not_recorded() {
	check_gave_up
	[[ ! -s $tmp/known ]] || fail "recorded: $(<"$tmp/known")"
}

@test "NEWKEYS before the keys" {
	local cases=() moment

	for moment in after-offer before-reply before-newkeys; do
		cases+=("clear kind=21 moment=$moment")
	done
	attack_each check_gave_up "${cases[@]}"
}

@test "Diffie-Hellman values that make no secret" {
	local cases=() value method

	for method in "$group14" diffie-hellman-group16-sha512; do
		for value in 0 1 p-1 p p+1; do
			cases+=("weak value=$value kex=$method")
		done
	done
	attack_each check_weak "${cases[@]}"
}

check_weak() {
	check_gave_up
	assert_stderr --regexp 'public (DH )?value'
}

@test "groups that make no secret" {
	local cases=() prime

	for prime in 0 1 2 23 512bits 1024bits 2047bits 8193bits; do
		cases+=("group p=$prime kex=$gex")
	done
	options=(-o "KexAlgorithms=$gex")
	attack_each check_gave_up "${cases[@]}"
}

@test "values that make no secret in a good group" {
	local cases=() value prime

	prime=$("$python" -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from ssh_server import modp_prime
print(modp_prime(2048, 124476))' "$tests_dir/peers")
	for value in 1 p-1 p+1; do
		cases+=("group p=$prime value=$value kex=$gex")
	done
	options=(-o "KexAlgorithms=$gex")
	attack_each check_weak "${cases[@]}"
	start_rogue fine "group p=$prime kex=$gex"
	run_client -o "KexAlgorithms=$gex" fine0 true
	check_good
}

@test "an RSA signature without its leading zeros" {
	attack "stripped hostkey=$(host_key rsa -b 2048)"
	check_good
	assert_equal "$(rogue_count rogue 0 connection)" 1
}

@test "another host key in a later key exchange" {
	make_key other ed25519
	attack "impostor other=$dir/other"
	assert_gave_up
	assert_output hi
}

@test "key exchanges with every cipher, with which nothing is wrong" {
	local cases=() cipher

	for cipher in "$gcm" "aes256-gcm@openssh.com" "$ctr" "$chacha"; do
		cases+=("rekey cipher=$cipher" "rekey cipher=$cipher strict=no")
	done
	options=(-o "Ciphers=$gcm,aes256-gcm@openssh.com,$ctr,$chacha")
	attack_each check_rekeyed "${cases[@]}"
}

check_rekeyed() {
	assert_equal "$status" 7
	assert_output $'0\n1\n2\nend'
}

@test "a key exchange without an end" {
	local cases=() kind moment

	for kind in ignore debug unknown reply service; do
		for moment in $moments; do
			cases+=("flood kind=$kind when=$moment strict=no size=4000 total=16")
		done
	done
	attack_each check_flooded "${cases[@]}"
}

# What is not kept may come for ever.
check_flooded() {
	assert_modest
	if ((status == 0)); then
		is_ssh || [[ $1 == *=ignore* || $1 == *=debug* ]]
		assert_output $'first\nlast'
		return
	fi
	assert_equal "$status" 255
	is_ssh || check_gave_up
	is_ssh || (($(rogue_notes rogue "$number" poured) < 8000000))
}

@test "a greeting without an end" {
	attack_each check_flooded "greeting" "greeting line=0" \
		"greeting line=100000"
}

@test "long lines before the identification are not kept" {
	hawser_only
	attack "greeting line=8180"
	assert_gave_up
	[[ -n ${HAWSER_SANITIZERS:-} ]] || ((peak < 16)) ||
		fail "it used $peak MiB"
}
