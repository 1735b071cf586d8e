#!/usr/bin/env bats
# What a session puts on the terminal: the bytes that ssh would, no more.

load lib/suite
load lib/shell

setup_file() {
	suite_begin
	start_sshd main 'AcceptEnv WORD_*'
	start_sshd permits_none 'PermitTTY no'
	seq 1000000 | head -c 1048576 >"$dir/megabyte"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	steps=()
}

@test "as ssh: a few commands" {
	typed 'echo one; echo two >&2'
	typed 'ls -d / /etc'
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: the exit status" {
	typed 'exit 9'
	same_as_ssh main
}

@test "as ssh: editing and control keys" {
	steps+=(expect "$prompt" send $'echo wrong\025echo righx\177t\r'
		expect $'\nright' expect "$prompt" send $'(echo up; sleep 9)\r'
		expect $'\nup' send $'\003' expect "$prompt" send $'cat\r' expect $'\n'
		send $'line\r' expect $'line\r\nline' send $'\004')
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: a command with -t" {
	same_as_ssh -t main 'stty size; tty -s; echo $?; exit 4'
}

@test "as ssh: the modes of the remote terminal" {
	same_as_ssh -t main 'stty -a'
}

@test "as ssh: text that is not ASCII, and bytes that are nothing" {
	typed 'printf "\\303\\244\\342\\202\\254 \\377\\376 \\001\\002\\177 end\\n"'
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: control sequences go through" {
	typed 'printf "\\033[?1049h\\033[2Jx\\033[?1049l\\033]2;title\\007 end\\n"'
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: the window grows" {
	typed "sh -c 'trap \"stty size; exit\" WINCH; echo up; while :; do sleep 0.1; done'; exit"
	steps+=(expect $'\nup' size 132x50 expect '50 132')
	same_as_ssh main
}

@test "as ssh: much output" {
	same_as_ssh -t main 'seq 100000'
}

@test "as ssh: vi" {
	command -v vi >/dev/null || skip "no vi here"
	steps+=(expect 'some text' expect $'\033[' send "ihello"
		expect hello send $'\033:q!\r')
	echo 'some text' >"$dir/file"
	# a long name would not fit on the last line, and vi would wait
	same_as_ssh -t main "cd $dir; vi -u NONE file"
}

@test "as ssh: less" {
	command -v less >/dev/null || skip "no less here"
	seq 1000 >"$dir/numbers"
	steps+=(expect $'\n23' send ' ' expect $'\n46' send 'q')
	same_as_ssh -t main "less $dir/numbers"
}

@test "as ssh: a loop that is stopped" {
	typed 'echo up; while :; do sleep 0.1; done'
	steps+=(expect $'\nup' send $'\003')
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: job control" {
	typed '(echo up; cat)'
	steps+=(expect $'\nup' send $'\032' expect "$prompt" send $'fg\r'
		expect cat expect $'\n' send $'\004')
	typed 'exit'
	same_as_ssh main
}

@test "as ssh: -tt and output that goes elsewhere" {
	export STDOUT=$tmp/out
	same_as_ssh -t main 'stty size; echo out'
	assert_equal "$(tr -d '\r' <"$tmp/out")" $'24 80\nout'
}

@test "as ssh: an empty session, and -q" {
	same_as_ssh -tq main true
}

@test "as ssh: -v and the rest of the terminal" {
	typed 'exit'
	run_session "${steps[@]}" -- -v main
	assert_success
	assert_output --regexp 'Transferred: sent [0-9]+, received [0-9]+ bytes'
}

@test "as ssh: the server permits no terminal, and the session goes on" {
	steps+=(expect 'PTY allocation request failed on channel 0'
		send $'tty -s; echo status $?; exit 3\r')
	local filter="tr -d \\r" # ssh is in raw mode when it says so
	same_as_ssh permits_none
	assert_regex "$(<"$tmp/hawser.out")" 'status 1'
}

@test "as ssh: the server permits no terminal, and one was asked for" {
	local filter="tr -d \\r"
	same_as_ssh -t permits_none true
	same_as_ssh -tt permits_none
	same_as_ssh -o RequestTTY=yes permits_none true
}

# --- -t, -tt, -T, RequestTTY ----------------------------------------------------

report='if tty -s; then echo tty; else echo none; fi'

@test "who gets a terminal, stdin a terminal, with a command: as ssh" {
	local options
	for options in -4 -t -tt -T -oRequestTTY={auto,yes,force,no} -tT -Tt -n \
		-tn -ttn; do
		same_as_ssh "$options" main "$report"
	done
}

@test "who gets a terminal, stdin a terminal, without a command: as ssh" {
	local options
	for options in -4 -t -tt -oRequestTTY={auto,yes,force}; do
		steps=()
		typed "$report; exit"
		same_as_ssh "$options" main
	done
	for options in -T -oRequestTTY=no; do
		steps=(modes same send "$report; exit"$'\r')
		same_as_ssh "$options" main
	done
}

