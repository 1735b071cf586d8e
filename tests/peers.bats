#!/usr/bin/env bats
# Servers other than OpenSSH's, and an sshd that is an ordinary user's.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	head -c 16777216 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
	if ((${#WORLD[@]} > 0)); then
		start_sshd_as_user user_sshd
		! command -v dropbear >/dev/null || start_dropbear dropbear -W 1000000
		! command -v tinysshd >/dev/null || ((EUID != 0)) ||
			start_tinysshd tinysshd
	fi
	! has_go_server || start_go go
	! has_asyncssh || start_asyncssh asyncssh basic
	! has_module paramiko || start_python paramiko
	! has_module twisted.conch.ssh || start_python conch "$user"
}

has_module() {
	"$python" -W ignore -c "import $1" 2>/dev/null
}

# start_python NAME [ARGUMENT]...: tests/servers/NAME_server.py.
start_python() {
	launch "$1" '^port ' "$python" -B -W ignore \
		"$tests_dir/servers/$1_server.py" "$(host_key ed25519)" \
		"$dir/authorized_keys" "$pass" "${@:2}" &&
		ciphers=aes256-ctr add_host "$1" "$(told_port "$1")" \
			"$(host_key ed25519)"
}

needs_peer() {
	peer=$1 data=$dir/data
	[[ -e $dir/$peer.port ]] || skip "no $peer here"
	[[ $peer != user_sshd || $EUID != 0 ]] || data=/run/suite/data
}

login() {
	run_client "$peer" echo hi
	assert_success
	assert_output hi
	assert_stderr ""
}

# The statuses that scripts look at.
statuses() {
	local wanted
	for wanted in 0 1 7 255; do
		run_client "$peer" "exit $wanted"
		assert_equal "$status" $wanted
	done
}

streams() {
	run_client "$peer" 'cat; echo err >&2; exit 3' <<<'in and out'
	assert_equal "$status" 3
	assert_output 'in and out'
	assert_stderr err
}

down() {
	client "$peer" "cat $data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

up() {
	run_client "$peer" sha256sum <"$dir/data"
	assert_success
	assert_output "$sum"
}

both() {
	client "$peer" cat <"$dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

killed() {
	run_client "$peer" 'kill -9 $$'
	assert_equal "$status" 255
	assert_output ""
}

refused() {
	make_key nobodys ed25519
	sed 's/^IdentityFile.*/IdentityFile none/' "$dir/config" >"$tmp/config"
	run_client -F "$tmp/config" -i "$dir/nobodys" "$peer" true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial ": Permission denied ("
}

@test "a user's sshd: login, statuses, streams" {
	needs_peer user_sshd
	login
	statuses
	streams
	killed
}

@test "a user's sshd: 16 MiB each way" {
	needs_peer user_sshd
	down
	up
	both
}

@test "a user's sshd: a refused login" {
	needs_peer user_sshd
	refused
}

@test "Dropbear: login, statuses, streams" {
	needs_peer dropbear
	login
	statuses
	streams
	killed
}

@test "Dropbear: 16 MiB each way" {
	needs_peer dropbear
	down
	up
	both
}

@test "Dropbear: a refused login" {
	needs_peer dropbear
	refused
}

@test "TinySSH: login, statuses, streams" {
	needs_peer tinysshd
	login
	statuses
	streams
	killed
}

@test "TinySSH: 16 MiB each way" {
	needs_peer tinysshd
	down
	up
	both
}

@test "TinySSH: a refused login" {
	needs_peer tinysshd
	refused
}

@test "a Go server: login, statuses, streams" {
	needs_peer go
	login
	statuses
	streams
	killed
}

@test "a Go server: 16 MiB each way" {
	needs_peer go
	down
	up
	both
}

@test "a Go server: a refused login" {
	needs_peer go
	refused
}

@test "AsyncSSH: login, statuses, streams" {
	needs_peer asyncssh
	login
	statuses
	streams
	killed
}

@test "AsyncSSH: 16 MiB each way" {
	needs_peer asyncssh
	down
	up
	both
}

@test "AsyncSSH: a refused login" {
	needs_peer asyncssh
	refused
}

@test "Paramiko: login, statuses, streams" {
	needs_peer paramiko
	login
	statuses
	streams
	killed
}

@test "Twisted Conch: login, statuses, streams" {
	needs_peer conch
	login
	statuses
	streams
	killed
}

@test "a Go server names the signal that killed a command" {
	hawser_only
	needs_peer go
	run_client go 'kill -9 $$'
	assert_equal "$status" 255
	assert_stderr --partial KILL
}

@test "a Go server that changes keys often" {
	needs_peer go
	start_go rekeying -rekey 1000000
	peer=rekeying
	down
	up
}

@test "AsyncSSH that changes keys often" {
	needs_peer asyncssh
	start_asyncssh async_rekeying basic rekey_bytes=1000000
	peer=async_rekeying
	down
	up
}

@test "AsyncSSH with compression" {
	needs_peer asyncssh
	peer=asyncssh
	run_client -C asyncssh 'seq 100000'
	assert_success
	assert_output "$(seq 100000)"
}

@test "AsyncSSH takes a password" {
	needs_peer asyncssh
	answers "$pass"
	run_client -o BatchMode=no -o PreferredAuthentications=password \
		asyncssh echo hi
	assert_success
	assert_output hi
}

@test "Dropbear takes a password of a system account" {
	needs_peer dropbear
	((EUID == 0)) || skip "needs root"
	answers "$pass"
	run_client -o BatchMode=no -o PreferredAuthentications=password \
		dropbear echo hi
	assert_success
	assert_output hi
}

@test "a user's sshd runs commands as that user" {
	needs_peer user_sshd
	((EUID == 0)) || skip "needs root"
	run_client user_sshd 'id -un; echo $HOME'
	assert_success
	assert_output "$(printf '%s\n' ferry /run/suite/ferry)"
}
