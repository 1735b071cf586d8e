#!/usr/bin/env bats
# What a hawser says that was built without the libraries that it can do without:
# tests/portability/without makes one.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load ../lib/suite

setup_file() {
	suite_begin
	start_sshd main
	"${CC:-cc}" -shared -fPIC -o "$dir/sk.so" "$tests_dir/peers/sk_soft.c" \
		-lcrypto
	ssh-keygen -q -t ed25519-sk -w "$dir/sk.so" -N '' -f "$dir/sk"
	authorize "$dir/sk.pub"
}

@test "Engine libssh2, without libssh2" {
	run_client -o Engine=libssh2 main true
	assert_equal "$status" 255
	assert_stderr 'Engine libssh2: this hawser was built without libssh2'
}

@test "Compression, without zlib: it is told, and goes without" {
	run_client -C main echo hi
	assert_success
	assert_output hi
	assert_stderr 'Compression: this hawser was built without zlib'
}

@test "GSSAPIAuthentication, without Kerberos: nothing but a note" {
	run_client -o GSSAPIAuthentication=yes main true
	assert_success
	assert_stderr ''
	run_client -v -o GSSAPIAuthentication=yes main true
	assert_stderr --partial \
		'GSSAPIAuthentication: this hawser was built without Kerberos'
}

@test "PKCS11Provider, without PKCS#11" {
	run_client -o PKCS11Provider=/lib/token.so main true
	assert_success
	assert_stderr \
		'PKCS11Provider: /lib/token.so: this hawser was built without PKCS#11 tokens'
}

@test "a security key, without libfido2" {
	run_client -o IdentitiesOnly=yes -o SecurityKeyProvider=internal \
		-i "$dir/sk" main true
	assert_stderr --partial 'this hawser was built without libfido2'
}
