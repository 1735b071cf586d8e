#!/usr/bin/env bats
# Keys that an agent keeps for some hosts only (ssh-add -h): the agent is told
# which host each session is with, and whether it is forwarded.
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	for name in one two three; do
		make_key host_$name ed25519
		start_sshd $name "HostKey $dir/host_$name"
		echo "$name $(bare_key "$dir/host_$name.pub")" >>"$dir/hosts"
	done
	make_key key ed25519
	make_key free ed25519
	authorize "$dir/key.pub"
	start_agent bare
}

setup() {
	needs_native
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	export SSH_AUTH_SOCK=$dir/bare.agent
	ssh-add -qD
}

# A key for these hosts only: constrain KEY HOST... as for ssh-add -h
constrain() {
	local hops=() hop

	for hop in "${@:2}"; do
		hops+=(-h "$hop")
	done
	ssh-add -q -H "$dir/hosts" "${hops[@]}" "$dir/$1"
}

login() {
	run_client -o IdentityAgent=SSH_AUTH_SOCK "$@"
}

# What logs in from one host to the next, as the same program.
inner() {
	echo "$HAWSER -F $dir/config -o IdentityAgent=SSH_AUTH_SOCK $*"
}

denied() {
	assert_equal "$status" 255
	assert_stderr --partial "Permission denied (publickey)."
}

@test "a key for one host logs in there" {
	constrain key one
	login one echo in
	assert_success
	assert_output in
}

@test "a key for one host is not even shown to another" {
	constrain key one
	login -v two true
	denied
	refute_stderr --partial 'Offering public key: key'
}

@test "a key for one user" {
	constrain key "$user@one"
	login one echo in
	assert_output in
	login -l ada two true
	denied
}

@test "other keys work all the same" {
	authorize "$dir/free.pub"
	constrain key one
	ssh-add -q "$dir/free"
	login two echo in
	assert_output in
	login -v one echo in
	assert_output in
}

@test "a file is used for what the agent does not do" {
	constrain key one
	login -i "$dir/key" two echo in
	assert_success
	assert_output in
}

@test "each of the host key types can be bound" {
	local type

	for type in ecdsa rsa; do
		start_sshd "$type" "HostKey $(host_key "$type")"
		ssh-add -qD
		echo "$type $(bare_key "$(host_key "$type").pub")" >>"$dir/hosts"
		constrain key "$type"
		login "$type" echo in
		assert_output in
	done
}

@test "a key that may be forwarded over one hop" {
	constrain key one 'one>two'
	login -A one "$(inner two echo in)"
	assert_success
	assert_output in
	login -A one "$(inner three echo in)"
	denied
	login -A one ssh-add -l
	assert_output --partial "$(fingerprint "$dir/key.pub")"
}

@test "a key that may not be forwarded" {
	constrain key one
	login -A one ssh-add -l
	assert_output 'The agent has no identities.'
	login -A one "$(inner two echo in)"
	denied
	login -A one "$(inner one echo in)" # not even to itself
	denied
}

@test "a key that may be forwarded over two hops" {
	constrain key one 'one>two' 'two>three'
	login -A one "$(inner -A two "'$(inner three echo in)'")"
	assert_success
	assert_output in
	login -A one "$(inner -A two "'$(inner one echo in)'")"
	denied
}

@test "ssh and hawser can be mixed" {
	hawser_only
	local tested=$HAWSER inner outer

	constrain key one 'one>two' 'two>three'
	HAWSER=/usr/bin/ssh
	inner=$(inner -A two "'$(inner three echo in)'")
	HAWSER=$tested
	login -A one "$inner"
	assert_output in
	outer=$(inner -A two "'$(inner three echo in)'")
	HAWSER=/usr/bin/ssh
	login -A one "$outer"
	assert_output in
}

@test "PubkeyAuthentication=unbound leaves the host out of signatures" {
	constrain key one
	start_sshd own "HostKey $dir/host_one"
	login -o PubkeyAuthentication=unbound own echo in
	assert_output in
	run grep -c 'method publickey-hostbound' "$dir/own.log"
	assert_output 0
	login own echo in
	assert_output in
	server_logged own 'method publickey-hostbound'
}

@test "with ForwardAgentConfirm, too" {
	hawser_only
	constrain key one 'one>two'
	answers yes
	login -A -o ForwardAgentConfirm=yes -o BatchMode=no one \
		"$(inner two echo in)"
	assert_success
	assert_output in
	assert_equal "$(grep -c 'wants to use' "$tmp/questions")" 1
}

# The configuration with a line for the hosts on the way.
hops_with() {
	sed -e '/^IdentityAgent/d' -e "1i $1" "$dir/config" >"$tmp/config"
}

@test "a key for the hosts on the way and the one at its end" {
	hawser_only # whose ssh is another program that has no such key
	local via=(-F "$tmp/config" -J)

	hops_with 'IdentityAgent SSH_AUTH_SOCK'
	constrain key one two
	login "${via[@]}" one two echo in
	assert_success
	assert_output in
	login "${via[@]}" one three true
	denied
	ssh-add -qD
	constrain key two
	login "${via[@]}" one two true
	assert_equal "$status" 255
	ssh-add -qD
	constrain key one two 'two>three'
	login -A "${via[@]}" one two "$(inner three echo in)"
	assert_success
	assert_output in
	login "${via[@]}" one three true
	denied
	login -A "${via[@]}" one two "$(inner one echo in)"
	denied
	login "${via[@]}" one,two three true
	denied
	ssh-add -qD
	constrain key one two three
	login "${via[@]}" one,two three echo in
	assert_success
	assert_output in
}

@test "an encrypted key file is opened once for all who are on the way" {
	hawser_only
	cp "$dir/key" "$tmp/key"
	ssh-keygen -q -p -P '' -N "$pass" -f "$tmp/key" >/dev/null
	hops_with "JumpIdentityFile $tmp/key\nBatchMode no"
	answers "$pass"
	login -F "$tmp/config" -i "$tmp/key" -J one,two three echo in
	assert_success
	assert_output in
	assert_equal "$(wc -l <"$tmp/questions")" 1
}
