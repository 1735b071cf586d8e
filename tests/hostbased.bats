#!/usr/bin/env bats
# Logging in because of where one comes from: this machine signs with its host
# keys, which only ssh-keysign(8) may read.
#
# shellcheck disable=SC2154

load lib/suite

keysign=/usr/lib/openssh/ssh-keysign

setup_file() {
	suite_begin
	mkdir "$dir/etc_ssh"
	for type in ecdsa ed25519 rsa; do
		make_key "ssh_host_${type}_key" "$type"
		mv "$dir/ssh_host_${type}_key"{,.pub} "$dir/etc_ssh"
	done
	echo "localhost $user" >"$dir/home/.shosts"
	echo "127.0.0.1 $user" >>"$dir/home/.shosts"
	start_sshd main 'HostbasedAuthentication yes' 'IgnoreRhosts no' \
		'HostbasedUsesNameFromPacketOnly yes'
	start_sshd both 'HostbasedAuthentication yes' 'IgnoreRhosts no' \
		'HostbasedUsesNameFromPacketOnly yes' \
		'AuthenticationMethods hostbased,publickey'
}

setup() {
	needs_native
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	needs_world
	((EUID == 0)) || skip "needs root"
	[[ -x $keysign ]] || skip "no ssh-keysign"
	echo 'EnableSSHKeysign yes' >"$dir/etc_ssh/ssh_config"
	trust ecdsa ed25519 rsa
}

# Have the servers trust this machine's keys of these types.
trust() {
	local type

	for type; do
		echo "localhost $(bare_key \
			"$dir/etc_ssh/ssh_host_${type}_key.pub")"
	done >"$dir/home/.ssh/known_hosts"
}

# Log in from a place where /etc/ssh is as the suite wants it.
vouched() {
	run --separate-stderr limited "${WORLD[@]}" sh -c '
		mount --bind "$0" /etc/ssh && exec "$@"' "$dir/etc_ssh" \
		"$HAWSER" -F "$dir/config" -v -o HostbasedAuthentication=yes "$@"
}

@test "the machine vouches for its user" {
	vouched main echo in
	assert_success
	assert_output in
	assert_stderr --partial 'using "hostbased"'
}

@test "each kind of host key, and the next one when one is refused" {
	for type in ecdsa ed25519 rsa; do
		trust $type
		vouched main echo in
		assert_output in
		assert_stderr --partial 'using "hostbased"'
	done
}

@test "HostbasedAcceptedAlgorithms chooses" {
	vouched -o HostbasedAcceptedAlgorithms=rsa-sha2-256 main echo in
	assert_output in
	assert_stderr --partial 'using sigalg rsa-sha2-256'
	assert_stderr --partial 'using "hostbased"'
	refute_stderr --partial 'trying hostkey ecdsa'
	trust ecdsa
	vouched -o HostbasedAcceptedAlgorithms=rsa-sha2-256 main echo in
	assert_output in
	assert_stderr --partial 'using "publickey"'
}

@test "what does not come of it leaves the other methods" {
	trust
	vouched main echo in
	assert_success
	assert_stderr --partial 'No more client hostkeys'
	assert_stderr --partial 'using "publickey"'
	echo >"$dir/etc_ssh/ssh_config" # not enabled
	trust ecdsa ed25519 rsa
	vouched main echo in
	assert_success
	assert_stderr --partial 'ssh-keysign not enabled'
	assert_stderr --partial 'using "publickey"'
}

@test "it is not tried unasked, nor with other PreferredAuthentications" {
	run_client -v main echo in
	refute_stderr --partial 'method: hostbased'
	vouched -o PreferredAuthentications=publickey main echo in
	assert_stderr --partial 'using "publickey"'
	refute_stderr --partial 'method: hostbased'
}

@test "it may be the first of two methods" {
	vouched both echo in
	assert_success
	assert_output in
	assert_stderr --partial 'Authenticated using "hostbased" with partial success.'
}
