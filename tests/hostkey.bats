#!/usr/bin/env bats
# Is it the right host? known_hosts, StrictHostKeyChecking, warnings, prompts.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/shell

setup_file() {
	suite_begin
	start_sshd main
	start_agent good id
	host_key ecdsa >/dev/null
	host_key rsa -b 2048 >/dev/null
	start_sshd three "HostKey $dir/host_ed25519" \
		"HostKey $dir/host_ecdsa" "HostKey $dir/host_rsa2048"
	make_key other ed25519
}

# Each test has a known_hosts of its own, $kh, empty unless filled.
setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	kh=$tmp/known_hosts
	name="[127.0.0.1]:$(port main)"
	key=$(bare_key "$dir/host_ed25519.pub")
	print=$(fingerprint "$dir/host_ed25519.pub")
}

# The client with $kh, StrictHostKeyChecking and more.
checked() {
	run_client -o UserKnownHostsFile="$kh" -o StrictHostKeyChecking="$1" \
		"${@:2}" main echo hi
}

asked() {
	checked ask -o BatchMode=no "$@"
}

logs_in() {
	assert_success
	assert_output hi
}

is_refused() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial 'Host key verification failed.'
}

added="Warning: Permanently added '%s' (ED25519) to the list of known hosts."

# The same, behind what the file held already.
assert_added_to() {
	# shellcheck disable=SC2059
	assert_stderr "$(printf "$added" "$name")"
	assert_equal "$(<"$kh")" "$(printf '%s\n' "$1" "$name $key")"
}

assert_added() {
	# shellcheck disable=SC2059 # the format is ours
	assert_stderr "$(printf "$added" "$name")"
	assert_equal "$(<"$kh")" "$name $key"
}

@test "yes refuses an unknown host, and records nothing" {
	checked yes
	is_refused
	assert_stderr --partial "No ED25519 host key is known for $name and you have requested strict checking."
	assert [ ! -e "$kh" ]
}

@test "ask without a terminal or in batch mode refuses at once" {
	checked ask
	is_refused
	asked
	is_refused
	assert [ ! -e "$kh" ]
}

@test "accept-new records an unknown host, once" {
	checked accept-new
	logs_in
	assert_added
	checked accept-new
	logs_in
	assert_stderr ""
	assert_equal "$(wc -l <"$kh")" 1
}

@test "no and off record an unknown host" {
	checked no
	logs_in
	assert_added
	rm "$kh"
	checked off
	logs_in
	assert_added
}

@test "ask: the question has type and fingerprint, and yes records the host" {
	answers yes
	asked
	logs_in
	assert_added
	run cat "$tmp/questions"
	assert_output "$(
		cat <<-END
			The authenticity of host '$name ($name)' can't be established.
			ED25519 key fingerprint is $print.
			This key is not known by any other names.
			Are you sure you want to continue connecting (yes/no/[fingerprint])? 
		END
	)"
}

# The end of the key exchange is the first that there would be to say.
@test "while the question is open, nothing is sent" {
	hawser_only # ssh has ended the exchange before it asks
	local said='SSH2_MSG_NEWKEYS received' before

	printf '#!/bin/sh\n: >%s\nuntil [ -e %s ]; do sleep 0.02; done; echo yes\n' \
		"$tmp/asked" "$tmp/go" >"$tmp/ask"
	chmod +x "$tmp/ask"
	before=$(grep -c "$said" "$dir/main.log") || true
	SSH_ASKPASS=$tmp/ask SSH_ASKPASS_REQUIRE=force start_client \
		-o BatchMode=no -o StrictHostKeyChecking=ask \
		-o UserKnownHostsFile="$kh" main echo hi
	wait_until 10 test -e "$tmp/asked"
	rests "$client_pid"
	assert_equal "$(grep -c "$said" "$dir/main.log")" "$before"
	touch "$tmp/go"
	client_status
	logs_in
	assert_equal "$(grep -c "$said" "$dir/main.log")" $((before + 1))
}

@test "ask: no refuses" {
	answers no
	asked
	is_refused
	assert [ ! -e "$kh" ]
}

@test "ask: the fingerprint is as good as yes, a wrong one is asked again" {
	answers "$(fingerprint "$dir/other.pub")" "$print"
	asked
	logs_in
	assert_added
	run tail -n 1 "$tmp/questions"
	assert_output "Please type 'yes', 'no' or the fingerprint: "
}

@test "ask: an answer that is neither is asked again" {
	answers maybe no
	asked
	is_refused
	assert_equal "$(grep -c "Please type 'yes', 'no'" "$tmp/questions")" 1
}

