#!/usr/bin/env bats
# Servers that want to harm: what they say before anything is encrypted, and
# in a key exchange.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

chacha=chacha20-poly1305@openssh.com

setup_file() {
	suite_begin
	start_sshd main
}

# For raw.py say: bytes as Python escapes. Strings have at most 255 bytes.
number() {
	printf '\\x00\\x00\\x%02x\\x%02x' $(($1 / 256)) $(($1 % 256))
}

string() {
	number ${#1}
	printf '%s' "$1"
}

zeros() {
	printf '\\x00%.0s' $(seq "$1")
}

# packet PAYLOAD LENGTH: a binary packet; PAYLOAD in escapes is LENGTH bytes.
packet() {
	local padding=$((16 - ($2 + 5) % 8))
	number $(($2 + padding + 1))
	printf '\\x%02x%s' "$padding" "$1"
	zeros "$padding"
}

# offer METHODS CIPHERS_OUT CIPHERS_IN: a KEXINIT.
offer() {
	local text length=17 list
	text="\\x14$(zeros 16)"
	for list in "$1" ssh-ed25519 "$2" "$3" hmac-sha2-256 hmac-sha2-256 \
		none none '' ''; do
		text+=$(string "$list")
		((length += 4 + ${#list}))
	done
	packet "$text$(zeros 5)" $((length + 5))
}

# refuses NAME GREETING WHY [OPTION]...: an orderly end.
refuses() {
	start_raw "$1" say "$2"
	run_client "${@:4}" "$1" true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$3"
}

id='SSH-2.0-hostile\r\n'

@test "two ciphers that libssh2 cannot run together" {
	hawser_only
	needs_libssh2
	refuses mixed "$id$(offer curve25519-sha256 aes128-ctr $chacha)" \
		"the server wants aes128-ctr in one direction and $chacha" \
		-o Engine=libssh2 -c "aes128-ctr,$chacha"
}

@test "a client's markers among the methods" {
	hawser_only
	needs_libssh2
	refuses marker "$id$(offer ext-info-c aes128-ctr aes128-ctr)" \
		"the server offers the key exchange method ext-info-c" \
		-o Engine=libssh2
	refuses strict "$id$(offer kex-strict-c-v00@openssh.com,curve25519-sha256 \
		aes128-ctr aes128-ctr)" "kex-strict-c-v00@openssh.com" \
		-o Engine=libssh2
}

@test "messages before the offer hide nothing" {
	hawser_only
	refuses hidden "$id$(packet '\x02\x00\x00\x00\x01x' 6)$(offer \
		ext-info-c aes128-ctr aes128-ctr)" "ext-info-c"
}

@test "an identification that is longer than libssh2's buffer hides nothing" {
	hawser_only
	refuses long "SSH-2.0-$(printf 'x%.0s' {1..8184})$(offer ext-info-c \
		aes128-ctr aes128-ctr)\\n$(offer curve25519-sha256 aes128-ctr \
		aes128-ctr)" "the server does not speak SSH"
}

@test "a client's markers in a later key exchange" {
	hawser_only
	has_asyncssh || skip "no AsyncSSH here"
	start_asyncssh later markers
	run_client later true
	assert_success
	assert_equal "${#output}" 200000
}

@test "1000 lines before the identification do not keep us busy" {
	hawser_only
	line=$(printf 'x%.0s' {1..100})
	start_raw talker relay "$(port main)" \
		"$(printf "$line"'\\n%.0s' {1..1000})"
	start=${EPOCHREALTIME/./}
	run_client -o HostKeyAlias="[127.0.0.1]:$(port main)" talker echo hi
	assert_success
	assert_output hi
	((${EPOCHREALTIME/./} - start < 3000000))
}

@test "empty lines before the identification" {
	start_raw empty relay "$(port main)" 'Welcome\r\n\r\n\n'
	run_client -o HostKeyAlias="[127.0.0.1]:$(port main)" empty echo hi
	assert_success
	assert_output hi
}
