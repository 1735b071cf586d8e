#!/usr/bin/env bats
# Guests of a connection that another process has: sessions, -W, forwardings
# and -O. MASTER is the program that has it, by default ssh; called mux_both.bats
# it is hawser, and tests without a real master are skipped.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/shell

setup_file() {
	export MASTER=${MASTER:-ssh}
	[[ $BATS_TEST_FILENAME != */mux_both.bats ]] || MASTER=hawser
	[[ $MASTER != hawser ]] || MASTER=$(program)
	suite_begin
	export DISPLAY=127.0.0.1:77 A=here
	start_target web
	start_sshd main 'AcceptEnv A B' 'X11Forwarding yes' 'MaxSessions 50' \
		'Subsystem sftp internal-sftp'
	start_sshd few 'MaxSessions 1'
	start_agent agent id
	start_master main -o SendEnv=A -o SendEnv=B -A -Y \
		-o IdentityAgent="$dir/agent.agent"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	share=(-S "$dir/main.control")
}

teardown() {
	[[ -z ${client_pid:-} ]] || stop_client
}

# start_master HOST [ARGUMENT]...: a master, as others use it; its socket is
# $dir/HOST.control.
start_master() {
	local control=$dir/$1.control

	limited "$MASTER" -F "$dir/config" -M -S "$control" -N -f "${@:2}" \
		"$1" >"$dir/$1.master" 2>&1 || return
	wait_until 10 test -S "$control"
	remember "$(master_pid "$control")"
}

master_pid() {
	ssh -F none -S "$1" -O check x 2>&1 | sed -n 's/.*(pid=\([0-9]*\)).*/\1/p'
}

# start_fake MODE [TEXT]: see peers/fake_master.py; its socket is $fake.
start_fake() {
	[[ $BATS_TEST_FILENAME != */mux_both.bats ]] || skip "done before"
	fake=$tmp/$1.control
	rm -f "$fake"
	"$python" "$tests_dir/peers/fake_master.py" "$fake" "$@" \
		>"$tmp/$1.log" 2>&1 3>&- &
	remember $!
	fake_pid=$!
	wait_until 10 grep -q ready "$tmp/$1.log"
}

end_fake() {
	kill "$fake_pid"
	wait "$fake_pid" 2>/dev/null || :
}

shared() {
	run_client "${share[@]}" "$@"
}

logins() {
	grep -c 'Accepted publickey' "$dir/main.log"
}

@test "a command: output, errors, statuses; one login for all" {
	before=$(logins)
	for status in 0 1 42 255; do
		shared main "echo out; echo err >&2; exit $status"
		assert_failure_or "$status"
		assert_output out
		assert_stderr err
	done
	shared main 'kill -9 $$'
	assert_failure 255
	shared -o RemoteCommand='echo configured' main
	assert_output configured
	assert_equal "$(logins)" "$before"
}

assert_failure_or() {
	assert_equal "$status" "$1"
}

@test "input: to its end, none with -n, and of a shell" {
	run client "${share[@]}" main 'cat; echo end' <<<'some text'
	assert_output $'some text\nend'
	run client -n "${share[@]}" main 'cat; echo end' <<<'some text'
	assert_output end
	run client "${share[@]}" -T main <<<'echo from a shell; exit 5'
	assert_failure 5
	assert_line 'from a shell'
}

@test "bulk both ways at once" {
	head -c 10000000 /dev/urandom >"$tmp/data"
	client "${share[@]}" main cat <"$tmp/data" >"$tmp/back"
	cmp "$tmp/data" "$tmp/back"
}

@test "a subsystem" {
	run client "${share[@]}" -s main sftp < <(printf '\0\0\0\5\1\0\0\0\3')
	assert_success
	run -0 sftp -q -S "$HAWSER" -F "$dir/config" \
		-o ControlPath="$dir/main.control" -b - main <<<'pwd'
	assert_output --partial 'working directory: /'
}

@test "variables: those that both sides know" {
	shared -o SendEnv=A -o SetEnv=B=own main 'echo $A $B'
	assert_output 'here own'
	shared main 'echo A=$A'
	assert_output A=
}

@test "-A and -Y: what the client asks for" {
	shared main 'echo ${SSH_AUTH_SOCK:-none}; echo ${DISPLAY:-none}'
	assert_output $'none\nnone'
	shared -A main 'ssh-add -l'
	assert_success
	assert_output --partial "$(fingerprint "$dir/id.pub")"
	command -v xauth >/dev/null || skip "sshd needs xauth"
	shared -Y main 'echo ${DISPLAY:-none}'
	assert_output --regexp ':[0-9]+'
}

