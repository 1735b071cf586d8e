#!/usr/bin/env bats
# RecordSession and RecordInput.

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
	steps=()
	cast=$tmp/cast
}

# A session that ends with 0 and is recorded.
record() {
	typed exit
	run_session "${steps[@]}" -- -o RecordSession="$cast" "$@" main
	assert_equal "$stderr" ""
	assert_success
}

cast() {
	"$python" "$tests_dir/lib/asciicast.py" "$cast" "$@"
}

@test "a recording is valid, and holds what was shown" {
	typed 'echo recorded'
	record
	cast o >"$tmp/shown"
	assert_equal "$(<"$tmp/shown")"$'\n'"Connection to 127.0.0.1 closed."$'\r\r' \
		"$output"
}

@test "its header has the size, the host and TERM" {
	export SIZE=99x44
	record
	header=$(head -n 1 "$cast")
	assert_regex "$header" '"width": 99, "height": 44'
	assert_regex "$header" '"TERM": "xterm-256color"'
	assert_regex "$header" '"title": "127.0.0.1"'
}

@test "it can be played" {
	command -v asciinema >/dev/null || skip "no asciinema here"
	typed 'echo play""ed'
	record
	run limited env LC_ALL=C.UTF-8 "$python" "$tests_dir/lib/terminal.py" -- \
		asciinema cat "$cast"
	assert_success
	assert_output --partial $'\nplayed'
}

@test "only its owner can read it" {
	umask 0
	record
	assert_equal "$(stat -c %a "$cast")" 600
}

@test "it never overwrites" {
	local said="$cast exists: recording to $cast"

	echo precious >"$cast"
	record
	assert_output --partial "$said.1"
	steps=()
	record
	assert_output --partial "$said.2"
	assert_equal "$(<"$cast")" precious
	for cast in "$cast".[12]; do
		cast o
	done
}

@test "nor does it follow a link" {
	ln -s "$tmp/elsewhere" "$cast"
	record
	assert [ ! -e "$tmp/elsewhere" ]
	assert [ -s "$cast.1" ]
}

@test "where no file can be made the session does not begin" {
	run_session -- -o RecordSession="$tmp/no/such/folder" main
	assert_equal "$status" 255
	assert_output --partial \
		"cannot record to $tmp/no/such/folder: No such file or directory"
}

@test "its name may have the date and time" {
	mkdir "$tmp/casts"
	typed exit
	run_session "${steps[@]}" -- -o RecordSession="$tmp/casts/at-%D" main
	assert_success
	run ls "$tmp/casts"
	assert_output --regexp '^at-20[0-9]{6}-[0-9]{6}$'
}

@test "its name may have tokens" {
	typed exit
	run_session "${steps[@]}" -- -o RecordSession="$tmp/%h-%p-%r" main
	assert_success
	cast=$tmp/127.0.0.1-$(port main)-$user
	cast
}

@test "changes of the window are in it" {
	typed "sh -c 'trap \"stty size; exit\" WINCH; echo up; while :; do sleep 0.1; done'; exit"
	steps+=(expect $'\nup' size 100x30 expect '30 100')
	run_session "${steps[@]}" -- -o RecordSession="$cast" main
	assert_equal "$stderr" ""
	assert_equal "$(cast r | tail -n 1)" 100x30
}

@test "a character that comes in two packets is one" {
	typed 'printf "\303"; sleep 0.3; printf "\244\342\202"; sleep 0.3; printf "\254\n"'
	steps+=(expect $'\303\244\342\202\254')
	record
	assert_regex "$(cast o)" $'\303\244\342\202\254'
}

@test "bytes that are no characters leave it valid" {
	typed 'printf "\377\376\303x\200 e""nd\n"'
	steps+=(expect 'x' expect $' end')
	record
	assert_regex "$(cast o)" ' end'
}

@test "a session of much output" {
	typed 'seq 200000; echo do""ne'
	steps+=(expect $'\ndone')
	record
	assert_equal "$(cast o | tr -d '\r' | grep -c '^[0-9]*$')" 200000
}

@test "input is not recorded unless it is wanted" {
	typed 'echo something'
	record
	assert_equal "$(cast i)" ""
}

@test "RecordInput records what is echoed" {
	typed 'echo something'
	record -o RecordInput=yes
	assert_equal "$(cast i)" $'echo something\rexit\r'
}

@test "RecordInput does not record a password" {
	typed 'stty -echo; echo ask; read -r secret; stty echo; echo got $secret | tr a-z A-Z'
	steps+=(expect $'\nask' send $'hunter2\r' expect 'GOT HUNTER2')
	typed 'echo after'
	record -o RecordInput=yes
	assert_regex "$(cast i)" 'echo after'
	run grep -i hunter2 <(cast i)
	assert_failure
}

@test "RecordInput does not record a password that is typed slowly" {
	typed 'stty -echo; echo ask; read -r secret; stty echo; echo t""hanks'
	steps+=(expect $'\nask' send hun quiet 0.3 send ter2 quiet 0.3 send $'\r'
		expect $'\nthanks')
	typed 'echo after'
	record -o RecordInput=yes
	assert_regex "$(cast i)" 'echo after'
	run grep -E 'hun|ter2' <(cast i)
	assert_failure
}

@test "RecordInput records keys that are echoed one by one" {
	steps+=(expect "$prompt")
	for key in e c h o ' ' 4 2; do
		steps+=(send "$key" expect "$key")
	done
	steps+=(send $'\r' expect $'\n42')
	record -o RecordInput=yes
	assert_equal "$(cast i)" $'echo 42\rexit\r'
}

@test "a session that is lost leaves a valid recording" {
	typed 'echo he""re'
	steps+=(expect here)
	typed 'kill -KILL $PPID'
	run_session "${steps[@]}" -- -o RecordSession="$cast" main
	assert_equal "$status" 255
	assert_regex "$(cast o)" 'here'
}

@test "a session that is ended by a signal leaves a valid recording" {
	typed 'echo he""re'
	steps+=(expect here signal TERM)
	run_session "${steps[@]}" -- -o RecordSession="$cast" main
	assert_equal "$status" 255
	assert_regex "$(cast o)" 'here'
}
