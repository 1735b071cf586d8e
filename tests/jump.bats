#!/usr/bin/env bats
# ProxyJump: by way of other hosts.

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	start_target web 0
	start_sshd gate
	start_sshd main 'Subsystem sftp internal-sftp'
	start_sshd shut 'AllowTcpForwarding no'
	start_sshd other "HostKey $(host_key rsa)"
	more_hosts >>"$dir/config"
	# who listens nowhere
	on_free_port closed_port
	printf 'Host refused\n\tHostName 127.0.0.1\n\tPort %s\n' \
		"$(port closed)" >>"$dir/config"
}

closed_port() {
	echo "$free_port" >"$dir/closed.port"
	! (exec 4<>"/dev/tcp/127.0.0.1/$free_port") 2>/dev/null
}

# Other names for the same servers, and ways through them.
more_hosts() {
	local name

	for name in one two three; do
		printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n' \
			"$name" "$(port gate)"
	done
	cat <<-END
		Host wrong
		        HostName 127.0.0.1
		        Port $(port gate)
		        HostKeyAlias stranger
		Host keyless
		        HostName 127.0.0.1
		        Port $(port gate)
		        PubkeyAuthentication no
		Host inner
		        HostName 127.0.0.1
		        Port $(port main)
		        ProxyJump middle
		Host middle
		        HostName 127.0.0.1
		        Port $(port other)
		        ProxyJump gate
		Host round
		        ProxyJump about
		Host about
		        ProxyJump round
	END
}

closed_unknown="kex_exchange_identification: Connection closed by remote host
Connection closed by UNKNOWN port 65535"

# How many log-ins has a server seen?
logins() {
	grep -c 'Accepted publickey' "$dir/$1.log" || true
}

@test "one, two and three hosts, with rekeys everywhere" {
	cat "$dir/config" - >"$tmp/config" <<<'RekeyLimit 1M'
	head -c 5000000 /dev/zero | openssl enc -aes-128-ctr -nosalt \
		-K 00 -iv 00 2>/dev/null >"$tmp/data"
	for way in gate one,two gate,two,three; do
		client -F "$tmp/config" -o RekeyLimit=2M -J "$way" main cat \
			<"$tmp/data" >"$tmp/back"
		cmp "$tmp/data" "$tmp/back"
	done
}

@test "names: user@host:port, ssh://, brackets; and what is none" {
	local port

	port=$(port gate)
	echo "[::ffff:127.0.0.1]:$port $(bare_key "$(host_key ed25519).pub")" \
		>>"$dir/known_hosts"
	for way in "$user@127.0.0.1:$port" "ssh://$user@127.0.0.1:$port" \
		"ssh://127.0.0.1:$port/,middle" "[127.0.0.1]:$port" \
		"[::ffff:127.0.0.1]:$port"; do
		run_client -J "$way" main echo "by $way"
		assert_output "by $way"
	done
	run_client -J "nobody@gate" main true
	assert_failure 255
	assert_stderr --partial 'nobody@127.0.0.1: Permission denied'
	for way in gate,-b "gate,o'ne" gate,b:port; do
		run_client -J "$way" main true
		assert_failure 255
		assert_stderr --partial 'Invalid -J argument'
	done
}

@test "each host by its own block of the file, in the order of the way" {
	local before

	before=$(logins other)
	run_client inner 'echo "$SSH_CONNECTION"'
	assert_success
	assert_output --partial " $(port main)"
	assert_equal "$(logins other)" $((before + 1))
	sed "s|^Host gate$|&\nPermitLocalCommand yes\nLocalCommand echo %n >>$tmp/local|" \
		"$dir/config" >"$tmp/config"
	run_client -F "$tmp/config" inner true
	assert_success
	assert_equal "$(<"$tmp/local")" gate
	run_client -o ProxyJump=none inner echo direct
	assert_output direct
	assert_equal "$(logins other)" $((before + 2))
}

@test "BindAddress and ConnectionAttempts of each host are its own" {
	sed "s|^Host gate$|&\nBindAddress 127.0.0.9|; s|^Host main$|&\nBindAddress 192.0.2.1|" \
		"$dir/config" >"$tmp/config"
	run_client -F "$tmp/config" -J gate main 'echo "$SSH_CONNECTION"'
	assert_success
	assert_output --partial '127.0.0.1 '
	grep -q 'Connection from 127.0.0.9 ' "$dir/gate.log"
	sed "s|^Host gate$|&\nPort 1\nConnectionAttempts 2|" "$dir/config" >"$tmp/config"
	run_client -v -F "$tmp/config" -J gate main true
	assert_failure 255
	assert_equal "$(grep -c 'Connecting to 127.0.0.1 .*port 1' <<<"$stderr")" 2
}