@test "ask: a key that is known by another name is said to be" {
	echo "elsewhere $key" >"$kh"
	answers yes
	asked
	logs_in
	run cat "$tmp/questions"
	assert_line "This host key is known by the following other names/addresses:"
	assert_line --regexp '^    .*/known_hosts:1: elsewhere$'
}

@test "ask: on a terminal" {
	run client_on_pty '[fingerprint])? ' $'maybe\r' \
		"fingerprint: " $'yes\r' -- -o BatchMode=no \
		-o StrictHostKeyChecking=ask -o UserKnownHostsFile="$kh" main echo hi
	assert_success
	assert_line --partial hi
	assert_equal "$(<"$kh")" "$name $key"
}

@test "ask: on a terminal, no and end of file refuse" {
	local answer
	for answer in $'no\r' $'\004'; do
		run client_on_pty '[fingerprint])? ' "$answer" -- -o BatchMode=no \
			-o StrictHostKeyChecking=ask -o UserKnownHostsFile="$kh" \
			main echo hi
		assert_equal "$status" 255
		assert_line --partial 'Host key verification failed.'
		assert [ ! -e "$kh" ]
	done
}

@test "a changed key: the warning, with file and line" {
	printf '# comment\n%s %s\n' "$name" "$(bare_key "$dir/other.pub")" >"$kh"
	for value in yes ask accept-new; do
		checked $value
		is_refused
		assert_stderr --partial "$(
			cat <<-END
				@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
				@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
				@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
				IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
				Someone could be eavesdropping on you right now (man-in-the-middle attack)!
				It is also possible that a host key has just been changed.
				The fingerprint for the ED25519 key sent by the remote host is
				$print.
				Please contact your system administrator.
				Add correct host key in $kh to get rid of this message.
				Offending ED25519 key in $kh:2
				  remove with:
				  ssh-keygen -f "$kh" -R "$name"
				Host key for $name has changed and you have requested strict checking.
				Host key verification failed.
			END
		)"
	done
	assert_equal "$(wc -l <"$kh")" 2
}

@test "a changed key with no: a warning, and keys may still log in" {
	echo "$name $(bare_key "$dir/other.pub")" >"$kh"
	checked no -o BatchMode=no
	logs_in
	assert_stderr --partial "HOST IDENTIFICATION HAS CHANGED"
	assert_stderr --partial "Password authentication is disabled to avoid man-in-the-middle attacks."
	assert_stderr --partial "Keyboard-interactive authentication is disabled to avoid man-in-the-middle attacks."
	assert_equal "$(<"$kh")" "$name $(bare_key "$dir/other.pub")"
}

@test "a changed key with no: no password goes to the host" {
	has_go_server || skip "no Go server"
	start_go password -methods password,keyboard-interactive
	echo "[127.0.0.1]:$(port password) $(bare_key "$dir/other.pub")" >"$kh"
	answers "$pass" "$pass"
	run_client -o UserKnownHostsFile="$kh" -o StrictHostKeyChecking=no \
		-o BatchMode=no password echo hi
	assert_equal "$status" 255
	assert_equal "$(<"$tmp/questions")" ""
	assert_stderr --partial "$user@127.0.0.1: Permission denied (password,keyboard-interactive)."
}

@test "a changed key with no: nothing is forwarded" {
	echo "$name $(bare_key "$dir/other.pub")" >"$kh"
	pick_port
	export DISPLAY=:77
	start_client -A -X -L "$free:127.0.0.1:1" -D "$((free + 1))" \
		-R "$((free + 2)):127.0.0.1:1" -o UserKnownHostsFile="$kh" \
		-o StrictHostKeyChecking=no -o IdentityAgent="$dir/good.agent" \
		main 'echo "<$SSH_AUTH_SOCK$DISPLAY>"; exec sleep 20'
	wait_until 10 grep -q '>' "$tmp/out"
	assert_equal "$(<"$tmp/out")" '<>'
	for port in $free $((free + 1)) $((free + 2)); do
		listens_not "$port"
	done
	kill "$client_pid"
	client_status
	run grep -c x11-req "$dir/main.log"
	assert_output 0
	for what in Agent X11 Port; do
		assert_stderr --partial "$what forwarding is disabled to avoid man-in-the-middle attacks."
	done
}

@test "a revoked key with no: nothing is forwarded" {
	printf '%s %s\n@revoked * %s\n' "$name" "$key" "$key" >"$kh"
	run_client -A -o UserKnownHostsFile="$kh" -o StrictHostKeyChecking=no \
		-o IdentityAgent="$dir/good.agent" main 'echo "<$SSH_AUTH_SOCK>"'
	assert_output '<>'
	assert_stderr --partial "Agent forwarding is disabled to avoid man-in-the-middle attacks."
	refute_stderr --partial "X11 forwarding"
	refute_stderr --partial "Port forwarding"
}