@test "a terminal: a status, ^C, a new size, and as it was at the end" {
	run_session expect "$prompt" modes raw \
		send $'stty size\r' expect $'24 80\r\n' expect "$prompt" \
		size 100x30 await \
		"grep -q x \$tmp/none || { kill -WINCH \$pid; true; }" \
		send $'sh -c "echo go\\$((1+1)); exec sleep 99"\r' \
		expect $'\ngo2\r\n' send $'\003' expect "$prompt" \
		send $'while ! stty size | grep "30 100"; do sleep .1; done\r' \
		expect $'\n30 100\r\n' expect "$prompt" \
		send $'exit 9\r' end - modes same -- "${share[@]}" main
	assert_failure 9
	assert_output --partial $'Shared connection to 127.0.0.1 closed.\r'
	run_session end - -- "${share[@]}" -tq main 'tty -s && echo one; exit 3'
	assert_failure 3
	assert_output $'one\r'
}

@test "-O forward and cancel: here, there, by SOCKS, by sockets" {
	pick_port && here=$free
	pick_port && socks=$free
	shared -O forward -L "$here:127.0.0.1:$(port web)" -D "$socks" \
		-L "$tmp/socket:127.0.0.1:$(port web)" main
	assert_success
	assert_output ""
	assert_stderr ""
	for address in "$here" "$tmp/socket"; do
		run traffic call "$address" name
		assert_output web
	done
	run curl -sS --noproxy '' -x "socks5h://127.0.0.1:$socks" \
		-o /dev/null "http://127.0.0.1:$(port web)/10"
	assert_success
	shared -O forward -R "0:127.0.0.1:$(port web)" main
	assert_success
	there=$output
	run traffic call "$there" name
	assert_output web
	shared -O cancel -L "$here:127.0.0.1:$(port web)" -D "$socks" \
		-R "0:127.0.0.1:$(port web)" main
	assert_success
	assert_stderr ""
	for one in "$here" "$socks" "$there"; do
		wait_until 5 listens_not "$one"
	done
	shared -O cancel -L "$here:127.0.0.1:$(port web)" main
	assert_success
	assert_stderr --partial 'forwarding request failed: '
	assert_stderr --partial 'muxclient: master cancel forward request failed'
	shared -O cancel -L "$tmp/socket:127.0.0.1:$(port web)" main
}

@test "-O forward: one that is refused" {
	shared -O forward -L "127.0.0.1:$(port web):127.0.0.1:1" main
	assert_failure 255
	assert_stderr --partial 'mux_client_forward: forwarding request failed: '
	assert_stderr --partial 'muxclient: master forward request failed'
}

@test "-L, -R with a session are the master's" {
	pick_port
	shared -L "$free:127.0.0.1:$(port web)" main echo ran
	assert_output ran
	run traffic call "$free" name
	assert_output web
	shared -O cancel -L "$free:127.0.0.1:$(port web)" main
	assert_success
}

@test "-N: forwardings as long as it is there, and no shell" {
	hawser_only
	pick_port
	start_client "${share[@]}" -N -L "$free:127.0.0.1:$(port web)" main
	wait_until 10 listens "$free"
	run traffic call "$free" name
	assert_output web
	still_there
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
	wait_until 5 listens_not "$free"
}

@test "-W: bytes both ways, and a place that is not there" {
	exec 5< <(client "${share[@]}" -W "127.0.0.1:$(port main)" main </dev/null)
	read -r -u 5 line
	assert_regex "$line" '^SSH-2.0-OpenSSH'
	exec 5<&-
	pick_port
	shared -W "127.0.0.1:$free" main
	assert_failure 255
	assert_stderr --partial 'Stdio forwarding request failed: '
}

@test "-O proxy: a connection of one's own in the master's" {
	needs_native
	shared -O proxy main true
	[[ $stderr != *'unsupported request'* ]] ||
		skip "not with this master"
	before=$(logins)
	run client "${share[@]}" -O proxy main 'cat; exit 4' <<<'to and fro'
	assert_failure 4
	assert_output 'to and fro'
	head -c 3000000 /dev/urandom >"$tmp/data"
	client "${share[@]}" -O proxy main cat <"$tmp/data" >"$tmp/back"
	cmp "$tmp/data" "$tmp/back"
	run_session expect "$prompt" send $'tty -s && echo one; exit 6\r' \
		end - modes same -- "${share[@]}" -O proxy -o ServerAliveInterval=1 main
	assert_failure 6
	assert_output --regexp $'\none\r'
	pick_port
	start_client "${share[@]}" -O proxy -N \
		-L "$free:127.0.0.1:$(port web)" main
	wait_until 10 listens "$free"
	run traffic call "$free" name
	assert_output web
	stop_client
	shared main echo others
	assert_output others
	assert_equal "$(logins)" "$before"
}

