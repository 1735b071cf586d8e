#!/usr/bin/env bats
# Commands that take too long (CommandTimeout), and those who stay behind when
# one has ended (ExitGrace).
#
# All wait at the same time: setup_file starts them, the tests look at what came
# of it.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/shell
load lib/forward
load lib/hostile

# attempt NAME ARGUMENT...: in the background.
attempt() {
	attempt_now "$@" 3>&- &
	remember $!
}

attempt_now() {
	local name=$1 result=0

	client "${@:2}" <"$dir/input" >"$dir/$name.out" 2>"$dir/$name.err" ||
		result=$?
	echo $result >"$dir/$name.new"
	mv "$dir/$name.new" "$dir/$name.status"
}

attempt_all() {
	local late=(-o CommandTimeout=1 -o CommandGrace=0)

	attempt soon -o CommandTimeout=30 -o ExitGrace=30 main 'echo out; exit 7'
	attempt deaf "${late[@]}" main \
		'trap "" TERM HUP; echo before; echo to >&2; sleep 9'
	attempt subsystem "${late[@]}" -s main wait
	attempt shell -T "${late[@]}" main
	attempt name "${late[@]}" main $'sleep 9 # \e[2J\nx'
	attempt behind "${late[@]}" main 'sleep 20 & echo out; exit 6'
	attempt daemon -o ExitGrace=1 main 'sleep 20 & echo out; exit 6'
	attempt chat -o ExitGrace=1 main \
		'(while sleep 0.2; do echo more; done) & echo out; exit 4'
	attempt visitor -o ExitGrace=1 -L "$visited:127.0.0.1:$(port main)" main \
		"sleep 20 & until test -e $dir/visitor; do sleep 0.1; done; exit 2"
	attempt guest -o CommandTimeout=3 -L "$lingered:127.0.0.1:$(port main)" \
		main "until test -e $dir/guest; do sleep 0.1; done; exit 5"
	attempt mute -o CommandTimeout=1 -o CommandGrace=60 rogue0 true
	attempt mute_open -o CommandTimeout=1 -o CommandGrace=60 rogue1 true
	attempt mute_behind -f -o CommandTimeout=1 rogue0 true
	if has_go_server; then
		attempt heeds -o CommandTimeout=1 -o CommandGrace=9 go \
			"trap 'echo got TERM; exit 3' TERM; echo before; sleep 9 & wait"
		attempt deafer "${late[@]}" go 'echo $$; trap "" TERM; sleep 20; sleep 20'
	fi
}

setup_file() {
	suite_begin
	! is_ssh || return 0
	start_sshd main "Subsystem wait $dir/wait"
	printf '#!/bin/sh\necho here\nexec sleep 9\n' >"$dir/wait"
	chmod +x "$dir/wait"
	if has_go_server; then
		start_go go
	fi
	start_rogue rogue 'frozen when=start' frozen
	pick_port
	visited=$free
	pick_port
	lingered=$free
	echo 'echo in; sleep 9' >"$dir/input"
	attempt_all
	visit visitor "$visited" 9999 &
	remember $!
	visit guest "$lingered" 5 &
	remember $!
}

# visit NAME PORT SECONDS: a connection through -L, that stays for so long.
visit() {
	exec 3>&-
	wait_until 10 listens "$2"
	exec 3<>"/dev/tcp/127.0.0.1/$2"
	read -r <&3
	: >"$dir/$1"
	exec timeout "$3" cat <&3 >/dev/null
}

setup() {
	hawser_only
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
}

# What came of an attempt.
came_of() {
	wait_until 20 test -e "$dir/$1.status"
	status=$(<"$dir/$1.status") output=$(<"$dir/$1.out") stderr=$(<"$dir/$1.err")
}

timed_out() {
	assert_equal "$status" 124
	assert_stderr "$1"
}

@test "a command in time is as without a limit" {
	came_of soon
	assert_equal "$status" 7
	assert_output out
	assert_stderr ""
}

