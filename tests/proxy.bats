#!/usr/bin/env bats
# ProxyCommand and ProxyUseFdpass: a program of the user's makes the way.

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
	start_sshd slow 'LoginGraceTime 30'
	# carries bytes, says that it lives and how it ended, and does not mind
	# the end of its input
	cat >"$dir/carry" <<-'END'
		echo $$ >>"$2"
		trap 'echo hup >>"$2.end"; kill $!; exit' HUP
		exec 3<&0
		socat STDIO "TCP:127.0.0.1:$1" <&3 &
		wait
		echo over >>"$2.end"
		trap 'echo hup >>"$2.end"; exit' HUP
		while :; do sleep 0.02; done
	END
	cat >>"$dir/config" <<-END
		Host by_*
		        HostName 127.0.0.1
		        Port $(port main)
		Host by_file
		        ProxyCommand $(carry)
		Host by_none
		        ProxyCommand none
		Host by_*
		        ProxyCommand exit 9
	END
}

carry() {
	echo "socat STDIO TCP:127.0.0.1:%p"
}

# proxied COMMAND ARGUMENT...
proxied() {
	run_client -o "ProxyCommand=$1" "${@:2}"
}

closed_unknown() {
	assert_failure 255
	assert_stderr --partial "kex_exchange_identification: Connection closed by remote host
Connection closed by UNKNOWN port 65535"
}

@test "a command on the command line, in a file, and none" {
	proxied "$(carry)" main 'echo hi; echo ho >&2; exit 3'
	assert_failure 3
	assert_output hi
	assert_stderr ho
	run_client by_file echo file
	assert_output file
	run_client by_none echo none
	assert_output none
	proxied 'none' by_any echo first
	assert_output first
	run_client by_any true
	closed_unknown
}

@test "bulk data in both directions at once" {
	head -c 20000000 /dev/zero | openssl enc -aes-128-ctr -nosalt \
		-K 00 -iv 00 2>/dev/null >"$tmp/data"
	client -o "ProxyCommand=$(carry)" -o RekeyLimit=6M main cat \
		<"$tmp/data" >"$tmp/back"
	cmp "$tmp/data" "$tmp/back"
}

@test "the tokens" {
	echo "127.0.0.1 $(port main) me main alias % 50%" >"$tmp/wanted"
	# exec makes way for one command only
	proxied "sh -c 'echo %h %p %r %n %k %% 50%% >\$0' $tmp/told" \
		-l me -o HostKeyAlias=alias main true
	closed_unknown
	assert_equal "$(<"$tmp/told")" "$(<"$tmp/wanted")"
	proxied "echo %Q" main true
	assert_failure 255
	assert_stderr --partial 'unknown key %Q'
}

@test "it is run by the user's shell, which it replaces" {
	export SHELL=$tmp/shell
	printf '#!/bin/sh\necho "$*" >%s\nexec /bin/sh "$@"\n' "$tmp/asked" >"$SHELL"
	chmod +x "$SHELL"
	proxied "$(carry)" main echo hi
	assert_output hi
	assert_equal "$(<"$tmp/asked")" "-c exec socat STDIO TCP:127.0.0.1:$(port main)"
	SHELL=/no/such/shell proxied "$(carry)" main true
	closed_unknown
	assert_stderr --partial '/no/such/shell: No such file or directory'
}

