#!/usr/bin/env bats
# Keys in files whose secret half is in a security key, which is a library here
# (tests/peers/sk_soft.c).
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	"${CC:-cc}" -shared -fPIC -o "$dir/sk.so" "$tests_dir/peers/sk_soft.c" \
		-lcrypto
	make_key ca ed25519
	start_sshd main "TrustedUserCAKeys $dir/ca.pub"
	make_key plain ed25519
	authorize "$dir/plain.pub"
	soft_key ed25519
	soft_key ecdsa
	soft_key verify verify-required
	soft_key silent no-touch-required
	echo "no-touch-required $(<"$dir/silent.pub")" >>"$dir/authorized_keys"
	sed -n '$p' "$dir/silent.pub" >"$dir/touching_keys"
	sed -i "1i SecurityKeyProvider \"$dir/sk.so\"" "$dir/config"
	soft_key certified
	ssh-keygen -q -s "$dir/ca" -I soft -n "$user" "$dir/certified.pub"
}

# soft_key NAME [OPTION]: a key of the library's, authorized unless it is to
# have a line of its own, or a certificate.
soft_key() {
	local type=ed25519-sk options=()

	[[ $1 != ecdsa ]] || type=ecdsa-sk
	[[ -z ${2:-} ]] || options=(-O "$2")
	ssh-keygen -q -t $type -w "$dir/sk.so" -N '' -C "$1" -f "$dir/$1" \
		"${options[@]}"
	[[ $1 == silent || $1 == certified ]] || authorize "$dir/$1.pub"
}

with() {
	run_client -i "$dir/$1" "${@:2}" main echo hi
}

logs_in() {
	assert_success
	assert_output hi
}

denied() {
	assert_equal "$status" 255
	assert_stderr --partial "Permission denied (publickey)."
}

@test "both types, and a certificate" {
	for name in ed25519 ecdsa certified; do
		with $name
		logs_in
		assert_stderr ""
	done
	server_logged main 'Accepted certificate ID "soft"'
}

@test "the provider may be named by a variable, or be none" {
	WHERE=$dir/sk.so with ed25519 -o SecurityKeyProvider='$WHERE'
	logs_in
	with ed25519 -o SecurityKeyProvider=none
	denied
	with ed25519 -o SecurityKeyProvider='$NOWHERE'
	denied
}

@test "an encrypted key file" {
	cp "$dir/ecdsa" "$tmp/key"
	ssh-keygen -q -p -P '' -N "$pass" -a 2 -f "$tmp/key" >/dev/null
	answers "$pass"
	run_client -o BatchMode=no -i "$tmp/key" main echo hi
	logs_in
	assert_equal "$(head -n 1 "$tmp/questions")" \
		"Enter passphrase for key '$tmp/key': "
}

@test "verify-required: the PIN is asked for, in ssh's words" {
	hawser_only # what ssh 9.2 shows meanwhile takes the answer
	answers 1234
	with verify -o BatchMode=no
	logs_in
	assert_equal "$(head -n 1 "$tmp/questions")" \
		"Enter PIN for ED25519-SK key $dir/verify: "
	answers 4321
	with verify -o BatchMode=no -i "$dir/plain"
	logs_in
	with verify
	denied
}

@test "a device that wants a PIN is given one" {
	answers 1234
	unset SSH_ASKPASS_REQUIRE
	SK_SOFT=pin run client_on_pty \
		"Confirm user presence for key ED25519-SK $(fingerprint "$dir/ed25519.pub")" '' \
		"Enter PIN for ED25519-SK key $dir/ed25519: " $'1234\r' -- \
		-o BatchMode=no -i "$dir/ed25519" main echo hi
	assert_success
	assert_line --partial hi
	refute_output --partial 1234
}

@test "no-touch-required: neither asked for nor wanted" {
	run client_on_pty -- -o BatchMode=no -i "$dir/silent" main echo hi
	assert_success
	refute_output --partial 'Confirm user presence'
	start_sshd touching "AuthorizedKeysFile $dir/touching_keys"
	run_client -i "$dir/silent" touching true
	denied
}