@test "-i and -o are for the destination alone, -F for all" {
	make_key second ed25519
	run_client -o Port=1 -J gate main true
	assert_failure 255
	run_client -o HostKeyAlias=stranger -J gate main true
	assert_failure 255
	assert_stderr --partial 'No ED25519 host key is known for stranger'
	# the hosts on the way take only the file's key
	cp "$dir/second.pub" "$tmp/keys"
	start_sshd second "AuthorizedKeysFile $tmp/keys"
	run_client -i "$dir/second" -J gate second echo hi
	assert_output hi
	run_client -i "$dir/second" -J second gate true
	assert_failure 255
	assert_stderr --partial 'Permission denied (publickey)'
}

@test "JumpIdentityFile gives them a key, through all of them" {
	hawser_only
	make_key third ed25519
	cp "$dir/third.pub" "$tmp/keys"
	start_sshd third "AuthorizedKeysFile $tmp/keys"
	run_client -o JumpIdentityFile="$dir/third" -J third gate echo one
	assert_output one
	run_client -o JumpIdentityFile="$dir/third" -J third,gate,third main echo two
	assert_output two
	run_client -o JumpIdentityFile="$dir/third" -J gate third true
	assert_failure 255
}

@test "what goes wrong at a hop, in ssh's words" {
	run_client -J refused main true
	assert_failure 255
	assert_stderr --partial \
		"ssh: connect to host 127.0.0.1 port $(port closed): Connection refused"
	assert_stderr --partial "$closed_unknown"
	run_client -J nosuch.invalid main true
	assert_failure 255
	assert_stderr --partial 'ssh: Could not resolve hostname nosuch.invalid'
	assert_stderr --partial "$closed_unknown"
	run_client -J keyless main true
	assert_failure 255
	assert_stderr --partial "$user@127.0.0.1: Permission denied (publickey)."
	assert_stderr --partial "$closed_unknown"
	run_client -J gate refused true
	assert_failure 255
	assert_stderr --partial 'channel 0: open failed: connect failed: Connection refused
stdio forwarding failed'
	assert_stderr --partial "$closed_unknown"
	run_client -J shut main true
	assert_failure 255
	assert_stderr --partial 'channel 0: open failed: administratively prohibited'
	assert_stderr --partial 'stdio forwarding failed'
	run_client -J gate keyless true
	assert_failure 255
	assert_stderr "$user@127.0.0.1: Permission denied (publickey)."
}

@test "a wrong host key at each hop: nothing is said to it" {
	local before way

	before=$(logins main)
	for way in wrong wrong,one one,wrong one,wrong,two one,two,wrong; do
		run_client -J "$way" main true
		assert_failure 255
		assert_stderr --partial \
			'No ED25519 host key is known for stranger'
		assert_stderr --partial 'Host key verification failed.'
		assert_stderr --partial "$closed_unknown"
	done
	run_client -J one,two wrong true
	assert_failure 255
	refute_stderr --partial UNKNOWN
	assert_equal "$(logins main)" "$before"
}

@test "a hop that is named when it fails; and -q" {
	hawser_only
	run_client -J one,nosuch.invalid main true
	assert_stderr --partial 'No way through jump host 127.0.0.1 to nosuch.invalid.'
	run_client -q -J one,nosuch.invalid main true
	assert_failure 255
	assert_stderr ''
}

@test "hosts that lead to each other" {
	hawser_only
	(
		[[ -n ${HAWSER_SANITIZERS:-} ]] || ulimit -v 2000000
		run_client round true
		assert_failure 255
		assert_stderr --partial 'jumphost loop'
	)
}

@test "questions name their host" {
	hawser_only
	sed '/^BatchMode/d; /^StrictHostKeyChecking/d' "$dir/config" >"$tmp/config"
	answers yes no
	run_client -F "$tmp/config" -J localhost:"$(port gate)" \
		-o StrictHostKeyChecking=ask -o HostKeyAlias=stranger main true
	assert_failure 255
	run cat "$tmp/questions"
	assert_line --partial "[localhost] The authenticity of host '[localhost]"
	assert_line --partial \
		"[127.0.0.1] The authenticity of host 'stranger (<no hostip for proxy command>)'"
	sed -i '/^\[localhost\]/d' "$dir/known_hosts"
}

