#!/usr/bin/env bats
# What every server must serve. $SERVER is its kind (kinds.bash), $DEBIAN the
# Debian that it is from, if not this one. Run for all of them by "make
# check-servers", which makes the table in docs/SERVERS.md: the name of each test
# begins with the column that it belongs to, and $CELLS is where it says
# "COLUMN VALUE".
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load ../lib/suite
load ../lib/forward
load kinds

setup_file() {
	suite_begin
	head -c 1048576 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
	start_target web 0
	rekeyed us
	enter_root
	"serve_$SERVER" || {
		cat "$dir/server.log" >&2
		return 1
	}
	[[ -z ${CELLS:-} ]] || echo "version $(announced)" >>"$CELLS"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	cell=yes
}

# What a test says: what is in $cell if it comes to its end.
teardown() {
	[[ -z ${client_pid:-} ]] || stop_client
	[[ -n ${CELLS:-} ]] || return 0
	if [[ -z ${BATS_TEST_COMPLETED:-} ]]; then
		cell=no
	elif [[ -n ${BATS_TEST_SKIPPED:-} && $cell != - ]]; then
		return 0
	fi
	echo "${BATS_TEST_DESCRIPTION%%:*} $cell" >>"$CELLS"
}

# lacks SERVER...: these do not serve it.
lacks() {
	[[ " $* " != *" $SERVER "* ]] || {
		cell=-
		skip "not served"
	}
}

# Files only, without commands.
has_no_commands() {
	[[ $SERVER == proftpd ]]
}

# in_sftp COMMAND... [-- OPTION...]: sftp with the client.
in_sftp() {
	local commands=()

	while (($# > 0)) && [[ $1 != -- ]]; do
		commands+=("$1")
		shift
	done
	printf '%s\n' "${commands[@]}" >"$tmp/batch"
	run --separate-stderr limited sftp -S "$HAWSER" -F "$dir/config" \
		"${@:2}" -b "$tmp/batch" server
}

# logs_in [OPTION]...: a session comes to be, and to its end.
logs_in() {
	if has_no_commands; then
		in_sftp 'ls /' -- "$@"
		assert_success
		assert_line --partial /etc
	else
		run_client "$@" server 'echo hi'
		assert_success
		assert_output hi
	fi
}

@test "key: login" {
	logs_in
	assert_stderr ''
}

@test "key: a refused login" {
	make_key nobodys ed25519
	sed 's/^IdentityFile.*/IdentityFile none/' "$dir/config" >"$tmp/config"
	run_client -F "$tmp/config" -i "$dir/nobodys" server true
	assert_equal "$status" 255
	assert_stderr --partial ': Permission denied ('
}

@test "password: login" {
	lacks tinyssh
	[[ $SERVER != openssh && $SERVER != dropbear ]] || needs_world
	answers "$pass"
	logs_in -o BatchMode=no -o PubkeyAuthentication=no
}

@test "key: what is remembered serves, and a guess if there is one" {
	hawser_only
	export XDG_STATE_HOME=$tmp
	for _ in 1 2 3; do
		logs_in -o IdentityMemory=yes
	done
	test -s "$tmp/hawser/servers"
}

@test "exec: exit statuses" {
	local wanted

	lacks erlang proftpd
	for wanted in 0 1 7 255; do
		run_client server "exit $wanted"
		assert_equal "$status" "$wanted"
	done
}

@test "exec: stdin to its end, stdout and stderr" {
	lacks erlang proftpd
	run_client server 'cat; echo err >&2; exit 3' <<<'in and out'
	assert_equal "$status" 3
	assert_output 'in and out'
	assert_stderr err
}

@test "exec: a command that is killed" {
	lacks erlang proftpd
	run_client server 'kill -9 $$'
	assert_equal "$status" 255
}

@test "bulk: 1 MiB down" {
	lacks proftpd
	client server "head -c 1000000 $dir/data | base64" >"$tmp/got"
	assert_equal "$(base64 -d <"$tmp/got" | sha256sum)" \
		"$(head -c 1000000 "$dir/data" | sha256sum)"
}

@test "bulk: 1 MiB up" {
	lacks erlang proftpd
	run_client server sha256sum <"$dir/data"
	assert_success
	assert_output "$sum"
}

# changed_keys FILE: often, as this log says?
changed_keys() {
	(($(grep -c 'SSH2_MSG_NEWKEYS sent' "$1") > 2)) ||
		fail "keys were changed seldom: $(grep -c NEWKEYS "$1")"
}

@test "rekey: 1 MiB both ways, over and over" {
	local round

	cell=$(<"$dir/rekeyed")
	if has_no_commands || [[ $SERVER == erlang ]]; then
		in_sftp "put $dir/data $tmp/there" "get $tmp/there $tmp/got" -- \
			-o LogLevel=DEBUG1 -o RekeyLimit=256K
		assert_equal "$(sha256sum <"$tmp/got")" "$sum"
		echo "$stderr" >"$tmp/err"
		changed_keys "$tmp/err"
		return
	fi
	for round in 1 2 3; do
		client -v -o RekeyLimit=256K server cat <"$dir/data" \
			>"$tmp/got" 2>"$tmp/err"
		assert_equal "$(sha256sum <"$tmp/got")" "$sum"
		changed_keys "$tmp/err"
	done
}

# Dropbear takes no more at once of one address.
@test "many: four sessions at once" {
	local i pids=()

	lacks proftpd
	for i in 1 2 3 4; do
		client server "echo $i" >"$tmp/$i" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	for i in 1 2 3 4; do
		assert_equal "$(<"$tmp/$i")" "$i"
	done
}

# passes_as_served PORT OPTION: bytes pass both ways through a forwarding. The
# libraries of some servers take the end of one direction for the end of both, as
# ssh finds, too.
passes_as_served() {
	case $SERVER$2 in
	conch* | erlang* | node-R)
		cell=half
		run traffic call "$1" down 1000000
		assert_output ok
		run curl -sS --noproxy '*' -T "$dir/data" "http://127.0.0.1:$1/"
		assert_output "${sum%% *}"
		;;
	*) passes "$1" 1000000 ;;
	esac
}

@test "-L: 1 MB both ways, with each way of ending" {
	lacks tinyssh libssh proftpd
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" server
	passes_as_served "$free" -L
}

@test "-R: 1 MB both ways, with each way of ending" {
	lacks tinyssh libssh proftpd
	pick_port
	start_tunnel "$free" -- -R "$free:127.0.0.1:$(port web)" server
	passes_as_served "$free" -R
}

@test "sftp: put and get" {
	in_sftp "put $dir/data $tmp/there" "get $tmp/there $tmp/back"
	assert_success
	assert_equal "$(sha256sum <"$tmp/there")" "$sum"
	assert_equal "$(sha256sum <"$tmp/back")" "$sum"
}