@test "a changed key with no: ExitOnForwardFailure ends it" {
	echo "$name $(bare_key "$dir/other.pub")" >"$kh"
	for arguments in '-o ExitOnForwardFailure=yes' \
		"-W 127.0.0.1:$(port main)"; do
		# shellcheck disable=SC2086 # several words
		run_client -o UserKnownHostsFile="$kh" \
			-o StrictHostKeyChecking=no $arguments main
		assert_equal "$status" 255
		assert_output ""
		assert_stderr --partial \
			"Error: forwarding disabled due to host key check failure"
	done
}

@test "a changed key with no: no forwarding with ~C either" {
	hawser_only
	echo "$name $(bare_key "$dir/other.pub")" >"$kh"
	steps=(expect "$prompt" send $'\r~C' expect 'ssh> '
		send $'L12345:127.0.0.1:1\r'
		expect 'Port forwarding is disabled' send $'exit\r')
	run_session "${steps[@]}" -- -tt -o EnableEscapeCommandline=yes \
		-o UserKnownHostsFile="$kh" -o StrictHostKeyChecking=no main
	assert_success
}

@test "a revoked key is refused, also where another line knows it" {
	printf '%s %s\n@revoked * %s\n' "$name" "$key" "$key" >"$kh"
	checked yes
	is_refused
	assert_stderr --partial '@       WARNING: REVOKED HOST KEY DETECTED!               @'
	assert_stderr --partial "The ED25519 host key for $name is marked as revoked."
	checked accept-new
	is_refused
}

@test "RevokedHostKeys lists keys that no host may have" {
	echo "$name $key" >"$kh"
	echo "$key" >"$tmp/revoked"
	checked yes -o RevokedHostKeys="$tmp/revoked"
	is_refused
	assert_stderr --partial "Host key ED25519 $print revoked by file $tmp/revoked"
	# lists of old have keys that nobody takes any more
	{
		bare_key "$dir/other.pub"
		echo "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQDFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcUB"
	} >"$tmp/revoked"
	checked yes -o RevokedHostKeys="$tmp/revoked"
	logs_in
}

@test "RevokedHostKeys that cannot be read refuse every host" {
	echo "$name $key" >"$kh"
	checked yes -o RevokedHostKeys="$tmp/none"
	is_refused
	assert_stderr --partial "Error checking host key ED25519 $print in revoked keys file $tmp/none: No such file or directory"
}

@test "hashed names are recognised" {
	echo "$name $key" >"$kh"
	ssh-keygen -q -H -f "$kh" 2>/dev/null
	assert [ "$(cut -c1-3 "$kh")" = '|1|' ]
	checked yes
	logs_in
}

@test "HashKnownHosts hashes what it writes" {
	checked accept-new -o HashKnownHosts=yes
	logs_in
	run cat "$kh"
	assert_output --regexp '^\|1\|[A-Za-z0-9+/]{27}=\|[A-Za-z0-9+/]{27}= ssh-'
	assert_output --partial " $key"
	run ssh-keygen -F "$name" -f "$kh"
	assert_success
	checked yes
	logs_in
}

@test "patterns, lists and negation" {
	echo "a.example,[127.0.0.*]:* $key" >"$kh"
	checked yes
	logs_in
	echo "[127.0.?.1]:$(port main) $key comment" >"$kh"
	checked yes
	logs_in
	echo "[127.*]:*,!$name $key" >"$kh"
	checked yes
	is_refused
}

@test "a key that is known for the name without the port is enough" {
	echo "127.0.0.1 $key" >"$kh"
	checked yes
	logs_in
	assert_stderr ""
	checked accept-new
	logs_in
	assert_equal "$(<"$kh")" "127.0.0.1 $key"
	echo "127.0.0.1 $(bare_key "$dir/other.pub")" >"$kh"
	checked accept-new
	logs_in
	assert_added_to "127.0.0.1 $(bare_key "$dir/other.pub")"
}

@test "lines that make no sense are passed over" {
	printf '%s\n' '' '# no' 'x' "$name ssh-ed25519" "$name ssh-ed25519 AAAA" \
		"$name what $(cut -d' ' -f2 <<<"$key")" "@no $name $key" \
		"  $name $key" >"$kh"
	checked yes
	logs_in
}

