#!/usr/bin/env bats
# The terminal's modes, and what else the remote side changed, after each way
# out of a session; terminal.py fails if a mode is not what it was.

load lib/suite
load lib/shell

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	steps=()
}

# Begin a session whose server process is $server, ready for more.
begin() {
	typed 'echo $PPID >$HAWSER_TEST/server; echo up'
	steps+=(expect $'\nup' expect "$prompt" modes raw)
}

ends() {
	run_session "${steps[@]}" -- "${@:2}" main
	assert_equal "$stderr" ""
	assert_equal "$status" "$1"
}

kill_server() {
	steps+=("do" "kill -$1 \$(cat '$dir/server')")
}

@test "the modes are raw in a session and as before after it" {
	begin
	steps+=(send $'exit\r')
	ends 0
}

@test "the exit status of the shell is kept" {
	begin
	steps+=(send $'exit 37\r')
	ends 37
	assert_output --partial "Connection to 127.0.0.1 closed."
}

@test "^D ends the shell" {
	begin
	steps+=(send $'\004')
	ends 0
}

@test "~. ends the session" {
	begin
	steps+=(send '~.')
	ends 255
	assert_output --partial 'Connection to 127.0.0.1 closed.'
}

@test "the server is killed" {
	begin
	kill_server KILL
	ends 255
	assert_output --partial "Connection to 127.0.0.1 closed by remote host."
	assert_output --partial "Connection to 127.0.0.1 closed."
}

@test "-q says nothing about the end" {
	begin
	steps+=(cut "$tmp/before" send $'exit\r')
	ends 0 -q
	refute_output --partial Connection
}

@test "with -q ~. says nothing either" {
	begin
	steps+=(send '~.')
	ends 255 -q
	refute_output --partial Connection
}

ends_by_signal() {
	begin
	steps+=(signal "$1")
	ends 255
}

@test "SIGTERM from outside" {
	ends_by_signal TERM
}

@test "SIGHUP from outside" {
	ends_by_signal HUP
}

@test "SIGINT from outside" {
	ends_by_signal INT
}

@test "SIGQUIT from outside" {
	ends_by_signal QUIT
}

@test "SIGPIPE from outside" {
	hawser_only
	begin
	steps+=(signal PIPE send $'echo $((6 * 7))\r')
	run_session "${steps[@]}" expect 42 send $'exit\r' -- main
	assert_equal "$stderr" ""
	assert_success
}

crashes_plainly() {
	! grep -q __asan_init "$HAWSER" || skip "a sanitizer takes the signal"
}

@test "a crash of our own" {
	hawser_only
	crashes_plainly
	begin
	steps+=(signal SEGV)
	ends 139
}

@test "a crash of our own undoes what the remote side switched on" {
	hawser_only
	crashes_plainly
	begin
	steps+=(send "printf '\033[?1049h\033[?25l'; echo now"$'\r'
		expect '25lnow' expect "$prompt" cut "$tmp/before" signal SEGV
		end - cut "$tmp/after")
	run_session "${steps[@]}" -- main
	assert_equal "$(<"$tmp/after")" $'\033[?1049l\033[?25h'
}

@test "the terminal goes away" {
	begin
	steps+=(close - signal HUP)
	ends 255
}

@test "SIGTSTP from outside stops us with the old modes, SIGCONT goes on" {
	hawser_only
	begin
	steps+=(signal TSTP stopped - fg - modes raw
		send $'echo $((6 * 7))\r' expect $'\n42' send $'exit 5\r')
	ends 5
}

@test "~^Z stops us with the old modes, and fg goes on" {
	begin
	steps+=(send $'~\032' stopped - fg - modes raw
		send $'echo $((6 * 7))\r' expect $'\n42' send $'exit 5\r')
	ends 5
	assert_output --partial '~^Z [suspend ssh]'
}

@test "~^Z, and the window changes before fg" {
	begin
	steps+=(send $'~\032' stopped - size 91x37 fg - modes raw
		send $'\rstty size\r' expect '37 91' send $'exit\r')
	ends 0
}

@test "killed while stopped, the modes are as before" {
	begin
	steps+=(send $'~\032' stopped - signal TERM fg -)
	run_session "${steps[@]}" -- main
	assert_equal "$stderr" ""
	((status == 255 || status == 143))
}

