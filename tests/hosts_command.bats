#!/usr/bin/env bats
# KnownHostsCommand: a program that knows hosts.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	make_key other ed25519
	make_key authority ed25519
	start_sshd main
	start_sshd two "HostKey $(host_key rsa)" "HostKey $(host_key ed25519)"
	start_sshd certified "HostKey $(host_key ed25519)" \
		"HostCertificate $dir/host_ed25519-cert.pub"
	ssh-keygen -q -s "$dir/authority" -I it -h -n 127.0.0.1 \
		"$dir/host_ed25519.pub"
	stop_server certified
	start_sshd certified "HostCertificate $dir/host_ed25519-cert.pub"
}

# $knows is a program that writes its arguments down, one run a line, and prints
# $tmp/keys.
setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	knows=$tmp/knows
	runs=$tmp/runs
	cat >"$knows" <<-END
		#!/bin/sh
		for a; do printf '[%s]' "\$a"; done >>$runs
		echo >>$runs
		cat $tmp/keys
		test ! -e $tmp/fails
	END
	chmod +x "$knows"
	: >"$runs"
	: >"$tmp/keys"
}

# says NAME KEY: the program knows the host with that key.
says() {
	echo "$1 $(bare_key "$dir/$2.pub")" >>"$tmp/keys"
}

# asking COMMAND [OPTION]... SERVER: log in, with no known_hosts of our own.
asking() {
	run_client -o UserKnownHostsFile="$tmp/none" \
		-o KnownHostsCommand="$1" "${@:2}" 'echo hi'
}

logs_in() {
	assert_success
	assert_output hi
}

is_refused() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$1"
}

