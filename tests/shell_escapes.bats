#!/usr/bin/env bats
# Escape keys, where they are recognised and what they do.

load lib/suite
load lib/shell
load lib/forward

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	# what is typed comes back in a form that shows every byte
	steps=(expect "$prompt" send $'stty raw -echo opost onlcr; echo up; exec cat -v\r'
		expect $'\nup\r\n' modes raw)
}

# What the remote side got after this was typed; ^D is "^D" for cat -v, so the
# session ends with "~.".
got() {
	steps+=(send "$1" expect "$2" cut "$tmp/got" send $'\r~.')
	run_session "${steps[@]}" -- "${@:3}" main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

# The session goes on after the keys, which showed a text.
shows() {
	steps+=(send "$1" expect "$2" send $'\rz' expect $'^Mz' send $'\r~.')
	run_session "${steps[@]}" -- "${@:3}" main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "~~ sends one" {
	got $'\r~~x' '^M~x'
}

@test "~ is only special after a newline" {
	got 'a~.b' 'a~.b'
}

@test "after a carriage return, and after a line feed" {
	got $'\r~~\n~~' '^M~'
	assert_output --partial '~'
}

@test "~ and another key sends both" {
	got $'\r~x' '^M~x'
}

@test "after ~x it is not the start of a line" {
	got $'\r~x~.y' '^M~x~.y'
}

@test "~ and . may come apart" {
	steps+=(send $'\r~' expect '^M' quiet 0.3 send .)
	run_session "${steps[@]}" -- main
	assert_equal "$status" 255
	assert_output --partial 'Connection to 127.0.0.1 closed.'
}

@test "-e none switches them off" {
	steps+=(send $'\r~.~?' expect '~.~?' signal TERM)
	run_session "${steps[@]}" -- -e none main
	assert_equal "$stderr" ""
	assert_output --partial '^M~.~?'
}

@test "-e ^B is another key" {
	steps+=(send $'\r~.\002.\r\002\002\002' expect '~.^B.^M^B^B'
		send $'\r\002.')
	run_session "${steps[@]}" -- -e ^B main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "EscapeChar is a key too" {
	steps+=(send $'\r~.' expect '^M~.' send $'\r%.')
	run_session "${steps[@]}" -- -o EscapeChar=% main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "EscapeChar none" {
	steps+=(send $'\r~.x' expect '^M~.x' signal TERM)
	run_session "${steps[@]}" -- -o EscapeChar=none main
	assert_equal "$stderr" ""
}

@test "without a terminal there are none" {
	run_client main cat <<<$'~.\n~?'
	assert_success
	assert_output $'~.\n~?'
}

@test "with -T on a terminal there are none" {
	run_session modes same send $'~.\n\004' -- -T main cat
	assert_success
	assert_output --partial '~.'
}

@test "~? shows them all" {
	shows $'\r~?' 'immediately after newline.)'
	assert_output --partial $'~?\r\nSupported escape sequences:\r\n ~.   - '
	assert_output --partial $' ~?   - this message\r\n'
	assert_output --partial $' ~~   - send the escape character'
	refute_output --partial 'open a command line'
}

@test "~? shows ~C where it is enabled" {
	shows $'\r~?' 'immediately after newline.)' \
		-o EnableEscapeCommandline=yes
	assert_output --partial $' ~C   - open a command line\r\n'
}

@test "~? has the key that is set" {
	hawser_only
	steps+=(send $'\r\002?' expect $' ^B^B ' expect 'newline.)' signal TERM)
	run_session "${steps[@]}" -- -e ^B main
	assert_equal "$stderr" ""
}

@test "~V and ~v change the log level" {
	shows $'\r~V~v~v' '[LogLevel VERBOSE]'
	assert_output --partial $'~V [LogLevel ERROR]\r\n~v [LogLevel INFO]\r\n'
}

@test "~# lists the channels" {
	shows $'\r~#' 'client-session'
	assert_output --partial \
		$'~#\r\nThe following connections are open:\r\n  #0 client-session'
}

@test "~# shows what a SOCKS client has made up as text" {
	hawser_only
	pick_port
	steps+=('do' "$python $tests_dir/peers/socks.py $free 5name 'a"$'\302\233'"b' 1"
		send $'\r~#' expect 'last trouble' expect 'a\302\233b:1'
		send $'\r~.')
	run_session "${steps[@]}" -- -D "$free" main
	assert_equal "$status" 255
	refute_output --partial $'\302\233'
}

@test "~I shows the connection" {
	hawser_only
	shows $'\r~I' 'channels'
	assert_output --partial $'~I\r\nConnection information:\r\n'
	assert_output --partial "[127.0.0.1]:$(port main)"
	assert_output --partial "$user@127.0.0.1"
	assert_output --regexp 'kexalgorithm [a-z0-9@.-]+'
	assert_output --regexp 'cipher [a-z0-9@.-]+'
	assert_output --regexp 'mac (<implicit>|[a-z0-9@.-]+)'
	assert_output --regexp 'traffic [0-9]+ bytes out, [0-9]+ bytes in'
	assert_output --regexp 'round trip [0-9]+\.[0-9]+ ms'
	assert_output --partial 'authenticated with publickey'
}

@test "~B sends a BREAK" {
	needs_native
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh asides asides
	steps=(expect $'ready\r\n' send '~B' expect $'~B\r\n'
		expect $'break 1000\r\n' send $'\r~B' expect $'break 1000\r\n'
		send q)
	run_session "${steps[@]}" -- asides
	assert_equal "$status" 3
}

@test "~B and ~R without a server that knows them go on" {
	needs_native
	shows $'\r~B~R' $'~B\r\n'
}

@test "~C is off by default" {
	shows $'\r~C' $'commandline disabled\r\n'
}

command_line() {
	steps+=(send $'\r~C' expect 'ssh> ' send "$1" expect "$2"
		modes raw send $'\rz' expect '^Mz' send $'\r~.')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes "${@:3}" main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "~C help" {
	command_line $'help\r' 'Cancel dynamic forward'
	assert_output --partial '-L[bind_address:]port:host:hostport'
	refute_output --partial '!args'
}

@test "~C knows no other commands" {
	command_line $'frobnicate\r' 'Invalid command.'
}

@test "~C and an empty line go on" {
	command_line $'\r' $'\n'
}

@test "~C ^C goes on" {
	hawser_only
	command_line $'hel\003' $'\n'
	refute_output --partial 'Invalid'
}

@test "~C can be edited" {
	hawser_only
	command_line $'xfrob\001\004\005\025help\r' 'Cancel dynamic forward'
}

@test "~C completes" {
	hawser_only
	command_line $'he\t\r' 'Cancel dynamic forward'
}

@test "~C remembers its lines" {
	hawser_only
	steps+=(send $'\r~C' expect 'ssh> ' send $'help\r'
		expect 'Cancel dynamic forward')
	command_line $'\020\r' 'Cancel dynamic forward'
}

@test "~C and no local command unless it is permitted" {
	steps+=(send $'\r~C' expect 'ssh> ' send "!touch $tmp/made"$'\r'
		expect $'\n' modes raw send $'\rz' expect '^Mz' send $'\r~.')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes main
	assert_equal "$stderr" ""
	assert [ ! -e "$tmp/made" ]
}

@test "~C runs a local command, with the terminal as it was" {
	hawser_only
	steps+=(send $'\r~C' expect 'ssh> ' send "!stty -g >$tmp/modes; pwd"$'\r'
		expect "$PWD" modes raw send $'\rz' expect '^Mz' send $'\r~.')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes \
		-o PermitLocalCommand=yes main
	assert_equal "$stderr" ""
	assert_regex "$(<"$tmp/modes")" ':'
}

# local_command LINE [STEP]...: what happens while it runs; the session goes on.
local_command() {
	hawser_only
	steps+=(send $'\r~C' expect 'ssh> ' send "!$1"$'\r' expect begun "${@:2}"
		modes raw send $'\rz' expect '^Mz' send $'\r~.')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes \
		-o PermitLocalCommand=yes main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "~C: ^C and ^\\ end a local command, and not the session" {
	# bash keeps ^\ from what it has not started yet
	sleeper="exec $python -c \"import time; print('be' + 'gun', flush=True); time.sleep(30)\""
	local_command "$sleeper" send $'\003'
	setup
	local_command "$sleeper" send $'\034'
}

@test "~C: ^Z stops a local command and us" {
	local_command 'echo be""gun; read x; echo "<$x>"' send $'\032' \
		stopped - fg - send $'on\r' expect '<on>'
}

@test "output waits while the command line is open" {
	hawser_only
	steps=(expect "$prompt"
		send $'while [ ! -e $HAWSER_TEST/go ]; do sleep 0.1; done; echo la""ter\r'
		expect 'ter' send $'\r~C' expect 'ssh> ' 'do' 'touch "$dir/go"'
		quiet 0.5 send $'\r' expect $'\nlater' send $'exit\r')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes main
	assert_equal "$stderr" ""
	assert_success
}

@test "~& ends the shell's input, and the rest goes on in the background" {
	steps=(expect "$prompt" send $'echo $PPID >$HAWSER_TEST/background\r'
		expect "$prompt" await 'test -s "$dir/background"' send '~&')
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	assert_success
	assert_output --partial '~& [backgrounded]'
	wait_until 5 gone "$(<"$dir/background")"
}

@test "~^Z is for the one who has a shell to come back to" {
	steps+=(send $'\r~\032' stopped - fg - send $'z' expect 'z' send $'\r~.')
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	assert_output --partial '~^Z [suspend ssh]'
}
