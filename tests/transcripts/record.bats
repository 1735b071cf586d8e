#!/usr/bin/env bats
# Record the sessions that tests/unit/transcript_test plays again, with the sshd
# of this machine (OpenSSH 9.2: a later one may lack something; but what has
# ML-KEM in it was recorded on Debian 13). Run by "make transcripts".

load ../lib/suite

# What sshd has but does not offer by itself, as a list: weak KIND PATTERN.
weak() {
	ssh -Q "$1" | grep -Ex "$2" | paste -sd,
}

setup_file() {
	((EUID == 0)) || skip "needs root"
	suite_begin
	needs_world
	cp "$tests_dir/unit/data/keys/ed25519.pub" "$dir/authorized_keys"
	mkdir "$dir/ferry"
	chmod go+rx "$dir"
	start_sshd main "HostKey $(host_key ed25519)" \
		"HostKey $(host_key ecdsa -b 256)" \
		"HostKey $(host_key ecdsa -b 384)" \
		"HostKey $(host_key ecdsa -b 521)" "HostKey $(host_key rsa -b 2048)" \
		'HostKeyAlgorithms +ssh-rsa' \
		"KexAlgorithms +$(weak kex 'diffie-hellman-.*')" \
		"Ciphers +$(weak cipher '.*-cbc')" \
		"MACs +$(weak mac 'hmac-(sha1-96|md5).*')"
}

@test "all transcripts are recorded" {
	srcdir=$tests_dir/.. run \
		"$HAWSER_BUILD/tests/unit/transcript_test" "$(port main)" \
		"$tests_dir/unit/data/transcripts"
	assert_success
	run grep SKIP <<<"${output//mlkem*SKIP/}"
	assert_output ""
}
