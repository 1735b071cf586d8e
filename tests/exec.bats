#!/usr/bin/env bats
# Running a command: statuses, streams, signals, and the options around them.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	printf '#!/bin/sh\necho no >&2\nexit 9\n' >"$dir/fail"
	chmod +x "$dir/fail"
	start_sshd main 'AcceptEnv TEST_*' 'Subsystem echo cat' \
		"Subsystem fail $dir/fail"
}

@test "exit statuses are the remote command's" {
	for wanted in 0 1 7 255; do
		run_client main "exit $wanted"
		assert_equal "$status" "$wanted"
		assert_output ""
		assert_stderr ""
	done
}

@test "a command that is killed gives 255 and nothing on stdout" {
	run_client main 'kill -9 $$'
	assert_equal "$status" 255
	assert_output ""
}

@test "a command that is killed is said to be, with the signal's name" {
	hawser_only
	run_client main 'kill -9 $$'
	assert_stderr --partial KILL
	run_client main 'kill -SEGV $$'
	assert_equal "$status" 255
	assert_stderr --partial SEGV
}

@test "a command that is not there gives 127" {
	run -127 --separate-stderr client main no_such_command_at_all
	assert_stderr --partial 'not found'
}

@test "arguments are joined by one space and left to the remote shell" {
	run_client main echo 'a   b' '$((1+2))' '"c   d"'
	assert_success
	assert_output 'a b 3 c   d'
}

@test "options between destination and command count, later ones do not" {
	run_client main -T echo -T -n
	assert_success
	assert_output -- '-T -n'
}

@test "stdout and stderr stay apart" {
	run_client main 'echo out; echo err >&2; exit 3'
	assert_equal "$status" 3
	assert_output out
	assert_stderr err
}

@test "stdout and stderr arrive whole when both are busy" {
	client main 'seq 300000 & seq 300000 600000 >&2; wait' \
		>"$tmp/out" 2>"$tmp/err"
	seq 300000 | cmp - "$tmp/out"
	seq 300000 600000 | cmp - "$tmp/err"
}

@test "the remote command sees the end of stdin, and can still answer" {
	run bash -c 'seq 1000 | "$@"' - timeout 20 "$HAWSER" -F "$dir/config" \
		main 'wc -l; echo after'
	assert_success
	assert_output "$(printf '1000\nafter')"
}

@test "stdin goes on when the remote side closed stdout" {
	run bash -c 'seq 100000 | "$@"' - timeout 20 "$HAWSER" -F "$dir/config" \
		main "exec >&-; cat >$tmp/received; exit 4"
	assert_equal "$status" 4
	seq 100000 | cmp - "$tmp/received"
}

@test "a command that ends without reading stdin does not hang" {
	run bash -c '(echo one; sleep 0.5; echo two; exec sleep 3) | "$@"' - \
		timeout 2 "$HAWSER" -F "$dir/config" main 'exit 5'
	assert_equal "$status" 5
}

@test "stdin that stays open does not keep a finished command" {
	mkfifo "$tmp/fifo"
	exec 5<>"$tmp/fifo"
	CLIENT_TIMEOUT=5 client main 'exit 6' <&5 || status=$?
	exec 5>&-
	assert_equal "$status" 6
}

# A command of so many bytes, which run "wc -c" and comments.
long_command() {
	printf 'wc -c <<"END"\n%0*d\nEND\n' "$1" 0
}

@test "commands of 35 kB and 100 kB" {
	needs_native
	for size in 35000 100000; do
		run_client main "$(long_command $size)"
		assert_success
		assert_output $((size + 1))
	done
}

@test "a command that is longer than any message says so" {
	needs_native
	hawser_only
	# no argument of a program is that long
	part=$(printf '%0100000d' 0)
	run_client main true "$part" "$part" "$part"
	assert_failure 255
	assert_stderr --partial 'exec request failed on channel 0: it has 300007'
}

@test "stdin may be a file, /dev/null, or closed" {
	seq 10 >"$tmp/file"
	run_client main cat <"$tmp/file"
	assert_output "$(seq 10)"
	run_client main 'cat; echo end' </dev/null
	assert_output end
	run bash -c '"$@" <&-' - timeout 20 "$HAWSER" -F "$dir/config" \
		main 'cat; echo end'
	assert_success
	assert_output end
}

@test "a large file on stdin arrives whole" {
	head -c 3000000 /dev/urandom >"$tmp/file"
	client main cat <"$tmp/file" >"$tmp/got"
	cmp "$tmp/file" "$tmp/got"
}