@test "what it prints is known, and it is told what is asked for" {
	local port

	port=$(port main)
	says "[127.0.0.1]:$port" host_ed25519
	asking "$knows %I %H %t %f %K 'a  b' \"c\\\"d\" e\\ f # %% %h %n %p %r \${HOME}" \
		-v main
	logs_in
	assert_stderr --partial "Host '[127.0.0.1]:$port' is known and matches the ED25519 host key."
	assert_stderr --partial 'Found key in KnownHostsCommand-HOSTNAME:1'
	run cat "$runs"
	assert_output "[ORDER][127.0.0.1][NONE][NONE][NONE][a  b][c\"d][e f][#][%][127.0.0.1][main][$port][$user][$HOME]
[HOSTNAME][[127.0.0.1]:$port][ssh-ed25519][$(fingerprint "$dir/host_ed25519.pub")][$(bare_key "$dir/host_ed25519.pub" | cut -d' ' -f2)][a  b][c\"d][e f][#][%][127.0.0.1][main][$port][$user][$HOME]"
	[[ ! -e $tmp/none ]]
}

@test "while it thinks, the server's words wait, and so do we" {
	hawser_only # ssh asks before it connects
	cat >"$tmp/slow" <<-END
		#!/bin/sh
		[ "\$1" = ORDER ] || exec $knows "\$@"
		touch $tmp/asked
		until [ -e $tmp/go ]; do sleep 0.02; done
	END
	chmod +x "$tmp/slow"
	says "[127.0.0.1]:$(port main)" host_ed25519
	start_client -o UserKnownHostsFile="$tmp/none" \
		-o KnownHostsCommand="$tmp/slow %I" main 'echo hi'
	wait_until 10 test -e "$tmp/asked"
	rests "$client_pid"
	touch "$tmp/go"
	client_status
	logs_in
}

@test "only lines about the name that was asked for count" {
	says 127.0.0.1 host_ed25519
	says other.example host_ed25519
	asking "$knows" main
	is_refused 'No ED25519 host key is known for'
}

@test "it comes on top of the files, and a wrong key is a wrong key" {
	run_client -o KnownHostsCommand="$knows" main 'echo hi'
	logs_in
	says "[127.0.0.1]:*" other
	run_client -o KnownHostsCommand="$knows" main 'echo hi'
	logs_in
	asking "$knows" main
	is_refused 'REMOTE HOST IDENTIFICATION HAS CHANGED'
	assert_stderr --partial 'Offending ED25519 key in KnownHostsCommand-HOSTNAME:1'
	is_ssh || refute_stderr --partial 'remove with'
}

@test "it revokes, and names authorities" {
	echo "@revoked * $(bare_key "$dir/host_ed25519.pub")" >"$tmp/keys"
	run_client -o KnownHostsCommand="$knows" main 'echo hi'
	is_refused 'WARNING: REVOKED HOST KEY DETECTED!'
	[[ $(engine) != libssh2 ]] || return 0
	echo "@cert-authority * $(bare_key "$dir/authority.pub")" >"$tmp/keys"
	asking "$knows %t" -v certified
	logs_in
	assert_stderr --partial 'Found CA key in KnownHostsCommand-HOSTNAME:1'
	run tail -n 1 "$runs"
	assert_output '[ssh-ed25519-cert-v01@openssh.com]'
}

@test "ORDER decides which key is wanted" {
	says 127.0.0.1 host_rsa
	says "[127.0.0.1]:$(port two)" host_rsa
	asking "$knows %I" -v two
	logs_in
	assert_stderr --partial 'kex: host key algorithm: rsa-sha2-'
	: >"$runs"
	asking "$knows %I" -o HostKeyAlgorithms=ssh-ed25519,rsa-sha2-256 two
	is_refused 'REMOTE HOST IDENTIFICATION HAS CHANGED'
	assert_equal "$(<"$runs")" '[HOSTNAME]'
}

@test "a failure ends the connection" {
	says '*' host_ed25519
	touch "$tmp/fails"
	asking "$knows %I 'a b'" main
	is_refused "KnownHostsCommand-ORDER $knows ORDER \"a b\" failed, status 1"
	assert_stderr --partial 'KnownHostsCommand failed'
	refute_stderr --partial 'Host key verification failed'
	printf '#!/bin/sh\ntest "$1" = ORDER || kill -9 $$\n' >"$tmp/killed"
	chmod +x "$tmp/killed"
	asking "$tmp/killed %I" main
	is_refused "KnownHostsCommand-HOSTNAME $tmp/killed HOSTNAME exited on signal 9"
	asking /etc/passwd main
	is_refused '"/etc/passwd": Permission denied'
	assert_stderr --partial 'KnownHostsCommand failed'
	asking "$knows %T" main
	is_refused '%T'
}

@test "what cannot be run is done without" {
	local case

	for case in 'knows|KnownHostsCommand-HOSTNAME path is not absolute' \
		'/nonexistent|Could not stat KnownHostsCommand-HOSTNAME "/nonexistent": No such file or directory' \
		'/%I|Could not stat KnownHostsCommand-ORDER "/%I": '; do
		run_client -o KnownHostsCommand="${case%%|*}" main 'echo hi'
		logs_in
		assert_stderr --partial "${case#*|}"
		asking "${case%%|*}" main
		is_refused 'Host key verification failed.'
	done
	run_client -o KnownHostsCommand=none main 'echo hi'
	logs_in
	assert_stderr ''
}

@test "it may take its time, print nonsense, and not end with its output" {
	says "[127.0.0.1]:$(port main)" host_ed25519
	head -c 300000 /dev/urandom >"$tmp/noise"
	cat >"$tmp/slow" <<-END
		#!/bin/sh
		cat $tmp/noise
		echo
		cat $tmp/keys
		exec >&-
		sleep 0.3
	END
	chmod +x "$tmp/slow"
	asking "$tmp/slow" main
	logs_in
	assert_stderr ''
}

@test "while it runs the client sleeps" {
	says "[127.0.0.1]:$(port main)" host_ed25519
	# it is content once the client has used no time for a while
	cat >"$tmp/watches" <<-END
		#!/bin/sh
		used() { cut -d' ' -f14,15 /proc/\$PPID/stat; }
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
			before=\$(used)
			sleep 0.2
			[ "\$(used)" != "\$before" ] || exec cat $tmp/keys
		done
		exit 1
	END
	chmod +x "$tmp/watches"
	asking "$tmp/watches" main
	logs_in
}

@test "a command that never ends is ended" {
	hawser_only # ssh waits for it for ever
	printf '#!/bin/sh\necho $$ >>%s\nexec sleep 60\n' "$tmp/pids" >"$tmp/hangs"
	chmod +x "$tmp/hangs"
	asking "$tmp/hangs" -o ConnectTimeout=1 main
	is_refused 'did not end in time'
	gone "$(<"$tmp/pids")"
	printf '#!/bin/sh\nexec yes\n' >"$tmp/hangs"
	asking "$tmp/hangs" main
	is_refused 'printed more than'
}

# quay: quay.example, which is 192.0.2.77.
quay() {
	: >"$runs"
	run --separate-stderr client_at_home -F "$dir/config" -p "$(port far)" \
		-o UserKnownHostsFile=/run/suite/none -o CheckHostIP=yes \
		-o KnownHostsCommand="$knows %I %H" quay.example 'echo hi'
}

@test "ADDRESS: the other name of a host" {
	local at

	network_enter
	start_sshd far 'ListenAddress 192.0.2.77'
	at="[192.0.2.77]:$(port far)"
	says "[quay.example]:$(port far)" host_ed25519
	quay
	logs_in
	assert_stderr --partial "ED25519 host key for IP address '$at' not in list of known hosts."
	assert_equal "$(<"$runs")" "[ORDER][quay.example]
[HOSTNAME][[quay.example]:$(port far)]
[ADDRESS][$at]"
	says "$at" other
	quay
	is_refused 'Offending key for IP in KnownHostsCommand-ADDRESS:2'
	[[ ! -e $dir/none ]]
}
