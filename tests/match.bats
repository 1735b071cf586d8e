#!/usr/bin/env bats
# Match lines, and the second reading of the files that they ask for.
#
# Quoted $ are for the shell of Match exec; Bats has subshells of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	config=$tmp/config
}

# What -G says for a file of these lines and for "host" (or $destination, an
# array), without what $keywords does not name.
shows() {
	printf '%s\n' "$@" >"$config"
	run --separate-stderr limited "$HAWSER" -F "$config" -G \
		"${destination[@]:-host}"
	output=$(grep -E "^(${keywords:-user|port|hostname}) " <<<"$output") || :
}

# Is a file of these lines right, and what its block says not meant?
is_out() {
	shows "$@" 'Port 5'
	assert_success
	assert_line 'port 22'
}

is_in() {
	shows "$@" 'Port 5'
	assert_success
	assert_line 'port 5'
}

refused() {
	local complaint=$1

	shift
	shows "$@"
	assert_equal "$status" 255
	assert_stderr "$complaint
$config line $#: Bad Match condition
$config: terminating, 1 bad configuration options"
}

@test "criteria, their forms, and what they are compared with" {
	is_in 'Match all'
	is_in 'Match host x all' 'Match host host all'
	is_in 'Match host="h?st" user='"$user"
	is_in 'mAtCH HOST = HOST'
	is_in 'Match !host x,y host h* # host x'
	is_out 'Match !host h*'
	is_out 'Match host *,!host'
	is_out 'Match host host user nobody-else'
	is_in 'HostName %h.example' 'Match host host.example originalhost host'
	is_out 'HostName %h.example' 'Match host host'
	is_in 'User joe' "Match user joe localuser $user"
	is_out 'Match user joe' 'User joe' 'Match user joe' 'Host x'
	is_in 'Match user joe' 'Compression yes' 'Host x' 'Match !user joe'
}

@test "criteria of newer versions" {
	hawser_only
	is_in 'Match sessiontype shell command "" tagged "" version hawser_*'
	destination=(-P quay -s host sftp)
	is_in 'Match sessiontype=subsystem command sftp tagged=q*'
	destination=(-N host)
	is_in 'Match sessiontype none'
	destination=(host 'tar cf -' .)
	is_in 'Match sessiontype exec command "tar*."'
	is_in 'Tag a' 'Tag b' 'Match !tagged b tagged a'
	is_in 'Match localnetwork 127.0.0.0/8'
	is_out 'Match localnetwork 203.0.113.0/24,2001:db8::/32'
	refused 'Invalid network entry "10.0.0.0/33"' \
		'Match localnetwork 10.0.0.0/33'
}

@test "wrong lines are told in ssh's words, wherever they are" {
	refused 'Unsupported Match attribute foo' 'Match foo bar'
	refused 'Missing Match criteria for foo' 'Match foo'
	refused 'Missing Match criteria for user' 'Match host x user'
	refused 'Missing Match criteria for host' 'Match host ""'
	refused 'Unsupported Match attribute foo' 'Match host x' 'User a' \
		'Match foo bar'
	refused "$config line 1: 'all' cannot be combined with other Match attributes" \
		'Match all host x'
	shows 'Match'
	assert_stderr "$config line 1: no argument after keyword \"match\"
$config: terminating, 1 bad configuration options"
}

@test "exec asks a command, and shows nothing of it but its errors" {
	is_in 'Match exec "exit 0"'
	is_out 'Match exec "exit 3"'
	is_in 'Match !exec "exit 3"'
	is_in 'Match exec "echo shown; test $(wc -c) = 0 && echo told >&2"'
	refute_output --partial shown
	assert_stderr --partial told
	is_in 'HostName %h.x' 'User joe' \
		"Match exec \"test %h-%n-%p-%r-%u = host.x-host-22-joe-$user\""
	SHELL=$tmp/shell
	printf '#!/bin/sh\n[ "$1" = -c ] && echo "ran $2" >&2\n' >"$SHELL"
	chmod +x "$SHELL"
	SHELL=$SHELL is_in 'Match exec "no such"'
	assert_stderr --partial 'ran no such'
}

@test "exec runs nothing where nothing depends on it" {
	is_out 'Match host x exec "echo x >>'"$tmp/ran\""
	is_out 'Match exec false exec "echo x >>'"$tmp/ran\""
	assert [ ! -e "$tmp/ran" ]
	hawser_only
	printf 'Match exec "touch %s"\n' "$tmp/ran" >"$tmp/inner"
	is_out 'Host x' "Include $tmp/inner" 'Host x'
	assert [ ! -e "$tmp/ran" ]
	run "$HAWSER" -F "$tmp/inner" -Q hosts
	assert [ ! -e "$tmp/ran" ]
}

