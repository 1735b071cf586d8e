#!/usr/bin/env bats
# VerifyHostKeyDNS: fingerprints of host keys in the DNS.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_dns
	make_key other ed25519
	make_key authority ed25519
	host_key rsa >/dev/null
	ssh-keygen -q -s "$dir/authority" -I it -h -n host.example \
		"$(host_key ed25519).pub"
	start_sshd main "HostKey $dir/host_ed25519" "HostKey $dir/host_rsa"
}

# The zone of each test.
setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	: >"$dir/known"
	echo 'host.example A 127.0.0.1' >"$dir/zone"
	title="[host.example]:$(port main)"
}

# zone LINE...: what the DNS says of host.example besides its address.
zone() {
	printf 'host.example %s\n' "$@" >>"$dir/zone"
}

# prints KEY [HASH]: a record with its fingerprint.
prints() {
	ssh-keygen -r host.example -f "$dir/$1.pub" |
		sed -n "s/.* IN \(SSHFP [0-9]* ${2:-.} \)/\1/p"
}

# zone_of KEY [HASH]: the DNS has its fingerprints, or that one.
zone_of() {
	local line

	prints "$@" >"$tmp/prints"
	while read -r line; do
		zone "$line"
	done <"$tmp/prints"
}

# checked OPTION...: log in with a known_hosts of our own, $dir/known.
checked() {
	run --separate-stderr client_at_home -F "$dir/config" -p "$(port main)" \
		-o UserKnownHostsFile=/run/suite/known \
		-o HostKeyAlgorithms=ssh-ed25519 "$@" host.example 'echo hi'
}

logs_in() {
	assert_success
	assert_output hi
}

is_refused() {
	assert_equal "$status" 255
	assert_output ''
	assert_stderr --partial 'Host key verification failed.'
}

@test "a fingerprint that is verified makes a host known" {
	zone ad
	zone_of host_ed25519
	zone_of host_rsa
	checked -o VerifyHostKeyDNS=yes -v
	logs_in
	assert_stderr --partial 'matching host key fingerprint found in DNS'
	[[ ! -s $dir/known ]]
	checked -o VerifyHostKeyDNS=yes -o HostKeyAlgorithms=rsa-sha2-256
	logs_in
	assert_stderr ''
	checked -o VerifyHostKeyDNS=ask
	is_refused
	assert_stderr --partial "No ED25519 host key is known for $title"
	checked
	is_refused
	checked -o VerifyHostKeyDNS=yes -o RevokedHostKeys="$dir/host_ed25519.pub"
	is_refused
}

@test "one that is not verified is only told of" {
	zone_of host_ed25519
	answers no no
	checked -o VerifyHostKeyDNS=yes -v
	is_refused
	assert_stderr --partial 'matching host key fingerprint found in DNS'
	for how in yes ask; do
		: >"$tmp/questions"
		checked -o VerifyHostKeyDNS="$how" -o StrictHostKeyChecking=ask \
			-o BatchMode=no
		is_refused
		run cat "$tmp/questions"
		assert_output --partial "ED25519 key fingerprint is $(fingerprint "$dir/host_ed25519.pub").
Matching host key fingerprint found in DNS.
This key is not known by any other names."
	done
}

@test "without trust-ad nobody is believed to have verified anything" {
	local resolver=$dir/world/resolv.conf

	sed -i.old 's/ trust-ad//' "$resolver"
	zone ad forged
	zone_of host_ed25519
	checked -o VerifyHostKeyDNS=yes -v
	mv "$resolver.old" "$resolver"
	is_refused
	assert_stderr --partial 'matching host key fingerprint found in DNS'
}

