#!/usr/bin/env bats
# Sessions as a person sees them, with tmux as the terminal; and servers other
# than OpenSSH's.

load lib/suite
load lib/shell

setup_file() {
	suite_begin
	command -v tmux >/dev/null || return 0
	start_sshd main
	if ((${#WORLD[@]} > 0)) && command -v dropbear >/dev/null; then
		start_dropbear dropbear
	fi
	! has_go_server || start_go go
	start_tmux
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	prompted='^[#$] *$'
	command -v tmux >/dev/null || skip "no tmux here"
	new_window
	before=$(modes)
}

# The modes of the window's terminal.
modes() {
	stty -g <"$(mux display-message -p -t main '#{pane_tty}')"
}

# Log in to a host and wait for its prompt.
log_in() {
	type_line "'$HAWSER' -F config $*"
	on_screen "$prompted"
}

# The session is over: the local shell prompts, and the terminal is as it was.
logged_out() {
	on_screen '^here> *$'
	wait_until 5 modes_are_back
}

back_with_status() {
	on_screen '^here> *$'
	type_line 'echo "status $?"'
	on_screen "^status $1\$"
}

# Are we in raw mode again?
in_session() {
	! modes_are_back
}

modes_are_back() {
	[[ $(modes) == "$before" ]]
}

is_alternate() {
	[[ $(mux display-message -p -t main '#{alternate_on}') == "$1" ]]
}

needs() {
	command -v "$1" >/dev/null || skip "no $1 here"
}

@test "a session, and back" {
	log_in main
	type_line 'echo $((6 * 7))'
	on_screen '^42$'
	type_line 'exit 3'
	on_screen '^Connection to 127.0.0.1 closed.$'
	back_with_status 3
	logged_out
}

@test "the window changes" {
	log_in main
	mux resize-window -t main -x 100 -y 30
	wait_until 5 resized_to '30 100'
	mux resize-window -t main -x 70 -y 20
	wait_until 5 resized_to '20 70'
	type_line exit
	on_screen 'closed.$'
}

# Does the remote side know?
resized_to() {
	type_line 'clear; stty size'
	wait_until 1 screen_has "^$1\$"
}

@test "vi" {
	needs vi
	printf 'line one\nline two\n' >"$dir/text"
	log_in main
	# a long name would not fit on the last line, and vi would wait
	type_line "cd $dir; clear"
	type_line "vi -u NONE text"
	on_screen '^~ *$'
	keys j A ' more' Escape
	on_screen '^line two more$'
	mux resize-window -t main -x 60 -y 15
	keys :wq Enter
	on_screen "$prompted"
	assert_equal "$(tail -n 1 "$dir/text")" 'line two more'
	type_line exit
	on_screen 'closed.$'
}

@test "top" {
	needs top
	log_in main
	type_line top
	on_screen 'PID USER'
	keys q
	on_screen "$prompted"
	type_line exit
	on_screen 'closed.$'
}

@test "less" {
	needs less
	seq 1000 >"$dir/numbers"
	log_in main
	type_line "less $dir/numbers"
	on_screen '^23$'
	keys G
	on_screen '^1000$'
	keys q
	off_screen '^1000$'
	on_screen "$prompted"
	type_line exit
	on_screen 'closed.$'
}

@test "a full-screen program, and the server is killed" {
	hawser_only
	needs vi
	log_in main
	type_line "echo \$PPID >$tmp/server; vi -u NONE -c 'set mouse=a' -c 'call setline(1, \"in vi\")'"
	on_screen '^in vi$'
	wait_until 5 is_alternate 1
	kill -KILL "$(<"$tmp/server")"
	on_screen '^here> *$'
	is_alternate 0
	off_screen '^in vi$'
	screen_has 'closed by remote host'
	assert_equal "$(mux display-message -p -t main \
		'#{cursor_flag}#{mouse_any_flag}#{keypad_flag}#{keypad_cursor_flag}')" 1000
	logged_out
	back_with_status 255
}

@test "~^Z and fg" {
	log_in main
	type_line 'echo be""fore'
	on_screen '^before$'
	keys '~' C-z
	on_screen '^here> *$'
	logged_out
	type_line 'echo lo""cal'
	on_screen '^local$'
	type_line fg
	wait_until 5 in_session
	type_line 'echo af""ter'
	on_screen '^after$'
	type_line 'exit 4'
	back_with_status 4
}

@test "^C, ^D, ^Z and ^\\ are the remote side's" {
	log_in main
	type_line '(echo u""p; sleep 30)'
	on_screen '^up$'
	keys C-c
	on_screen '^[#$] *$' # the prompt
	type_line '(echo ag""ain; sleep 30)'
	on_screen '^again$'
	keys C-z
	on_screen Stopped
	on_screen '^[#$] *$'
	type_line 'echo he""re'
	on_screen '^here$'
	keys C-d
	on_screen 'stopped jobs'
	keys C-d
	on_screen 'closed.$'
}


peer_session() {
	[[ -e $dir/$1.port ]] || skip "no $1 here"
	log_in "$1"
	type_line 'stty size'
	on_screen '^24 80$'
	mux resize-window -t main -x 100 -y 30
	wait_until 5 resized_to '30 100'
	type_line 'clear; echo "<$TERM>"'
	on_screen '^<\(screen\|tmux\)'
	type_line 'exit 5'
	on_screen 'closed.$'
	back_with_status 5
}

@test "Dropbear: a session, the window changes, the status is kept" {
	peer_session dropbear
}

@test "a Go server: a session, the window changes, the status is kept" {
	peer_session go
}
