#!/usr/bin/env bats
# Tokens and ${VARIABLES}: which values take them, and that nothing with a %
# that was to be replaced is sent, or becomes a file.
#
# Quoted $ are for the program; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main 'AcceptEnv TEST_*' 'AllowStreamLocalForwarding yes'
}

# shows KEYWORD VALUE...: what -G says of a keyword that is given as VALUE...
shows() {
	local given=() value

	for value in "${@:2}"; do
		given+=(-o "$1=$value")
	done
	run --separate-stderr limited "$HAWSER" -F none "${given[@]}" -G \
		-p 2200 -o HostName=Name.%h ada@quay
	output=$(sed -n "s/^$1 //p" <<<"$output")
}

# user_in_file NAME: -G with NAME as the User of a file.
user_in_file() {
	printf 'User %s\n' "$1" >"$tmp/config"
	run "$HAWSER" -F "$tmp/config" -G quay
}

# refused KEYWORD VALUE: it names a token that is none.
refused() {
	run --separate-stderr limited "$HAWSER" -F none -o "$1=$2" -G quay
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial 'unknown key %x'
}

@test "values that take tokens" {
	shows remotecommand 'echo %h %n %p %r %u %i %% ${FOO}'
	assert_output "echo name.quay quay 2200 ada $user $(id -u) % \${FOO}"
	shows remotecommand '%l %L'
	assert_output "$(hostname) $(hostname | cut -d. -f1)"
	shows localforward '/tmp/%h /tmp/%p'
	assert_output '/tmp/name.quay /tmp/2200'
	shows remoteforward '7000 /tmp/%r'
	assert_output '7000 /tmp/ada'
	shows dynamicforward '/tmp/%h'
	assert_output '/tmp/name.quay'
	shows localforward '/tmp/100%% /tmp/a'
	assert_output '/tmp/100% /tmp/a'
}

@test "values that take variables too" {
	export FOO=foo LETTERS=%h
	shows identityagent '/tmp/%h${FOO}'
	assert_output /tmp/name.quayfoo
	shows forwardagent '/tmp/%h${FOO}'
	assert_output /tmp/name.quayfoo
	shows identityagent '/tmp/${LETTERS}'
	assert_output /tmp/%h
	shows localforward '/tmp/${FOO} /tmp/b'
	assert_output '/tmp/foo /tmp/b'
}

@test "SetEnv and User take tokens and variables" {
	hawser_only # ssh since version 10
	export FOO=foo LETTERS=%h
	shows setenv 'TEST_A=%h${FOO}${LETTERS}'
	assert_output 'TEST_A=name.quayfoo%h'
	shows setenv '%h=%n'
	assert_output '%h=quay'
	user_in_file '%u-${FOO}'
	assert_line "user $user-foo"
	user_in_file '100%%'
	assert_line 'user 100%'
	for letter in r C x; do
		user_in_file "%$letter"
		assert_equal "$status" 255
		assert_output --partial "User: unknown key %$letter"
	done
	FOO='a;b' user_in_file '${FOO}'
	assert_equal "$status" 255
	assert_output --partial "remote username contains invalid characters"
}

@test "a user's name that was typed is taken as it is" {
	export FOO=secret
	for words in '${FOO}@quay' 'ssh://${FOO}@quay' '-l ${FOO} quay' \
		'-oUser=${FOO} quay'; do
		# shellcheck disable=SC2086 # words
		run "$HAWSER" -F none -G $words
		assert_equal "$status" 255
		assert_output --partial \
			"remote username contains invalid characters"
	done
	for words in '%n%x$FOO@quay' '-l %n%x$FOO quay' \
		'-oUser=%n%x$FOO quay'; do
		# shellcheck disable=SC2086 # words
		run "$HAWSER" -F none -G $words
		assert_line 'user %n%x$FOO'
	done
}

@test "tokens that there are not are refused before anything is done" {
	refused remotecommand %x
	refused identityagent /tmp/%x
	refused forwardagent /tmp/%x
	refused localforward '/tmp/%x /tmp/a'
	refused remoteforward '1 /tmp/%x'
	! is_ssh || return 0
	# which is no fault of what comes after it
	echo 'Include none' >"$tmp/config"
	run "$HAWSER" -F "$tmp/config" -o HostName=%x host
	assert_equal "$status" 255
	assert_output 'HostName: unknown key %x'$'\r'
	refused setenv A=%x
	refused versionaddendum %x
}

@test "a host's name and a port are no place for tokens" {
	shows localforward '1234 [fe80::1%lo]:22'
	assert_output '1234 [fe80::1%lo]:22'
	run "$HAWSER" -F none -G 'fe80::1%lo'
	assert_line 'hostname fe80::1%lo'
}

@test "HostName is expanded once" {
	run "$HAWSER" -F none -G -o HostName='fe80::1%%lo' quay
	assert_line 'hostname fe80::1%lo'
	run_client -o HostName='127.0.0.1%%%%' main true
	assert_equal "$status" 255
	assert_stderr --partial '127.0.0.1%%'
}

@test "what is sent: the first value of each name in SetEnv" {
	run_client -o SetEnv='TEST_A=one TEST_A=two TEST_B=%%' main \
		'echo "$TEST_A $TEST_B"'
	assert_success
	! is_ssh || return 0
	assert_output 'one %'
}

@test "a Unix socket is made under its expanded name, and connects to one" {
	local socket='%n-%p' name

	name=main-$(port main)
	start_client -N -L "$tmp/$socket:$tmp/there-%r" main
	wait_until 10 test -S "$tmp/$name"
	assert [ ! -e "$tmp/$socket" ]
	"$python" - "$tmp/there-$user" "$tmp/$name" <<-'END'
		import socket, sys
		there = socket.socket(socket.AF_UNIX)
		there.bind(sys.argv[1])
		there.listen(1)
		here = socket.socket(socket.AF_UNIX)
		here.connect(sys.argv[2])
		here.sendall(b"ahoy")
		assert there.accept()[0].recv(4) == b"ahoy"
	END
	kill "$client_pid"
}

@test "the identity agent is looked for at its expanded name" {
	start_agent main-x id
	run_client -i none -o IdentityAgent="$dir/%n-\${LETTER}.agent" main true
	assert_equal "$status" 255
	LETTER=x run_client -o IdentityFile=none \
		-o IdentityAgent="$dir/%n-\${LETTER}.agent" main echo hi
	assert_success
	assert_output hi
}
