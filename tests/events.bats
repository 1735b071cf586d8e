#!/usr/bin/env bats
# What programs are told: events, the state, readiness, and service managers.
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/forward
load lib/tunnel

setup_file() {
	suite_begin
	start_sshd main 'AcceptEnv *'
	start_target web
	start_target taken 0
	start_target taken_too "[::1]:$(port taken)"
	start_raw penalty say 'Not allowed at this time\r\n'
	start_raw mute mute
	start_raw rude disconnect 'go \x1b[31m\x9b away\nnow'
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
	"$python" -W ignore -c 'import jsonschema' 2>/dev/null ||
		skip "needs python3-jsonschema"
	quick=(-o Reconnect=yes -o ReconnectDelay="0.1 0.5")
}

# told events|status|ready FILE: what was said there, if the schema allows it.
told() {
	"$python" -W ignore "$tests_dir/lib/told.py" "$@"
}

events() {
	told events "$tmp/events"
}

# Which events, in their order?
kinds() {
	events | cut -d' ' -f1 | tr '\n' ' '
}

state_is() {
	[[ $(told status "$tmp/status" 2>/dev/null) == *" state=$1 "* ]]
}

# was_told TEXT [COUNT]: is it in the events, so often?
was_told() {
	[[ -s $tmp/events && $(grep -c -- "$1" "$tmp/events") -ge ${2:-1} ]]
}

start_manager() {
	launch manager '^listening' "$python" "$tests_dir/peers/manager.py" "$1"
	export NOTIFY_SOCKET=$1
}

manager_heard() {
	wait_until 10 grep -q -- "$1" "$dir/manager.log" ||
		fail "the manager heard: $(<"$dir/manager.log")"
}

manager_heard_beats() {
	(($(grep -c ^WATCHDOG=1 "$dir/manager.log") > 3))
}

# asked TEXT: does the client say so when it is asked?
asked() {
	kill -USR1 "$client_pid"
	grep -qF -- "$1" "$tmp/err"
}

@test "a command's events, appended to a file of its own" {
	run_client -o EventsFile="$tmp/events" main 'exit 7'
	assert_failure 7
	run kinds
	assert_output "connecting connected hostkey authenticated ready exit "
	run events
	assert_line "connecting name=main user=$user port=$(port main) attempt=1"
	assert_line "connected name=main address=127.0.0.1 port=$(port main)"
	assert_line "hostkey name=main type=ssh-ed25519 trusted=true"
	assert_line "authenticated name=main user=$user method=publickey"
	assert_line "exit name=main status=7 remote_status=7 forwards=[]"
	assert_equal "$(stat -c %a "$tmp/events")" 600
	run grep -c "\"fingerprint\":\"$(ssh-keygen -lf "$(host_key ed25519)" |
		cut -d' ' -f2)\"" "$tmp/events"
	assert_output 1
	run_client -o EventsFile="$tmp/events" main
	assert_equal "$(events | wc -l)" 12
}

# ends HOST COMMAND LINE: the last event of it.
ends() {
	rm -f "$tmp/events"
	run_client -o EventsFile="$tmp/events" -o ConnectTimeout=5 "${@:2}" "$1" \
		'kill -KILL $$'
	run events
	[[ $output == *"exit name=$1 status=255"* ]] || fail "$output"
	echo "${lines[-1]}"
}

@test "why it ended, in words that do not change" {
	make_key other_host ed25519
	echo "[127.0.0.1]:$(port main) $(bare_key "$dir/other_host.pub")" \
		>"$tmp/wrong"
	pick_port
	run ends main
	assert_output --partial 'status=255 remote_signal=KILL class=signal transient=false reason=The remote command was killed by signal KILL. '
	run ends main -o UserKnownHostsFile="$tmp/wrong"
	assert_output --partial 'status=255 class=host-key transient=false '
	run ends main -o PubkeyAuthentication=no
	assert_output --partial 'status=255 class=auth transient=false '
	run ends main -p "$free"
	assert_output --partial 'status=255 class=connect transient=true '
	run ends main -o HostName=no.such.host.invalid
	assert_output --partial 'status=255 class=resolve transient=true '
	run ends penalty
	assert_output --partial 'status=255 class=penalty transient=true '
}