@test "several files: user's and global ones all count" {
	echo "$name $key" >"$tmp/second"
	checked yes -o GlobalKnownHostsFile="$tmp/none $tmp/second"
	logs_in
	run_client -o UserKnownHostsFile="$tmp/none \"$tmp/second\"" main echo hi
	logs_in
	run_client -o UserKnownHostsFile="$tmp/first $tmp/second" \
		-o StrictHostKeyChecking=accept-new -p "$(port three)" 127.0.0.1 true
	assert_success
	assert [ -s "$tmp/first" ]
	assert_equal "$(wc -l <"$tmp/second")" 1
}

@test "HostKeyAlias is looked up and written in place of the name" {
	checked accept-new -o HostKeyAlias=alias
	logs_in
	assert_equal "$(<"$kh")" "alias $key"
	checked yes -o HostKeyAlias=alias
	logs_in
	checked yes
	is_refused
}

@test "NoHostAuthenticationForLocalhost asks nothing of 127.0.0.1" {
	checked yes -o NoHostAuthenticationForLocalhost=yes
	logs_in
	assert_stderr ""
	assert [ ! -e "$kh" ]
}

@test "VisualHostKey draws the key, also of a known host" {
	echo "$name $key" >"$kh"
	checked yes -o VisualHostKey=yes
	logs_in
	assert_stderr --partial "Host key fingerprint is $print"
	assert_stderr --partial "$(ssh-keygen -lvf "$dir/host_ed25519.pub" |
		sed 1d)"
	checked yes -o VisualHostKey=yes -o FingerprintHash=md5
	assert_stderr --partial "$(ssh-keygen -lvf "$dir/host_ed25519.pub" -E md5 |
		sed 1d)"
}

@test "FingerprintHash=md5 is used in questions, and understood" {
	local md5
	md5=$(fingerprint "$dir/host_ed25519.pub" -E md5)
	answers "$md5"
	asked -o FingerprintHash=md5
	logs_in
	run cat "$tmp/questions"
	assert_line "ED25519 key fingerprint is $md5."
}

@test "a known_hosts that cannot be written is a warning" {
	kh=$tmp/not_there/known_hosts
	checked accept-new
	logs_in
	assert_stderr "Failed to add the host to the list of known hosts ($kh)."
	assert [ ! -e "$tmp/not_there" ]
}

@test "the mode of known_hosts, and what it holds, are kept" {
	echo "old.example $key" >"$kh"
	for mode in 600 640 644; do
		sed -i "/^\[/d" "$kh"
		chmod $mode "$kh"
		checked accept-new
		logs_in
		assert_equal "$(stat -c %a "$kh")" $mode
		assert_equal "$(<"$kh")" \
			"$(printf '%s\n' "old.example $key" "$name $key")"
	done
}

@test "a last line without its end is not spoilt" {
	hawser_only # ssh 9.2 writes on behind it
	printf 'old.example %s' "$key" >"$kh"
	checked accept-new
	assert_equal "$(<"$kh")" "$(printf '%s\n' "old.example $key" "$name $key")"
}

@test "the server is asked for the key type that known_hosts holds" {
	local type three
	three="[127.0.0.1]:$(port three)"
	for type in rsa2048 ecdsa ed25519; do
		echo "$three $(bare_key "$dir/host_$type.pub")" >"$kh"
		run_client -o UserKnownHostsFile="$kh" three echo hi
		logs_in
		assert_stderr ""
	done
}

@test "a host of which only another type is known counts as changed" {
	echo "$name $(bare_key "$dir/host_rsa2048.pub")" >"$kh"
	for value in yes accept-new; do
		checked $value
		is_refused
		assert_stderr --partial "HOST IDENTIFICATION HAS CHANGED"
		assert_stderr --partial "Offending RSA key in $kh:1"
	done
}

@test "HostKeyAlgorithms chooses the key, and names what is not there" {
	run_client -o UserKnownHostsFile="$kh" -o StrictHostKeyChecking=no \
		-o HostKeyAlgorithms=rsa-sha2-256,ecdsa-sha2-nistp256 three true
	assert_success
	assert_stderr --partial '(RSA)'
	checked no -o HostKeyAlgorithms=rsa-sha2-512
	assert_equal "$status" 255
	assert_stderr --partial 'no matching host key type found'
}

@test "a host key that changes with a rekey ends the connection" {
	has_go_server || skip "no Go server"
	start_go turncoat -turncoat "$dir/other" -rekey 100000
	run_client turncoat 'cat >/dev/null; echo not reached' \
		< <(head -c 20000000 /dev/zero)
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --regexp \
		'(Host key verification failed\.|changed its host key)'
}

