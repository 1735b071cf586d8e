#!/usr/bin/env bats
# What hawser says to somebody who meets it for the first time, or does
# something wrong: each message names what failed, and in ssh's words where ssh
# has some.
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	sed -i '/^IdentityFile/d' "$dir/config"
	start_sshd main
	make_key locked ed25519 -N sesame
	authorize "$dir/locked.pub"
	start_raw silent silent
	start_sshd old 'Ciphers aes128-cbc'
	make_key stranger ed25519
}

# says STATUS TEXT... -- ARGUMENT...: among what the client says.
says() {
	local wanted=$1 texts=() text

	shift
	while [[ $1 != -- ]]; do
		texts+=("$1")
		shift
	done
	shift
	run_client "$@"
	assert_equal "$status" "$wanted"
	for text in "${texts[@]}"; do
		assert_stderr --partial "$text"
	done
}

@test "no arguments: the usage" {
	run --separate-stderr limited "$HAWSER"
	assert_equal "$status" 255
	assert_output ''
	assert_stderr --regexp '^usage: (hawser|ssh) \[-46Aa'
	run --separate-stderr limited "$HAWSER" --help
	assert_equal "$status" 255
	assert_stderr --partial 'usage: '
}

@test "a typo in an option or a keyword" {
	says 255 'unknown option -- j' 'usage: ' -- -j main
	hawser_only
	says 255 'Bad configuration option: stricthostkeycheking (did you mean StrictHostKeyChecking?)' \
		-- -o StrictHostKeyCheking=no main
	printf 'Host *\n  Hostnmae x\n' >"$tmp/config"
	run --separate-stderr limited "$HAWSER" -F "$tmp/config" main
	assert_equal "$status" 255
	assert_stderr --partial "$tmp/config: line 2: Bad configuration option: hostnmae (did you mean HostName?)"
}

@test "a value that makes no sense" {
	says 255 "Bad port '22x'" -- -p 22x main
	says 255 "Bad local forwarding specification '80'" -- -L 80 main
	says 255 "Can't open user config file $tmp/none: No such file" \
		-- -F "$tmp/none" main
}

@test "a name without an address" {
	says 255 'ssh: Could not resolve hostname no.such.host.invalid: ' \
		-- no.such.host.invalid true
}

@test "a port where nobody listens" {
	pick_port
	says 255 "connect to host 127.0.0.1 port $free: Connection refused" \
		-- -p "$free" main true
}

@test "a host that is unknown" {
	says 255 'No ED25519 host key is known for [127.0.0.1]:' \
		'and you have requested strict checking.' \
		'Host key verification failed.' \
		-- -o UserKnownHostsFile="$tmp/none" main true
}

@test "a host whose key has changed" {
	sed "s|ed25519 .*|ed25519 $(cut -d' ' -f2 "$dir/locked.pub")|" \
		"$dir/known_hosts" >"$tmp/known_hosts"
	says 255 'WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!' \
		"Offending ED25519 key in $tmp/known_hosts:1" \
		'Host key verification failed.' \
		-- -o UserKnownHostsFile="$tmp/known_hosts" main true
}

@test "no key" {
	says 255 "$user@127.0.0.1: Permission denied (publickey)." \
		-- -o IdentityFile=none main true
	says 255 "Warning: Identity file $tmp/none not accessible: No such file" \
		-- -o IdentityFile=none -i "$tmp/none" main true
	says 255 "no such identity: $tmp/none: No such file or directory" \
		-- -o IdentityFile="$tmp/none" main true
}

@test "a key that others can read" {
	cp "$dir/id" "$tmp/open"
	chmod 644 "$tmp/open"
	says 255 'WARNING: UNPROTECTED PRIVATE KEY FILE!' \
		"Permissions 0644 for '$tmp/open' are too open." \
		'This private key will be ignored.' \
		'Permission denied (publickey).' \
		-- -o IdentityFile=none -i "$tmp/open" main true
}