@test "at the end of a chain: -L, -R, -D, -W, -N" {
	pick_port
	start_tunnel "$free" -- -N -J one,two -L "$free:127.0.0.1:$(port web)" main
	passes "$free"
	stop_client
	pick_port
	start_tunnel "$free" -- -N -J one,two -R "$free:127.0.0.1:$(port web)" main
	run traffic call "$free" both 300000
	assert_output ok
	stop_client
	pick_port
	start_tunnel "$free" -- -N -J gate -D "$free" main
	run curl -sS --noproxy '' --socks5 "127.0.0.1:$free" \
		"http://127.0.0.1:$(port web)/name"
	assert_output web
	stop_client
	client -J one,two -W "127.0.0.1:$(port gate)" main </dev/null \
		>"$tmp/banner" || true
	assert_equal "$(head -c 7 "$tmp/banner")" SSH-2.0
}

@test "agents: for the destination alone" {
	local SSH_AUTH_SOCK SSH_AGENT_PID

	eval "$(ssh-agent -a "$tmp/agent")" >/dev/null
	remember "$SSH_AGENT_PID"
	ssh-add -q "$dir/id"
	run_client -A -o IdentityAgent="$SSH_AUTH_SOCK" -J gate main ssh-add -l
	assert_output --partial ED25519
	run_client -o IdentityAgent="$SSH_AUTH_SOCK" -J gate main ssh-add -l
	assert_failure
	refute grep -q auth-agent "$dir/gate.log"
	kill "$SSH_AGENT_PID"
}

# Connections that a server serves.
served() {
	pgrep -P "$(server_pid "$1")" | cat
}

@test "a hop that dies in the middle of bulk data, and one that is stopped" {
	start_client -J gate,middle main "touch $tmp/up; cat /dev/zero"
	wait_until 10 test -e "$tmp/up"
	# shellcheck disable=SC2046 # numbers
	kill -KILL $(served other)
	client_status
	assert_equal "$status" 255
	wait_until 10 eval '[[ -z $(served main) && -z $(served gate) ]]'

	start_client -J gate,middle main "touch $tmp/up2; sleep 60"
	wait_until 10 test -e "$tmp/up2"
	# shellcheck disable=SC2046
	kill -KILL $(served gate)
	client_status
	assert_equal "$status" 255
	run cat "$tmp/err"
	assert_output --partial 'Connection to 127.0.0.1 closed by remote host.'
}

@test "ServerAlive of a hop's own block" {
	sed '/^Host gate$/a ServerAliveInterval 1\nServerAliveCountMax 1' \
		"$dir/config" >"$tmp/config"
	start_client -F "$tmp/config" -J gate main "touch $tmp/up; sleep 60"
	wait_until 10 test -e "$tmp/up"
	# shellcheck disable=SC2046
	kill -STOP $(served gate) $(for p in $(served gate); do pgrep -P "$p"; done)
	client_status
	assert_equal "$status" 255
	# shellcheck disable=SC2046
	kill -CONT $(served gate) $(for p in $(served gate); do pgrep -P "$p"; done)
	run cat "$tmp/err"
	assert_output --partial 'Timeout, server 127.0.0.1 not responding.'
}

@test "a hop that fails during a question: we wait for the answer at rest" {
	local processes

	hawser_only # ssh starts another for the hop
	sed '/^Host gate$/a ServerAliveInterval 1\nServerAliveCountMax 1' \
		"$dir/config" >"$tmp/config"
	printf '%s\n' '#!/bin/sh' "touch $tmp/asked" \
		"until [ -e $tmp/go ]; do sleep 0.02; done" 'echo yes' >"$tmp/ask"
	chmod +x "$tmp/ask"
	SSH_ASKPASS=$tmp/ask SSH_ASKPASS_REQUIRE=force start_client \
		-F "$tmp/config" -o BatchMode=no -o StrictHostKeyChecking=ask \
		-o UserKnownHostsFile="$tmp/none" -J gate main true
	wait_until 10 test -e "$tmp/asked"
	processes=$(descendants "$(server_pid gate)")
	# shellcheck disable=SC2086 # numbers
	kill -STOP $processes
	wait_until 10 grep -q 'not responding' "$tmp/err"
	# shellcheck disable=SC2086
	kill -CONT $processes
	rests "$client_pid"
	touch "$tmp/go"
	client_status
	assert_equal "$status" 255
}

