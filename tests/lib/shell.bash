# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# shell - sessions on a terminal: tests/lib/terminal.py as the terminal for
# what must be exact, tmux for what must look right.

# The prompt of the remote shell: root's, or anybody's.
prompt='$ '
((EUID != 0)) || prompt='# '

# on_terminal [VERB ARGUMENT]... -- ARGUMENT...: a session, as terminal.py.
on_terminal() {
	with_program "$HAWSER" "$@"
}

# The same with another program, given first.
with_program() {
	local program=$1 steps=()

	shift
	while [[ $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	export dir tmp
	TERM=${TERM_HERE:-xterm-256color} limited "$python" "$tests_dir/lib/terminal.py" "${steps[@]}" -- \
		"$program" -F "$dir/config" "$@"
}

# Run a session; its output, without what comes from the shell's start.
run_session() {
	run --separate-stderr on_terminal "$@"
}

# Type a line when the shell is ready.
typed() {
	steps+=(expect "$prompt" send "$1"$'\r')
}

# --- tmux ---------------------------------------------------------------------

# A tmux server of the suite's own, with one window of 80x24.
start_tmux() {
	: >"$dir/tmux.conf"
	mux -f "$dir/tmux.conf" new-session -d -x 80 -y 24 -s main \
		"cd '$dir' && exec env PS1='here> ' ENV= sh -i" 3>&-
	mux set-option -g status off
	mux set-option -g remain-on-exit on
	mux set-option -g window-size manual
	remember "$(mux display-message -p '#{pid}')"
}

mux() {
	tmux -S "$dir/tmux.socket" "$@" </dev/null
}

# What a new window shows, and a clean start for a test.
new_window() {
	mux respawn-window -k -t main \
		"cd '$dir' && exec env PS1='here> ' ENV= sh -i"
	mux resize-window -t main -x 80 -y 24
	wait_until 5 has_usual_size
	on_screen 'here>'
}

# tmux takes its time to tell the terminal.
has_usual_size() {
	[[ $(stty size <"$(mux display-message -p -t main '#{pane_tty}')") == '24 80' ]]
}

keys() {
	mux send-keys -t main "$@"
}

type_line() {
	mux send-keys -t main -l -- "$1"
	mux send-keys -t main Enter
}

screen() {
	mux capture-pane -p -t main
}

# Does the screen show this, now or soon? A basic regular expression.
on_screen() {
	wait_until 15 screen_has "$1" || {
		screen >&2
		fail "not on the screen: $1"
	}
}

screen_has() {
	screen | grep -q -- "$1"
}

off_screen() {
	wait_until 15 screen_lacks "$1" || {
		screen >&2
		fail "still on the screen: $1"
	}
}

screen_lacks() {
	! screen_has "$1"
}

# --- side by side ---------------------------------------------------------------

# The same session through ssh and the program: the same bytes on the terminal
# and the same status. $steps are the steps; the arguments follow. What $filter
# takes away may differ.
same_as_ssh() {
	local first=0 second=0

	with_program /usr/bin/ssh "${steps[@]}" -- "$@" \
		>"$tmp/ssh.out" 2>"$tmp/ssh.err" || first=$?
	on_terminal "${steps[@]}" -- "$@" \
		>"$tmp/hawser.out" 2>"$tmp/hawser.err" || second=$?
	((first != 201)) || fail "ssh: $(<"$tmp/ssh.err")"
	assert_equal "$second" "$first"
	assert_equal "$(<"$tmp/hawser.err")" "$(<"$tmp/ssh.err")"
	cmp <(${filter:-cat} <"$tmp/hawser.out") \
		<(${filter:-cat} <"$tmp/ssh.out") || {
		diff -a <(od -c "$tmp/ssh.out") <(od -c "$tmp/hawser.out")
		fail "not the same bytes"
	}
}