@test "a command that is no answer ends the client" {
	shows 'Match exec "kill -KILL $$"' 'Port 5' 'Bogus yes'
	assert_equal "$status" 255
	assert_stderr --partial "command 'kill -KILL \$\$' exited abnormally
$config line 1: match exec 'kill -KILL \$\$' error"
	SHELL=/nonexistent shows 'Match exec true'
	assert_equal "$status" 255
	assert_stderr --partial 'Shell "/nonexistent" is not executable'
	hawser_only
	shows 'ConnectTimeout 1' \
		"Match exec \"echo \$\$ >$tmp/pid; exec sleep 60\"" 'Port 5'
	assert_equal "$status" 255
	assert_stderr --partial "error: it took longer than 1 seconds"
	assert gone "$(<"$tmp/pid")"
}

@test "-v tells what was judged, run, and returned" {
	destination=(-vvv host)
	is_out 'Match host h* exec "exit 3"' 'Port 6' 'Match host x exec true'
	assert_stderr --partial "checking match for 'host h* exec \"exit 3\"' host host originally host"
	assert_stderr --partial "$config line 1: matched 'host \"host\"'"
	assert_stderr --partial "Executing command: 'exit 3'"
	assert_stderr --partial "command returned status 3"
	assert_stderr --partial "$config line 1: not matched 'exec \"exit 3\"'"
	assert_stderr --partial "$config line 3: skipped exec \"true\""
	assert_stderr --partial "match not found"
}

@test "final: the files are read again with the host's name" {
	keywords='user|port|hostname|identityfile|localforward|compression'
	shows 'HostName %h.Example' 'Match final' 'User late' 'Port 7' \
		'Match !final' 'User early' 'Host host.example' \
		'Compression yes' 'HostName other' 'Host host' \
		'IdentityFile one' 'LocalForward 4000 a:1' \
		'Match originalhost host' 'IdentityFile one' \
		'Match canonical host host.example' 'IdentityFile two'
	assert_success
	assert_equal "$(sort <<<"$output")" 'compression yes
hostname host.example
identityfile one
identityfile two
localforward 4000 [a]:1
port 7
user early'
	# without it there is one reading
	shows 'HostName host.example' 'Host host.example' 'Port 7' \
		'Match canonical' 'User late'
	assert_line 'port 22'
	assert_line "user $user"
}

@test "numeric addresses take their usual form" {
	destination=(0x7f.1)
	shows ''
	assert_line 'hostname 127.0.0.1'
	destination=(::0001)
	is_in 'Match final host ::1'
	destination=(fe80::1%lo)
	is_in 'Match final host fe80::1%lo'
	destination=(EXAMPLE)
	is_in 'Match final host example' 'Port 5' 'Host x'
	assert_line 'hostname example'
}

@test "Include counts where its block does" {
	printf '%s\n' 'Port 5' 'Host x' 'Compression yes' >"$tmp/inner"
	shows 'Match final' "Include $tmp/inner" 'User late'
	assert_line 'port 5'
	assert_line 'user late'
	shows 'Match host x' "Include $tmp/inner" 'Host host' 'User joe'
	assert_line 'port 22'
	assert_line 'user joe'
	# also what is wrong there
	echo 'Match foo bar' >>"$tmp/inner"
	shows 'Match host x' "Include $tmp/inner"
	assert_equal "$status" 255
	assert_stderr "Unsupported Match attribute foo
$tmp/inner line 4: Bad Match condition
$tmp/inner: terminating, 1 bad configuration options"
}

@test "Include takes tokens and variables, by what is known" {
	hawser_only
	mkdir "$tmp/%host-joe-host.x"
	echo 'Port 5' >"$tmp/%host-joe-host.x/22.sea"
	WHICH=sea shows 'HostName %h.x' 'User joe' \
		"Include $tmp/%%%n-%r-%h/%p.\${WHICH}"
	assert_line 'port 5'
	# tokens are replaced again in the second reading
	mkdir "$tmp/late"
	echo 'User ann' >"$tmp/late/7"
	shows "Include $tmp/late/%p" 'Match !final' 'Port 7' 'Match final'
	assert_line 'user ann'
	shows "Include $tmp/%X"
	assert_equal "$status" 255
	assert_stderr "$config line 1: Include: unknown key %X
$config: terminating, 1 bad configuration options"
	shows "Include $tmp/\${NO_SUCH_VARIABLE}"
	assert_equal "$status" 255
	assert_stderr --partial 'NO_SUCH_VARIABLE'
}