# The same with a pipe as stdin; $1 is what comes through it.
piped_as_ssh() {
	local input=$1 first=0 second=0 answer

	shift
	HAWSER=/usr/bin/ssh client "$@" <<<"$input" >"$tmp/ssh.out" \
		2>"$tmp/ssh.err" || first=$?
	client "$@" <<<"$input" >"$tmp/out" 2>"$tmp/err" || second=$?
	assert_equal "$second" "$first"
	# what the shell echoes, and whether its prompt is before its answer,
	# depends on whether it is up when input comes
	for answer in tty none; do
		assert_equal "$(grep -acE "(^|[#\$] )$answer" "$tmp/out")" \
			"$(grep -acE "(^|[#\$] )$answer" "$tmp/ssh.out")"
	done
	cmp "$tmp/err" "$tmp/ssh.err"
}

@test "who gets a terminal, stdin a pipe: as ssh" {
	local options
	for options in -4 -t -tt -T -oRequestTTY={auto,yes,force,no}; do
		piped_as_ssh 'text' "$options" main "$report"
		piped_as_ssh "$report; exit 6" "$options" main
	done
}

@test "a terminal that cannot be had is a line on stderr" {
	run_client -t main "$report" <<<''
	assert_success
	assert_output none
	assert_stderr "Pseudo-terminal will not be allocated because stdin is not a terminal."
}

# --- TERM, size, modes ----------------------------------------------------------

@test "TERM goes to the other side" {
	export TERM_HERE=vt220
	run_session -- -t main 'echo "<$TERM>"'
	assert_output --partial '<vt220>'
}

@test "SetEnv TERM is another TERM" {
	run_session -- -t -o SetEnv=TERM=vt100 main 'echo "<$TERM>"'
	assert_output --partial '<vt100>'
}

@test "SendEnv and SetEnv" {
	export WORD_A=sent
	run_session -- -t -o 'SendEnv WORD_*' -o 'SetEnv WORD_B=set' main \
		'echo "<$WORD_A$WORD_B>"'
	assert_output --partial '<sentset>'
}

@test "-tt with a pipe as stdin: the size is that of another descriptor" {
	hawser_only
	export KEEP_STDIN=1 SIZE=111x33
	run_session -- -tt main 'stty size; read -r line; echo "<$line>"; exit 5' \
		< <(echo text)
	assert_equal "$stderr" ""
	assert_equal "$status" 5
	assert_output --partial '33 111'
	assert_output --partial '<text>'
}

@test "-tt with a pipe as stdin: the window grows" {
	hawser_only
	export KEEP_STDIN=1 SIZE=111x33
	mkfifo "$tmp/fifo"
	run_session expect ready size 112x34 expect '34 112' \
		'do' 'echo >"$tmp/fifo"' -- -tt main 'trap "stty size" WINCH
		echo ready; until read -r line; do :; done' <>"$tmp/fifo"
	assert_equal "$stderr" ""
}

@test "a window that changes before the shell is there" {
	steps+=(size 90x20 modes raw size 91x21)
	typed 'sleep 0.2; stty size; exit'
	run_session "${steps[@]}" -- main
	assert_output --partial $'\n21 91'
}

@test "pixels" {
	export SIZE=80x24x640x480
	run_session -- -t main "$python -c 'import fcntl, struct, termios
print(struct.unpack(\"HHHH\", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))))'"
	assert_output --partial '(24, 80, 640, 480)'
}

@test "many changes of the window end with the last" {
	local i
	typed "echo ready"
	steps+=(expect $'\nready')
	for i in {60..90}; do
		steps+=(size "${i}x20")
	done
	steps+=(await true)
	typed 'sleep 0.2; stty size; exit'
	run_session "${steps[@]}" -- main
	assert_output --partial $'\n20 90'
}

@test "modes that the user set are those of the other side" {
	run_session -- -t main 'stty -a'
	assert_output --partial 'intr = ^C;'
	assert_output --partial 'erase = ^?;'
	assert_output --partial ' icrnl '
	assert_output --partial ' onlcr '
}

# --- much, both ways ------------------------------------------------------------

@test "^C during a flood stops it" {
	typed 'yes flooding'
	steps+=(expect $'flooding\r\nflooding' cut "$tmp/before" send $'\003'
		expect $'\n# ' cut "$tmp/after" send $'exit\r')
	steps=("${steps[@]//$'\n# '/$'\n'"$prompt"}")
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	(($(wc -c <"$tmp/after") < 4000000))
}

@test "a paste of 1 MB arrives whole" {
	steps=(expect "$prompt"
		send $'stty raw -echo; echo ready; head -c 1048576 | sha256sum; stty sane; exit\r'
		expect $'\nready' paste "$dir/megabyte")
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	assert_output --partial "$(sha256sum <"$dir/megabyte")"
}

@test "a paste of 1 MB to a program that echoes it arrives whole" {
	steps=(expect "$prompt"
		send $'stty raw -echo; echo ready; head -c 1048576 | tee $HAWSER_TEST/pasted; stty sane; exit\r'
		expect $'\nready' paste "$dir/megabyte")
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	cmp "$dir/megabyte" "$dir/pasted"
}
