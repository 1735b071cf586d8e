#!/usr/bin/env bats
# A master's other clients in proxy mode (-O proxy): connections of their own
# in its connection. Each test with ssh's client, and with ours.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	start_target web
	start_sshd main 'MaxSessions 300'
	head -c 8388608 /dev/urandom >"$dir/data"
	control=$dir/main.control
	setsid "$HAWSER" -F "$dir/config" -MN -S "$control" \
		-o RekeyLimit=3M main >"$dir/master" 2>&1 3>&- &
	remember $!
	echo $! >"$dir/master.pid"
	wait_until 10 test -S "$control"
}

setup() {
	needs_native
	hawser_only
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	control=$dir/main.control
	master_pid=$(<"$dir/master.pid")
	guests=(ssh "$HAWSER")
}

# guest PROGRAM [ARGUMENT]...
guest() {
	limited "$1" -F "$dir/config" -S "$control" -O proxy "${@:2}"
}

# start_guest PROGRAM [ARGUMENT]...: its process in $guest_pid.
start_guest() {
	setsid "$1" -F "$dir/config" -S "$control" -O proxy "${@:2}" 3>&- <&0 &
	guest_pid=$!
	remember "$guest_pid"
}

end_guest() {
	kill "-${1:-TERM}" "$guest_pid"
	wait "$guest_pid" 2>/dev/null || return 0
}

descriptors() {
	find "/proc/$master_pid/fd" -mindepth 1 | wc -l
}

has_descriptors() {
	[[ $(descriptors) == "$1" ]]
}

# lists_proxies N
lists_proxies() {
	[[ $("$HAWSER" -F "$dir/config" -S "$control" -O list main |
		grep -c ': proxy of pid') == "$1" ]]
}

@test "commands: statuses, and what they write" {
	for one in "${guests[@]}"; do
		for n in 0 1 77 255; do
			run guest "$one" main "echo out; echo err >&2; exit $n"
			assert_equal "$status" "$n"
			assert_line out
			assert_line err
		done
	done
}

@test "much, both ways, and two at once" {
	sum=$(sha256sum <"$dir/data")
	for one in "${guests[@]}"; do
		guest "$one" main cat <"$dir/data" >"$tmp/a" &
		first=$!
		guest "$one" main 'sha256sum; cat' <"$dir/data" >"$tmp/b" &
		second=$!
		wait "$first"
		wait "$second"
		assert_equal "$(sha256sum <"$tmp/a")" "$sum"
		assert_equal "$(<"$tmp/b")" "$sum"
	done
}

@test "-L and -R" {
	for one in "${guests[@]}"; do
		pick_port
		here=$free
		pick_port
		there=$free
		start_guest "$one" -N -L "$here:127.0.0.1:$(port web)" \
			-R "$there:127.0.0.1:$(port web)" main
		wait_until 10 listens "$here"
		wait_until 10 listens "$there"
		run traffic call "$here" name
		assert_output web
		run traffic call "$there" name
		assert_output web
		end_guest
		wait_until 10 listens_not "$there"
	done
}

@test "ours says when it is ready" {
	start_guest "$HAWSER" -N -o StatusFile="$tmp/status" \
		-L "$tmp/way:127.0.0.1:1" main
	wait_until 10 grep -qs '"state":"ready"' "$tmp/status"
	end_guest
}

@test "one that is killed takes only its own with it" {
	before=$(descriptors)
	mkfifo "$tmp/fifo"
	exec 9<>"$tmp/fifo"
	for one in "${guests[@]}"; do
		start_guest "$one" main "echo \$\$ >$tmp/pid; cat; touch $tmp/ended" \
			<&9 >"$tmp/out"
		wait_until 10 test -s "$tmp/pid"
		wait_until 10 lists_proxies 1
		end_guest KILL
		wait_until 10 test -e "$tmp/ended"
		rm "$tmp/ended" "$tmp/pid"
		run guest "$one" main echo on
		assert_output on
		wait_until 10 has_descriptors "$before"
	done
}

@test "one that does not read holds up nobody" {
	for one in "${guests[@]}"; do
		start_guest "$one" main "echo here; cat $dir/data $dir/data; echo" \
			>"$tmp/out"
		wait_until 10 test -s "$tmp/out"
		kill -STOP "$guest_pid"
		run guest "$one" main "cat $dir/data | sha256sum"
		assert_output "$(sha256sum <"$dir/data")"
		kill -CONT "$guest_pid"
		wait "$guest_pid"
		assert_equal "$(wc -c <"$tmp/out")" $((2 * 8388608 + 6))
		rm "$tmp/out"
	done
}

@test "not with the libssh2 engine" {
	needs_libssh2
	start_sshd other
	setsid "$HAWSER" -F "$dir/config" -o Engine=libssh2 -MN -S "$tmp/c" other \
		>"$tmp/master" 2>&1 3>&- &
	remember $!
	wait_until 10 test -S "$tmp/c"
	for one in "${guests[@]}"; do
		control=$tmp/c
		run guest "$one" other true
		assert_failure 255
		assert_output --partial 'unsupported request'
	done
	kill $!
	wait $! || :
}

@test "those that say what they should not are ended, and nobody else" {
	before=$(descriptors)
	start_guest ssh main "until [ -e $tmp/go ]; do sleep .1; done; exit 9"
	other_pid=$guest_pid
	run limited "$python" "$tests_dir/peers/fake_proxied.py" "$control"
	assert_success
	refute_output --partial 'not ended'
	touch "$tmp/go"
	status=0
	wait "$other_pid" || status=$?
	assert_equal "$status" 9
	wait_until 10 has_descriptors "$before"
	run grep -c 'sent away' "$dir/master"
	refute_output 0
}

@test "when the master ends, so do they" {
	for one in "${guests[@]}"; do
		start_sshd last
		setsid "$HAWSER" -F "$dir/config" -MN -S "$tmp/c" last \
			>"$tmp/master" 2>&1 3>&- &
		last_pid=$!
		remember "$last_pid"
		wait_until 10 test -S "$tmp/c"
		control=$tmp/c
		start_guest "$one" last 'echo; exec sleep 1000' >"$tmp/out"
		wait_until 10 test -s "$tmp/out"
		"$HAWSER" -F "$dir/config" -S "$tmp/c" -O exit last
		status=0
		wait "$guest_pid" || status=$?
		assert_equal "$status" 255
		wait "$last_pid" || :
		refute grep -i sanitizer "$tmp/master"
		rm "$tmp/out"
	done
}
