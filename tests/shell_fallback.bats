#!/usr/bin/env bats
# TermFallback: what is asked for when the server does not know our terminal.

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	hawser_only
	command -v tic >/dev/null || skip "no tic"
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	# An entry that only this side has.
	infocmp xterm-256color | sed 's/^xterm-256color|/hawser-test|/' \
		>"$tmp/entry"
	tic -x -o "$tmp/terminfo" "$tmp/entry"
	export TERMINFO=$tmp/terminfo TERM=hawser-test
}

# The terminal that a session gets, and whether the server knows it.
session_with() {
	run client_on_pty -- -t "$@" main \
		'echo "<$TERM>"; infocmp >/dev/null 2>&1; echo "known: $?"'
	assert_success
}

@test "no: the terminal is asked for as it is" {
	session_with
	assert_output --partial '<hawser-test>'
	assert_output --partial 'known: 1'
}

@test "yes: one that every server knows takes its place" {
	session_with -o TermFallback=yes
	assert_output --partial '<xterm-256color>'
}

@test "yes: a terminal that the server knows stays" {
	export TERM=vt100
	session_with -o TermFallback=yes
	assert_output --partial '<vt100>'
}

@test "push: the server learns it, once and for all" {
	session_with -o TermFallback=push
	assert_output --partial '<hawser-test>'
	assert_output --partial 'known: 0'
	session_with -o TermFallback=yes
	assert_output --partial '<hawser-test>'
	run_client main 'rm -r ~/.terminfo'
	assert_success
}

@test "push: a terminal that is not known here either" {
	export TERM=no-such-terminal
	session_with -o TermFallback=push
	assert_output --partial '<xterm-256color>'
}

@test "a name that is no name is not put into a command" {
	export TERM="x'; touch $tmp/harm; '"
	session_with -o TermFallback=push
	assert [ ! -e "$tmp/harm" ]
}

@test "a command without a terminal asks for nothing" {
	run_client -o TermFallback=push main true
	assert_success
	assert_equal "$output$stderr" ""
}