@test "a pipe that others use, too, goes on blocking for them" {
	hawser_only # it does not while ssh runs
	mkfifo "$tmp/pipe"
	exec 7<>"$tmp/pipe"
	setsid "$HAWSER" -F "$dir/config" main "touch '$tmp/up'; exec sleep 60" \
		<&7 >&7 2>"$tmp/err" 3>&- &
	remember $!
	wait_until 10 test -e "$tmp/up"
	run sed -n 's/^flags:[^0-9]*//p' /proc/self/fdinfo/7
	kill $!
	exec 7>&-
	assert_equal $((8#$output & 8#4000)) 0
}

@test "closed stdout or stderr is not taken for another file" {
	run_client main 'echo err >&2' >&-
	assert_success
	run --separate-stderr bash -c '"$@" 2>&-' - timeout 20 "$HAWSER" \
		-F "$dir/config" main 'echo err >&2; echo out'
	assert_success
	assert_output out
}

@test "-n leaves stdin alone" {
	printf 'a\nb\nc\n' >"$tmp/lines"
	while read -r line; do
		client -n main "cat; echo got $line"
	done <"$tmp/lines" >"$tmp/out"
	assert_equal "$(<"$tmp/out")" "$(printf 'got a\ngot b\ngot c')"
}

@test "StdinNull does as -n" {
	run_client -o StdinNull=yes main 'cat; echo end' <<<"not this"
	assert_output end
}

@test "a background child that holds stdout is waited for" {
	local start=$EPOCHREALTIME
	run_client main 'sleep 1.2 & echo out; exit 7'
	assert_equal "$status" 7
	assert_output out
	((${EPOCHREALTIME/./} - ${start/./} > 1100000))
}

@test "a background child that holds nothing is not waited for" {
	local start=$EPOCHREALTIME
	run_client main 'sleep 5 >/dev/null 2>&1 </dev/null & exit 7'
	assert_equal "$status" 7
	((${EPOCHREALTIME/./} - ${start/./} < 4000000))
}

@test "a status comes through while stderr is still to be read" {
	mkfifo "$tmp/fifo"
	exec 5<>"$tmp/fifo"
	client main 'head -c 1000000 /dev/zero >&2; exit 7' 2>"$tmp/fifo" &
	local pid=$!
	exec 6<"$tmp/fifo" 5>&-
	assert_equal "$(head -c 1000 <&6 | wc -c)" 1000
	sleep 0.3 # the reader is slow
	assert_equal "$(cat <&6 | wc -c)" 999000
	exec 6<&-
	wait $pid || status=$?
	assert_equal "$status" 7
}

@test "output after the shell's exit still arrives" {
	run_client main '(sleep 0.5; echo late; echo later >&2) & exit 0'
	assert_success
	assert_output late
	assert_stderr later
}

@test "no command and no terminal run a shell without a terminal" {
	run_client main <<<'tty; echo $((40+2)); exit 3'
	assert_equal "$status" 3
	assert_line 'not a tty'
	assert_line 42
	assert_stderr --partial 'Pseudo-terminal will not be allocated because stdin is not a terminal.'
}

@test "-T runs a shell without a terminal and without a word about it" {
	run_client -T main <<<'echo $((40+2)); exit 3'
	assert_equal "$status" 3
	assert_output 42
	assert_stderr ""
}

@test "-s runs a subsystem" {
	run_client -s main echo <<<hello
	assert_success
	assert_output hello
	run_client main -s fail
	assert_equal "$status" 9
}

@test "a subsystem that the server does not have is refused" {
	run_client -s main nosuch
	assert_equal "$status" 255
	assert_output ""
	assert_stderr "subsystem request failed on channel 0"
}

@test "RemoteCommand is run" {
	run_client -o RemoteCommand='echo remote; exit 2' main
	assert_equal "$status" 2
	assert_output remote
}

@test "RemoteCommand and a command on the command line exclude each other" {
	run_client -o RemoteCommand='echo remote' main true
	assert_equal "$status" 255
	assert_stderr "Cannot execute command-line and remote command."
}

@test "RemoteCommand knows tokens" {
	run_client -o RemoteCommand='echo %n %p %r %%' main
	assert_success
	assert_output "main $(port main) $user %"
}

@test "SessionType chooses the kind of session" {
	run_client -o SessionType=subsystem main echo <<<hello
	assert_success
	assert_output hello
	run_client -o SessionType=default main echo hello
	assert_output hello
}

@test "SetEnv sets what the server accepts, and nothing else" {
	run_client -o SetEnv='TEST_A=one TEST_B="t w o" OTHER=no' main \
		'echo "$TEST_A/$TEST_B/$OTHER"'
	assert_success
	assert_output 'one/t w o/'
}

@test "SendEnv sends what is set, by patterns, without what is excluded" {
	export TEST_ONE=1 TEST_TWO=2 TEST_SECRET=3
	run_client -o SendEnv='TEST_O* TEST_SECRET OTHER -TEST_S*' \
		-o SendEnv=TEST_T* main 'echo "$TEST_ONE/$TEST_TWO/$TEST_SECRET"'
	assert_success
	assert_output 1/2/
}

@test "LocalCommand runs after login where it is permitted" {
	local command="echo \"%n %r %p\" >$tmp/local"
	run_client -o LocalCommand="$command" main true
	assert_success
	assert [ ! -e "$tmp/local" ]
	run_client -o PermitLocalCommand=yes -o LocalCommand="$command" main \
		"cat $tmp/local"
	assert_success
	assert_output "main $user $(port main)"
}

@test "a LocalCommand that fails changes nothing" {
	run_client -o PermitLocalCommand=yes -o LocalCommand='exit 3' main 'exit 4'
	assert_equal "$status" 4
}

@test "the server is told that there will be no more sessions" {
	needs_native
	start_sshd told
	run_client told true
	assert_success
	server_logged told 'rtype no-more-sessions@openssh.com want_reply 0'
	start_sshd untold
	run_client -o ControlMaster=auto -o ControlPath=none untold true
	assert_success
	server_logged untold 'Disconnected from'
	run grep 'no-more-sessions' "$dir/untold.log"
	assert_failure
}
