#!/usr/bin/env bats
# FastOpen: steps of the login that are taken before their time, how many
# flights that leaves, and what becomes of servers that take offence.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main 'AcceptEnv *' "Banner $dir/banner" 'LogLevel DEBUG2'
	printf 'All hands!\n' >"$dir/banner"
	start_far far main
	make_key stranger ed25519
	make_key other ed25519
	make_key rsa rsa -b 2048
	authorize "$dir/rsa.pub"
	if ((${#WORLD[@]} > 0)); then
		! command -v dropbear >/dev/null || start_dropbear dropbear
		! command -v tinysshd >/dev/null || ((EUID != 0)) ||
			start_tinysshd tinysshd
	fi
	if has_go_server; then
		start_go go
		start_go open -methods none
		start_go password -methods password
		start_go two -methods publickey,password
	fi
	! has_asyncssh || {
		start_asyncssh asyncssh basic
		start_asyncssh disguised basic server_version=OpenSSH_9.9
		start_asyncssh unknown basic server_version=Unknown_1.0
		start_asyncssh shy shy
		start_asyncssh hasty hasty
	}
}

needs_peer() {
	[[ -e $dir/$1.port ]] || skip "no $1 here"
}

# The test's own memory.
remembering() {
	printf 'FastOpenExceptions %s\n' "$tmp/exceptions" |
		cat - "$dir/config" >"$tmp/config"
	: >>"$tmp/exceptions"
	remember_with=(-F "$tmp/config")
}

# flights N ARGUMENT...: a command starts after this many flights. Of a client
# that is slow, as with sanitizers, two may leave together.
flights() {
	run_client "${@:2}" "cat $dir/far.flights"
	assert_success
	output=${output%%[^0-9]*}
	[[ $HAWSER_SANITIZERS && $output == $(($1 - 1)) ]] ||
		assert_output "$1"
}

# What hawser's own engine needs, and what libssh2 does.
libssh2=(-o Engine=libssh2)

@test "a command takes three flights: name and offer, keys, all the rest" {
	hawser_only
	flights 3 far
	flights 9 -o FastOpen=no far
	HAWSER=/usr/bin/ssh flights 9 far
}

@test "with libssh2 it takes six: name, keys in two, login in two, command" {
	hawser_only
	needs_libssh2
	flights 6 "${libssh2[@]}" far
	flights 9 "${libssh2[@]}" -o FastOpen=no far
}

@test "a terminal and any number of variables take no more" {
	hawser_only
	needs_libssh2
	variables='A=1 B=2 C=3 D=4 E=5 F=6 G=7'
	flights 3 -tt -o SetEnv="$variables" far \
		'test "$A$B$C$D$E$F$G" = 1234567 &&'
	flights 6 "${libssh2[@]}" -tt -o SetEnv="$variables" far \
		'test "$A$B$C$D$E$F$G" = 1234567 &&'
}

@test "with compression, the channel waits for the end of the login" {
	hawser_only
	needs_libssh2
	flights 5 -C far
	flights 7 "${libssh2[@]}" -C far
}

@test "the banner is shown" {
	run_client main true
	assert_success
	assert_stderr --partial 'All hands!'
}

@test "nothing about the login is sent to a host that is not trusted" {
	hawser_only
	needs_libssh2
	: >"$tmp/known"
	before=$(grep -c 'userauth-request' "$dir/main.log") || true
	run_client -o UserKnownHostsFile="$tmp/known" main true
	assert_equal "$status" 255
	assert_stderr --partial 'Host key verification failed.'
	run_client "${libssh2[@]}" main true
	after=$(grep -c 'userauth-request' "$dir/main.log")
	# "none", the key, its signature
	assert_equal $((after - before)) 3
	run_client main true
	again=$(grep -c 'userauth-request' "$dir/main.log")
	# the signature
	assert_equal $((again - after)) 1
}

@test "refused variables and commands are told apart, in one flight" {
	hawser_only
	needs_libssh2
	start_sshd strict 'AcceptEnv B D' 'ForceCommand exit 3'
	run_client -o SetEnv='A=1 B=2 C=3 D=4 E=5' strict true
	assert_equal "$status" 3
	run_client -v -v -o SetEnv='A=1 B=2 C=3 D=4 E=5' "${libssh2[@]}" strict true
	assert_equal "$status" 3
	for variable in 'A refused' 'B accepted' 'C refused' 'D accepted' 'E refused'
	do
		assert_stderr --partial "environment variable $variable"
	done
	run_client -o SetEnv='A=1 B=2 C=3' -s main nonesuch
	assert_equal "$status" 255
	assert_stderr --partial 'subsystem request failed on channel 0'
}

@test "every server that we know logs in, whichever key is the first" {
	for peer in main dropbear tinysshd go asyncssh unknown; do
		[[ -e $dir/$peer.port ]] || continue
		for try in 1 2 3; do
			run_client "$peer" 'echo hi; exit 7'
			assert_equal "$peer $status $output" "$peer 7 hi"
		done
		run_client -i "$dir/stranger" -i "$dir/id" "$peer" 'exit 8'
		assert_equal "$peer $status" "$peer 8"
		run_client -i "$dir/rsa" "$peer" 'exit 9'
		assert_equal "$peer $status" "$peer 9"
		sed 's/^IdentityFile.*/IdentityFile none/' "$dir/config" >"$tmp/config"
		run_client -F "$tmp/config" -i "$dir/stranger" "$peer" true
		assert_equal "$peer $status" "$peer 255"
		assert_stderr --regexp 'Permission denied|Connection closed'
	done
}

@test "many variables reach every server that takes them" {
	for peer in main go asyncssh dropbear; do
		[[ -e $dir/$peer.port ]] || continue
		run_client -o SetEnv='A=1 B=2 C=3 D=4' "$peer" 'exit 7'
		assert_equal "$peer $status" "$peer 7"
	done
}

@test "a key exchange that begins as the channel opens spoils no variable" {
	needs_peer hasty
	for try in 1 2 3; do
		run_client -o SetEnv='A=1 B=2 C=3 D=4' hasty show
		assert_equal "$status $output" '0 1234'
	done
}

@test "a server that lets anybody in does so" {
	needs_peer open
	run_client open 'echo hi; exit 4'
	assert_equal "$status $output" '4 hi'
}

@test "a server that takes no keys asks for the password" {
	needs_peer password
	answers "$pass"
	run_client -o BatchMode=no password 'echo hi'
	assert_success
	assert_output hi
}

@test "partial success after a channel was asked for: the same connection goes on" {
	hawser_only
	needs_world
	start_sshd partial 'AuthenticationMethods publickey,password' \
		'PasswordAuthentication yes'
	remembering
	answers "$pass" "$pass"
	run_client "${remember_with[@]}" -o BatchMode=no partial 'echo hi; exit 3'
	assert_equal "$status $output" '3 hi'
	assert_equal "$(grep -c '^Accepted password' "$dir/partial.log")" 1
	assert_equal "$(grep -c '^Connection from' "$dir/partial.log")" 1
	run cut -d' ' -f1 "$tmp/exceptions"
	assert_output "[127.0.0.1]:$(port partial)"
	run_client "${remember_with[@]}" -v -o BatchMode=no partial true
	assert_stderr --partial 'FastOpen: no'
}

@test "with HashKnownHosts, who is remembered is not to be read" {
	hawser_only
	needs_world
	start_sshd hashed 'AuthenticationMethods publickey,password' \
		'PasswordAuthentication yes'
	remembering
	answers "$pass"
	run_client "${remember_with[@]}" -o HashKnownHosts=yes -o BatchMode=no \
		hashed 'exit 3'
	assert_equal "$status" 3
	run cat "$tmp/exceptions"
	assert_output --regexp \
		'^\|1\|[^ |]{28}\|[^ |]{28} 20[-0-9]{8} wants more than a key$'
	answers "$pass"
	run_client "${remember_with[@]}" -v -o BatchMode=no hashed true
	assert_success
	assert_stderr --partial 'FastOpen: no'
	assert_equal "$(wc -l <"$tmp/exceptions")" 1
}

@test "partial success from a server that suffers no channel before the end" {
	hawser_only
	needs_world
	needs_peer dropbear
	start_dropbear twofold -t
	remembering
	answers "$pass" "$pass"
	run_client "${remember_with[@]}" -o BatchMode=no twofold 'echo hi; exit 3'
	assert_equal "$status $output" '3 hi'
	run cut -d' ' -f1 "$tmp/exceptions"
	assert_output "[127.0.0.1]:$(port twofold)"
	answers "$pass"
	run_client "${remember_with[@]}" -o BatchMode=no twofold 'exit 4'
	assert_equal "$status" 4
}

@test "passwords that are wrong after partial success are not asked for twice" {
	hawser_only
	needs_world
	start_sshd strict_partial 'AuthenticationMethods publickey,password' \
		'PasswordAuthentication yes' 'MaxAuthTries 2'
	answers wrong wrong wrong wrong
	run_client -v -o BatchMode=no strict_partial true
	assert_equal "$status" 255
	refute_stderr --partial 'once more'
}

@test "a server that takes offence is asked again, politely, and remembered" {
	hawser_only
	needs_peer disguised
	remembering
	run_client "${remember_with[@]}" -v disguised 'echo hi; exit 3'
	assert_equal "$status $output" '3 hi'
	assert_stderr --partial 'once more, without FastOpen'
	refute_stderr --partial 'Identities considered'
	run cut -d' ' -f1 "$tmp/exceptions"
	assert_output "[127.0.0.1]:$(port disguised)"
	run_client "${remember_with[@]}" -v disguised 'exit 4'
	assert_equal "$status" 4
	refute_stderr --partial 'once more'
}

@test "a server that loses what comes early is asked again too" {
	hawser_only
	needs_peer shy
	remembering
	run_client "${remember_with[@]}" -v shy true
	assert_success
	assert_stderr --partial 'The server did not answer'
	run cat "$tmp/exceptions"
	assert_output --partial 'did not answer'
}

@test "signature algorithms that a server repeats do no harm" {
	has_asyncssh || skip "no AsyncSSH"
	algorithms=$(printf 'rsa-sha2-512,%.0s' {1..2000})
	start_asyncssh parrot basic signature_algs="${algorithms%,}"
	for try in 1 2 3; do
		run_client -i "$dir/rsa" parrot 'exit 9'
		assert_equal "$status" 9
	done
}

# start_expired NAME: an sshd that tells ferry at the end of the login.
start_expired() {
	needs_world
	[[ -r /etc/pam.d/sshd && -r /etc/shadow ]] || skip "no PAM"
	sed -i '/^ferry:/d' "$dir/world/shadow"
	echo 'ferry:*:19000:0:99999:7::10:' >>"$dir/world/shadow"
	start_sshd "$1" 'UsePAM yes'
}

# connects_once NAME LINE ARGUMENT...: the server NAME logs LINE once.
connects_once() {
	run_client "${@:3}" echo hi
	assert_equal "$status" 255
	assert_output ""
	assert_equal "$(grep -c "^$2" "$dir/$1.log")" 1
}

@test "one connection to an sshd that allows one attempt" {
	start_sshd curt 'MaxAuthTries 1'
	connects_once curt 'Connection from' -i "$dir/stranger" \
		-i "$dir/other" curt
	assert_stderr --partial 'Too many authentication failures'
}

@test "a key that was offered, or signed with, is not called untried" {
	hawser_only
	start_sshd limited 'MaxAuthTries 1'
	run_client -v -i "$dir/stranger" -i "$dir/other" limited true
	assert_stderr --regexp 'stranger .* offered, and the connection ended'
	assert_stderr --regexp 'other .* not tried'
	start_expired signed
	run_client -v ferry@signed true
	assert_stderr --regexp 'id .* the connection ended after the signature'
}

@test "one connection to an sshd that cannot start the session" {
	needs_world
	start_sshd rootless 'ChrootDirectory /no_such_directory'
	connects_once rootless 'Connection from' ferry@rootless
}

@test "one connection to an sshd where the account has expired" {
	start_expired expired
	connects_once expired 'Connection from' ferry@expired
}

# turned_away VERSION [HOW [TEXT]]: at the first login request.
turned_away() {
	start_asyncssh away final "$@"
	connects_once away connection away
}

@test "one connection to servers that turn us away for another reason" {
	has_asyncssh || skip "no AsyncSSH"
	turned_away OpenSSH_10.0 close
	turned_away dropbear_2024.85 close
	turned_away Unknown_1.0 banner 'Your account has expired.'
	assert_stderr --partial 'Your account has expired.'
	turned_away Unknown_1.0 reason '14:No more authentication methods'
	turned_away Unknown_1.0 reason '2:Too many authentication failures'
	turned_away OpenSSH_10.0 reason '2:Access denied'
	turned_away Unknown_1.0 garbage
}

@test "a second connection to a server that is unknown and says nothing" {
	hawser_only
	has_asyncssh || skip "no AsyncSSH"
	start_asyncssh away final Unknown_1.0
	run_client -v away true
	assert_equal "$status" 255
	assert_stderr --partial 'once more, without FastOpen'
	assert_equal "$(grep -c '^connection' "$dir/away.log")" 2
}
