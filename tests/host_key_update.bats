#!/usr/bin/env bats
# UpdateHostKeys: learning the keys that a host has besides the one that it was
# recognized by, and forgetting those that it has no more.
#
# Quoted $ are for run_session.
# shellcheck disable=SC2016,SC2154

load lib/suite
load lib/shell
load lib/hostile

setup_file() {
	suite_begin
	for type in ed25519 ecdsa rsa; do
		host_key $type
	done >/dev/null
	make_key gone ed25519
	make_key other ed25519
	start_sshd main "HostKey $dir/host_ed25519" "HostKey $dir/host_ecdsa" \
		"HostKey $dir/host_rsa"
}

setup() {
	needs_native
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
}

# Begin $tmp/known with the host's keys of these types.
known() {
	local type

	: >"$tmp/known"
	for type in "$@"; do
		entry "$(title)" "$dir/host_$type"
	done
}

title() {
	echo "[127.0.0.1]:$(port main)"
}

# entry NAMES KEY FILE
entry() {
	echo "$1 $(bare_key "$2.pub")" >>"$tmp/known"
}

# Log in with $tmp/known: learn [OPTION]...
learn() {
	run_client "$@" -v -o UserKnownHostsFile="$tmp/known" \
		-o UpdateHostKeys=yes main true
	assert_success
}

# The types of the keys in $tmp/known, in order.
types() {
	cut -d' ' -f2 "$tmp/known" | sed 's/^ssh-//; s/^ecdsa.*/ecdsa/' |
		sort | tr '\n' ' '
}

unchanged() {
	cp "$tmp/known" "$tmp/before"
	learn "$@"
	assert_equal "$(<"$tmp/known")" "$(<"$tmp/before")"
}

print_of() {
	ssh-keygen -lf "$1.pub" | cut -d' ' -f2
}

@test "the host's other keys are learnt, and only once" {
	known ed25519
	chmod 640 "$tmp/known"
	learn
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
	assert_equal "$(cut -d' ' -f1 "$tmp/known" | sort -u)" "$(title)"
	assert_stderr --partial "Learned new hostkey: ECDSA $(print_of "$dir/host_ecdsa")"
	assert_stderr --partial "Learned new hostkey: RSA $(print_of "$dir/host_rsa")"
	unchanged
	refute_stderr --partial "Learned new"
}

@test "the old file stays beside the new one, which has its mode" {
	hawser_only # ssh's has 0600
	known ed25519
	chmod 640 "$tmp/known"
	cp "$tmp/known" "$tmp/before"
	learn
	assert_equal "$(stat -c %a "$tmp/known")" 640
	assert_equal "$(<"$tmp/known.old")" "$(<"$tmp/before")"
	run ls "$tmp"
	refute_output --partial 'known.old.'
	refute_line --regexp 'known\.......$'
}

@test "known_hosts may be a symbolic link" {
	hawser_only # ssh replaces the link
	known ed25519
	mv "$tmp/known" "$tmp/real"
	ln -s real "$tmp/known"
	learn
	[[ -L $tmp/known ]]
	assert_equal "$(wc -l <"$tmp/real")" 3
}

@test "each of the keys serves to recognize the host by" {
	for type in ed25519 ecdsa rsa; do
		known $type
		learn
		assert_equal "$(types)" 'ecdsa ed25519 rsa '
	done
}

@test "a key that the host has no more is forgotten" {
	known ed25519
	entry "$(title)" "$dir/gone"
	entry other.example "$dir/other"
	echo '# a remark' >>"$tmp/known"
	learn
	assert_stderr --partial "Deprecating obsolete hostkey: ED25519 $(print_of "$dir/gone")"
	run grep -c . "$tmp/known"
	assert_output 5
	run grep -F "$(bare_key "$dir/gone.pub")" "$tmp/known"
	assert_failure
	run grep -Fxc '# a remark' "$tmp/known"
	assert_output 1
	run grep -c '^other.example ' "$tmp/known"
	assert_output 1
}

@test "with nothing to learn, no proof is needed to forget" {
	known ed25519 ecdsa rsa
	entry "$(title)" "$dir/gone"
	learn
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
	assert_stderr --partial 'Deprecating obsolete hostkey'
}

@test "HashKnownHosts hides the name of what is added" {
	known ed25519
	learn -o HashKnownHosts=yes
	run grep -c '^|1|' "$tmp/known"
	assert_output 2
	learn # they are understood
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
}