@test "a client that is killed leaves no process and no session" {
	start_client -J one,two main "echo up; sleep 60"
	wait_until 10 grep -q up "$tmp/out"
	assert_equal "$(pgrep -P "$client_pid" | wc -l)" "$(is_ssh && echo 1 || echo 0)"
	# one socket, however many hosts are on the way
	is_ssh ||
		assert_equal "$(readlink "/proc/$client_pid/fd"/* | grep -c '^socket')" 1
	kill -TERM "$client_pid"
	client_status
	assert_equal "$status" 255
	wait_until 10 eval '[[ -z $(served main) && -z $(served gate) ]]'
}

@test "once all are logged in to, no key is left in memory" {
	hawser_only # that of the jump host is another's
	((EUID == 0)) || skip "needs root"
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "there is too much memory"
	start_client -J one,two main "touch $tmp/up; sleep 60"
	wait_until 10 test -e "$tmp/up"
	wait_until 5 rests "$client_pid"
	run "$python" "$tests_dir/lib/in_memory.py" key "$dir/id" "$client_pid"
	assert_output 0
	kill "$client_pid"
	client_status
}

@test "a hundred clients through one hop" {
	local i at_once=100

	[[ -z ${HAWSER_SANITIZERS:-} ]] || at_once=10
	for i in {1..100}; do
		CLIENT_TIMEOUT=60 client -J gate main "echo $i" \
			>>"$tmp/all" 2>>"$tmp/errors" &
		((i % at_once)) || wait
	done
	wait
	assert_equal "$(sort -n "$tmp/all" | tr '\n' ' ')" "$(echo {1..100} '')"
	wait_until 10 eval '[[ -z $(served main) && -z $(served gate) ]]'
}

@test "scp, sftp and rsync" {
	local S=("-S" "$HAWSER" -F "$dir/config")

	head -c 100000 /dev/urandom >"$tmp/file"
	limited scp -q "${S[@]}" -J one,two "$tmp/file" "main:$tmp/scp"
	cmp "$tmp/file" "$tmp/scp"
	echo "get $tmp/file $tmp/sftp" |
		limited sftp -q "${S[@]}" -J gate -b - main >/dev/null
	cmp "$tmp/file" "$tmp/sftp"
	if command -v rsync >/dev/null; then
		limited rsync -e "$HAWSER -F $dir/config -J gate" "$tmp/file" \
			"main:$tmp/rsync"
		cmp "$tmp/file" "$tmp/rsync"
	fi
}

@test "a ProxyCommand before the first hop" {
	echo "echo run >>$tmp/runs; exec socat STDIO TCP:127.0.0.1:\$1" \
		>"$tmp/proxy"
	cat "$dir/config" - >"$tmp/config" <<-END
		Host gate
		        ProxyCommand sh $tmp/proxy %p
	END
	run_client -F "$tmp/config" -J gate,one main echo hi
	assert_output hi
	assert_equal "$(wc -l <"$tmp/runs")" 1
}

@test "FastOpen behind a hop: made again without it, over the same hop" {
	hawser_only
	has_asyncssh || skip "no AsyncSSH"
	local before

	start_asyncssh disguised basic server_version=OpenSSH_9.9
	before=$(logins gate)
	run_client -v -o FastOpenExceptions="$tmp/list" -J gate disguised true
	assert_success
	assert_stderr --partial 'once more, without FastOpen'
	assert_equal "$(logins gate)" $((before + 1))
	assert_equal "$(wc -l <"$tmp/list")" 1
}

@test "-f through two hops, whose connections stay" {
	pick_port
	client -f -N -o ExitOnForwardFailure=yes -J one,two \
		-L "$free:127.0.0.1:$(port web)" main >"$tmp/out" 2>&1
	run traffic call "$free" both 300000
	assert_output ok
	# shellcheck disable=SC2046 # numbers
	kill $(served main)
	wait_until 10 eval '[[ -z $(served main) && -z $(served gate) ]]'
}

@test "ConnectTimeout, with a hop that hangs" {
	start_raw mute silent
	run_client -o ConnectTimeout=1 -J mute main true
	assert_failure 255
	assert_stderr --partial 'Connection timed out during banner exchange
Connection to UNKNOWN port 65535 timed out'
}
