#!/usr/bin/env bats
# IdentityMemory: what is remembered of a server, what that spares, and what
# becomes of it when the server or the agent has changed its mind.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

# What hawser likes best in a key exchange, here.
favourite() {
	"$HAWSER" -Q kex | sed -n 1p
}

setup_file() {
	suite_begin
	make_key first ed25519
	make_key second ed25519
	make_key rsa rsa -b 2048
	start_sshd main "AuthorizedKeysFile $dir/main_keys" 'LogLevel DEBUG2' \
		"KexAlgorithms $(favourite)" \
		"HostKey $(host_key rsa -b 3072)" "HostKey $(host_key ed25519)"
	start_far far main 800
	add_host far "$(port far)" "$(host_key rsa -b 3072)"
	start_sshd choosy 'PubkeyAcceptedAlgorithms ssh-ed25519'
	! has_asyncssh || start_asyncssh asyncssh basic
	start_agent both first second
	confirming_agent
}

# An agent that asks before it signs with the first key, and hears no.
confirming_agent() {
	SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=force start_agent asks
	SSH_AUTH_SOCK=$dir/asks.agent ssh-add -q -c "$dir/first" 2>/dev/null
	SSH_AUTH_SOCK=$dir/asks.agent ssh-add -q "$dir/second"
}

setup() {
	hawser_only
	needs_native
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	export XDG_STATE_HOME=$tmp/state
	memory=$tmp/state/hawser/servers
	cat "$dir"/{first,second,id,rsa}.pub >"$dir/main_keys"
	sed '/^Identity/d' "$dir/config" >"$tmp/config"
}

# go ARGUMENT...: with memory, and no keys but those given.
go() {
	run_client -F "$tmp/config" -o IdentitiesOnly=no "$@"
}

requests() {
	grep -c 'userauth-request for user .* method publickey' "$dir/main.log"
}

# costs N ARGUMENT...: that many requests with a key reach the server.
costs() {
	local before

	before=$(requests) || true
	go "${@:2}"
	assert_equal "$(($(requests) - before))" "$1"
}

take_keys_of() {
	cat "${@/#/$dir/}" >"$dir/main_keys"
}

@test "the key that was let in signs at once the next time" {
	agent=(-o IdentityAgent="$dir/both.agent")
	# a question, and the signature
	costs 2 "${agent[@]}" main echo hi
	assert_output hi
	costs 1 "${agent[@]}" main echo hi
	assert_output hi
	costs 2 "${agent[@]}" -o IdentityMemory=no main echo hi
}

@test "the remembered key is not taken any more: the next one is" {
	agent=(-o IdentityAgent="$dir/both.agent")
	go "${agent[@]}" main echo hi
	take_keys_of second.pub
	# a signature in vain, a question, and the signature
	costs 3 "${agent[@]}" main echo hi
	assert_success
	assert_output hi
	# which is the remembered one then, and comes first
	costs 1 "${agent[@]}" main echo hi
	assert_output hi
}

# The keys that were offered, in one line.
offered() {
	sed -n 's/^debug1: Offering public key: \([^ ]*\).*/\1/p' <<<"$stderr" |
		sed 's|.*/||' | paste -s -d ' '
}

@test "the remembered key comes first, but never before a named one" {
	agent=(-v -o IdentityAgent="$dir/both.agent")
	take_keys_of second.pub
	go "${agent[@]}" main true
	assert_equal "$(offered)" 'first second'
	take_keys_of rsa.pub
	go "${agent[@]}" main true
	assert_equal "$(offered)" 'second first'
	go "${agent[@]}" -i "$dir/rsa" -i "$dir/first" main true
	assert_equal "$(offered)" 'first second rsa'
}

@test "the remembered key is the only one, and not taken any more" {
	agent=(-o IdentityAgent="$dir/both.agent")
	go "${agent[@]}" main true
	take_keys_of id.pub
	go "${agent[@]}" main true
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey).'
	go "${agent[@]}" -i "$dir/id" main true
	assert_success
}