@test "hashed entries are seen, and forgotten" {
	known ed25519
	entry "$(title)" "$dir/gone"
	ssh-keygen -Hf "$tmp/known" 2>/dev/null
	rm "$tmp/known.old"
	learn
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
}

@test "HostKeyAlgorithms says what can be learnt" {
	known ed25519
	learn -o HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256
	assert_equal "$(types)" 'ecdsa ed25519 '
}

@test "entries made by hand are left alone" {
	known ed25519
	sed -i "s/^/two.example,three.example,/" "$tmp/known"
	unchanged
	known
	entry "*:$(port main)" "$dir/host_ed25519"
	unchanged
	known ed25519
	echo "@revoked $(title) $(bare_key "$dir/other.pub")" >>"$tmp/known"
	unchanged
	known ed25519
	echo "@cert-authority $(title) $(bare_key "$dir/other.pub")" >>"$tmp/known"
	unchanged
}

@test "keys with other names are left alone" {
	known ed25519
	entry other.example "$dir/host_rsa"
	unchanged
	known ed25519
	entry "$(title)" "$dir/gone"
	entry other.example "$dir/gone"
	unchanged
}

@test "nothing is learnt from a host that is known globally" {
	known ed25519
	mv "$tmp/known" "$tmp/global"
	: >"$tmp/known"
	unchanged -o GlobalKnownHostsFile="$tmp/global"
}

@test "nothing is learnt of a host that a command or a certificate vouches for" {
	known ed25519
	mv "$tmp/known" "$tmp/said"
	: >"$tmp/known"
	unchanged -o KnownHostsCommand="/bin/cat $tmp/said"
	known ed25519
	cp "$tmp/known" "$tmp/said"
	learn -o KnownHostsCommand="/bin/cat $tmp/said"
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
	ssh-keygen -q -s "$dir/other" -I it -h "$dir/host_ed25519.pub"
	start_sshd certified "HostKey $dir/host_ed25519" "HostKey $dir/host_rsa" \
		"HostCertificate $dir/host_ed25519-cert.pub"
	echo "@cert-authority * $(bare_key "$dir/other.pub")" >"$tmp/known"
	cp "$tmp/known" "$tmp/before"
	run_client -o UserKnownHostsFile="$tmp/known" -o UpdateHostKeys=yes \
		certified true
	assert_success
	assert_equal "$(<"$tmp/known")" "$(<"$tmp/before")"
}

@test "files that are not there are not made" {
	known ed25519
	learn -o UserKnownHostsFile="$tmp/known $tmp/absent"
	[[ ! -e $tmp/absent ]]
	assert_stderr --partial 'Learned new hostkey'
	refute_stderr --partial UpdateHostKeys:
}

@test "nothing is learnt from a host that is not trusted" {
	known
	learn -o StrictHostKeyChecking=accept-new
	assert_equal "$(wc -l <"$tmp/known")" 1
	known
	entry "$(title)" "$dir/other"
	unchanged -o StrictHostKeyChecking=no
	assert_stderr --partial "UpdateHostkeys is disabled because the host key is not trusted."
}

@test "a new host that was confirmed is learnt whole" {
	known
	answers yes
	learn -o StrictHostKeyChecking=ask -o BatchMode=no
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
}

@test "by default only for who has the usual file" {
	needs_world
	known ed25519
	unchanged -o UpdateHostKeys=no
	cp "$tmp/known" "$dir/home/.ssh/known_hosts"
	cp "$dir/id" "$dir/home/.ssh/id_ed25519"
	run client_at_home -o VerifyHostKeyDNS=yes -p "$(port main)" \
		127.0.0.1 true
	assert_success
	assert_equal "$(wc -l <"$dir/home/.ssh/known_hosts")" 1
	run client_at_home -p "$(port main)" 127.0.0.1 true
	assert_success
	assert_equal "$(wc -l <"$dir/home/.ssh/known_hosts")" 3
}

# asked ANSWER...: in a session without a command.
asked() {
	answers "$@"
	: >"$tmp/before"
	cp "$tmp/known" "$tmp/before"
	run --separate-stderr client -o BatchMode=no \
		-o UserKnownHostsFile="$tmp/known" -o UpdateHostKeys=ask \
		main <<<'sleep 0.5; exit 0'
	assert_success
}

