#!/usr/bin/env bats
# The display for programs on the server: tests/peers/x11.py is the X server
# here and the X client there, and xauth here is a script.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

cookie=00112233445566778899aabbccddeeff

setup_file() {
	command -v xauth >/dev/null || skip "sshd needs xauth"
	suite_begin
	start_sshd main 'X11Forwarding yes'
	start_sshd refuses 'X11Forwarding no'
	launch screen '^display' "$python" "$tests_dir/peers/x11.py" serve \
		$cookie "$dir/screen:0"
	sed -n 's/^display //p' "$dir/screen.log" >"$dir/screen.number"
	# It notes how it is called; "list" finds what is in the file "cookie".
	cat >"$dir/xauth" <<-'END'
		#!/bin/sh
		here=${0%/*}
		echo "$*" >>"$here/xauth.log"
		case $* in
		*generate*) [ -e "$here/cookie" ] && : >"$2" ;;
		*list*) cat "$here/cookie" ;;
		esac
	END
	chmod +x "$dir/xauth"
	echo "XAuthLocation \"$dir/xauth\"" >"$dir/first"
	cat "$dir/config" >>"$dir/first"
	mv "$dir/first" "$dir/config"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	number=$(<"$dir/screen.number")
	export DISPLAY=127.0.0.1:$number
	has_cookie
	: >"$dir/xauth.log"
	before=$(wc -l <"$dir/screen.log")
}

has_cookie() {
	echo "here/unix:$number  MIT-MAGIC-COOKIE-1  $cookie" >"$dir/cookie"
}

talk() {
	echo "$python $tests_dir/peers/x11.py talk $*"
}

# How many clients has the X server seen in this test?
clients_seen() {
	echo $(($(wc -l <"$dir/screen.log") - before))
}

@test "-Y: the real cookie reaches the X server, and nobody else" {
	run_client -Y main "$(talk); $(talk msb); $(talk slowly); xauth list"
	assert_success
	assert_line --index 0 welcome
	assert_line --index 1 welcome
	assert_line --index 2 welcome
	assert_line --index 3 --partial MIT-MAGIC-COOKIE-1
	refute_output --partial $cookie
	assert_equal "$(<"$dir/xauth.log")" "list $DISPLAY"
}

@test "a display of this machine, by its Unix socket" {
	hawser_only # ssh 9.2 knows sockets in /tmp only
	for DISPLAY in ":$number" "unix:$number.0" "::$number"; do
		: >"$dir/xauth.log"
		run_client -Y main "$(talk)"
		assert_output welcome
		assert_equal "$(<"$dir/xauth.log")" "list $DISPLAY"
	done
}

@test "localhost is this machine for xauth" {
	DISPLAY=localhost:$number run_client -Y main "$(talk)"
	assert_output welcome
	assert_equal "$(<"$dir/xauth.log")" "list unix:$number"
}

@test "a display that is a path" {
	hawser_only # ssh on macOS only
	DISPLAY=$dir/screen:0 run_client -Y main "$(talk)"
	assert_output welcome
	DISPLAY=$dir/screen:0.1 run_client -Y main "$(talk); "'echo $DISPLAY'
	assert_line --index 0 welcome
	assert_line --index 1 --regexp '\.1$'
}

@test "the screen is passed on" {
	DISPLAY=127.0.0.1:$number.3 run_client -Y main 'echo $DISPLAY'
	assert_output --regexp '\.3$'
}

@test "data passes both ways" {
	run_client -Y main "$(talk send=8388608)"
	assert_output $'welcome\nsame'
}

@test "the end of one direction leaves the other open" {
	hawser_only # ssh closes both
	run_client -Y main "$(talk send=65536 half)"
	assert_output $'welcome\nsame'
}

@test "many clients at a time" {
	run_client -Y main "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		$(talk send=262144) & done; wait"
	assert_equal "$(grep -c welcome <<<"$output")" 12
	assert_equal "$(grep -c same <<<"$output")" 12
}

@test "a wrong cookie, and none: refused, and the X server sees nothing" {
	run_client -Y main "$(talk wrong); $(talk none); $(talk wrong msb)"
	assert_output $'closed\nclosed\nclosed'
	assert_equal "$(grep -c 'X11 connection rejected because of wrong auth' \
		<<<"$stderr")" 3
	hawser_only # ssh connects first
	assert_equal "$(clients_seen)" 0
}

# Debian's ssh trusts by default.
@test "-X trusts as the ssh of this system does" {
	local setting

	command -v ssh >/dev/null || skip "no ssh to compare with"
	setting=$(ssh -F none -G host 2>/dev/null | grep ^forwardx11trusted)
	run "$HAWSER" -F none -G host
	assert_line "$setting"
}

# What the system's ssh_config of these lines makes of -X.
with_system() {
	printf '%s\n' "$@" >"$tmp/ssh_config"
	run --separate-stderr env HOME=/run/suite/home "${WORLD[@]}" sh -c '
		mount --bind "$1" /etc/ssh/ssh_config && shift && exec "$@"' \
		- "$tmp/ssh_config" "$HAWSER" -X -G host
	output=$(grep ^forwardx11 <<<"$output")
}

@test "the system's ssh_config says whether -X trusts" {
	needs_world
	[[ -e /etc/ssh/ssh_config ]] || skip "no /etc/ssh/ssh_config"
	with_system 'Host *' 'ForwardX11Trusted yes'
	assert_line 'forwardx11 yes'
	assert_line 'forwardx11trusted yes'
	with_system 'Host *' 'ForwardX11Trusted no'
	assert_line 'forwardx11trusted no'
}

@test "-X: a cookie of its own for the untrusted" {
	run_client -X -o ForwardX11Trusted=no main "$(talk)"
	assert_output welcome
	assert_stderr ""
	run cat "$dir/xauth.log"
	assert_line --index 0 --regexp "^-f /[^ ]*/xauthfile generate $DISPLAY \
MIT-MAGIC-COOKIE-1 untrusted timeout 1260\$"
	assert_line --index 1 --regexp "^-f /[^ ]*/xauthfile list $DISPLAY\$"
	file=${lines[1]#-f }
	refute [ -e "$(dirname "${file%% *}")" ]
}

@test "-X: ForwardX11Timeout 0, and ForwardX11Trusted" {
	run_client -X -o ForwardX11Trusted=no -o ForwardX11Timeout=0 main "$(talk)"
	assert_output welcome
	run grep -c ' untrusted$' "$dir/xauth.log"
	assert_output 1
	: >"$dir/xauth.log"
	run_client -X -o ForwardX11Trusted=yes main "$(talk)"
	assert_output welcome
	assert_equal "$(<"$dir/xauth.log")" "list $DISPLAY"
}

@test "-X: no cookie to be had" {
	rm "$dir/cookie"
	run_client -X -o ForwardX11Trusted=no main 'echo "<$DISPLAY>"'
	assert_success
	assert_output '<>'
	assert_stderr "Warning: untrusted X11 forwarding setup failed: xauth key\
 data not generated"
	run_client -X -o ForwardX11Trusted=no -o XAuthLocation=/no/such/xauth \
		main 'echo "<$DISPLAY>"'
	assert_output '<>'
}

@test "-Y: no cookie to be had" {
	: >"$dir/cookie"
	run_client -Y main "$(talk)"
	assert_output 'go away'
	assert_stderr "Warning: No xauth data; using fake authentication data for\
 X11 forwarding."
}

@test "ForwardX11Timeout: later clients are refused, open ones go on" {
	run_client -X -v -o ForwardX11Trusted=no -o ForwardX11Timeout=1 main \
		"$(talk hold="$tmp/end") & sleep 3; $(talk)
		touch $tmp/end; wait"
	assert_line --index 0 welcome
	assert_line --index 2 closed
	assert_stderr --partial \
		"Rejected X11 connection after ForwardX11Timeout expired"
}

@test "nothing waits for xauth but the session" {
	hawser_only # ssh waits for it
	start_target web
	pick_port
	rm "$dir/cookie"
	mkfifo "$dir/cookie"
	start_client -Y -L "$free:127.0.0.1:$(port web)" main 'echo "<$DISPLAY>"'
	wait_until 10 test -s "$dir/xauth.log"
	run traffic call "$free" name
	assert_output web
	[[ ! -s $tmp/out ]]
	has_cookie
	client_status
	rm "$dir/cookie"
	assert_success
	assert_output --regexp '^<localhost:[0-9.]+>$'
}

@test "no DISPLAY" {
	unset DISPLAY
	run_client -v -X main 'echo "<$DISPLAY>"'
	assert_success
	assert_output '<>'
	assert_stderr --partial "X11 forwarding requested but DISPLAY not set"
}

@test "a DISPLAY that is a command" {
	DISPLAY=":0;touch $tmp/made" run_client -X main 'echo "<$DISPLAY>"'
	assert_output '<>'
	assert_stderr "DISPLAY \":0;touch $tmp/made\" invalid; disabling X11\
 forwarding"
	refute [ -e "$tmp/made" ]
}

@test "without -X, and with -x, there is no display" {
	run_client main 'echo "<$DISPLAY>"'
	assert_output '<>'
	run_client -X -x main 'echo "<$DISPLAY>"'
	assert_output '<>'
	assert_equal "$(<"$dir/xauth.log")" ""
}

@test "a server that refuses: said, and the session goes on" {
	run_client -Y refuses 'echo "<$DISPLAY>"'
	assert_success
	assert_output '<>'
	assert_stderr "X11 forwarding request failed on channel 0"
}

@test "a server that refuses, with a terminal and an agent" {
	start_agent good id
	run_client -Y -A -tt -o IdentityAgent="$dir/good.agent" refuses \
		'echo "<$DISPLAY>"; ssh-add -l; tty; exit 3'
	assert_equal "$status" 3
	assert_output --partial '<>'
	assert_output --partial ED25519
	assert_output --partial /dev/pts/
}

@test "no X server: told once" {
	hawser_only # ssh tells each time
	DISPLAY=127.0.0.1:58000 run_client -Y main "$(talk); $(talk)"
	assert_output $'closed\nclosed'
	assert_stderr "connect_to 127.0.0.1 port 64000: failed: Connection refused"
}

@test "clients outlive the session" {
	start_client -Y main "$(talk hold="$tmp/end") >$tmp/said &"
	wait_until 10 grep -q connected "$tmp/said"
	still_there
	sleep 0.3
	still_there
	touch "$tmp/end"
	client_status
	assert_success
}

@test "two sessions on one connection, each with its programs" {
	start_client -Y -M -S "$tmp/c" main \
		"echo here; until [ -e $tmp/go ]; do sleep .1; done; $(talk)"
	wait_until 10 grep -q here "$tmp/out"
	for _ in 1 2 3; do
		run client -Y -S "$tmp/c" main "$(talk)"
		assert_success
		assert_output welcome
	done
	touch "$tmp/go"
	client_status
	assert_output $'here\nwelcome'
}
