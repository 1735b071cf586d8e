#!/usr/bin/env bats
# The agent for programs on the server: with and without asking.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/shell

setup_file() {
	suite_begin
	start_sshd main
	start_sshd refuses 'AllowAgentForwarding no'
	make_key rsa rsa -b 2048
	start_agent good id rsa
	start_agent other rsa
	start_agent empty
}

# A client that logs in with a file and forwards an agent.
with_agent() {
	run_client -A -o IdentityAgent="$dir/$1.agent" "${@:2}"
}

talk() {
	echo "$python $tests_dir/peers/agent_talk.py $*"
}

# Let each signature be confirmed, with answers through askpass.
confirming() {
	answers "$@"
	confirm=(-o ForwardAgentConfirm=yes -o BatchMode=no)
}

questions_are() {
	assert_equal "$(grep -c . "$tmp/questions")" "$1"
}

@test "-A: keys are listed and sign on the server, as often as wanted" {
	with_agent good main "ssh-add -l; ssh-add -l"
	assert_success
	assert_equal "${#lines[@]}" 4
	assert_line --partial "$(fingerprint "$dir/id.pub") id (ED25519)"
	assert_line --partial "$(fingerprint "$dir/rsa.pub") rsa (RSA)"
	with_agent good main "ssh-add -T $dir/id.pub && ssh-add -T $dir/rsa.pub"
	assert_success
	assert_stderr ""
}

@test "without -A, and with -a, there is no agent" {
	SSH_AUTH_SOCK=$dir/good.agent run_client main 'echo "<$SSH_AUTH_SOCK>"'
	assert_output '<>'
	with_agent good -a main 'echo "<$SSH_AUTH_SOCK>"'
	assert_output '<>'
	run_client -N -f -A main # the session has no use for it
	assert_success
}

@test "ForwardAgent names a socket, or a variable" {
	# ssh 9.2 wants another agent to be there, too
	sed -i "s|^IdentityAgent.*|IdentityAgent $dir/empty.agent|" "$dir/config"
	run_client -o ForwardAgent="$dir/other.agent" main ssh-add -l
	assert_success
	refute_output --partial ED25519
	run_client -A -o ForwardAgent="$dir/other.agent" main ssh-add -l
	assert_success
	refute_output --partial ED25519
	THE_AGENT=$dir/other.agent SSH_AUTH_SOCK=$dir/good.agent run_client \
		-o ForwardAgent='$THE_AGENT' main ssh-add -l
	assert_success
	refute_output --partial ED25519
	SSH_AUTH_SOCK=$dir/good.agent run_client -o ForwardAgent='$NO_AGENT' \
		main 'echo "<$SSH_AUTH_SOCK>"'
	sed -i 's|^IdentityAgent.*|IdentityAgent none|' "$dir/config"
	assert_output '<>'
	assert_stderr 'Cannot forward agent socket path "$NO_AGENT": No such file or directory'
	run_client -o ForwardAgent="$tmp/none" -o ExitOnForwardFailure=yes \
		main echo hi
	assert_equal "$status" 255
	assert_output ''
	assert_stderr "Cannot forward agent socket path \"$tmp/none\": No such file or directory"
}

@test "ForwardAgent takes tokens and the environment" {
	hawser_only # with no other agent
	PLACE=$dir run_client -o ForwardAgent='${PLACE}/other.%%agent' main \
		'echo "<$SSH_AUTH_SOCK>"'
	assert_output '<>'
	PLACE=$dir run_client -o ForwardAgent='${PLACE}/other.agent' main \
		ssh-add -l
	assert_success
}

@test "no agent here: none there" {
	run_client -A -o IdentityAgent="$tmp/none" main 'echo "<$SSH_AUTH_SOCK>"'
	assert_success
	assert_output '<>'
	assert_stderr ""
}

@test "a server that refuses: the session goes on" {
	with_agent good refuses 'echo "<$SSH_AUTH_SOCK>"'
	assert_success
	assert_output '<>'
}

@test "a server that refuses: -v says so" {
	hawser_only # ssh does not want to know
	with_agent good refuses -v true
	assert_success
	assert_stderr --partial 'Agent forwarding request failed on channel 0'
	with_agent good main -v true
	refute_stderr --partial 'request failed'
}

@test "many connections to the agent at a time" {
	with_agent good main 'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		ssh-add -T '"$dir/id.pub"' && echo good &
	done; wait'
	assert_success
	assert_equal "$(grep -c good <<<"$output")" 12
}

@test "a message of 200,000 bytes passes both ways" {
	with_agent good main "$(talk large=200000 list)"
	assert_output $'failure\nlist:2'
}

@test "the agent goes away: told once, and the session goes on" {
	hawser_only # ssh tells with -v only
	start_agent mortal id
	start_client -A -o IdentityAgent="$dir/mortal.agent" main \
		'touch '"$tmp/begun"'; until [ -e '"$tmp/gone"' ]; do sleep 0.05; done
		for n in 1 2 3; do ssh-add -l 2>&1; done; echo end'
	wait_until 10 test -e "$tmp/begun"
	rm "$dir/mortal.agent"
	touch "$tmp/gone"
	client_status
	assert_success
	assert_output --partial end
	refute_output --partial ED25519
	assert_equal "$(grep -c 'agent forwarding:' "$tmp/err")" 1
}

@test "an agent that hangs up" {
	start_fake_agent close close
	with_agent close main 'ssh-add -l; echo end'
	assert_output --partial end
	refute_output --partial ED25519
}