@test "a fingerprint that is wrong is told of, and what is known decides" {
	local words='Update the SSHFP RR in DNS with the new host key to get rid of this message.'

	zone ad
	zone_of other
	checked -o VerifyHostKeyDNS=yes
	is_refused
	assert_stderr --partial 'REMOTE HOST IDENTIFICATION HAS CHANGED'
	assert_stderr --partial "$(fingerprint "$dir/host_ed25519.pub")."
	assert_stderr --partial "$words"
	assert_stderr --partial "No ED25519 host key is known for $title"
	echo "$title $(bare_key "$dir/host_ed25519.pub")" >"$dir/known"
	checked -o VerifyHostKeyDNS=yes
	logs_in
	assert_stderr --partial "$words"
	: >"$dir/known"
	answers no
	checked -o VerifyHostKeyDNS=ask -o StrictHostKeyChecking=ask -o BatchMode=no
	is_refused
	assert_equal "$(sed -n 3p "$tmp/questions")" \
		'No matching host key fingerprint found in DNS.'
}

@test "all fingerprints of the key's type must be right" {
	hawser_only # newer than ssh 9.2
	zone ad
	zone_of other 2
	zone_of host_ed25519 1
	checked -o VerifyHostKeyDNS=yes
	is_refused
}

@test "no fingerprint, no name, no server" {
	local case

	zone ad
	checked -o VerifyHostKeyDNS=yes -v
	is_refused
	assert_stderr --partial 'DNS lookup error: data does not exist'
	echo "$title $(bare_key "$dir/host_ed25519.pub")" >"$dir/known"
	checked -o VerifyHostKeyDNS=yes
	logs_in
	assert_stderr ''
	for case in 'nosuch.example|name does not exist' \
		'fails.example|general failure'; do
		echo 'fails.example fails' >>"$dir/zone"
		checked -v -o VerifyHostKeyDNS=yes -o HostName="${case%|*}"
		refute_stderr --partial 'DNS lookup error'
		assert_stderr --partial 'Could not resolve hostname'
	done
	checked -v -o VerifyHostKeyDNS=yes -o HostName=127.0.0.1
	assert_stderr --partial 'skipped DNS lookup for numerical hostname'
}

@test "an alias has the fingerprints of what it stands for" {
	zone ad
	zone_of host_ed25519
	echo 'alias.example CNAME host.example' >>"$dir/zone"
	echo 'alias.example ad' >>"$dir/zone"
	checked -o VerifyHostKeyDNS=yes -o HostName=alias.example
	logs_in
}

@test "a host certificate is looked up by the key in it" {
	start_sshd certified "HostCertificate $dir/host_ed25519-cert.pub"
	zone ad
	zone_of host_ed25519
	checked -o VerifyHostKeyDNS=yes -p "$(port certified)" \
		-o HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com,ssh-ed25519
	logs_in
}

@test "answers that are none" {
	local question='096c6f63616c686f737400 002c 0001' record='002c 0001 00000000'
	local answers=(
		"0001 0001 0000 0000 $question"
		"0001 ffff 0000 0000 $question c00c $record 0003 040200"
		"0001 0001 0000 0000 $question c00c $record ffff 0402"
		"0001 0001 0000 0000 $question c01b $record 0003 040200"
		"0001 0001 0000 0000 $question ff $record 0003 040200"
		"0001 0001 0000 0000 $question c00c $record 0001 04"
		"0001 0002 0000 0000 $question c00c $record 0000 c00c $record 0002 0402"
	)

	# whose address is in /etc/hosts
	for answer in "${answers[@]}"; do
		echo "localhost raw 81a0 $answer" >"$dir/zone"
		checked -o VerifyHostKeyDNS=yes -o HostName=localhost
		is_refused
	done
	assert_equal "$(grep -c 'asked localhost SSHFP' "$dir/dns.log")" \
		${#answers[@]}
	echo 'localhost silent' >"$dir/zone"
	RES_OPTIONS=attempts:1 checked -v -o VerifyHostKeyDNS=yes -o HostName=localhost
	is_refused
	assert_stderr --partial 'DNS lookup error: general failure'
}
