#!/usr/bin/env bats
# Servers that say a lot while somebody logs in.
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

@test "what the server says is shown as it comes" {
	attack banners
	assert_equal "$status" 0
	assert_output hi
	assert_stderr $'one: before any answer
two: with the first answer
three: before the key is accepted
four: your password \\033[31mexpires'
}

@test "also when it does not let us in" {
	attack "banners refuse=yes"
	assert_equal "$status" 255
	assert_stderr --partial 'three: before the key is accepted
four: your password \033[31mexpires
five: no logins today
'
	assert_stderr --partial 'Permission denied (publickey).'
}

@test "and not with -q" {
	attack banners -q
	assert_equal "$status" 0
	assert_stderr ""
}

@test "a question comes behind what was said before it" {
	answers "$pass"
	start_rogue rogue "announced"
	run_client -o BatchMode=no rogue0 true
	assert_equal "$status" 0
	assert_stderr "your account expires today"
	assert_equal "$(<"$tmp/questions")" "($user@127.0.0.1) Password: "
}

@test "a new password is never good enough" {
	hawser_only
	answers "$pass" a a b b c c d d e e f f g g h h i i
	attack "expired" -o BatchMode=no -o PreferredAuthentications=password
	assert_equal "$status" 255
	(($(wc -l <"$tmp/questions") <= 10))
	(($(rogue_count rogue 0 'login password') <= 5))
	# what the server says about it; libssh2 keeps that to itself
	[[ $(engine) == libssh2 ]] || assert_stderr --partial 'once more'
}

@test "questions without an end" {
	hawser_only
	answers $(seq 1 1000)
	attack "inquisitive questions=1" -o BatchMode=no
	assert_equal "$status" 255
	(($(rogue_notes rogue 0 asked) <= 200))
}

@test "rounds without a question have an end too" {
	hawser_only
	answers secret
	attack "inquisitive questions=0" -o BatchMode=no
	assert_equal "$status" 255
	(($(rogue_notes rogue 0 asked) <= 200))
}

@test "answers to what was not asked" {
	attack_each check_orderly "early kind=51" "early kind=60" "early kind=80" \
		"early kind=81" "early kind=99"
}

check_orderly() {
	assert_modest
	((status == 0)) || assert_gave_up
	((status != 0)) || assert_output hi
}

@test "extensions that are announced and do not come" {
	attack_each check_orderly "extensions" "extensions count=1" \
		"extensions count=1000"
}

@test "an extension whose value is not text" {
	attack "binary"
	assert_equal "$status" 0
	assert_output hi
	attack_each check_orderly "binary name=server-sig-algs" \
		"binary name=ping@openssh.com"
}

# What is not kept may come for ever.
check_flooded() {
	assert_modest
	((status == 0)) || assert_equal "$status" 255
	((status != 0)) || assert_output $'first\nlast'
	[[ ${HAWSER_ENGINE:-} != libssh2 || $1 != *global* ]] ||
		assert_stderr --partial 'the server does not read our answers'
}

@test "floods before and during the login" {
	local cases=() kind when

	for kind in ignore debug unknown global answer pk_ok extensions; do
		for when in service login; do
			cases+=("flood kind=$kind when=$when size=4000 total=24")
		done
	done
	attack_each check_flooded "${cases[@]}"
}

@test "banners without an end" {
	options=(-q)
	attack_each check_banners "flood kind=banner when=service size=4000 total=24" \
		"flood kind=banner when=login size=100 total=8"
}

check_banners() {
	assert_modest
	((status == 0)) || assert_equal "$status" 255
}