@test "confirming: an agent that answers nonsense" {
	hawser_only
	start_fake_agent garbage garbage
	confirming
	with_agent garbage "${confirm[@]}" main "$(talk list); echo end"
	assert_output --partial $'closed\nend'
}

@test "confirming: the question names the host and the key, yes lets it sign" {
	hawser_only
	confirming yes
	with_agent good "${confirm[@]}" main "ssh-add -T $dir/rsa.pub && echo good"
	assert_success
	assert_output good
	run cat "$tmp/questions"
	assert_output --partial "main wants to use your RSA key"
	assert_output --partial "$(fingerprint "$dir/rsa.pub") (rsa)"
}

@test "confirming: an empty answer from a window is a yes" {
	hawser_only
	confirming ''
	with_agent good "${confirm[@]}" main "$(talk "sign=$dir/id.pub")"
	assert_output signature
}

@test "confirming: anything else refuses this one signature" {
	hawser_only
	confirming no maybe
	with_agent good "${confirm[@]}" main \
		"$(talk "sign=$dir/id.pub" "sign=$dir/id.pub" "sign=$dir/id.pub" list)"
	assert_output $'failure\nfailure\nfailure\nlist:2'
	questions_are 6 # two lines each
}

@test "confirming: only signatures are asked about, in order" {
	hawser_only
	confirming yes no yes
	with_agent good "${confirm[@]}" main "$(talk list "sign=$dir/id.pub" unknown \
		"sign=$dir/id.pub" list "cut=$dir/id.pub" large=200000 \
		"sign=$dir/rsa.pub" list)"
	assert_output "list:2
signature
failure
failure
list:2
failure
failure
signature
list:2"
	questions_are 6
}

@test "confirming: a message that is too long ends the connection" {
	hawser_only
	confirming
	with_agent good "${confirm[@]}" main \
		"$(talk list announce=262145); $(talk list large=262144 list)"
	assert_output $'list:2\nclosed\nlist:2\nfailure\nlist:2'
}

@test "confirming: one question at a time" {
	hawser_only
	confirming yes yes yes yes
	with_agent good "${confirm[@]}" main 'for n in 1 2 3 4; do
		ssh-add -T '"$dir/id.pub"' && echo good &
	done; wait'
	assert_equal "$(grep -c good <<<"$output")" 4
	questions_are 8
}

@test "confirming: nobody can be asked" {
	hawser_only
	with_agent good -o ForwardAgentConfirm=yes main \
		"$(talk "sign=$dir/id.pub" "sign=$dir/id.pub" list)"
	assert_output $'failure\nfailure\nlist:2'
	assert_stderr "ForwardAgentConfirm: nobody can be asked: a signature with\
 key $(fingerprint "$dir/id.pub") was refused"
}

@test "confirming: a strange comment does no harm" {
	hawser_only
	ssh-keygen -q -t ed25519 -N '' -C $'a\e[31mb' -f "$tmp/strange"
	start_agent strange
	SSH_AUTH_SOCK=$dir/strange.agent ssh-add -q "$tmp/strange"
	confirming yes
	with_agent strange "${confirm[@]}" main \
		"$(talk "sign=$tmp/strange.pub")"
	assert_output signature
	run cat "$tmp/questions"
	assert_output --partial '(a\033[31mb)'
}

@test "confirming: who hangs up takes the question back" {
	hawser_only
	confirming
	cat >"$tmp/slow" <<-END
		#!/bin/sh
		trap 'echo gone >$tmp/asked; exit' TERM HUP
		touch $tmp/asking
		sleep 30 &
		wait
	END
	chmod +x "$tmp/slow"
	SSH_ASKPASS=$tmp/slow with_agent good "${confirm[@]}" main \
		"$(talk "sign=$dir/id.pub") & pid=\$!
		until [ -e $tmp/asking ]; do sleep 0.05; done
		kill \$pid; echo end"
	assert_output end
	wait_until 5 test -e "$tmp/asked"
}

@test "confirming on the terminal, in the middle of a session" {
	hawser_only
	unset SSH_ASKPASS SSH_ASKPASS_REQUIRE DISPLAY
	steps=()
	typed "$(talk "sign=$dir/id.pub")"
	steps+=(expect 'Allow it (yes/no)? ' send $'yes\r' expect signature)
	typed "$(talk "sign=$dir/id.pub")"
	steps+=(expect 'Allow it (yes/no)? ' send $'\003' expect failure
		modes raw)
	typed 'exit 7'
	run_session "${steps[@]}" end - -- -A -o BatchMode=no \
		-o ForwardAgentConfirm=yes -o IdentityAgent="$dir/good.agent" \
		-t main "$(remote_sh)"
	assert_equal "$status" 7
	assert_output --partial \
		"your ED25519 key $(fingerprint "$dir/id.pub") (id) for a signature"
}

@test "confirming on the terminal, with no session on it" {
	hawser_only
	unset SSH_ASKPASS SSH_ASKPASS_REQUIRE DISPLAY
	run_session expect 'Allow it (yes/no)? ' send $'yes\r' \
		expect signature expect 'type:' send $'typed\r' expect '<typed>' \
		end - -- -A -o BatchMode=no -o ForwardAgentConfirm=yes \
		-o IdentityAgent="$dir/good.agent" main \
		"$(talk "sign=$dir/id.pub"); echo type:; read line; echo \"<\$line>\""
	assert_success
}