@test "-O proxy: masters that say what they should not" {
	hawser_only
	needs_native
	for text in kexinit newkeys userauth empty padded giant ghost leave; do
		start_fake proxies $text
		run_client -S "$fake" -O proxy main true
		assert_failure 255
		refute [ -z "$stderr" ]
		refute grep -qE '^message (.|..|1..)$' <(grep -vE '^message (80|9.|100)$' \
			"$tmp/proxies.log")
		end_fake
	done
	start_fake refuses 'no proxy'
	run_client -S "$fake" -O proxy main true
	assert_failure 255
	assert_stderr 'proxy request failed: no proxy'
}

@test "-f: it goes on in the background" {
	hawser_only # ssh waits
	client "${share[@]}" -f main "until [ -e $tmp/go ]; do sleep .1; done
		touch $tmp/done" >"$tmp/out" 2>&1
	refute [ -e "$tmp/done" ]
	touch "$tmp/go"
	wait_until 10 test -e "$tmp/done"
}

@test "-O check, stop, exit; and what there is to say without a master" {
	start_master few
	few=(-S "$dir/few.control")
	run_client "${few[@]}" -O check few
	assert_success
	assert_stderr "Master running (pid=$(master_pid "$dir/few.control"))"
	run_client "${few[@]}" -O stop few
	assert_success
	assert_stderr 'Stop listening request sent.'
	run_client "${few[@]}" -O check few
	assert_failure 255
	assert_stderr "Control socket connect($dir/few.control): No such file or directory"
	run_client "${few[@]}" -O nonsense few
	assert_failure 255
	assert_stderr 'Invalid multiplex command.'
	run_client -S none -O check few
	assert_failure 255
	assert_stderr 'No ControlPath specified for "-O" command'

	start_master few
	run_client "${few[@]}" -q -O exit few
	assert_success
	assert_stderr ''
	wait_until 10 test ! -e "$dir/few.control"
}

@test "a session that the server refuses: a connection of its own" {
	start_master few
	mkfifo "$tmp/fifo"
	start_client -S "$dir/few.control" few cat "$tmp/fifo"
	wait_until 10 pgrep -f "^cat $tmp/fifo"
	before=$(grep -c 'Accepted publickey' "$dir/few.log")
	run_client -S "$dir/few.control" few echo alone
	assert_success
	assert_output alone
	assert_stderr --partial 'mux_client_request_session: session request failed: '
	assert_equal "$(grep -c 'Accepted publickey' "$dir/few.log")" $((before + 1))
	echo >"$tmp/fifo"
	client_status
	assert_equal "$status" 0
	run_client -S "$dir/few.control" -O exit few
	assert_stderr 'Exit request sent.'
}

@test "the client ends: by signals, or killed; the master goes on" {
	for signal in TERM HUP INT KILL; do
		start_client "${share[@]}" main "echo \$\$; exec sleep 98.$$"
		wait_until 10 grep -q . "$tmp/out"
		kill -s $signal "$client_pid"
		client_status
		[[ $signal == KILL ]] || assert_equal "$status" 255
	done
	start_client "${share[@]}" main "exec cat >$tmp/cat; echo over >$tmp/over"
	shared main echo still
	assert_output still
}

@test "CommandTimeout is a guest's own" {
	hawser_only
	run_client "${share[@]}" -o CommandTimeout=1 main 'echo in; exec sleep 20'
	assert_equal "$status" 124
	assert_output in
	assert_stderr 'Command timed out after 1 s: echo in; exec sleep 20'
	run_client "${share[@]}" -o CommandTimeout=30 main 'exit 3'
	assert_equal "$status" 3
}