@test "what a server says is harmless" {
	run ends rude
	assert_output --partial 'class=ended transient=true'
	run tr -d '\n\40-\176' <"$tmp/events"
	assert_output ''
	run cat "$tmp/events"
	assert_output --partial 'go '
	refute_output --partial $'\n'now
}

@test "a signal that ends us is told" {
	start_client -o EventsFile="$tmp/events" -N main
	wait_until 10 was_told '"ready"'
	stop_client
	run events
	assert_line "exit name=main status=0 signal=TERM forwards=[]"
	rm "$tmp/events"
	start_client -o EventsFile="$tmp/events" -o StatusFile="$tmp/status" mute
	wait_until 10 was_told '"connected"'
	kill -INT "$client_pid"
	client_status
	assert_equal "$status" 255
	run events
	assert_line "exit name=mute status=255 signal=INT forwards=[]"
	state_is ended
}

@test "each forwarding is told of, and all ports once everything is ready" {
	local here there

	pick_port
	here=$free
	run_client -o EventsFile="$tmp/events" -o ReadyFd=5 -o LogLevel=error \
		-L "$here:127.0.0.1:$(port web)" -R 0:web:80 -R 0 main true \
		5>"$tmp/line"
	there=$(sed -n 's/.*forward-up.*remote",.*"port":\([0-9]*\).*/\1/p' \
		"$tmp/events")
	run events
	assert_line "forward-up name=main kind=local listen=$here port=$here target=127.0.0.1:$(port web)"
	assert_line "forward-up name=main kind=remote listen=0 port=$there target=web:80"
	run told ready "$tmp/line"
	assert_output " ready=true forwards=[kind=local listen=$here port=$here target=127.0.0.1:$(port web); kind=remote listen=0 port=$there target=web:80; kind=remote-dynamic listen=0 port=$(grep -o 'remote-dynamic","listen":"0","port":[0-9]*' "$tmp/line" | grep -o '[0-9]*$')]"
}

@test "who can never be ready says so by its silence" {
	start_client -o EventsFile="$tmp/events" -o StatusFile="$tmp/status" \
		-o ReadyFd=7 -N -R "$(port taken):x:1" \
		-L "$(port taken):x:1" main 7> >(cat >"$tmp/line"; echo >"$tmp/end")
	wait_until 10 test -s "$tmp/end"
	assert [ ! -s "$tmp/line" ]
	wait_until 10 state_is incomplete
	run events
	assert_line --partial "forward-failed name=main kind=local listen=$(port taken) port=$(port taken) target=x:1 retrying=false reason="
	assert_line --partial "forward-failed name=main kind=remote"
	refute_line --partial 'ready '
	still_there
}

@test "who waits for a port there says so, until it is ready" {
	start_target held 0
	start_target held_too "[::1]:$(port held)"
	start_client "${quick[@]}" -o EventsFile="$tmp/events" \
		-o StatusFile="$tmp/status" -o ReadyFd=7 -N \
		-R "$(port held):x:1" main 7>"$tmp/line"
	wait_until 10 state_is waiting-for-port
	assert [ ! -s "$tmp/line" ]
	run events
	assert_line --partial "forward-failed name=main kind=remote listen=$(port held) port=$(port held) target=x:1 retrying=true reason="
	stop_server held
	stop_server held_too
	wait_until 10 state_is ready
	told ready "$tmp/line"
}

