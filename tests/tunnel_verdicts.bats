#!/usr/bin/env bats
# Reconnect: which failures are tried again, whatever the way to the server is.
#
# shellcheck disable=SC2154

load lib/suite
load lib/tunnel

setup_file() {
	suite_begin
	start_sshd gate
	start_sshd strict 'MaxAuthTries 1'
	start_raw close close
	start_raw startups say 'Exceeded MaxStartups\r\n'
	start_raw penalty say 'Not allowed at this time\r\n'
	start_raw stopped mute
	start_raw bye disconnect bye
	start_raw http http
	start_raw old say 'SSH-1.5-old\r\n'
	cat >>"$dir/config" <<-END
		Host down
		        HostName 127.0.0.1
		        Port 1
		Host unknown
		        HostName nosuch.invalid
		Host stopped
		        ConnectTimeout 1
	END
	make_key wrong ed25519
	make_key worse ed25519
	for name in close startups penalty stopped bye http old; do
		echo "[127.0.0.1]:$(port "$name") $(bare_key "$dir/host_ed25519.pub")" \
			>>"$dir/known_hosts"
	done
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
	quick=(-o Reconnect=yes -o ReconnectFirst=yes
		-o ReconnectDelay="0.1 0.2")
}

teardown() {
	[[ -z ${client_pid:-} ]] || kill "$client_pid" 2>/dev/null || :
}

# tries_again WORDS ARGUMENT...: this is said time and again.
tries_again() {
	start_client "${quick[@]}" -N "${@:2}"
	wait_until 15 said 2 "$1" || fail "$*: $(head "$tmp/err")"
	! gone "$client_pid" || fail "$*: $(head "$tmp/err")"
	kill "$client_pid"
}

# ends WORDS ARGUMENT...: it says this, and ends.
ends() {
	start_client "${quick[@]}" -N "${@:2}"
	wait_until 10 gone "$client_pid" || fail "$*: $(head "$tmp/err")"
	client_status
	assert_equal "$status" 255
	assert_stderr --partial "$1"
}

# Whatever happens to a server happens at the end of each way to it.
all_again() {
	tries_again 'Connection \(closed\|reset\) by' "$@" close
	tries_again 'Exceeded MaxStartups' "$@" startups
	tries_again 'timed out' "$@" stopped
	tries_again 'Received disconnect from .*: bye' "$@" bye
	start_client "${quick[@]}" -N "$@" penalty
	wait_until 10 said 1 '^Connecting again in 30'
	kill "$client_pid"
}

all_end() {
	ends 'Protocol major versions differ' "$@" old
	ends 'Permission denied (publickey)' "$@" \
		-o PubkeyAuthentication=no gate
	ends 'Too many authentication failures' "$@" -o FastOpen=no \
		-i "$dir/wrong" -i "$dir/worse" strict
	ends 'Host key verification failed' "$@" -o HostKeyAlias=stranger gate
}

@test "what a server does that may do better later" {
	all_again
	tries_again 'Connection refused' down
	tries_again 'Could not resolve hostname' unknown
}

@test "the same behind a jump host" {
	all_again -J gate
	tries_again 'connect failed: Connection refused' -J gate down
}

@test "the same of a jump host" {
	tries_again 'Connection \(closed\|reset\) by' -J close gate
	tries_again 'timed out' -J stopped gate
	tries_again 'Connection refused' -J down gate
	tries_again 'Could not resolve hostname' -J unknown gate
	start_client "${quick[@]}" -N -J penalty gate
	wait_until 10 said 1 '^Connecting again in 30'
}

@test "the same behind a program" {
	all_again -o ProxyCommand='socat STDIO TCP:%h:%p'
	tries_again 'closed by' -o ProxyCommand='exit 1' gate
}

@test "what would only happen again is the end" {
	all_end
	all_end -J gate
	all_end -o ProxyCommand='socat STDIO TCP:%h:%p'
	ends 'which does not speak SSH' http
	ends 'Protocol major versions differ' -J old gate
}
