#!/usr/bin/env bats
# Host certificates: who may sign them, what they must say, and what remains
# when one is of no use.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

# certified NAME [KEYGEN OPTION]...: an sshd whose key of the type $type (ed25519)
# has a certificate of the authority $ca (authority).
certified() {
	local key=$dir/key_$1 plain

	plain=$(host_key "${type:-ed25519}")
	cp "$plain" "$key"
	cp "$plain.pub" "$key.pub"
	ssh-keygen -q -s "$dir/${ca:-authority}" -I "$1" "${@:2}" "$key.pub"
	start_sshd "$1" "HostKey $key" "HostCertificate $key-cert.pub"
}

setup_file() {
	local n=127.0.0.1
	suite_begin
	make_key authority ed25519
	make_key other ed25519
	make_key rsa_authority rsa -b 2048
	certified good -h -n "host.example,$n" -z 42
	certified expired -h -n "$n" -V 20200101000000:20210101000000
	certified future -h -n "$n" -V 20900101000000:20910101000000
	certified elsewhere -h -n host.example
	certified pattern -h -n "127.*"
	certified user -n "$n"
	certified option -h -n "$n" -O critical:test=yes
	certified anyone -h
	ca=rsa_authority certified sha1 -h -n "$n" -t ssh-rsa
	ca=rsa_authority certified sha256 -h -n "$n" -t rsa-sha2-256
	type=ecdsa certified ecdsa -h -n "$n"
	type=rsa certified rsa -h -n "$n"
}

# Each test has a known_hosts of its own, $kh, in which hosts are called $name.
setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	kh=$tmp/known_hosts
	name=certified.example
	: >"$kh"
	[[ $(client -o HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com \
		good true 2>&1) != *"no supported"* ]] ||
		skip "this engine verifies no certificates"
}