@test "a failed login changes nothing" {
	run_session -- -o IdentityFile=none -o PubkeyAuthentication=no main
	assert_equal "$status" 255
	assert_equal "$stderr" ""
}

# What the remote side prints when it takes over the screen, and what undoes
# it, after the server was killed in the middle.
undone() {
	begin
	steps+=(send "printf '$1'; echo; echo now"$'\r' expect $'\nnow'
		expect "$prompt" cut "$tmp/before")
	kill_server KILL
	steps+=(expect "closed by remote host" end -
		cut "$tmp/after")
	run_session "${steps[@]}" -- main
	assert_equal "$status" 255
	# shellcheck disable=SC2059 # it is a format
	printf "$2" >"$tmp/wanted"
	printf 'Connection to 127.0.0.1 closed%s.' ' by remote host' '' \
		>>"$tmp/wanted"
	tr -d '\r\n' <"$tmp/after" | sed 's/ (nothing was heard for [0-9]* s)//' \
		>"$tmp/got"
	cmp "$tmp/got" "$tmp/wanted" || {
		od -c "$tmp/got"
		false
	}
}

@test "the server is killed: nothing was on, nothing is undone" {
	hawser_only
	undone 'plain' ''
}

@test "the server is killed: what was switched off again is not undone" {
	hawser_only
	undone '\033[?1049h\033[?25l\033[?25h\033[?1049l' ''
}

@test "the server is killed: alternate screen" {
	hawser_only
	undone '\033[?1049h' '\033[?1049l'
}

@test "the server is killed: hidden cursor" {
	hawser_only
	undone '\033[?25l' '\033[?25h'
}

@test "the server is killed: mouse and bracketed paste" {
	hawser_only
	undone '\033[?1000h\033[?1006h\033[?2004h' \
		'\033[?1000l\033[?1006l\033[?2004l'
}

@test "the server is killed: everything a full-screen program does" {
	hawser_only
	local on='' off='' part
	for part in '?1049h' '22;0;0t' '?1h' '?2004h' '?1002h' '?1004h' '>1u' \
		'2;20r' '?25l' '1;31m'; do
		on+="\033[$part"
	done
	# what disturbs the shell's input goes first, what is seen comes last
	for part in '[?1002l' '[?1004l' '[?2004l' '[<1u' '[?1049l' '[23;0t' 7 \
		'[r' 8 '[m' '[?1l' '>' '[?25h'; do
		off+="\033$part"
	done
	undone "$on\033=" "$off"
}

@test "a normal end undoes nothing" {
	begin
	steps+=(send "printf '\033[?1049h\033[?25l'"$'\r' expect "$prompt"
		cut "$tmp/before" send $'exit\r' end -
		cut "$tmp/after")
	ends 0
	printf 'exit\r\nConnection to 127.0.0.1 closed.\r\r\n' >"$tmp/wanted"
	cmp "$tmp/after" "$tmp/wanted"
}

# run_shell: the steps in an interactive shell with job control, in which $c
# runs the client on main.
run_shell() {
	export PS1='here> ' ENV='' c="$HAWSER -F $dir/config main"
	run --separate-stderr limited "$python" "$tests_dir/lib/terminal.py" \
		expect 'here> ' "${steps[@]}" send $'exit\r' -- \
		bash --noprofile --norc -i
}

@test "background jobs of a shell answer, all of them" {
	steps+=(send $'for h in 1 2 3; do $c echo answer$((h + 1)) & done; wait\r'
		expect 'answer' expect 'answer' expect 'answer' expect 'here> '
		send $'jobs; echo the end\r' expect $'the end\r\n' expect 'here> ')
	run_shell
	assert_success
	assert_line --regexp '^answer2'
	assert_line --regexp '^answer3'
	assert_line --regexp '^answer4'
	refute_output --partial 'Stopped'
}

@test "a background job leaves what is typed to the shell, until it is its turn" {
	hawser_only
	steps+=(send $'$c "echo up; cat" &\r' expect $'up\r\n'
		send $'echo my $((20 + 3))\r' expect 'my 23'
		send $'jobs\r' expect Running expect 'here> '
		send $'fg\r' expect 'up; cat' send $'for the job\r'
		expect $'for the job\r\n' expect $'for the job\r\n'
		send $'\004' expect 'here> ')
	PATIENCE=5 run_shell
	assert_success
	refute_output --partial 'Stopped'
}
