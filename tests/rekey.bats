#!/usr/bin/env bats
# Key exchanges that we begin: RekeyLimit, by bytes and by time, and ~R.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/shell

kexes='ecdh-sha2-nistp384 diffie-hellman-group14-sha256'
kexes+=' diffie-hellman-group-exchange-sha256'

setup_file() {
	suite_begin
	start_target web 0
	# OpenSSH 10 does not offer the last two by itself
	start_sshd main "KexAlgorithms +${kexes// /,}"
	start_sshd rekeying 'RekeyLimit 300K'
	if ((${#WORLD[@]} > 0)); then
		! command -v dropbear >/dev/null || start_dropbear dropbear -W 1000000
		! command -v tinysshd >/dev/null || ((EUID != 0)) ||
			start_tinysshd tinysshd
	fi
	! has_go_server || start_go go
	! has_asyncssh || start_asyncssh asyncssh basic
	head -c 16777216 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	[[ $BATS_TEST_DESCRIPTION == libssh2* ]] || needs_native
}

quick=-oKexAlgorithms=curve25519-sha256

# How often keys were exchanged, as the client tells with -v.
rekeys() {
	grep -c 'SSH2_MSG_NEWKEYS received' "${1:-$tmp/err}"
}

has_rekeys() {
	(($(rekeys "$2") > $1))
}

# rekeys_more_than COUNT [LOG]
rekeys_more_than() {
	(($(rekeys "${2:-}") > $1)) || fail "$(rekeys "${2:-}") exchanges"
}

down() {
	client -v "$@" "cat $dir/data" >"$tmp/got" 2>"$tmp/err"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

up() {
	client -v "$@" sha256sum <"$dir/data" >"$tmp/got" 2>"$tmp/err"
	assert_equal "$(<"$tmp/got")" "$sum"
}

both() {
	client -v "$@" cat <"$dir/data" >"$tmp/got" 2>"$tmp/err"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

@test "RekeyLimit, down, up, and both ways at once" {
	for way in down up both; do
		$way "$quick" -o RekeyLimit=1M main
		rekeys_more_than 4
	done
}

@test "RekeyLimit in the middle of every few packets" {
	hawser_only
	head -c 2000000 "$dir/data" >"$tmp/part"
	client -v "$quick" -o RekeyLimit=64K main cat <"$tmp/part" \
		>"$tmp/got" 2>"$tmp/err"
	cmp "$tmp/part" "$tmp/got"
	rekeys_more_than 10
}

@test "RekeyLimit below the size of any packet" {
	# what it reads comes after the first exchange, however slow we are
	client -v "$quick" -o RekeyLimit=16 main \
		'read -r; seq 2000; echo err >&2; exit 3' \
		<<<'go' >"$tmp/got" 2>"$tmp/err" || status=$?
	assert_equal "$status" 3
	assert_equal "$(<"$tmp/got")" "$(seq 2000)"
	rekeys_more_than 1
}

@test "both sides begin at once" {
	for way in down up both; do
		$way "$quick" -o RekeyLimit=300K rekeying
		rekeys_more_than 20
	done
}

@test "every kind of cipher, and compression" {
	for option in -cchacha20-poly1305@openssh.com -caes256-gcm@openssh.com \
		-caes128-ctr -C; do
		both "$quick" "$option" -o RekeyLimit=2M main
		rekeys_more_than 3
	done
}

@test "every kind of key exchange" {
	for kex in $kexes; do
		both -o KexAlgorithms="$kex" -o RekeyLimit=4M main
		rekeys_more_than 2
	done
}

# other SERVER
other() {
	[[ -e $dir/$1.port ]] || skip "no $1 here"
	both "$quick" -o RekeyLimit=2M "$1"
	rekeys_more_than 3
}

@test "Dropbear" {
	other dropbear
}

@test "TinySSH" {
	other tinysshd
}

@test "a Go server" {
	other go
}

@test "AsyncSSH" {
	other asyncssh
}

@test "forwardings, both kinds" {
	pick_port && one=$free
	pick_port
	start_tunnel "$free" "$one" -- -v "$quick" -o RekeyLimit=1M \
		-L "$one:127.0.0.1:$(port web)" \
		-R "$free:127.0.0.1:$(port web)" rekeying
	passes "$one" 4000000
	passes "$free" 4000000
	CLIENT_TIMEOUT=60 run traffic swarm 30 1000000 "$free" "$one"
	assert_output '30 fine'
	rekeys_more_than 20
}

@test "RekeyLimit's time, where nothing moves" {
	start_client -N -v -o 'RekeyLimit=default 1' main
	wait_until 10 has_rekeys 1 "$tmp/err" || fail "$(<"$tmp/err")"
	kill "$client_pid"
	client_status
	assert_equal "$status" 0
}

@test "RekeyLimit's time, and a command" {
	client -v -o 'RekeyLimit=1G 1' main 'sleep 2.5; echo done' \
		>"$tmp/out" 2>"$tmp/err"
	assert_equal "$(<"$tmp/out")" "done"
	rekeys_more_than 1
}

@test "~R" {
	steps=(expect "$prompt" send $'\r~R~Rstty -echo; echo o\\n\r' expect $'on\r'
		await "test \$(grep -c 'NEWKEYS received' $tmp/log) -gt 1"
		send $'\r~Recho tw\\o\r' expect $'two\r'
		await "test \$(grep -c 'NEWKEYS received' $tmp/log) -gt 2"
		send $'exit 4\r')
	run_session "${steps[@]}" -- -v -E "$tmp/log" main
	assert_equal "$status" 4
	refute_output --partial 'possible'
}

@test "libssh2 begins none, and says so" {
	hawser_only
	needs_libssh2
	run_client -v -o Engine=libssh2 -o RekeyLimit=64K main \
		"head -c 1000000 $dir/data | wc -c"
	assert_success
	assert_output 1000000
	assert_stderr --partial 'RekeyLimit: not possible with this Engine'
	[[ $(grep -c 'SSH2_MSG_NEWKEYS received' <<<"$stderr") -lt 2 ]]
	steps=(expect "$prompt" send $'\r~B~R~?' expect 'newline.)'
		send $'\rexit 4\r')
	run_session "${steps[@]}" -- -o Engine=libssh2 main
	assert_equal "$status" 4
	assert_output --partial '~B [not possible with this Engine]'
	assert_output --partial '~R [not possible with this Engine]'
	assert_output --partial 'request rekey (not possible)'
}