@test "it has two pipes, our stderr, and nothing else" {
	proxied "$python -c 'import os, sys
print(\"1 ->\", os.readlink(\"/proc/self/fd/1\"), file=sys.stderr)'" main true
	assert_stderr --partial '1 -> pipe:'
	proxied 'sh -c "ls -l /proc/self/fd >&2; :"' main true
	closed_unknown
	assert_stderr --partial '0 -> pipe:'
	# 0, 1 and 2, and what ls looks at
	assert_equal "$(grep -c ' -> ' <<<"$stderr")" 4
}

@test "it fails, is not there, is early, or speaks in tongues" {
	proxied false main true
	closed_unknown
	proxied /no/such/program main true
	closed_unknown
	assert_stderr --partial /no/such/program
	proxied "sh -c 'echo a reason >&2; exit 1'" main true
	closed_unknown
	assert_stderr --partial 'a reason'
	proxied 'echo tongues' main true
	closed_unknown
	proxied "printf 'SSH-2.0-OpenSSH_9.9\r\n'" main true
	assert_failure 255
	assert_stderr --regexp 'Connection (closed by|to) UNKNOWN port 65535'
}

@test "ConnectTimeout: it hangs" {
	proxied 'sleep 60' -o ConnectTimeout=1 main true
	assert_failure 255
	assert_stderr 'Connection timed out during banner exchange
Connection to UNKNOWN port 65535 timed out'
}

@test "the host's key: without an address, recorded by name alone" {
	proxied "$(carry)" -o StrictHostKeyChecking=accept-new -o CheckHostIP=yes \
		-o UserKnownHostsFile="$tmp/known" -o HostKeyAlias=quay main echo hi
	assert_output hi
	assert_stderr --partial "Permanently added 'quay' (ED25519)"
	assert_equal "$(cut -d' ' -f1 "$tmp/known")" quay
	answers no
	proxied "$(carry)" -o BatchMode=no -o StrictHostKeyChecking=ask \
		-o UserKnownHostsFile="$tmp/none" main echo hi
	assert_failure 255
	run cat "$tmp/questions"
	assert_output --partial "('[127.0.0.1]:$(port main) (<no hostip for proxy command>)'" ||
		assert_output --partial "'[127.0.0.1]:$(port main) (<no hostip for proxy command>)'"
	proxied "$(carry)" -o NoHostAuthenticationForLocalhost=yes \
		-o UserKnownHostsFile="$tmp/none" main true
	assert_failure 255
	assert_stderr --partial 'Host key verification failed.'
}

@test "-W as the command, and through one; -v says how" {
	proxied "$HAWSER -F $dir/config -W 127.0.0.1:%p main" main echo hi
	assert_output hi
	client -o "ProxyCommand=$(carry)" -W "127.0.0.1:$(port main)" main \
		</dev/null >"$tmp/banner" || true
	assert_equal "$(head -c 7 "$tmp/banner")" SSH-2.0
	proxied "$(carry)" -v main true
	assert_stderr --partial \
		'Authenticated to 127.0.0.1 (via proxy) using "publickey".'
	assert_stderr --partial "Executing proxy command: exec $(carry | sed "s/%p/$(port main)/")"
}

# Is the one that carried told to end, and gone?
carrier_gone() {
	wait_until 5 test -s "$tmp/pid" && wait_until 5 gone "$(<"$tmp/pid")" &&
		wait_until 5 grep -q hup "$tmp/pid.end"
}

@test "it ends with the client: normally, by signals, after a failure" {
	local carry="sh $dir/carry %p $tmp/pid"

	proxied "$carry" main echo hi
	assert_output hi
	carrier_gone
	rm "$tmp"/pid*
	proxied "$carry" -o PubkeyAuthentication=no main true
	assert_failure 255
	carrier_gone
	for signal in INT TERM HUP; do
		rm -f "$tmp"/pid* "$tmp/up"
		start_client -o "ProxyCommand=$carry" main "touch $tmp/up; sleep 60"
		wait_until 10 test -e "$tmp/up"
		kill -"$signal" "$client_pid"
		client_status
		carrier_gone
	done
}

@test "it ends with the client that is killed, or ends before it connects" {
	hawser_only
	local carry="sh $dir/carry %p $tmp/pid"

	start_client -o "ProxyCommand=$carry" main "touch $tmp/up; sleep 60"
	wait_until 10 test -e "$tmp/up"
	kill -KILL "$client_pid"
	carrier_gone
	for signal in INT TERM KILL; do
		rm -f "$tmp"/pid*
		start_client -o "ProxyCommand=sh $dir/carry 1 $tmp/pid <&0" main true
		wait_until 10 grep -qs over "$tmp/pid.end"
		kill -"$signal" "$client_pid"
		wait_until 5 gone "$(<"$tmp/pid")"
	done
}

@test "-f: it goes on, and ends with the client" {
	local carry="sh $dir/carry %p $tmp/pid"

	client -f -o "ProxyCommand=$carry" main \
		"touch $tmp/up; until [ -e $tmp/end ]; do sleep 0.02; done" \
		>"$tmp/out" 2>&1
	wait_until 10 test -e "$tmp/up"
	kill -0 "$(<"$tmp/pid")"
	touch "$tmp/end"
	carrier_gone
}

@test "one that ends is no zombie, nor is the command run twice" {
	start_client -o "ProxyCommand=sh -c 'exec >&-; exec <&-; exit'" \
		-o ConnectTimeout=5 main true
	client_status
	assert_equal "$status" 255
	hawser_only
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh disguised basic server_version=OpenSSH_9.9
	: >"$tmp/runs"
	for _ in 1 2; do
		proxied "sh -c 'echo run >>$tmp/runs; exec $(carry)'" \
			-o FastOpenExceptions="$tmp/list" disguised true
		assert_success
	done
	assert_equal "$(wc -l <"$tmp/runs")" 2
	# nor because another server is there than the one that is remembered
	start_sshd strange 'KexAlgorithms diffie-hellman-group1-sha1'
	: >"$tmp/runs"
	for name in main strange; do
		XDG_STATE_HOME=$tmp proxied "sh -c 'echo run >>$tmp/runs; exec $(carry)'" \
			-o HostKeyAlias=main -o IdentityMemory=yes \
			-o StrictHostKeyChecking=no "$name" true
	done
	assert_failure 255
	assert_stderr --partial 'no matching key exchange method found'
	assert_equal "$(wc -l <"$tmp/runs")" 2
}

# --- ProxyUseFdpass -----------------------------------------------------------

# passed COMMAND ARGUMENT...
passed() {
	proxied "$1" -o ProxyUseFdpass=yes "${@:2}"
}

dialer() {
	echo "$python $tests_dir/peers/dialer.py"
}

@test "ProxyUseFdpass: a TCP connection, and what else comes is closed" {
	passed "$(dialer) tcp %p" main echo hi
	assert_success
	assert_output hi
	hawser_only
	passed "$(dialer) tcp %p 5" main echo hi
	assert_output hi
}

@test "ProxyUseFdpass: a Unix socket, by systemd's names" {
	# host names are made lower case
	local sock=/tmp/hawser.$$.sock

	launch unix 'listening on' "${WORLD[@]}" socat -d -d \
		"UNIX-LISTEN:$sock,fork,unlink-early" \
		"EXEC:/usr/sbin/sshd -i -f $dir/main.sshd_config"
	echo "unix$sock $(bare_key "$(host_key ed25519).pub")" >>"$dir/known_hosts"
	# what systemd-ssh-proxy does with its first argument
	echo "exec $(dialer) \"\${1%%/*}\" \"/\${1#*/}\"" >"$tmp/proxy"
	cat "$dir/config" - >"$tmp/config" <<-END
		Host unix/* vsock/*
		        ProxyCommand sh $tmp/proxy %h %p
		        ProxyUseFdpass yes
	END
	run_client -F "$tmp/config" "unix$sock" echo hi
	rm -f "$sock"
	assert_output hi
}

@test "ProxyUseFdpass: nothing comes, something else does, or it is late" {
	passed false main true
	assert_failure 255
	assert_stderr 'mm_receive_fd: recvmsg: expected received 1 got 0
proxy dialer did not pass back a connection'
	passed 'echo hi' main true
	assert_failure 255
	assert_stderr 'mm_receive_fd: no message header
proxy dialer did not pass back a connection'
	hawser_only
	passed 'sleep 60' -o ConnectTimeout=1 main true
	assert_failure 255
	assert_stderr --partial 'Connection to UNKNOWN port 65535 timed out'
}