@test "a passphrase that is mistyped" {
	local login=(-o BatchMode=no -o IdentityFile=none -i "$dir/locked")

	answers wrong sesame
	says 0 -- "${login[@]}" main true
	run cat "$tmp/questions"
	assert_line --index 0 "Enter passphrase for key '$dir/locked': "
	assert_equal "${#lines[@]}" 2
	answers wrong wrong wrong
	says 255 'Permission denied (publickey).' -- "${login[@]}" main true
}

@test "a known_hosts that cannot be written" {
	hawser_only # ssh reads /dev/full for ever
	local how=(-i "$dir/id" -o StrictHostKeyChecking=accept-new)

	says 0 'Failed to add the host to the list of known hosts (/dev/full).' \
		-- "${how[@]}" -o UserKnownHostsFile=/dev/full main true
	says 0 'Failed to add the host to the list of known hosts (/proc/none/known_hosts).' \
		-- "${how[@]}" -o UserKnownHostsFile=/proc/none/known_hosts main true
}

@test "a home that cannot be written" {
	needs_world
	mv "$dir/home/.ssh" "$tmp"
	# the inner shell expands it
	# shellcheck disable=SC2016
	run --separate-stderr limited "${WORLD[@]}" sh -c '
		mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
		exec "$@"' /run/suite/home "$HAWSER" -F "$dir/config" \
		-i "$dir/id" -o StrictHostKeyChecking=accept-new \
		-o UserKnownHostsFile='~/.ssh/known_hosts' main echo hi
	mv "$tmp/.ssh" "$dir/home"
	assert_output hi
	assert_stderr --partial "Could not create directory '/run/suite/home/.ssh' (Read-only file system)."
	assert_stderr --partial 'Failed to add the host to the list of known hosts (/run/suite/home/.ssh/known_hosts).'
}

@test "what a slow connection waits for is told on a terminal, and taken away" {
	hawser_only
	run client_on_pty 'Waiting for 127.0.0.1: the key exchange ...' $'\x03' \
		-- silent true
	assert_output --partial 'Waiting for 127.0.0.1: the key exchange ...'
	timeout 4 setsid "$HAWSER" -F "$dir/config" silent true 2>"$tmp/err" ||
		status=$?
	assert_equal "$(<"$tmp/err")" ''
}

# hints TEXT -- ARGUMENT...: a person reads it below the error, a script does not.
hints() {
	local text=$1

	shift 2
	run client_on_pty -- "$@"
	assert_output --partial "$text"
	run_client "$@"
	assert_equal "$status" 255
	refute_stderr --partial "$text"
}

@test "on a terminal, an error is followed by what one may do about it" {
	hawser_only
	pick_port
	hints 'nobody listens on that port' -- -p "$free" main true
	# of which nobody need be asked
	hints 'No name server and no /etc/hosts knows that name' -- no..such true
	hints 'A port is given with -p' -- no..such:22 true
	hints 'There was no key to offer: ssh-keygen makes one' \
		-- -o IdentityFile=none main true
	hints "The server has none of these keys for \"$user\"" \
		-- -i "$dir/stranger" main true
	cp "$dir/id" "$tmp/open"
	chmod 644 "$tmp/open" "$dir/id.pub"
	hints "\"chmod 600 $tmp/open\" makes" -- -o IdentityFile=none \
		-i "$tmp/open" main true
	hints 'the name without .pub' -- -o IdentityFile=none -i "$dir/id.pub" \
		main true
	hints 'is it an SSH server?' -- -o ConnectTimeout=1 silent true
	hints '-o Ciphers=+aes128-cbc' -- old true
	run client_on_pty -- -q -p "$free" main true
	refute_output --partial 'nobody listens'
	# who wants no keys needs no word about them
	run client_on_pty -- -o PubkeyAuthentication=no main true
	refute_output --partial 'no key to offer'
}