@test "the agent refuses to sign with the remembered key: the next one is tried" {
	go -o IdentityAgent="$dir/both.agent" main true
	go -v -o IdentityAgent="$dir/asks.agent" main echo hi
	assert_output hi
	assert_stderr --partial 'agent refused operation'
	take_keys_of first.pub
	go -v -o IdentityAgent="$dir/both.agent" main true
	assert_success
	go -o IdentityAgent="$dir/asks.agent" main true
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey).'
}

@test "the only key has no signature that the server takes" {
	run_client -F "$tmp/config" -i "$dir/rsa" choosy true
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied (publickey).'
	# ... and does not spoil the next
	run_client -F "$tmp/config" -i "$dir/rsa" -i "$dir/id" choosy echo hi
	assert_output hi
}

@test "the guess is right from the second contact on: two flights" {
	flights() {
		go -i "$dir/id" far "cat $dir/far.flights"
		output=${output%%[^0-9]*}
		[[ $HAWSER_SANITIZERS && $output == $(($1 - 1)) ]] ||
			assert_output "$1"
	}
	flights 3
	flights 2
	flights 2
}

@test "a guess that has become wrong costs nothing but the round trip" {
	go -i "$dir/id" main true
	was=$(<"$memory")
	# the server's other favourite
	for kex in ecdh-sha2-nistp256 "$(favourite)"; do
		sed -E "s/(.*) [^ ]+ [^ ]+$/\1 $kex ssh-ed25519/" <<<"$was" >"$memory"
		go -i "$dir/id" main echo hi
		assert_output hi
		assert_equal "$(cut -d' ' -f3,4 "$memory")" \
			"$(favourite) rsa-sha2-512"
	done
}

@test "a server that does not understand a wrong guess is dialed once more" {
	[[ -e $dir/asyncssh.port ]] || skip "no AsyncSSH here"
	go -i "$dir/id" asyncssh true
	# it looks at the key exchange only, and takes our guess for right
	make_key other ecdsa
	echo "[127.0.0.1]:$(port asyncssh) $(bare_key "$dir/other.pub")" \
		>>"$dir/known_hosts"
	sed -i -E "s/ [^ ]+$/ ecdsa-sha2-nistp256/" "$memory"
	go -v -i "$dir/id" asyncssh echo hi
	assert_output hi
	assert_stderr --partial 'remembered of the server was wrong'
	assert_equal "$(cut -d' ' -f4 "$memory")" ssh-ed25519
	go -v -i "$dir/id" asyncssh echo hi
	refute_stderr --partial 'remembered of the server was wrong'
}

@test "what made the first exchange fail is forgotten" {
	go -i "$dir/id" main true
	assert_equal "$(cut -d' ' -f3 "$memory")" "$(favourite)"
	go -i "$dir/id" -o Ciphers=3des-cbc main true
	assert_equal "$status" 255
	assert_equal "$(cut -d' ' -f3,4 "$memory")" '- -'
	assert_equal "$(cut -d' ' -f2 "$memory")" \
		"$(ssh-keygen -lf "$dir/id.pub" | cut -d' ' -f2)"
}

@test "the file is ours alone, and nobody can read the names" {
	go -i "$dir/id" main true
	assert_equal "$(stat -c %a "$memory")" 600
	run -1 grep -e 127.0.0.1 -e "$user" "$memory"
}

@test "a file that is damaged, or none, does no harm" {
	go -i "$dir/id" main true
	for damage in ': >"$memory"' 'head -c 4096 /dev/urandom >"$memory"' \
		'sed -i "s/SHA256/MD5/; s/curve/swerve/" "$memory"' \
		'rm "$memory"; mkdir "$memory"' \
		'rmdir "$memory"; ln -s /dev/zero "$memory"'; do
		eval "$damage"
		go -i "$dir/id" main echo hi
		assert_success
		assert_output hi
	done
}