@test "a loss, the way back, and the state meanwhile" {
	start_manager "$dir/notify"
	pick_port
	start_client "${quick[@]}" -o EventsFile="$tmp/events" \
		-o StatusFile="$tmp/status" -o PidFile="$tmp/pid" -N \
		-L "$free:127.0.0.1:$(port web)" main
	wait_until 10 state_is ready
	assert_equal "$(<"$tmp/pid")" "$client_pid"
	manager_heard "^READY=1 MAINPID=$client_pid STATUS=connected to main"
	run traffic call "127.0.0.1:$free" name
	assert_output --partial web
	wait_until 15 grep -q '"connections":1' "$tmp/status"
	unset NOTIFY_SOCKET # the server speaks to managers, too
	lose main
	wait_until 10 was_told '"connecting".*"attempt":2'
	manager_heard '^RELOADING=1 MONOTONIC_USEC=[0-9]* STATUS=connecting again'
	launch main '^Server listening' "${WORLD[@]}" /usr/sbin/sshd -D \
		-E "$dir/main.log" -f "$dir/main.sshd_config"
	wait_until 10 was_told '"ready"' 2
	wait_until 10 state_is ready
	assert_equal "$(grep -c ^READY=1 "$dir/manager.log")" 2
	stop_client
	state_is ended
	manager_heard '^STOPPING=1 STATUS=ended with status 0'
	assert [ ! -e "$tmp/pid" ]
	run events
	assert_line --regexp '^lost name=main class=(ended|lost) transient=true reason='
	assert_line --regexp '^retrying name=main class=connect transient=true .* delay_ms=[0-9]* attempt=[2-9]'
	assert_line --partial 'connections=1 refused=0'
}

@test "silence is told, and that it was none" {
	local pids

	start_client -o EventsFile="$tmp/events" -o StatusFile="$tmp/status" \
		-o ServerAliveInterval=1 -o ServerAliveCountMax=30 -N main
	wait_until 10 state_is ready
	mapfile -t pids < <(sessions main)
	kill -STOP "${pids[@]}"
	wait_until 15 was_told '"silent"' || kill -CONT "${pids[@]}"
	wait_until 10 state_is silent || kill -CONT "${pids[@]}"
	kill -CONT "${pids[@]}"
	wait_until 15 was_told '"heard"'
	wait_until 10 state_is ready
	stop_client
	run kinds
	assert_output --partial 'ready silent heard exit '
}

@test "a watchdog is fed, by nobody but who is meant" {
	start_manager "@hawser-test-$$"
	WATCHDOG_USEC=100000 start_client -N main
	wait_until 10 manager_heard_beats
	stop_client
	stop_server manager
	start_manager "@hawser-test-$$"
	WATCHDOG_USEC=100000 WATCHDOG_PID=1 run_client main true
	run cat "$dir/manager.log"
	refute_output --partial WATCHDOG
}

@test "nobody who reads slowly, or not at all, holds us up" {
	mkfifo "$tmp/fifo"
	run_client -o EventsFile="$tmp/fifo" main echo here
	assert_output here
	run_client -o PidFile="$tmp/fifo" main echo here
	assert_success
	assert_output here
	assert [ -p "$tmp/fifo" ]
	run_client -o EventsFile=/dev/full main echo here
	assert_output here
	assert_stderr --partial 'EventsFile /dev/full: No space left on device'
	ln -s "$tmp/target" "$tmp/link"
	run_client -o EventsFile="$tmp/link" -o StatusFile=/dev/null main true
	assert_failure 255
	assert_stderr --partial 'StatusFile: /dev/null: not a regular file'
	assert [ -c /dev/null ]
	run_client -o EventsFile="$tmp/link" main true
	told events "$tmp/target"
	run_client -o EventsFile="$tmp" main true
	assert_failure 255
	assert_stderr "EventsFile $tmp: Is a directory"
}