@test "the master ends in the middle: 255" {
	start_master few
	start_client -S "$dir/few.control" few 'echo up; exec sleep 97'
	wait_until 10 grep -q up "$tmp/out"
	kill -KILL "$(master_pid "$dir/few.control")"
	client_status
	assert_equal "$status" 255
	run_client -S "$dir/few.control" few echo own
	assert_output own
	assert_stderr "Control socket connect($dir/few.control): Connection refused"
	# another's may be there by now: who cannot listen removes nothing
	is_ssh || {
		pick_port
		run_client -S "$dir/few.control" -o ControlMaster=auto -p "$free" few
		assert_equal "$status" 255
		assert [ -S "$dir/few.control" ]
	}
	run_client -v -S "$dir/few.control" -o ControlMaster=auto few echo own
	assert_output own
	assert_stderr --partial "Stale control socket $dir/few.control, unlinking"
	# who it was may go on as a master
	run_client -S "$dir/few.control" -O exit few || :
	rm -f "$dir/few.control"
}

@test "ControlPath: none, not there, too long" {
	run_client -S none main echo own
	assert_output own
	run_client -v -S "$tmp/nobody" main echo own
	assert_output own
	assert_stderr --partial "Control socket \"$tmp/nobody\" does not exist"
	long=$tmp/$(printf '%0108d' 1)
	for more in -T -Ocheck; do
		run_client -S "$long" "$more" main true
		assert_failure 255
		assert_stderr "ControlPath too long ('$long' >= 108 bytes)"
	done
}

# own_after MODE [TEXT]: with such a master there is an own connection.
own_after() {
	start_fake "$@"
	run_client -S "$fake" -o ConnectTimeout=1 main echo own
	assert_success
	assert_output own
	end_fake
}

# ends_after MODE [TEXT]: with such a master it is over.
ends_after() {
	start_fake "$@"
	run_client -S "$fake" -o ConnectTimeout=1 main echo own
	assert_failure 255
	assert_output ""
	end_fake
}

@test "masters that are none: nothing is given to them" {
	hawser_only
	for mode in hang gone version no_hello huge tiny bad_extension; do
		own_after $mode
		assert_stderr --partial 'muxclient: master hello exchange failed'
		refute grep -q fds "$tmp/$mode.log"
	done
	start_fake hang
	run_client -S "$fake" -o ConnectTimeout=1 -O check main
	assert_failure 255
	assert_stderr "Control socket $fake: no answer"
}

@test "an answer in the last moment is one" {
	hawser_only
	start_fake stops 1.2
	run_client -S "$fake" -o ConnectTimeout=1 -O check main
	assert_success
	assert_stderr "Master running (pid=$fake_pid)"
	end_fake
}

@test "masters that refuse, or are gone before they have heard" {
	hawser_only
	own_after refuses $'no\e[1m room'
	assert_stderr 'mux_client_request_session: session request failed: no\033[1m room'
	own_after denies 'not you'
	assert_stderr 'Master refused session request: not you'
	own_after unread
	assert_stderr ""
}

@test "masters that break the protocol; no command runs twice" {
	hawser_only
	for mode in closes sequence unknown cut other_exit two_exits error \
		other_tty; do
		ends_after $mode
		assert grep -q 'fds 3' "$tmp/$mode.log"
	done
	ends_after closes_late
	start_fake big_exit
	run_client -S "$fake" main true
	assert_failure 5
	end_fake
	start_fake flood
	start_client -S "$fake" main true
	wait_until 10 grep -q fds "$tmp/flood.log"
	kill "$client_pid"
	client_status
	assert_equal "$status" 255
}

@test "a master's text is shown, not obeyed; its number is none of ours" {
	hawser_only
	start_fake extensions $'one\e]0;title\a\ntwo'
	run_client -S "$fake" -O conninfo main
	assert_success
	assert_output 'one\033]0;title\007'$'\ntwo'
	end_fake
	start_fake error 4294967295
	run_client -S "$fake" -O check main
	assert_failure 255
}

@test "another user's socket gets no descriptors" {
	hawser_only
	((EUID == 0)) || skip "needs root"
	theirs=$(mktemp -d)
	chmod 777 "$theirs"
	(cd / && exec setpriv --reuid 54321 --clear-groups "$python" \
		- "$theirs/control" ok <"$tests_dir/peers/fake_master.py" \
		>"$tmp/theirs.log" 2>&1 3>&-) &
	remember $!
	wait_until 10 grep -q ready "$tmp/theirs.log"
	run_client -S "$theirs/control" main echo own
	rm -r "$theirs"
	assert_output own
	assert_stderr "Control socket connect($theirs/control): Permission denied"
	refute grep -q fds "$tmp/theirs.log"
}
