#!/usr/bin/env bats
# What -v, -vv and -vvv show: the lines that people look for in ssh's output.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	start_sshd main
	start_sshd other 'Ciphers aes256-ctr'
	make_key stranger ed25519
}

# The lines that match the pattern, without "\r", in $lines.
shown() {
	run grep -E "$1" <<<"${stderr//$'\r'/}"
}

careful=(-o IgnoreUnknown=FastOpen* -o FastOpen=no)

@test "-vv shows both proposals" {
	run_client -vv -i "$dir/id" -c aes128-ctr -m hmac-sha2-512 main true
	assert_success
	shown '^debug2: (local client|peer server|KEX|host key algo|ciphers|MACs|compression)'
	assert_equal "${#lines[@]}" 18
	assert_line --index 0 'debug2: local client KEXINIT proposal'
	assert_line --index 1 --regexp '^debug2: KEX algorithms: .*curve25519-sha256,.*'
	assert_line --index 1 --partial kex-strict-c-v00@openssh.com
	assert_line --index 2 --partial 'debug2: host key algorithms: '
	assert_line --index 3 'debug2: ciphers ctos: aes128-ctr'
	assert_line --index 4 'debug2: ciphers stoc: aes128-ctr'
	assert_line --index 5 'debug2: MACs ctos: hmac-sha2-512'
	assert_line --index 6 'debug2: MACs stoc: hmac-sha2-512'
	assert_line --index 7 --regexp '^debug2: compression ctos: none'
	assert_line --index 9 'debug2: peer server KEXINIT proposal'
	assert_line --index 10 --partial kex-strict-s-v00@openssh.com
	assert_line --index 11 'debug2: host key algorithms: ssh-ed25519'
	assert_line --index 12 --partial aes256-ctr
}

@test "-v shows what was agreed" {
	run_client -v -i "$dir/id" -c aes128-ctr -m hmac-sha2-512 \
		-o KexAlgorithms=ecdh-sha2-nistp384 main true
	assert_success
	shown '^debug1: (kex: |Remote protocol|Authenticating)'
	assert_line --partial 'debug1: Remote protocol version 2.0, remote software version OpenSSH_'
	assert_line "debug1: Authenticating to 127.0.0.1:$(port main) as '$user'"
	assert_line 'debug1: kex: algorithm: ecdh-sha2-nistp384'
	assert_line 'debug1: kex: host key algorithm: ssh-ed25519'
	assert_line 'debug1: kex: server->client cipher: aes128-ctr MAC: hmac-sha2-512 compression: none'
	assert_line 'debug1: kex: client->server cipher: aes128-ctr MAC: hmac-sha2-512 compression: none'
	run_client -v -i "$dir/id" -c aes128-gcm@openssh.com main true
	shown '^debug1: kex: server'
	assert_output 'debug1: kex: server->client cipher: aes128-gcm@openssh.com MAC: <implicit> compression: none'
}

@test "-vv shows the proposals when nothing is in common" {
	run_client -vv -c aes128-ctr other true
	assert_equal "$status" 255
	shown '^debug2: .*proposal|^debug2: ciphers ctos|^Unable'
	assert_line --index 1 'debug2: ciphers ctos: aes128-ctr'
	assert_line --index 3 'debug2: ciphers ctos: aes256-ctr'
	assert_line --index 4 --partial 'no matching cipher found'
}

@test "-v shows each key, and what the server would take" {
	local one two

	one="$dir/stranger ED25519 $(fingerprint "$dir/stranger.pub") explicit"
	two="$dir/id ED25519 $(fingerprint "$dir/id.pub") explicit"
	run_client "${careful[@]}" -v -i "$dir/stranger" -i "$dir/id" main true
	assert_success
	shown 'Will attempt|Authentications|Next auth|Offering|Server acc|Authenticated to'
	assert_output "$(printf '%s\n' "debug1: Will attempt key: $one" \
		"debug1: Will attempt key: $two" \
		'debug1: Authentications that can continue: publickey' \
		'debug1: Next authentication method: publickey' \
		"debug1: Offering public key: $one" \
		'debug1: Authentications that can continue: publickey' \
		"debug1: Offering public key: $two" \
		"debug1: Server accepts key: $two" \
		"Authenticated to 127.0.0.1 ([127.0.0.1]:$(port main)) using \"publickey\".")"
	# the first two travel together
	run_client -v -i "$dir/stranger" -i "$dir/id" main true
	shown 'Authentications'
	assert_equal "${#lines[@]}" 2
	shown 'Offering'
	assert_equal "${#lines[@]}" 2
}

@test "-v shows a key of the agent once" {
	start_agent good id
	run_client -v -o IdentityAgent="$dir/good.agent" main true
	assert_success
	shown 'Server accepts'
	assert_output "debug1: Server accepts key: id ED25519 $(
		fingerprint "$dir/id.pub") agent"
}

@test "-v shows the variables that are sent" {
	LC_ALL=C run_client -v -i "$dir/id" -o SendEnv=LC_ALL -o SetEnv=B=2 \
		main true
	assert_success
	shown '(sending|setting) env|Sending'
	assert_output 'debug1: Sending environment.
debug1: channel 0: setting env LC_ALL = "C"
debug1: channel 0: setting env B = "2"
debug1: Sending command: true'
}

@test "-vvv says nothing of how a program waits" {
	run_client -vvv -i "$dir/id" main true </dev/null
	assert_success
	refute_stderr --partial libevent
	refute_stderr --partial 'Operation not permitted'
	shown '^debug2: channel 0: open confirm rwindow [0-9]+'
	assert_success
}

@test "-vvv shows the window that a channel begins with" {
	hawser_only
	run_client -vvv -i "$dir/id" -o ChannelWindowMax=1M main true
	shown '^debug2: channel 0: new, window 1048576, at most 1048576'
	assert_success
}

@test "a server's words cannot make up lines of the log" {
	hawser_only # ssh shows them as they are
	start_raw liar say $'SSH-2.0-a\e[2Jb\r\n'
	run_client -v liar true
	shown 'remote software version'
	assert_output 'debug1: Remote protocol version 2.0, remote software version a\033[2Jb'
}