@test "ask asks" {
	known ed25519
	asked yes
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
	assert_equal "$(<"$tmp/questions")" 'Accept updated hostkeys? (yes/no): '
	assert_stderr --partial 'The server has updated its host keys.'
	assert_stderr --partial "verified by the server's existing trusted key."
	assert_stderr --partial 'Learned new hostkey: ECDSA'
	known ed25519
	asked no
	assert_equal "$(types)" 'ed25519 '
	asked well YES
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
	assert_stderr --partial 'Please enter "yes" or "no"'
	known ed25519
	asked who are you yes
	assert_equal "$(types)" 'ed25519 '
	run_client -o BatchMode=no -o UserKnownHostsFile="$tmp/known" \
		-o UpdateHostKeys=ask main true
	assert_success
	assert_equal "$(types)" 'ed25519 '
	run_client -o UserKnownHostsFile="$tmp/known" -o UpdateHostKeys=ask \
		main <<<'exit 0'
	assert_success
	assert_equal "$(types)" 'ed25519 '
}

# The shell may say something before we ask, or after.
@test "ask asks on the terminal, and the session goes on" {
	known ed25519
	run_session expect '(yes/no): ' send $'yes\r' \
		await 'grep -q ssh-rsa $tmp/known' send $'echo $((6 * 7))\r' \
		expect $'\n42' send $'exit\r' -- -o BatchMode=no \
		-o UserKnownHostsFile="$tmp/known" -o UpdateHostKeys=ask main
	assert_success
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
}

@test "one question at a time" {
	hawser_only
	cat >"$dir/forced" <<-END
		until [ -e "$dir/go" ]; do sleep 0.1; done
		ssh-add -T "$dir/id.pub" && echo signed
	END
	start_agent good id
	start_sshd forced "HostKey $dir/host_ed25519" \
		"HostKey $dir/host_ecdsa" "ForceCommand sh $dir/forced"
	entry "[127.0.0.1]:$(port forced)" "$dir/host_ed25519"
	run_session expect 'updated hostkeys? (yes/no): ' 'do' 'touch $dir/go' \
		quiet 0.5 send $'yes\r' expect 'Allow it (yes/no)? ' \
		send $'yes\r' expect signed -- -A -o BatchMode=no \
		-o IdentityAgent="$dir/good.agent" -o ForwardAgentConfirm=yes \
		-o UserKnownHostsFile="$tmp/known" -o UpdateHostKeys=ask forced
	assert_success
}

# stopped_question [STEP]...: a session that asks, and is stopped meanwhile.
stopped_question() {
	hawser_only
	known ed25519
	# no line editor, which has settings of its own
	TERM_HERE=dumb run_session expect '(yes/no): ' signal STOP stopped - \
		"$@" -- -o BatchMode=no -o UserKnownHostsFile="$tmp/known" \
		-o UpdateHostKeys=ask main
	assert_equal "$stderr" ""
}

@test "a question that was stopped and is continued has the terminal" {
	stopped_question fg - send $'yes\r' modes raw send $'exit\r'
	assert_success
	assert_equal "$(types)" 'ecdsa ed25519 rsa '
}

@test "a question that was stopped and is ended leaves the terminal alone" {
	stopped_question 'do' 'kill -TERM $pid; kill -CONT $pid' end - \
		'do' 'test $(ps -o tpgid= $PPID) = $(ps -o pgid= $PPID)'
}

# prove HOW...: servers that tell of a new key, and what is learnt: $learnt.
prove() {
	local how i=0 cases=()

	for how; do
		cases+=("proving new=$dir/gone how=$how")
	done
	start_rogue prover "${cases[@]}"
	for how; do
		: >"$tmp/known"
		entry "[127.0.0.1]:$(port prover$i)" "$dir/host_ed25519"
		run_client -o UserKnownHostsFile="$tmp/known" \
			-o UpdateHostKeys=yes prover$i true
		assert_success
		assert_output hi
		assert_equal "$how: $(wc -l <"$tmp/known")" "$how: $learnt"
		((++i))
	done
}

@test "a key that is proven is learnt" {
	learnt=2 prove right
}

@test "a key that is not proven is not learnt, and the session goes on" {
	learnt=1 prove by-another of-another nothing cut refused
}

@test "a list of keys that makes no sense" {
	learnt=1 prove twice malformed nonsense
}

@test "the session's end does not wait for ever for a proof" {
	learnt=1 prove silent
}