@test "with AddKeysToAgent the agent has it, too" {
	ssh-agent -D -a "$dir/sk.agent" -P "$dir/sk.so" >"$dir/sk.agent.log" 2>&1 3>&- &
	remember $!
	wait_until 10 agent_answers "$dir/sk.agent"
	for name in ecdsa certified; do
		with $name -o AddKeysToAgent=yes -o IdentitiesOnly=yes \
			-o IdentityAgent="$dir/sk.agent"
		logs_in
		with $name.pub -o IdentitiesOnly=yes \
			-o IdentityAgent="$dir/sk.agent"
		[[ $name == certified ]] || logs_in
	done
	hawser_only # ssh gives the key without its certificate
	run_client -o IdentityAgent="$dir/sk.agent" -o SecurityKeyProvider=none \
		-o PubkeyAcceptedAlgorithms='sk-ssh-ed25519-cert*' main echo hi
	logs_in
}

@test "an agent that refuses is asked once, while the key takes its time" {
	hawser_only # ssh gives up
	printf '#!/bin/sh\necho "$1" >>"%s"\nexit 1\n' "$tmp/asked" >"$tmp/ask"
	chmod +x "$tmp/ask"
	SSH_ASKPASS=$tmp/ask SSH_ASKPASS_REQUIRE=force ssh-agent -D \
		-a "$dir/no.agent" -P "$dir/sk.so" >"$dir/no.agent.log" 2>&1 3>&- &
	remember $!
	wait_until 10 agent_answers "$dir/no.agent"
	SSH_AUTH_SOCK=$dir/no.agent ssh-add -q -c -S "$dir/sk.so" "$dir/ecdsa"
	with ecdsa -o IdentityAgent="$dir/no.agent"
	logs_in
	run grep -c '^Allow use of key' "$tmp/asked"
	assert_output 1
}

@test "a library that misbehaves: the next key is tried" {
	local mode

	for mode in lost short long empty wrong crash quit old; do
		SK_SOFT=$mode with ecdsa -i "$dir/plain"
		logs_in
		[[ $mode == wrong ]] || is_ssh ||
			assert_stderr --partial 'signing failed for'
	done
	with ecdsa -i "$dir/plain" -o SecurityKeyProvider="$dir/ca"
	logs_in
	with ecdsa -i "$dir/plain" -o SecurityKeyProvider=/no/such/file
	logs_in
}

@test "a library that writes where it should not harms nobody" {
	hawser_only # ssh's helper answers on one of those
	SK_SOFT=loud with ecdsa -i "$dir/plain"
	logs_in
}

@test "a server that does not wait for the touch is heard" {
	needs_native
	hawser_only
	start_sshd hurried 'LoginGraceTime 1'
	answers
	SK_SOFT=hang run_client -o BatchMode=no -i "$dir/ed25519" hurried true
	assert_equal "$status" 255
	assert_stderr --partial 'Connection closed by 127.0.0.1 port'
	run pgrep -f "$dir/config.*hurried"
	assert_output ""
	# there is no terminal, so a window has asked for the touch
	run cat "$tmp/questions"
	assert_output "Confirm user presence for key ED25519-SK $(fingerprint "$dir/ed25519.pub")"
}

@test "who waits for a touch does not wait for a server that is gone" {
	needs_native
	hawser_only
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "ASan wants to be first"
	"${CC:-cc}" -shared -fPIC -o "$tmp/clock.so" "$tests_dir/peers/clock.c"
	echo 0 >"$tmp/step"
	answers
	SK_SOFT=hang LD_PRELOAD=$tmp/clock.so UPTIME_STEP=$tmp/step start_client \
		-N -o Reconnect=yes -o ReconnectFirst=yes -o BatchMode=no \
		-i "$dir/ed25519" main
	wait_until 10 grep -q '^Confirm user presence' "$tmp/questions"
	# two minutes are over, which it sees as soon as it looks
	echo 130 >"$tmp/step"
	kill -USR1 "$client_pid"
	wait_until 10 grep -q '^Connecting again in' "$tmp/err"
	kill "$client_pid"
	client_status
	assert_stderr --partial 'Connection timed out during login'
}

@test "internal, without a device" {
	with ecdsa -i "$dir/plain" -o SecurityKeyProvider=internal
	logs_in
	assert_stderr --partial 'signing failed for ECDSA-SK'
}
