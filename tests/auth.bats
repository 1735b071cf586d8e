#!/usr/bin/env bats
# Logging in: methods, their order, questions, and what is said at the end.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	start_sshd main
	make_key first ed25519
	make_key second ecdsa
	authorize "$dir/first.pub"
	authorize "$dir/second.pub"
	make_key stranger ed25519
	has_go_server || return 0
	start_go password -methods password
	start_go kbd -methods keyboard-interactive
	start_go both -methods publickey,password,keyboard-interactive
}

needs_go() {
	has_go_server || skip "no Go server"
}

# The client that may ask, with these answers: asking ANSWER... -- ARGUMENT...
asking() {
	local given=()

	while [[ $1 != -- ]]; do
		given+=("$1")
		shift
	done
	answers "${given[@]}"
	run_client -o BatchMode=no "${@:2}"
}

denied() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$user@127.0.0.1: Permission denied ($1)."
}

@test "the last line of a refused login is ssh's" {
	run_client main true
	assert_equal "$status" 255
	assert_stderr "$user@127.0.0.1: Permission denied (publickey)."
	needs_go
	run_client both true
	assert_equal "$status" 255
	assert_stderr "$user@127.0.0.1: Permission denied (password,publickey,keyboard-interactive)."
}

@test "the user's name comes from -l, user@, User; the first counts" {
	run_client -l ada main true
	assert_stderr "ada@127.0.0.1: Permission denied (publickey)."
	run_client ada@grace@main true
	assert_stderr "ada@grace@127.0.0.1: Permission denied (publickey)."
	run_client -o User=ada main true
	assert_stderr "ada@127.0.0.1: Permission denied (publickey)."
}

@test "a password, asked with ssh's words" {
	needs_go
	asking "$pass" -- password echo hi
	assert_success
	assert_output hi
	assert_equal "$(<"$tmp/questions")" "$user@127.0.0.1's password: "
}

@test "questions name the host by its HostKeyAlias" {
	needs_go
	local alias=(-o HostKeyAlias=Quay -o UserKnownHostsFile=/dev/null
		-o StrictHostKeyChecking=no)

	asking "$pass" -- "${alias[@]}" password true
	assert_success
	assert_equal "$(<"$tmp/questions")" "$user@quay's password: "
	asking "$pass" -- "${alias[@]}" kbd true
	assert_success
	assert_equal "$(<"$tmp/questions")" "($user@quay) Password: "
}

@test "a wrong password is asked again, and then the right one serves" {
	needs_go
	asking wrong "$pass" -- password echo hi
	assert_success
	assert_output hi
	assert_stderr "Permission denied, please try again."
	assert_equal "$(wc -l <"$tmp/questions")" 2
}

@test "wrong passwords: three tries, or NumberOfPasswordPrompts" {
	needs_go
	asking a b c d -- password true
	denied password
	assert_equal "$(wc -l <"$tmp/questions")" 3
	assert_equal "$(grep -c 'please try again' <<<"$stderr")" 2
	asking a b c d -- -o NumberOfPasswordPrompts=1 password true
	denied password
	assert_equal "$(wc -l <"$tmp/questions")" 1
}

@test "NumberOfPasswordPrompts 0 asks nothing" {
	needs_go
	for host in password kbd; do
		asking "$pass" -- -o NumberOfPasswordPrompts=0 $host true
		assert_equal "$status" 255
		assert_stderr --partial 'Permission denied'
		asked_nothing
	done
}

@test "a password question that nobody answers ends the login" {
	needs_go
	asking -- password true
	denied password
	unset SSH_ASKPASS SSH_ASKPASS_REQUIRE
	run_client -o BatchMode=no password true
	denied password
}

@test "keyboard-interactive" {
	needs_go
	asking "$pass" -- kbd echo hi
	assert_success
	assert_output hi
	assert_equal "$(<"$tmp/questions")" "($user@127.0.0.1) Password: "
	assert_stderr --partial "Please answer."
	asking a b c d -- kbd true
	denied keyboard-interactive
	assert_equal "$(wc -l <"$tmp/questions")" 3
}

@test "keyboard-interactive with several questions" {
	needs_go
	start_go two -methods keyboard-interactive \
		-questions 'Code: |+Colour: ' -answers '42|blue'
	asking 42 blue -- two echo hi
	assert_success
	assert_output hi
	run cat "$tmp/questions"
	assert_output "$(printf '%s\n' "($user@127.0.0.1) Code: " \
		"($user@127.0.0.1) Colour: ")"
}

@test "wrong answers are asked for again without a word" {
	needs_go
	asking a b c d -- kbd true
	denied keyboard-interactive
	assert_equal "$(wc -l <"$tmp/questions")" 3
	refute_stderr --partial 'please try again'
}

