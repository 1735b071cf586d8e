#!/usr/bin/env bats
# Servers that keep no order: every message where it must not be, or for
# nothing, or more often than anybody can want it.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	local word name number

	suite_begin
	launch unruly '^ready' "$python" -B "$tests_dir/peers/unruly.py" \
		"$(host_key ed25519)"
	while read -r word name number; do
		[[ $word != port ]] ||
			add_host "$name" "$number" "$(host_key ed25519)"
	done <"$dir/unruly.log"
}

# goes_well NAME [OPTION]...: the scenario does no harm.
goes_well() {
	run_client "${@:2}" "$1" true
	assert_equal "$1: $status $output" "$1: 7 done"
}

# ends NAME TEXT: the connection ends, with a word about why.
ends() {
	run_client "$1" true
	assert_equal "$1: $status" "$1: 255"
	refute_output --partial 'done'
	assert_stderr --partial "$2"
}

# frugal MIB COMMAND...: with at most so much memory; sanitizers need more.
frugal() {
	local most=$(($1 * 1024))

	shift
	[[ -n ${HAWSER_SANITIZERS:-} ]] || ulimit -v "$most"
	"$@"
}

@test "a strict key exchange has room for nothing else" {
	hawser_only
	ends strict_late 'strict KEX violation'
	ends strict_debug 'strict KEX violation'
	ends strict_unknown 'strict KEX violation'
}

@test "another key exchange has room for what RFC 4253 lists" {
	hawser_only
	goes_well lax_ignore
	goes_well lax_unknown
}

@test "messages too early, before there are keys" {
	hawser_only
	ends early_newkeys 'NEWKEYS before the key exchange was over'
	ends early_login 'SSH_MSG_USERAUTH_SUCCESS'
	ends early_data 'SSH_MSG_CHANNEL_DATA'
	ends early_service 'SSH_MSG_SERVICE_ACCEPT'
	ends two_replies 'in a key exchange'
	ends two_offers 'a second KEXINIT'
}

@test "a server's guess: wrong, and not there" {
	goes_well guess_wrong
	run_client guess_missing true
	assert_equal "$status" 255
}

@test "keys are exchanged at every moment of the login" {
	hawser_only
	goes_well rekey_login
}

@test "150 key exchanges, one after the other" {
	goes_well rekey_flood
}

@test "data amid a key exchange, as some servers send it" {
	hawser_only
	run_client rekey_data true
	assert_equal "$status" 7
	assert_output $'too early\ndone'
}

@test "EXT_INFO twice, and where it must not be" {
	hawser_only
	goes_well info_twice
	ends info_late 'SSH_MSG_EXT_INFO'
}

@test "what the server says does not reach the terminal as it is" {
	hawser_only
	local name

	for name in farewell farewell_login debug_paint refuses_open; do
		run_client -vvv "$name" true
		[[ $stderr != *[$'\e\a\377']* ]] || fail "$name paints"
	done
	run_client farewell true
	assert_equal "$status" 255
	assert_stderr --partial 'bad'
	run_client refuses_open true
	assert_equal "$status" 255
	assert_stderr --partial 'way'
}

@test "pings" {
	hawser_only
	goes_well pings
}

@test "messages before anything was asked" {
	hawser_only
	local number

	for number in 51 52 60 80 90 94 98; do
		run_client login_$number true
		assert_equal "$number: $status" "$number: 255"
		refute_output --partial 'done'
	done
}

@test "a second success, a second service" {
	hawser_only
	ends success_twice 'SSH_MSG_USERAUTH_SUCCESS'
	ends service_twice 'SSH_MSG_SERVICE_ACCEPT'
}

@test "messages for channels that are not there, or not in that state" {
	hawser_only
	ends confirmed_twice 'for channel 0, which is not in a state for it'
	ends refused_late 'for channel 0, which is not in a state for it'
	ends nowhere_data 'for channel 77, which is not there'
	ends nowhere_close 'for channel 77, which is not there'
	ends nowhere_adjust 'for channel 77, which is not there'
	ends nowhere_confirmed 'for channel 77, which is not there'
	ends far 'for channel 4294967295, which is not there'
	ends refuses_and_sends 'for channel 0, which is not there'
}

@test "windows that overflow, messages that are cut short" {
	hawser_only
	ends adjust_overflow 'overflows'
	ends short_data 'SSH_MSG_CHANNEL_DATA is malformed'
	ends short_adjust 'SSH_MSG_CHANNEL_WINDOW_ADJUST is malformed'
}

@test "what is odd, but does no harm" {
	local name

	for name in reply_to_nothing answer_to_nothing adjust_zero \
		strange_stream unknown_request status_twice close_only \
		unimplemented; do
		goes_well "$name"
	done
}

@test "after EOF there is no data" {
	local name

	hawser_only
	for name in eof_twice data_after_eof; do
		run_client "$name" true
		assert_equal "$name: $status" "$name: 7"
		assert_output ''
	done
}

@test "data after the end does not change what came of the command" {
	hawser_only
	run_client after_close true
	[[ $output == 'done' || -z $output ]]
	[[ $status == 7 || $status == 255 ]]
}

@test "50,000 messages with one byte or none, or a little more window" {
	run_client trickle true
	assert_equal "$status" 7
	assert_equal "${#output}" 25004
	goes_well adjusts
}

@test "5,000 channels that nobody asked for" {
	local name

	for name in session x11 agent tcp; do
		goes_well crowd_$name
	done
	run grep ' confirmed [1-9]' "$dir/unruly.log"
	assert_output ''
}

@test "a server that wants answers, and does not read them" {
	hawser_only
	frugal 100 goes_well greedy
}

@test "a compressed stream of pings does not fill the memory" {
	hawser_only
	frugal 100 goes_well swollen
}
