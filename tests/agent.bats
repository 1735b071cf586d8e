#!/usr/bin/env bats
# The agent: what it holds, in which order it is used, and when it misbehaves.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	make_key ca ed25519
	start_sshd main "TrustedUserCAKeys $dir/ca.pub"
	make_key rsa rsa -b 2048
	make_key ecdsa ecdsa
	make_key stranger ed25519
	authorize "$dir/rsa.pub"
	authorize "$dir/ecdsa.pub"
	for number in 0 1 2 3 4 5 6 7 8 9; do
		make_key many$number ed25519
	done
	start_agent good id
	start_agent many many{0..9}
}

with_agent() {
	run_client -o IdentityAgent="$dir/$1.agent" "${@:2}" main echo hi
}

logs_in() {
	assert_success
	assert_output hi
}

denied() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$user@127.0.0.1: Permission denied (publickey)."
}

too_many() {
	assert_equal "$status" 255
	assert_stderr --partial "Too many authentication failures"
}

@test "a key in the agent, found by SSH_AUTH_SOCK or IdentityAgent" {
	with_agent good
	logs_in
	sed -i '/^IdentityAgent/d' "$dir/config"
	SSH_AUTH_SOCK=$dir/good.agent run_client main echo hi
	sed -i '1i IdentityAgent none' "$dir/config"
	logs_in
	OTHER=$dir/good.agent run_client -o IdentityAgent='$OTHER' main echo hi
	logs_in
	SSH_AUTH_SOCK=$dir/good.agent run_client \
		-o IdentityAgent=SSH_AUTH_SOCK main echo hi
	logs_in
}

@test "IdentityAgent none leaves the agent alone" {
	SSH_AUTH_SOCK=$dir/good.agent run_client main echo hi
	denied
}

@test "PubkeyAuthentication=no leaves agent and files alone" {
	hawser_only
	run_client -v -o PubkeyAuthentication=no -o IdentityAgent="$dir/good.agent" \
		-i "$dir/stranger" main true
	assert_equal "$status" 255
	refute_stderr --partial 'identity file'
	refute_stderr --partial 'bound agent'
}

@test "each type of key in the agent" {
	for type in rsa ecdsa; do
		start_agent $type $type
		with_agent $type
		logs_in
	done
}

@test "RSA keys in the agent sign with SHA-2" {
	start_agent sha2 rsa
	for algorithm in rsa-sha2-256 rsa-sha2-512; do
		start_sshd $algorithm "PubkeyAcceptedAlgorithms $algorithm"
		run_client -o IdentityAgent="$dir/sha2.agent" \
			-o PubkeyAcceptedAlgorithms=$algorithm $algorithm echo hi
		logs_in
	done
}

@test "ten keys in the agent are too many for the server" {
	with_agent many
	too_many
}

@test "ten keys in the agent come before a file that it does not hold" {
	with_agent many -i "$dir/id"
	too_many
}

@test "files that the agent does not hold come after its keys" {
	with_agent good -i"$dir/many"{0,1,2,3,4,5,6}
	logs_in
}

# The names of the keys that were offered, in one line.
offered() {
	sed -n 's/^debug1: Offering public key: \([^ ]*\).*/\1/p' <<<"$stderr" |
		sed 's|.*/||' | paste -s -d ' '
}

@test "ssh's order: CertificateFile, named and in the agent, in it, files" {
	start_sshd patient 'MaxAuthTries 20'
	ssh-keygen -q -s "$dir/stranger" -I test -n "$user" "$dir/many0.pub"
	ssh-keygen -q -s "$dir/stranger" -I test -n "$user" "$dir/many4.pub"
	mv "$dir/many0-cert.pub" "$dir/certificate"
	start_agent order many1 many2 many3
	run_client -v -o IdentityAgent="$dir/order.agent" \
		-i "$dir/many4" -i "$dir/many3" -i "$dir/many0" \
		-i "$dir/many1" patient true
	denied
	assert_equal "$(offered)" 'many1 many3 many2 many4 many4 many0'
	run_client -v -o IdentityAgent="$dir/order.agent" \
		-o CertificateFile="$dir/certificate" \
		-i "$dir/many4" -i "$dir/many3" -i "$dir/many0" \
		-i "$dir/many1" patient true
	denied
	assert_equal "$(offered)" \
		'certificate many1 many3 many2 many4 many0'
	rm "$dir/certificate" "$dir/many4-cert.pub"
}

@test "RequiredRSASize counts for the agent's keys" {
	start_agent small rsa
	with_agent small -o RequiredRSASize=2049
	denied
	refute_stderr --partial 'Load key'
	with_agent small -o RequiredRSASize=2048
	logs_in
}