@test "what the server asks cannot move the cursor" {
	needs_go
	start_go rude -methods keyboard-interactive \
		-questions $'\e[2JPass\a: '
	asking "$pass" -- rude echo hi
	assert_success
	run cat -v "$tmp/questions"
	refute_output --partial '^['
	refute_output --partial '^G'
	assert_output --partial 'Pass'
}

@test "a password on a terminal is not shown" {
	needs_go
	run client_on_pty "password: " "$pass"$'\r' -- -o BatchMode=no \
		password echo hi
	assert_success
	assert_line --partial "$user@127.0.0.1's password: "
	refute_output --partial "$pass"
	assert_line --partial hi
}

@test "an answer on a terminal is shown where the server says so" {
	needs_go
	start_go shown -methods keyboard-interactive \
		-questions 'Code: |+Colour: ' -answers '42|blue'
	run client_on_pty "Code: " $'42\r' "Colour: " $'blue\r' -- \
		-o BatchMode=no shown echo hi
	assert_success
	refute_output --partial 42
	assert_line --partial "Colour: blue"
}

@test "^C at a password ends the program" {
	needs_go
	run client_on_pty "password: " $'\003' -- -o BatchMode=no password true
	((status == 254 || status == 255 || status == 130))
}

@test "PreferredAuthentications orders and limits the methods" {
	needs_go
	asking "$pass" -- -i "$dir/id" both true
	assert_success
	asked_nothing
	asking "$pass" -- -i "$dir/id" \
		-o PreferredAuthentications=password,publickey both true
	assert_success
	assert_equal "$(<"$tmp/questions")" "$user@127.0.0.1's password: "
	asking "$pass" -- -o PreferredAuthentications=publickey both true
	denied password,publickey,keyboard-interactive
	asked_nothing
	asking "$pass" -- -o PreferredAuthentications=nonsense both true
	denied password,publickey,keyboard-interactive
}

@test "each method can be turned off" {
	needs_go
	asking "$pass" -- -i "$dir/id" -o PubkeyAuthentication=no \
		-o PasswordAuthentication=no both true
	assert_success
	assert_equal "$(<"$tmp/questions")" "($user@127.0.0.1) Password: "
	asking "$pass" -- -o KbdInteractiveAuthentication=no \
		-o PasswordAuthentication=no both true
	denied password,publickey,keyboard-interactive
	asked_nothing
}

@test "BatchMode never asks" {
	needs_go
	answers "$pass" "$pass"
	for name in password kbd both; do
		run_client $name true
		assert_equal "$status" 255
	done
	asked_nothing
}

@test "SSH_ASKPASS_REQUIRE=never, and no terminal: no question" {
	needs_go
	answers "$pass"
	SSH_ASKPASS_REQUIRE=never DISPLAY=:0 run_client -o BatchMode=no \
		password true
	denied password
	asked_nothing
}

@test "without a terminal DISPLAY is enough for askpass" {
	needs_go
	answers "$pass"
	unset SSH_ASKPASS_REQUIRE
	DISPLAY=:0 run_client -o BatchMode=no password echo hi
	assert_success
	assert_output hi
	! is_ssh || return 0 # ssh 9.2 knows but one kind
	answers "$pass"
	unset SSH_ASKPASS_REQUIRE
	WAYLAND_DISPLAY=wayland-0 run_client -o BatchMode=no password echo hi
	assert_success
}

@test "a server that wants nothing is entered with none" {
	needs_go
	start_go open -methods ''
	run_client -v open echo hi
	assert_success
	assert_output hi
	assert_stderr --regexp 'Authenticated to .* using "none"\.'
}

# in_memory SECRET ARGUMENT...: how often, once the secret has let us in?
in_memory() {
	answers "$1"
	rm -f "$tmp/up"
	start_client -o BatchMode=no "${@:2}" "touch $tmp/up; exec sleep 60"
	wait_until 10 test -e "$tmp/up"
	wait_until 5 rests "$client_pid"
	run "$python" "$tests_dir/lib/in_memory.py" text "$1" "$client_pid"
	kill "$client_pid"
	client_status
}

@test "what was typed to log in is not left in memory" {
	hawser_only # that of ssh is another's
	needs_go
	((EUID == 0)) || skip "needs root"
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "there is too much memory"
	make_key locked ed25519 -N 'open sesame'
	authorize "$dir/locked.pub"
	in_memory "$pass" password
	assert_equal "${lines[0]}" 0
	in_memory "$pass" kbd
	assert_equal "${lines[0]}" 0
	in_memory 'open sesame' -i "$dir/locked" main
	assert_equal "${lines[0]}" 0
	# but for who wants it
	in_memory "$pass" -o Reconnect=yes -o ReconnectKeepSecrets=yes password
	assert_equal "${lines[0]}" 1
}

@test "a password of a system account" {
	needs_world
	[[ $EUID == 0 ]] || skip "needs root"
	start_sshd account 'PasswordAuthentication yes'
	asking wrong "$pass" -- account echo hi
	assert_success
	assert_output hi
	assert_stderr "Permission denied, please try again."
	server_logged account "Accepted password for $user"
}