@test "a command that takes too long gets TERM, and the status is 124" {
	has_go_server || skip "no Go server"
	came_of heeds
	timed_out "Command timed out after 1 s: trap 'echo got TERM; exit 3' TERM; echo before; sleep 9 & wait"
	assert_output $'before\ngot TERM'
}

@test "who does not heed TERM gets KILL after CommandGrace" {
	has_go_server || skip "no Go server"
	came_of deafer
	timed_out 'Command timed out after 1 s: echo $$; trap "" TERM; sleep 20; sleep 20'
	wait_until 3 gone "$output"
}

@test "a server that ignores signals does not hold us up" {
	came_of deaf
	assert_equal "$status" 124
	assert_output before
	assert_stderr --partial to
	assert_stderr --partial 'Command timed out after 1 s: trap'
}

@test "a server that never confirms the start does not hold us up, either" {
	came_of mute
	timed_out 'Command timed out after 1 s: true'
	came_of mute_open
	timed_out 'Command timed out after 1 s: true'
	came_of mute_behind
	timed_out 'Command timed out after 1 s: true'
}

@test "a subsystem, and a shell without a terminal, are commands" {
	came_of subsystem
	timed_out 'Command timed out after 1 s: wait'
	assert_output here
	came_of shell
	timed_out 'Shell timed out after 1 s.'
	assert_output in
}

@test "what a command would do to the terminal is made visible" {
	came_of name
	timed_out 'Command timed out after 1 s: sleep 9 # \033[2J\012x'
}

@test "output that nobody reads does not hold us up" {
	mkfifo "$tmp/fifo"
	exec 4<>"$tmp/fifo"
	status=0
	client -o CommandTimeout=1 -o CommandGrace=0 main 'exec yes' \
		>&4 2>"$tmp/err" || status=$?
	assert_equal "$status" 124
	assert_equal "$(tr -d '\r' <"$tmp/err")" \
		'Command timed out after 1 s: exec yes'
}

@test "a command with a terminal, which is put right" {
	run --separate-stderr on_terminal expect 'up' modes raw \
		expect 'timed out after 1 s' end - -- \
		-t -o CommandTimeout=1 -o CommandGrace=0 main 'echo up; sleep 9'
	assert_equal "$status" 124
	assert_output --partial $'Command timed out after 1 s: echo up; sleep 9\r\n'
	assert_output --partial 'Connection to 127.0.0.1 closed.'
}

@test "a shell at a terminal has no limit" {
	local steps=()

	typed 'sleep 1.5; echo "a"live'
	steps+=(expect $'alive\r\n')
	typed 'exit 5'
	run --separate-stderr on_terminal "${steps[@]}" -- \
		-o CommandTimeout=1 -o CommandGrace=0 main
	assert_equal "$status" 5
	refute_output --partial 'timed out'
}

@test "ExitGrace leaves a child that keeps the output open, with the status" {
	came_of daemon
	assert_equal "$status" 6
	assert_output out
	assert_stderr ""
	came_of chat
	assert_equal "$status" 4
	assert_output --partial out
	assert_stderr ""
}

@test "a connection that is still open is not waited for, either" {
	came_of visitor
	assert_equal "$status" 2
}

@test "a command that was in time is, whoever stays for longer than the limit" {
	came_of guest
	assert_equal "$status" 5
	assert_stderr ""
}

@test "CommandTimeout also ends that wait" {
	came_of behind
	timed_out 'Command timed out after 1 s: sleep 20 & echo out; exit 6'
	assert_output out
}

@test "with ExitGrace a slow reader still gets all of it" {
	local sum

	# 3 MB: more than pipes and the window hold
	sum=$(client -o ExitGrace=1 main 'head -c 3000000 /dev/zero' |
		(sleep 2.5; wc -c))
	assert_equal "$sum" 3000000
}
