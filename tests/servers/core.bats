#!/usr/bin/env bats
# What every server must serve: $SERVER is its name here. Run for all of them
# by "make check-servers", which makes the table in docs/SERVERS.md.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load ../lib/suite
load ../lib/forward

setup_file() {
	suite_begin
	head -c 1048576 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
	start_target web 0
	"start_$SERVER" || skip "no $SERVER here"
}

start_openssh() {
	if ((${#WORLD[@]} > 0)); then
		start_sshd server 'PasswordAuthentication yes' 'RekeyLimit 256K'
	else
		start_sshd server 'RekeyLimit 256K'
	fi
}

start_dropbear_2022() {
	start_dropbear server -W 1000000
}

start_tinyssh() {
	start_tinysshd server
}

start_golang() {
	start_go server
}

start_asyncssh_2() {
	start_asyncssh server basic rekey_bytes=256000
}

# start_here SCRIPT [ARGUMENT]...: a server of this folder.
start_here() {
	launch server '^port ' "$@" &&
		add_host server "$(told_port server)" "$(host_key ed25519)"
}

start_paramiko() {
	start_here "$python" -B -W ignore "$tests_dir/servers/paramiko_server.py" \
		"$(host_key ed25519)" "$dir/authorized_keys" "$pass" 262144
}

start_conch() {
	start_here "$python" -B -W ignore "$tests_dir/servers/conch_server.py" \
		"$(host_key ed25519)" "$dir/authorized_keys" "$pass" "$user"
}

start_libssh() {
	cc -O1 -o "$dir/libssh_server" "$tests_dir/servers/libssh_server.c" -lssh &&
		start_here "$dir/libssh_server" "$(host_key ed25519)" \
			"$dir/authorized_keys" "$pass"
}

start_erlang() {
	mkdir -p "$dir/erlang"
	cp "$(host_key ed25519)" "$dir/erlang/ssh_host_ed25519_key"
	cp "$dir/authorized_keys" "$dir/erlang"
	start_here env ERL_CRASH_DUMP=/dev/null escript \
		"$tests_dir/servers/erlang_server.escript" "$dir/erlang" \
		"$user" "$pass"
}

# lacks SERVER...: these do not serve it.
lacks() {
	[[ " $* " != *" $SERVER "* ]] || skip "not served"
}

# with_password ARGUMENT...: the same, without a key.
with_password() {
	answers "$pass"
	run_client -o BatchMode=no -o PubkeyAuthentication=no "$@"
}

@test "login by key" {
	run_client server 'echo hi'
	assert_success
	assert_output hi
	assert_stderr ''
}

@test "login by password" {
	lacks tinyssh
	[[ $SERVER != openssh && $SERVER != dropbear_2022 ]] || needs_world
	with_password server 'echo hi'
	assert_success
	assert_output hi
}

@test "what is remembered serves, and a guess if there is one" {
	hawser_only
	export XDG_STATE_HOME=$tmp
	for try in 1 2 3; do
		run_client -o IdentityMemory=yes server "echo $try"
		assert_success
		assert_output "$try"
	done
	test -s "$tmp/hawser/servers"
}

@test "a refused login" {
	make_key nobodys ed25519
	sed 's/^IdentityFile.*/IdentityFile none/' "$dir/config" >"$tmp/config"
	run_client -F "$tmp/config" -i "$dir/nobodys" server true
	assert_equal "$status" 255
	assert_stderr --partial ': Permission denied ('
}

@test "exit statuses" {
	local wanted

	lacks erlang
	for wanted in 0 1 7 255; do
		run_client server "exit $wanted"
		assert_equal "$status" "$wanted"
	done
}

@test "stdin to its end, stdout and stderr" {
	lacks erlang
	run_client server 'cat; echo err >&2; exit 3' <<<'in and out'
	assert_equal "$status" 3
	assert_output 'in and out'
	assert_stderr err
}

@test "a command that is killed" {
	lacks erlang
	run_client server 'kill -9 $$'
	assert_equal "$status" 255
}

@test "1 MiB down" {
	client server "head -c 1000000 $dir/data | base64" >"$tmp/got"
	assert_equal "$(base64 -d <"$tmp/got" | sha256sum)" \
		"$(head -c 1000000 "$dir/data" | sha256sum)"
}

@test "1 MiB up" {
	lacks erlang
	run_client server sha256sum <"$dir/data"
	assert_success
	assert_output "$sum"
}

@test "1 MiB both ways, over and over, across rekeys" {
	local round

	lacks erlang
	for round in 1 2 3; do
		client -v -o RekeyLimit=256K server cat <"$dir/data" \
			>"$tmp/got" 2>"$tmp/err"
		assert_equal "$(sha256sum <"$tmp/got")" "$sum"
		(($(grep -c 'SSH2_MSG_NEWKEYS sent' "$tmp/err") > 2))
	done
}

# Dropbear takes no more at once of one address.
@test "four sessions at once" {
	local i pids=()

	for i in 1 2 3 4; do
		client server "echo $i" >"$tmp/$i" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	for i in 1 2 3 4; do
		assert_equal "$(<"$tmp/$i")" "$i"
	done
}

# Bytes pass both ways through a forwarding; the libraries of some servers take
# the end of one direction for the end of both, as ssh finds, too.
passes_as_served() {
	case $SERVER in
	conch | erlang)
		run traffic call "$1" down 1000000
		assert_output ok
		run curl -sS --noproxy '*' -T "$dir/data" "http://127.0.0.1:$1/"
		assert_output "${sum%% *}"
		;;
	*) passes "$1" 1000000 ;;
	esac
}

@test "-L" {
	lacks tinyssh libssh asyncssh_2
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" server
	passes_as_served "$free"
}

@test "-R" {
	lacks tinyssh libssh asyncssh_2 golang
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" server
	passes_as_served "$free"
}