@test "partial success: a second key" {
	start_sshd keys 'AuthenticationMethods publickey,publickey'
	run_client -i "$dir/first" -i "$dir/second" keys echo hi
	assert_success
	assert_output hi
	run_client -i "$dir/first" keys true
	denied publickey
	run_client -i "$dir/stranger" -i "$dir/first" -i "$dir/second" keys true
	assert_success
}

@test "partial success: a key, then a password" {
	needs_world
	[[ $EUID == 0 ]] || skip "needs root"
	start_sshd twice 'PasswordAuthentication yes' \
		'AuthenticationMethods publickey,password'
	asking "$pass" -- -i "$dir/first" twice echo hi
	assert_success
	assert_output hi
	assert_equal "$(<"$tmp/questions")" "$user@127.0.0.1's password: "
	run_client -i "$dir/first" twice true
	denied password
}

@test "too many keys: the server's words are shown" {
	start_sshd strict 'MaxAuthTries 2'
	for number in 1 2 3 4; do
		make_key try$number ed25519
	done
	run_client -i "$dir/try1" -i "$dir/try2" -i "$dir/try3" \
		-i "$dir/try4" strict true
	assert_equal "$status" 255
	assert_stderr --partial "Received disconnect from 127.0.0.1 port $(port strict):2: Too many authentication failures"
	! is_ssh || return 0
	refute_stderr --partial IdentitiesOnly
	run client_on_pty -- -i "$dir/try1" -i "$dir/try2" -i "$dir/try3" \
		-i "$dir/try4" strict true
	assert_line --partial '-o IdentitiesOnly=yes'
}

@test "the server's banner goes to stderr, but not with -q" {
	printf 'Be kind.\r\nAlways.\n' >"$dir/banner"
	start_sshd kind "Banner $dir/banner"
	run_client -i "$dir/id" kind echo hi
	assert_success
	assert_output hi
	assert_stderr "$(printf 'Be kind.\nAlways.')"
	run_client -q -i "$dir/id" kind echo hi
	assert_output hi
	assert_stderr ""
	run_client -o LogLevel=ERROR -i "$dir/id" kind echo hi
	assert_stderr ""
}

@test "a 10 KB banner with escape sequences is shown, and harmless" {
	{
		printf '\033[2J\033]0;title\007\tRed \233 \177 end\n'
		yes 'all the same line of text, again and again' | head -n 240
		echo last
	} >"$dir/long_banner"
	start_sshd wordy "Banner $dir/long_banner"
	run_client -i "$dir/id" wordy echo hi
	assert_success
	assert_output hi
	assert_equal "$(head -n 1 <<<"${stderr//$'\r'/}")" \
		'\033[2J\033]0;title\007'$'\t''Red \233 \177 end'
	assert_equal "$(grep -c 'all the same' <<<"$stderr")" 240
	assert_equal "$(tail -n 1 <<<"${stderr//$'\r'/}")" last
	assert_equal "$(tr -d '\n\r\t -~' <<<"$stderr")" ""
}

@test "a 100 KB banner is shown" {
	needs_native
	seq 20000 | head -c 100000 >"$dir/banner"
	start_sshd grand "Banner $dir/banner"
	run_client -i "$dir/id" grand echo hi
	assert_success
	assert_output hi
	assert_equal "$(tr -d '\r' <<<"$stderr")" "$(<"$dir/banner")"
}

@test "the identities that were considered are listed with -v" {
	hawser_only
	echo 'not a key' >"$tmp/garbage"
	chmod 600 "$tmp/garbage"
	cp "$dir/id" "$tmp/loose"
	chmod 644 "$tmp/loose"
	run_client -v -i "$tmp/missing" -i "$tmp/garbage" -i "$tmp/loose" \
		-i "$dir/stranger" main true
	assert_equal "$status" 255
	for name in "$tmp/missing" "$tmp/garbage" "$tmp/loose" "$dir/stranger"; do
		assert_stderr --partial "$name"
	done
	assert_stderr --regexp "$dir/stranger.*(refused|not accepted)"
	assert_equal "$(tail -n 1 <<<"${stderr//$'\r'/}")" \
		"$user@127.0.0.1: Permission denied (publickey)."
}

# What a login sends, when a password of this length is tried first.
bytes_sent() {
	answers "$1" "$pass"
	run_client -v -o BatchMode=no "$2" cat # it waits for our EOF
	assert_success
	[[ $stderr =~ Transferred:\ sent\ ([0-9]+) ]]
	echo "${BASH_REMATCH[1]}"
}

@test "the length of a password does not show on the wire" {
	needs_native
	needs_go
	for name in password kbd; do
		short=$(bytes_sent a $name)
		long=$(bytes_sent 'abc d' $name)
		assert_equal "$short" "$long"
	done
}