@test "ten keys in the agent, -i names one of them: it is tried first" {
	authorize "$dir/many9.pub"
	with_agent many -i "$dir/many9"
	sed -i '$d' "$dir/authorized_keys"
	logs_in
}

@test "-i with only a public key chooses a key of the agent" {
	cp "$dir/many8.pub" "$tmp/key.pub"
	authorize "$dir/many8.pub"
	with_agent many -i "$tmp/key.pub"
	sed -i '$d' "$dir/authorized_keys"
	logs_in
}

@test "IdentitiesOnly leaves out what the agent holds besides" {
	with_agent many -o IdentitiesOnly=yes -i "$dir/id"
	logs_in
	with_agent good -o IdentitiesOnly=yes -i "$dir/stranger"
	denied
	with_agent good -o IdentitiesOnly=yes -i "$dir/id.pub"
	logs_in
}

@test "an encrypted key that the agent holds is not asked for" {
	cp "$dir/id" "$dir/id.pub" "$tmp"
	ssh-keygen -q -p -P '' -N "$pass" -f "$tmp/id" >/dev/null
	answers "$pass"
	with_agent good -i "$tmp/id" -o BatchMode=no
	logs_in
	asked_nothing
}

@test "an RSA certificate in the agent" {
	make_key certified rsa -b 2048
	ssh-keygen -q -s "$dir/ca" -I agent_test -n "$user" "$dir/certified.pub"
	start_agent cert certified
	with_agent cert
	logs_in
	server_logged main 'Accepted certificate ID "agent_test"'
}

@test "IdentitiesOnly and certificates in the agent" {
	make_key only ed25519
	ssh-keygen -q -s "$dir/ca" -I only_test -n "$user" "$dir/only.pub"
	start_agent only only
	with_agent only -o IdentitiesOnly=yes
	denied
	cp "$dir/only-cert.pub" "$tmp/cert.pub"
	with_agent only -o IdentitiesOnly=yes -o CertificateFile="$tmp/cert.pub" \
		-i "$dir/only.pub"
	logs_in
	with_agent only -o IdentitiesOnly=yes -i "$tmp/cert.pub"
	logs_in
}

@test "a certificate file with a key in the agent" {
	make_key loose ecdsa
	start_agent loose loose
	ssh-keygen -q -s "$dir/ca" -I loose_test -n "$user" "$dir/loose.pub"
	mv "$dir/loose-cert.pub" "$tmp/cert.pub"
	with_agent loose
	denied
	with_agent loose -o CertificateFile="$tmp/cert.pub"
	logs_in
}

@test "a security key in the agent" {
	start_fake_agent sk sk "$dir/sk.pub"
	authorize "$dir/sk.pub"
	with_agent sk
	logs_in
	server_logged main 'Accepted publickey.*ED25519-SK'
}

@test "no agent at the socket: keys in files still serve" {
	run_client -o IdentityAgent="$tmp/none" -i "$dir/id" main echo hi
	logs_in
	assert_stderr ""
}

@test "a dead socket: keys in files still serve" {
	"$python" -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/dead.agent"
	with_agent dead -i "$dir/id"
	logs_in
	assert_stderr ""
	with_agent dead
	denied
}

@test "a server that does not wait for the agent is heard" {
	needs_native # ssh and libssh2 listen to the agent only
	hawser_only
	start_sshd hurried 'LoginGraceTime 1'
	start_fake_agent ponder ponder "$dir/id"
	start_fake_agent hang hang
	for agent in ponder hang; do
		run_client -o IdentityAgent="$dir/$agent.agent" hurried true
		assert_equal "$status" 255
		assert_stderr --partial 'Connection closed by 127.0.0.1 port'
	done
}

@test "an agent that hangs up: keys in files still serve" {
	start_fake_agent close close
	with_agent close -i "$dir/id"
	logs_in
}

@test "an agent that answers nonsense: keys in files still serve" {
	start_fake_agent garbage garbage
	with_agent garbage -i "$dir/id"
	logs_in
}

@test "an agent that has to be unlocked first is waited for" {
	start_fake_agent locked locked "$dir/locked.pub"
	authorize "$dir/locked.pub"
	with_agent locked
	logs_in
	server_logged main 'Accepted publickey.*ED25519-SK'
}

@test "an agent that refuses to sign: the next key is tried" {
	start_fake_agent refuse refuse "$dir/rsa"
	with_agent refuse -i "$dir/ecdsa"
	logs_in
}

# AddKeysToAgent: adding WORD AGENT KEY [OPTION]...
adding() {
	run_client -o AddKeysToAgent="$1" -o IdentityAgent="$dir/$2.agent" \
		-o BatchMode=no -o IdentitiesOnly=yes -i "$3" "${@:4}" main echo hi
}