@test "no child of ours, and no server, gets what is for us" {
	local file=$tmp/told

	# list NAME [COMMAND]...: what this process was given
	cat >"$tmp/list" <<-'END'
		#!/bin/sh
		{ ls -l /proc/$$/fd; env; } >"$0.$1" 2>&1
		shift
		exec "$@"
	END
	chmod +x "$tmp/list"
	printf 'Match exec "%s exec true"\nInclude %s\n' "$tmp/list" \
		"$dir/config" >"$tmp/config"
	NOTIFY_SOCKET=$tmp/none run_client -F "$tmp/config" \
		-o EventsFile=fd:5 -o ReadyFd=6 -o PermitLocalCommand=yes \
		-o LocalCommand="$tmp/list local true" \
		-o ProxyCommand="$tmp/list proxy socat - TCP:%h:%p" \
		-o 'SendEnv=*' main env 5>"$file.events" 6>"$file.ready" \
		7>"$file.other"
	assert_success
	refute_output --partial NOTIFY_SOCKET
	told events "$file.events"
	told ready "$file.ready"
	run cat "$tmp/list.exec" "$tmp/list.local" "$tmp/list.proxy"
	assert_output --partial PATH=
	assert_output --partial /dev/null
	refute_output --partial "$file"
	refute_output --partial NOTIFY_SOCKET
}

@test "a descriptor that nobody has left us is an error" {
	run_client -o ReadyFd=9 main true
	assert_failure 255
	assert_stderr 'ReadyFd 9: it is not open'
	run_client -o EventsFile=fd:9 main true 8</dev/null
	assert_failure 255
	assert_stderr 'EventsFile fd:9: it is not open'
	run_client -o EventsFile=fd:8 main true 8</dev/null
	assert_stderr 'EventsFile fd:8: Bad file descriptor'
	run_client -o EventsFile=fd:x main true
	assert_stderr --partial 'EventsFile: not a descriptor: fd:x'
}

@test "in the background only once all is ready, and told of from there" {
	pick_port
	run_client -f "${quick[@]}" -o EventsFile="$tmp/events" \
		-o PidFile="$tmp/pid" -o StatusFile="$tmp/status" -o ReadyFd=1 -N \
		-R 0:127.0.0.1:"$(port web)" -L "$free:x:1" main
	assert_success
	remember "$(<"$tmp/pid")"
	echo "$output" >"$tmp/line"
	told ready "$tmp/line"
	state_is ready
	listens "$free"
	kill_sessions main
	wait_until 10 was_told '"ready"' 2
	kill "$(<"$tmp/pid")"
	wait_until 10 was_told '"exit"'
	run events
	assert_line --partial 'exit name=main status=0 signal=TERM'
}

@test "in the background only if that can be" {
	run_client -f "${quick[@]}" -N -R "$(port taken):x:1" \
		-o ExitOnForwardFailure=yes main
	assert_failure 255
	assert_stderr --partial 'remote port forwarding failed for listen port'
	run_client -f "${quick[@]}" -N -L "$(port taken):x:1" main
	assert_failure 255
	assert_stderr --partial 'Could not request local forwarding.'
	run_client -f -o Reconnect=1 "${quick[@]}" -N -R "$(port taken):x:1" main
	assert_failure 255
	assert_stderr --partial 'Giving up: not all forwardings were there'
	pick_port
	start_client -f "${quick[@]}" -o ReconnectFirst=yes -p "$free" \
		-o PidFile="$tmp/pid" -N -o UserKnownHostsFile=/dev/null \
		-o StrictHostKeyChecking=no main
	client_said 'Connecting again in'
	still_there
	launch late listening socat -d -d \
		"TCP-LISTEN:$free,bind=127.0.0.1,fork" "TCP:127.0.0.1:$(port main)"
	client_status
	assert_equal "$status" 0
	kill "$(<"$tmp/pid")"
	wait_until 10 nobody_is_in main
}

@test "how are things, at any time?" {
	start_client -o EventsFile="$tmp/events" mute true
	wait_until 10 was_told '"connected"'
	wait_until 10 asked 'connecting to mute'
	still_there
	stop_client
	pick_port
	start_client -N -L "$free:x:1" -R "0:x:1" main
	client_said 'Allocated port'
	kill -USR1 "$client_pid"
	client_said 'connected to main, everything is ready (for '
	client_said "forwarding $free [x]:1: up, port $free, 0 open"
}