# knows [MARKER] KEY: $name has the key, or the marker with it.
knows() {
	local marker=

	[[ $# -eq 1 ]] || { marker="@$1 " && shift; }
	echo "$marker$name $(bare_key "$dir/$1.pub")" >>"$kh"
}

# The client with $kh; the server's [address]:port becomes its $name there.
checked() {
	local server=$1

	sed -i "s/^\(@[a-z-]* \)\?$name /\1[127.0.0.1]:$(port "$server") /" "$kh"
	run_client -o UserKnownHostsFile="$kh" "${@:2}" "$server" echo hi
}

logs_in() {
	assert_success
	assert_output hi
}

is_refused() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial 'Host key verification failed.'
}

@test "a certificate of a known authority is accepted in silence" {
	knows cert-authority authority
	checked good
	logs_in
	assert_stderr ""
	knows other
	checked good
	logs_in
	assert_stderr ""
}

@test "-v tells what the certificate says, and who vouches for it" {
	knows cert-authority authority
	checked good -v
	logs_in
	assert_stderr --partial "Server host certificate: ssh-ed25519-cert-v01@openssh.com $(fingerprint "$dir/host_ed25519.pub"), serial 42 ID \"good\" CA ssh-ed25519 $(fingerprint "$dir/authority.pub") valid forever"
	assert_stderr --partial "Host '[127.0.0.1]:$(port good)' is known and matches the ED25519-CERT host certificate."
	assert_stderr --partial "Found CA key in $kh:1"
	TZ=UTC checked expired -v
	assert_stderr --partial ' valid from 2020-01-01T00:00:00 to 2021-01-01T00:00:00'
}

@test "certificates of every type of key" {
	local server

	for server in ecdsa rsa; do
		: >"$kh"
		knows cert-authority authority
		checked "$server" -v
		logs_in
		assert_stderr --partial "matches the ${server^^}-CERT host certificate"
	done
}

@test "a certificate that is not for here and now is refused" {
	local case

	for case in 'expired|invalid: expired' \
		'future|invalid: not yet valid' \
		'elsewhere|invalid: name is not a listed principal' \
		'pattern|invalid: name is not a listed principal' \
		'user|invalid: not a host certificate' \
		'option|contains unsupported critical options'; do
		: >"$kh"
		knows cert-authority authority
		checked "${case%|*}" -o StrictHostKeyChecking=yes
		is_refused
		assert_stderr --partial "Certificate ${case#*|}"
		assert_stderr --partial 'No ED25519 host key is known for'
	done
}

@test "a certificate without names is good for every host" {
	knows cert-authority authority
	checked anyone
	logs_in
}

@test "a useless certificate leaves the plain key, known or new" {
	knows cert-authority authority
	knows host_ed25519
	checked expired
	logs_in
	assert_stderr "Certificate invalid: expired"
	: >"$kh"
	knows cert-authority authority
	checked expired -o StrictHostKeyChecking=accept-new
	logs_in
	assert_stderr --partial "Permanently added '[127.0.0.1]:$(port expired)' (ED25519) to the list"
	run tail -n 1 "$kh"
	assert_output "[127.0.0.1]:$(port expired) $(bare_key "$dir/host_ed25519.pub")"
}

@test "an unknown authority is none: the plain key decides" {
	knows cert-authority other
	checked good
	is_refused
	assert_stderr --partial 'No ED25519 host key is known for'
	refute_stderr --partial Certificate
	knows host_ed25519
	checked good
	logs_in
	assert_stderr ""
}

@test "an authority alone makes no host known" {
	start_sshd plain
	knows cert-authority authority
	checked plain -v
	is_refused
	assert_stderr --partial "No ED25519 host key is known for [127.0.0.1]:$(port plain) and you have requested strict checking."
	is_ssh || assert_stderr --partial "The host has shown no valid certificate of the CA key in $kh:1."
	checked plain -o StrictHostKeyChecking=accept-new
	logs_in
	assert_stderr --partial "Permanently added '[127.0.0.1]:$(port plain)' (ED25519)"
	sed -i 2d "$kh"
	answers no
	checked plain -o BatchMode=no -o StrictHostKeyChecking=ask
	is_refused
	assert_equal "$(head -n 1 "$tmp/questions")" \
		"The authenticity of host '[127.0.0.1]:$(port plain) ([127.0.0.1]:$(port plain))' can't be established."
}

# $1 is a list of patterns in which HOST and PORT stand for the server's.
listed() {
	local names=${1//HOST/127.0.0.1}

	echo "@$2 ${names//PORT/$(port good)} $(bare_key "$dir/authority.pub")" >>"$kh"
}

@test "markers take patterns in every form" {
	local names

	for names in '*' '[HOST]:PORT' '[HOST]:*' '[127.*]:PORT' '[127.0.0.?]:PORT' \
		'x,[HOST]:PORT' '*,!x' '*:PORT' HOST; do
		: >"$kh"
		listed "$names" cert-authority
		checked good
		logs_in
		listed "$names" revoked
		checked good
		[[ $names != HOST ]] || continue # a revocation is for one port
		is_refused
		assert_stderr --partial 'WARNING: REVOKED HOST KEY DETECTED!'
	done
	for names in x '*,![HOST]:PORT,!HOST' '!x' '[HOST]' '[HOST]:1' '"*"'; do
		: >"$kh"
		listed "$names" cert-authority
		checked good
		is_refused
		: >"$kh"
		listed '*' cert-authority
		listed "$names" revoked
		checked good
		logs_in
	done
}

@test "behind an unknown authority a changed key is a changed key" {
	knows other
	checked good
	is_refused
	assert_stderr --partial 'WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!'
	assert_stderr --partial "The fingerprint for the ED25519 key sent by the remote host is"
}

@test "an authority counts for the hosts of its patterns only" {
	echo "@cert-authority *,!127.0.0.1,!*:* $(bare_key "$dir/authority.pub")" >"$kh"
	checked good
	is_refused
	echo "@cert-authority [127.0.0.*]:* $(bare_key "$dir/authority.pub")" >"$kh"
	checked good
	logs_in
}

@test "an authority's own key is no host key" {
	knows authority
	checked good
	is_refused
	assert_stderr --partial 'REMOTE HOST IDENTIFICATION HAS CHANGED'
}

@test "an authority that is known for the name without the port is enough" {
	echo "@cert-authority 127.0.0.1 $(bare_key "$dir/authority.pub")" >"$kh"
	checked good -v
	logs_in
	assert_stderr --partial 'found matching key w/out port'
	checked expired
	is_refused
	assert_stderr --partial 'Certificate invalid: expired'
}

@test "an authority behind a hashed name" {
	# ssh-keygen hashes no line with a marker
	echo "[127.0.0.1]:$(port good) $(bare_key "$dir/authority.pub")" >"$kh"
	ssh-keygen -q -H -f "$kh" 2>/dev/null
	sed -i 's/^|1|/@cert-authority &/' "$kh"
	checked good
	logs_in
	assert_stderr ""
}

@test "a revoked authority, or a revoked key, is refused" {
	local revoked

	for revoked in authority host_ed25519; do
		: >"$kh"
		knows cert-authority authority
		knows revoked "$revoked"
		checked good
		is_refused
		assert_stderr --partial 'WARNING: REVOKED HOST KEY DETECTED!'
		assert_stderr --partial 'The ED25519-CERT host key for'
	done
}

@test "RevokedHostKeys counts for the authority, the key and the certificate" {
	local revoked print

	print=$(fingerprint "$dir/host_ed25519.pub")
	knows cert-authority authority
	for revoked in authority host_ed25519 key_good-cert; do
		checked good -o RevokedHostKeys="$dir/$revoked.pub"
		is_refused
		assert_stderr --partial "Host key ED25519-CERT $print revoked by file $dir/$revoked.pub"
	done
	checked good -o RevokedHostKeys="$dir/other.pub"
	logs_in
}

# Make $dir/list a KRL of what these lines say; an authority may be set as $ca.
revoking() {
	printf '%s\n' "$@" >"$tmp/spec"
	rm -f "$dir/list"
	ssh-keygen -q -k -f "$dir/list" -s "$dir/${ca:-authority}.pub" "$tmp/spec"
}

@test "RevokedHostKeys takes a KRL with keys, hashes, serial numbers and ids" {
	local line print key

	print=$(fingerprint "$dir/host_ed25519.pub")
	key=$(bare_key "$dir/host_ed25519.pub")
	knows cert-authority authority
	for line in 'serial: 42' 'serial: 40-50' 'id: good' "key: $key" "sha1: $key" \
		"sha256: $key" "hash: $print" "key: $(bare_key "$dir/authority.pub")"; do
		revoking 'serial: 7' "$line"
		checked good -o RevokedHostKeys="$dir/list"
		is_refused
		assert_stderr --partial "Host key ED25519-CERT $print revoked by file $dir/list"
	done
	for line in 'serial: 41' 'serial: 43-50' 'id: Good' \
		"key: $(bare_key "$dir/other.pub")"; do
		revoking 'serial: 7' "$line"
		checked good -o RevokedHostKeys="$dir/list"
		logs_in
	done
	ca=other revoking 'serial: 42' 'id: good'
	checked good -o RevokedHostKeys="$dir/list"
	logs_in
	ssh-keygen -q -k -f "$dir/list" -s none "$tmp/spec"
	checked good -o RevokedHostKeys="$dir/list"
	is_refused
}

@test "a KRL that is no KRL revokes every key" {
	revoking 'serial: 1-9' 'id: somebody'
	knows cert-authority authority
	checked good -o RevokedHostKeys="$dir/list"
	logs_in
	printf 'x' >>"$dir/list"
	checked good -o RevokedHostKeys="$dir/list"
	is_refused
	assert_stderr --partial "Error checking host key ED25519-CERT $(fingerprint "$dir/host_ed25519.pub") in revoked keys file $dir/list: "
	truncate -s 100 "$dir/list"
	checked good -o RevokedHostKeys="$dir/list"
	is_refused
	checked good -o RevokedHostKeys="$dir/nonexistent"
	is_refused
	assert_stderr --partial "in revoked keys file $dir/nonexistent: No such file or directory"
}

@test "CASignatureAlgorithms says how an authority may sign" {
	knows cert-authority rsa_authority
	checked sha1
	is_refused
	assert_stderr --partial 'Certificate signed with disallowed algorithm'
	checked sha1 -o CASignatureAlgorithms=+ssh-rsa
	logs_in
	: >"$kh"
	knows cert-authority rsa_authority
	checked sha256
	logs_in
	checked sha256 -o CASignatureAlgorithms=rsa-sha2-512
	is_refused
}

@test "with HostKeyAlias the alias must be listed" {
	echo "@cert-authority host.example $(bare_key "$dir/authority.pub")" >"$kh"
	checked good -o HostKeyAlias=Host.Example
	logs_in
	checked expired -o HostKeyAlias=host.example
	is_refused
	echo "@cert-authority quay.example $(bare_key "$dir/authority.pub")" >"$kh"
	checked good -o HostKeyAlias=quay.example
	is_refused
	assert_stderr --partial 'name is not a listed principal'
}

@test "where an authority is known, a certificate is asked for first" {
	start_sshd two "HostKey $dir/host_ed25519" "HostKey $dir/key_rsa" \
		"HostCertificate $dir/key_rsa-cert.pub"
	knows cert-authority authority
	checked two -v
	logs_in
	assert_stderr --partial 'matches the RSA-CERT host certificate'
}

@test "VisualHostKey draws the key in the certificate" {
	knows cert-authority authority
	checked good -o VisualHostKey=yes
	logs_in
	assert_stderr --partial '[ED25519-CERT]'
}
