#!/usr/bin/env bats
# How long a command takes, as a ratio to ssh's time on the same machine in the
# same minute. tests/bench measures more.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main 'LogLevel INFO'
}

# Print how many microseconds a program takes for "main true".
time_of() {
	local start=$EPOCHREALTIME end

	limited "$1" -F "$dir/config" main true || return 1
	end=$EPOCHREALTIME
	echo $((${end/./} - ${start/./}))
}

# The median of a file's lines, of which there are 15.
median() {
	sort -n "$1" | sed -n 8p
}

# Print hawser's time in percent of ssh's: the medians of 15 runs, in turns.
percent_of_ssh() {
	local turn

	: >"$tmp/ours"
	: >"$tmp/theirs"
	for turn in {1..15}; do
		time_of "$HAWSER" >>"$tmp/ours" || return 1
		time_of "$ssh" >>"$tmp/theirs" || return 1
	done
	echo $((100 * $(median "$tmp/ours") / \
		$(median "$tmp/theirs")))
}

@test "a command takes at most 0.6 of ssh's time" {
	local ssh try percent

	hawser_only
	ssh=$(command -v ssh) || skip "no ssh here"
	# a machine that has other work to do may need a second chance
	for try in 1 2 3; do
		percent=$(percent_of_ssh)
		echo "# $percent percent of ssh's time" >&3
		((percent > 60)) || return 0
	done
	fail "$percent percent of ssh's time, in try $try"
}
