#!/usr/bin/env bats
# Reconnect with a session: a shell at a terminal is opened anew, and nothing
# else is started twice.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/shell
load lib/forward

setup_file() {
	suite_begin
	start_sshd main "Subsystem wait $dir/wait"
	printf '#!/bin/sh\necho x >>%s/subsystem.runs\nexec sleep 30\n' "$dir" \
		>"$dir/wait"
	# the sessions' processes, the server, and the server again
	cat >"$dir/cut" <<-END
		#!/bin/sh
		kill -KILL \$(cat /proc/\$(cat "$dir/main.pid")/task/*/children)
	END
	cat >"$dir/again" <<-END
		#!/usr/bin/env bash
		$(printf '%q ' "${WORLD[@]}") /usr/sbin/sshd -D -E "$dir/main.log" \
			-f "$dir/main.sshd_config" </dev/null >/dev/null 2>&1 3>&- &
		echo \$! | tee -a "$dir/pids" >"$dir/main.pid"
	END
	cat >"$dir/stop" <<-END
		#!/bin/sh
		pid=\$(cat "$dir/main.pid")
		kill "\$pid"
		while grep -qs '^State:[[:space:]]*[^Z]' "/proc/\$pid/status"; do
			sleep 0.05
		done
	END
	chmod +x "$dir/wait" "$dir/cut" "$dir/stop" "$dir/again"
	# where nobody answers
	pick_port
	printf 'Host late\n\tHostName 127.0.0.1\n\tPort %s\n' "$free" \
		>>"$dir/config"
	if command -v tmux >/dev/null; then
		inner_tmux new-session -d -s other 3>&-
		remember "$(inner_tmux display-message -p '#{pid}')"
	fi
}

inner_tmux() {
	tmux -f /dev/null -S "$dir/inner" "$@"
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
	quick=(-o Reconnect=yes -o ReconnectDelay="0.1 0.3")
	steps=()
}

teardown() {
	[[ ! -e $tmp/clients ]] || xargs kill <"$tmp/clients" 2>/dev/null || :
}

# The shell's connection is cut, and another one comes.
cut_and_back() {
	typed 'kill -KILL $PPID'
	steps+=(expect 'Connecting again in' expect '(^C ends).' modes same
		expect 'Connected again.')
}

session() {
	run_session "${steps[@]}" -- "${quick[@]}" "$@"
}

@test "a shell that was lost is opened anew, time and again, and exit ends" {
	for _ in 1 2; do
		cut_and_back
		typed 'echo he"re"'
		steps+=(modes raw expect $'\nhere\r\n')
	done
	typed 'exit 7'
	session main
	assert_equal "$stderr" ""
	assert_equal "$status" 7
	assert_output --partial 'Connection to 127.0.0.1 closed by remote host.'
	# no line stands right of where the one before has ended
	refute_output --regexp $'[^\r]\n'
}

@test "what was typed meanwhile is thrown away" {
	steps+=(expect "$prompt" "do" '"$dir/stop"')
	steps+=(send $'kill -KILL $PPID\r' expect 'Connection refused'
		expect 'Connecting again in' send "touch $dir/evil"$'\r'
		expect "touch $dir/evil" "do" '"$dir/again"' expect 'Connected again.')
	typed 'test ! -e $dir/evil && echo un"harmed"'
	steps+=(expect $'\nunharmed\r\n')
	typed 'exit'
	session -o SetEnv=dir="$dir" main
	assert_equal "$stderr" ""
	assert_equal "$status" 0
	[[ ! -e $dir/evil ]]
}

@test "the terminal is put right, and has the size that it has now" {
	typed $'printf "\\033[?1049h\\033[?2004h\\033[?1h"; echo u"p"'
	steps+=(expect $'hup\r\n' send $'kill -KILL $PPID\r'
		expect $'\e[?1049l' size 93x31 expect 'Connected again.')
	typed 'stty size'
	steps+=(expect $'\n31 93\r\n')
	# escape keys are as at the beginning of a session, and ~. ends for good
	steps+=(expect "$prompt" send '~.')
	session main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "each session has a recording of its own" {
	typed 'echo fi"rst"'
	steps+=(expect $'\nfirst\r\n')
	cut_and_back
	typed 'echo se"cond"'
	steps+=(expect $'\nsecond\r\n')
	typed 'exit'
	session -o RecordSession="$tmp/cast" main
	assert_equal "$status" 0
	assert_output --partial "$tmp/cast exists: recording to $tmp/cast.1"
	grep -q first "$tmp/cast"
	run ! grep -q second "$tmp/cast"
	grep -q second "$tmp/cast.1"
}

@test "with tmux it comes back to where it was" {
	command -v tmux >/dev/null || skip "no tmux"
	local attach="exec env -u TMUX tmux -f /dev/null -S $dir/inner new -A -s x"

	steps+=(expect "$prompt" send $'mark=42; clear; echo "is $mark"\r'
		expect 'is 42' "do" '"$dir/cut"' expect 'Connected again.'
		expect 'is 42' send $'clear; echo "still $mark"\r'
		expect 'still 42' send $'exit\r')
	session -t -o RemoteCommand="$attach" main
	assert_equal "$stderr" ""
	assert_equal "$status" 0
}

@test "keys and signals end or stop it while it waits" {
	local wait=(expect 'Connecting again in' modes same)

	quick=(-o Reconnect=yes -o ReconnectFirst=yes -o ReconnectDelay="60 60")
	for end in "send"$'\n'$'\003' "send"$'\n'$'\034' $'signal\nTERM' \
		$'signal\nHUP'; do
		mapfile -t end <<<"$end"
		run_session "${wait[@]}" "${end[@]}" -- "${quick[@]}" late
		assert_equal "$stderr" ""
		assert_equal "$status" 255
	done
	run_session "${wait[@]}" send $'\032' stopped - fg - send $'\003' -- \
		"${quick[@]}" late
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "a terminal that is closed ends it" {
	steps+=(expect "$prompt" close - signal HUP)
	session main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

@test "a terminal that is closed ends it with -N, too" {
	PATIENCE=5 run_session await "grep -qs '\"ready\"' $tmp/status" close - \
		signal HUP end - -- "${quick[@]}" -N -o StatusFile="$tmp/status" main
	assert_equal "$stderr" ""
	assert_equal "$status" 255
}

# once NAME ARGUMENT...: a client in the background, whose input stays open.
once() {
	once_now "$@" 3>&- &
	remember $!
}

once_now() {
	local result=0

	client "${quick[@]}" "${@:2}" <"$tmp/input" >"$tmp/$1.out" \
		2>"$tmp/$1.err" || result=$?
	echo "$result" >"$tmp/$1.new"
	mv "$tmp/$1.new" "$tmp/$1.status"
}

@test "nothing else is started twice" {
	local runs="echo x >>$dir" name

	mkfifo "$tmp/input"
	exec 4<>"$tmp/input"
	once command main "$runs/command.runs; exec sleep 30"
	once blind -n -tt main "$runs/blind.runs; exec sleep 30"
	once subsystem -s main wait
	once piped -tt main "$runs/piped.runs; exec sleep 30"
	once direct -W "127.0.0.1:$(port main)" main
	for name in command blind subsystem piped; do
		wait_until 10 test -s "$dir/$name.runs"
	done
	wait_until 10 grep -q SSH-2.0 "$tmp/direct.out"
	kill_sessions main
	for name in command blind subsystem piped direct; do
		wait_until 10 test -e "$tmp/$name.status"
		assert_equal "$name $(<"$tmp/$name.status")" "$name 255"
		grep -q 'Not connecting again: a command is not started twice' \
			"$tmp/$name.err"
		[[ $name == direct || $(wc -l <"$dir/$name.runs") == 1 ]]
	done
}

@test "a command that was not started yet waits for its server" {
	"$dir/stop"
	start_client "${quick[@]}" -o ReconnectFirst=yes main 'echo started'
	wait_until 10 grep -q 'Connecting again' "$tmp/err"
	"$dir/again"
	client_status
	assert_equal "$status" 0
	assert_output started
}