# The types of the keys that an agent holds, in one line.
held() {
	SSH_AUTH_SOCK=$dir/$1.agent ssh-add -L | cut -d ' ' -f 1 | sort |
		paste -s -d ' '
}

# A copy of a key in $tmp/key, with a passphrase.
locked_copy() {
	cp "$dir/$1" "$tmp/key"
	cp "$dir/$1.pub" "$tmp/key.pub"
	ssh-keygen -q -p -m "${2:-RFC4716}" -P '' -N "$pass" -a 2 \
		-f "$tmp/key" >/dev/null
}

@test "AddKeysToAgent: the agent signs from then on" {
	start_agent adds
	for name in rsa:PEM ecdsa id; do
		locked_copy ${name/:/ }
		answers "$pass"
		adding yes adds "$tmp/key"
		logs_in
		assert_equal "$(<"$tmp/questions")" \
			"Enter passphrase for key '$tmp/key': "
		adding yes adds "$tmp/key"
		logs_in
		rm "$tmp/key"
		with_agent adds -i "$dir/${name%:*}.pub" -o IdentitiesOnly=yes
		logs_in
	done
	assert_equal "$(held adds)" 'ecdsa-sha2-nistp256 ssh-ed25519 ssh-rsa'
}

@test "AddKeysToAgent: not by default, nor what does not open or serve" {
	start_agent keeps
	adding no keeps "$dir/id"
	logs_in
	answers wrong wrong wrong
	locked_copy id
	adding yes keeps "$tmp/key"
	denied
	adding yes keeps "$dir/stranger"
	denied
	assert_equal "$(held keeps)" "The"
}

@test "AddKeysToAgent ask: with ssh's question" {
	start_agent asks
	locked_copy id
	answers "$pass" no
	adding ask asks "$tmp/key"
	logs_in
	assert_equal "$(tail -n 1 "$tmp/questions")" "Add key $tmp/key (id) to agent?"
	assert_equal "$(held asks)" "The"
	answers "$pass" yes
	adding ask asks "$tmp/key"
	logs_in
	assert_equal "$(held asks)" ssh-ed25519
}

@test "AddKeysToAgent: what the agent is told" {
	local word
	start_fake_agent takes takes "$tmp/taken"

	for word in yes confirm 1h 'confirm 90'; do
		adding "$word" takes "$dir/id"
		logs_in
	done
	run cat "$tmp/taken"
	assert_line --index 0 --regexp '^17 ssh-ed25519 .*000000026964$'
	assert_line --index 1 --regexp '^25 ssh-ed25519 .*00000002696402$'
	assert_line --index 2 --regexp '^25 ssh-ed25519 .*69640100000e10$'
	assert_line --index 3 --regexp '^25 ssh-ed25519 .*6964010000005a02$'
}

@test "AddKeysToAgent: the certificate goes with its key" {
	hawser_only # ssh gives the key alone
	local type types='ed25519 ecdsa rsa'
	start_agent both

	# which cannot sign with an RSA key for its certificate only
	! is_for_libssh2 || types='ed25519 ecdsa'
	for type in $types; do
		make_key with_cert "$type"
		ssh-keygen -q -s "$dir/ca" -I added -n "$user" "$dir/with_cert.pub"
		adding yes both "$dir/with_cert" -o PubkeyAcceptedAlgorithms='*-cert-v01*'
		logs_in
		rm "$dir/with_cert" "$dir/with_cert"{,-cert}.pub
		with_agent both -o PubkeyAcceptedAlgorithms="*${type#rsa}*-cert-v01*"
		logs_in
	done
	run held both
	assert_output --partial "ecdsa-sha2-nistp256 ecdsa-sha2-nistp256-cert-v01@openssh.com ssh-ed25519 ssh-ed25519-cert-v01@openssh.com"
}

@test "AddKeysToAgent: an agent that does not take it, and one that is not there" {
	for how in refuses cuts shuts; do
		start_fake_agent $how balks $how
		adding yes $how "$dir/id" -v
		logs_in
		assert_stderr --partial "could not add identity to agent: $dir/id"
	done
	adding yes none "$dir/id"
	logs_in
	hawser_only # ssh waits for ever, and libssh2 listens to the agent only
	needs_native
	start_sshd brief 'LoginGraceTime 1'
	start_fake_agent hangs balks hangs
	run_client -o AddKeysToAgent=yes -o IdentityAgent="$dir/hangs.agent" \
		-i "$dir/id" brief true
	assert_equal "$status" 255
	assert_stderr --partial 'Connection closed by 127.0.0.1 port'
}
