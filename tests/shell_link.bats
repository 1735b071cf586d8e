#!/usr/bin/env bats
# What is said when the link goes silent or is lost. The server is stopped,
# which is what a dead link looks like.

load lib/suite
load lib/shell

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	hawser_only
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	export PATIENCE=25
	server=$tmp/server
	steps=()
	typed "echo \$PPID >$server; echo up"
	steps+=(expect $'\nup' expect "$prompt" modes raw
		'do' "kill -STOP \$(cat '$server')")
}

teardown() {
	kill -CONT "$(<"$server")" 2>/dev/null || :
}

wake() {
	steps+=('do' "kill -CONT \$(cat '$server')")
}

session() {
	CLIENT_TIMEOUT=40 run_session "${steps[@]}" -- "$@" main
	assert_equal "$stderr" ""
}

@test "keys that get no answer: a line after 5 seconds, and one at the return" {
	steps+=(send 'echo ba' quiet 3 expect 'nothing heard from 127.0.0.1 for 5 s]')
	wake
	steps+=(expect 'echo ba' expect '[hawser: 127.0.0.1 answers again after '
		send $'ck\r' expect $'\nback' expect "$prompt" send $'exit\r')
	session -o LinkNotice=yes
	assert_success
	assert_output --regexp 'round trip of the probe: [0-9]+ ms'
	assert_equal "$(grep -c 'nothing heard' <<<"$output")" 1
}

@test "no keys, no notice" {
	steps+=(quiet 7)
	wake
	steps+=(send $'exit\r')
	session -o LinkNotice=yes
	assert_success
	refute_output --partial '[hawser'
}

@test "LinkNotice no says nothing" {
	steps+=(send 'e' quiet 7)
	wake
	steps+=(send $'xit\r')
	session -o LinkNotice=no
	assert_success
}

@test "LinkNotice title uses the title, and puts it back" {
	steps+=(send 'e' expect $'\033[22;2t\033]2;nothing heard from 127.0.0.1 for 5 s\033\\'
		expect $'\033]2;nothing heard from 127.0.0.1 for 6 s\033\\')
	wake
	steps+=(expect $'\033[23;2t' send $'xit\r')
	session -o LinkNotice=title
	assert_success
	refute_output --partial '[hawser'
}

@test "no line in the middle of a full-screen program" {
	steps=(expect "$prompt"
		send "echo \$PPID >$server; printf '\\033[?1049hfull'"$'\r'
		expect $'[?1049hfull' expect "$prompt"
		'do' "kill -STOP \$(cat '$server')" send e quiet 7)
	wake
	steps+=(send $'xit\r')
	session -o LinkNotice=yes
	assert_success
}

@test "ServerAlive: the server does not answer" {
	steps+=(expect 'Timeout, server 127.0.0.1 not responding.')
	session -o LinkNotice=no -o ServerAliveInterval=1 \
		-o ServerAliveCountMax=2
	assert_equal "$status" 255
	assert_output --regexp \
		'not responding\.( \(nothing was heard for [2-5] s\))'
}

@test "the connection is lost: it is said for how long it was silent" {
	steps+=(quiet 2.5 'do' "kill -KILL \$(cat '$server')"
		expect 'Connection to 127.0.0.1 closed by remote host.')
	session
	assert_equal "$status" 255
	assert_output --regexp \
		'closed by remote host\. \(nothing was heard for [2-9] s\)'
}

@test "~. ends a session whose server is silent" {
	steps+=(send '~.' end -)
	session
	assert_equal "$status" 255
}
