#!/usr/bin/env bats
# Forwardings that must not be, or cannot be, and what is said then; when -f
# goes to the background; and the command line of a session.

load lib/suite
load lib/shell
load lib/forward

setup_file() {
	suite_begin
	start_target web
	start_target taken 0
	start_target taken_too "[::1]:$(port taken)"
	start_sshd sshd
	start_sshd denies 'AllowTcpForwarding no'
	start_sshd remote_only 'AllowTcpForwarding remote'
	start_sshd permits "PermitOpen 127.0.0.1:$(port web)" \
		'PermitListen localhost:20001 18999'
	start_sshd open_gate 'GatewayPorts yes'
	start_sshd client_gate 'GatewayPorts clientspecified'
	! command -v dropbear >/dev/null || {
		start_dropbear no_local -j
		start_dropbear no_remote -k
	}
	! has_go_server || start_go go
}

# same_words ARGUMENT...: what ssh says and does.
same_words() {
	local text code=0

	text=$(limited /usr/bin/ssh -F "$dir/config" "$@" 2>&1) || code=$?
	text=${text//$'\r'/}
	run client "$@"
	output=${output//$'\r'/}
	mapfile -t lines <<<"$output"
	assert_output "$text"
	assert_equal "$status" "$code"
}

exiting=-oExitOnForwardFailure=yes

@test "a port that is in use here" {
	p=127.0.0.1:$(port taken)
	same_words -L "$p:x:1" sshd echo on
	assert_line --partial "channel_setup_fwd_listener_tcpip: cannot listen to port: $(port taken)"
	assert_line "bind [127.0.0.1]:$(port taken): Address already in use"
	assert_line "Could not request local forwarding."
	assert_line on
	same_words -D "$p" sshd echo on
	assert_line on
	same_words -L "$p:x:1" "$exiting" sshd echo on
	assert_equal "$status" 255
	same_words -D "$(port taken)" "$exiting" sshd echo on
	assert_equal "$status" 255
	same_words -L "$(port taken):x:1" -o LogLevel=QUIET sshd true
}

@test "one port in use here, another free" {
	pick_port
	same_words -L "127.0.0.1:$(port taken):x:1" -L "$free:x:1" sshd echo on
	assert_line on
	same_words -L "127.0.0.1:$(port taken):x:1" -L "$free:x:1" \
		"$exiting" sshd echo on
	assert_equal "$status" 255
}

@test "a socket that cannot be here" {
	same_words -L "$tmp/no/where:x:1" sshd echo on
	same_words -L "$tmp/no/where:x:1" "$exiting" sshd echo on
	same_words -L "$tmp/$(printf %0100d 1):x:1" sshd echo on
	same_words -L "no.such.host.invalid:1:x:1" sshd echo on
}

@test "a port that is in use there" {
	same_words -R "127.0.0.1:$(port taken):x:1" sshd echo on
	assert_line "Warning: remote port forwarding failed for listen port $(port taken)"
	assert_line on
	same_words -R "127.0.0.1:$(port taken)" sshd echo on
	same_words -R "$(port taken):x:1" "$exiting" sshd echo on
	assert_line "Error: remote port forwarding failed for listen port $(port taken)"
	assert_equal "$status" 255
	same_words -N -R "$(port taken):x:1" "$exiting" sshd
	assert_equal "$status" 255
	same_words -q -R "$(port taken):x:1" sshd echo on
}

@test "a port that is in use by ourselves" {
	pick_port
	same_words -L "127.0.0.1:$free:x:1" -L "127.0.0.1:$free:y:1" sshd echo on
	same_words -R "127.0.0.1:$free:x:1" -R "127.0.0.1:$free:y:1" sshd echo on
}

@test "specifications that are none" {
	for wrong in "-L 1:2:3:4:5" "-L x" "-L 1:x:99999" "-R x" "-R 70000" \
		"-W foo" "-D x" "-D 1:2:3" "-L /a:" "-L :" "-R 0:x:0"; do
		# shellcheck disable=SC2086 # two words
		same_words $wrong sshd true
		assert_equal "$status" 255
	done
}

@test "AllowTcpForwarding no: -L, -D, -W, -R" {
	pick_port && one=$free
	pick_port
	start_tunnel "$one" "$free" -- -L "$one:127.0.0.1:$(port web)" \
		-D "$free" denies
	run traffic call "$one" refused
	assert_output ok
	client_said "open failed: administratively prohibited: open failed"
	run curl -sS --noproxy '' --socks5 "127.0.0.1:$free" \
		"http://127.0.0.1:$(port web)/name"
	assert_failure 97
	still_there
	same_words -W "127.0.0.1:$(port web)" denies
	same_words -R "$one:x:1" denies echo on
	assert_output --partial on
	same_words -N -R 0:x:1 "$exiting" denies
	assert_equal "$status" 255
}

@test "AllowTcpForwarding remote" {
	pick_port && one=$free
	pick_port
	start_tunnel "$one" "$free" -- -L "$one:127.0.0.1:$(port web)" \
		-R "$free:127.0.0.1:$(port web)" remote_only
	run traffic call "$one" refused
	assert_output ok
	run traffic call "$free" name
	assert_output web
}

@test "PermitOpen" {
	pick_port && one=$free
	pick_port
	start_tunnel "$one" "$free" -- -L "$one:127.0.0.1:$(port web)" \
		-L "$free:127.0.0.1:$(port taken)" permits
	run traffic call "$one" name
	assert_output web
	run traffic call "$free" refused
	assert_output ok
	client_said "open failed: administratively prohibited: open failed"
}

@test "PermitListen" {
	run_client -R 18999:x:1 permits echo on
	assert_output on
	assert_stderr ""
	same_words -R 18998:x:1 permits echo on
	assert_line "Warning: remote port forwarding failed for listen port 18998"
}

@test "Dropbear that allows no forwarding one way or the other" {
	needs_host no_local
	pick_port
	start_tunnel "$free" -- -L "$free:127.0.0.1:$(port web)" no_local
	run traffic call "$free" refused
	assert_output ok
	client_said "open failed: "
	stop_client
	run_client -R "$free:x:1" no_remote echo on
	assert_output on
	assert_stderr \
		"Warning: remote port forwarding failed for listen port $free"
}

@test "what a server says is shown, and cannot do harm" {
	needs_host go
	pick_port
	start_tunnel "$free" -- -L "$free:prose.example:80" go
	run traffic call "$free" refused
	client_said 'open failed: connect failed: the tide is out\033[2J'
	same_words -W prose.example:80 go
}

# --- who may connect --------------------------------------------------------------

@test "-L is for this machine, unless -g or GatewayPorts or an address says else" {
	pick_port && one=$free
	pick_port && two=$free
	pick_port
	start_tunnel "$one" "$two" "$free" -- -L "$one:127.0.0.1:$(port web)" \
		-L "*:$two:127.0.0.1:$(port web)" -D ":$free" sshd
	listens_here_only "$one"
	listens_everywhere "$two"
	listens_everywhere "$free"
	stop_client
	for way in -g -oGatewayPorts=yes; do
		pick_port && one=$free
		pick_port
		start_tunnel "$one" "$free" -- "$way" \
			-L "$free:127.0.0.1:$(port web)" \
			-L "localhost:$one:127.0.0.1:$(port web)" sshd
		listens_everywhere "$free"
		listens_here_only "$one"
		stop_client
	done
}

# there HOST SPEC: a listener on the server for [ADDRESS:]$free.
there() {
	pick_port
	start_tunnel "$free" -- -R "${2/PORT/$free}:127.0.0.1:$(port web)" "$1"
	run traffic call "$free" name
	assert_output web
}

@test "GatewayPorts of the server: no" {
	there sshd '*:PORT'
	listens_here_only "$free"
}

@test "GatewayPorts of the server: yes" {
	there open_gate localhost:PORT
	listens_everywhere "$free"
}

@test "GatewayPorts of the server: clientspecified" {
	there client_gate PORT
	listens_here_only "$free"
	stop_client
	there client_gate ':PORT'
	listens_everywhere "$free"
	stop_client
	there client_gate '0.0.0.0:PORT'
	listens_everywhere "$free"
}

@test "ClearAllForwardings" {
	pick_port && one=$free
	pick_port && two=$free
	pick_port
	sed "s/^/LocalForward $one x:1\nRemoteForward $two x:1\nDynamicForward $free\n/;q" \
		"$dir/config" >"$tmp/config"
	tail -n +2 "$dir/config" >>"$tmp/config"
	run_client -F "$tmp/config" sshd "grep -c . /proc/net/tcp >/dev/null"
	assert_success
	start_client -F "$tmp/config" -N -o ClearAllForwardings=yes \
		-o LogLevel=DEBUG1 sshd
	client_said 'Entering interactive session'
	listens_not "$one" && listens_not "$two" && listens_not "$free"
	[[ $(<"$tmp/err") != *orward*success* ]]
}

# --- into the background ----------------------------------------------------------

# in_background ARGUMENT...: with -f; its process is $client_pid.
in_background() {
	status=0
	limited "$HAWSER" -F "$dir/config" -f -o "SendEnv=$BATS_TEST_NUMBER" \
		"$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	client_pid=$(pgrep -f -- "-F $dir/config -f -o SendEnv=$BATS_TEST_NUMBER ") || :
	[[ -z $client_pid ]] || remember "$client_pid"
}

@test "-f -N: the forwardings are up when the command returns" {
	pick_port && one=$free
	pick_port
	in_background -N "$exiting" -R "$free:127.0.0.1:$(port web)" \
		-L "$one:127.0.0.1:$(port web)" sshd
	assert_equal "$status" 0
	assert_equal "$(<"$tmp/err")" ""
	listens "$free"
	listens "$one"
	run traffic call "$free" name
	assert_output web
	run traffic call "$one" name
	assert_output web
	assert_equal "$(readlink "/proc/$client_pid/fd/"{0,1,2} | uniq)" /dev/null
}

@test "-f -N with a forwarding that fails, and ExitOnForwardFailure" {
	in_background -N "$exiting" -R "127.0.0.1:$(port taken):x:1" sshd
	assert_equal "$status" 255
	assert_equal "$client_pid" ""
	[[ $(<"$tmp/err") == *"Error: remote port forwarding failed for listen port $(port taken)"* ]]
	in_background -N "$exiting" -L "127.0.0.1:$(port taken):x:1" sshd
	assert_equal "$status" 255
	assert_equal "$client_pid" ""
}

@test "-f -N with a forwarding that fails goes on otherwise" {
	pick_port
	in_background -N -R "127.0.0.1:$(port taken):x:1" \
		-R "$free:127.0.0.1:$(port web)" sshd
	assert_equal "$status" 0
	wait_until 10 listens "$free"
	run traffic call "$free" name
	assert_output web
}

@test "-f and ForkAfterAuthentication with a command" {
	pick_port
	mkfifo "$tmp/go_on"
	exec 5<>"$tmp/go_on"
	in_background -L "$free:127.0.0.1:$(port web)" sshd \
		"read x <$tmp/go_on; echo done >$tmp/done"
	assert_equal "$status" 0
	run traffic call "$free" name
	assert_output web
	echo >&5
	wait_until 10 test -s "$tmp/done"
	wait_until 10 gone "$client_pid"
}

# --- ~C -----------------------------------------------------------------------------

# command LINE ANSWER: on the command line of the session.
command_line() {
	steps+=(send $'\r~C' expect 'ssh> ' send "$1"$'\r' expect "$2")
}

# Run sh with listens() in it until it succeeds.
await() {
	local hex

	printf -v hex '%04X' "$2"
	steps+=(await "$1 grep -q ':$hex [0-9A-F:]* 0A ' /proc/net/tcp")
}

say_name() {
	steps+=('do' "[ \$('$python' '$tests_dir/peers/traffic.py' call $1 name) = web ]")
}

talk() {
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes sshd
	assert_equal "$stderr" ""
}

@test "~C adds and cancels forwardings" {
	pick_port && one=$free
	pick_port && two=$free
	pick_port
	steps=(expect "$prompt")
	command_line "-L $one:127.0.0.1:$(port web)" 'Forwarding port.'
	await '' "$one"
	say_name "$one"
	command_line "-R$two:127.0.0.1:$(port web)" 'Forwarding port.'
	await '' "$two"
	say_name "$two"
	command_line "-D $free" 'Forwarding port.'
	await '' "$free"
	command_line "-KL $one" 'Canceled forwarding.'
	await ! "$one"
	command_line "-KR$two" 'Canceled forwarding.'
	await ! "$two"
	command_line "-KD $free" 'Canceled forwarding.'
	await ! "$free"
	command_line "-KL $one" 'Unknown port forwarding.'
	steps+=(send $'\r~.' end -)
	talk
}

@test "~C adds and cancels a Unix socket on the server" {
	needs_native
	steps=(expect "$prompt")
	command_line "-R$dir/there:127.0.0.1:$(port web)" 'Forwarding port.'
	steps+=(await "test -S $dir/there")
	say_name "$dir/there"
	command_line "-KR$dir/there" 'Canceled forwarding.'
	steps+=(await "! '$python' '$tests_dir/peers/traffic.py' call $dir/there name 2>/dev/null")
	steps+=(send $'\r~.' end -)
	talk
}

@test "~C: what fails says so" {
	steps=(expect "$prompt")
	command_line "-L x" 'forwarding specification.'
	command_line "-L 127.0.0.1:$(port taken):x:1" 'Port forwarding failed.'
	command_line "-R 127.0.0.1:$(port taken):x:1" 'Forwarding port.'
	command_line "-KL x" 'Bad forwarding close'
	command_line "-Q" 'Invalid command.'
	steps+=(send $'\r~.' end -)
	talk
}

@test "~# lists what is open" {
	pick_port
	steps=(expect "$prompt" send $'\r~#'
		expect 'The following connections are open:' send $'\r~.' end -)
	run_session "${steps[@]}" -- -L "$free:127.0.0.1:$(port web)" sshd
	assert_equal "$stderr" ""
}

@test "~# tells who connected, to either side" {
	needs_native
	hawser_only
	pick_port && local one=$free
	pick_port
	steps=(expect "$prompt")
	await '' "$one"
	await '' "$free"
	steps+=('do' "'$python' '$tests_dir/peers/traffic.py' stall $one hold \
		>'$tmp/one' 2>&1 & echo \$! >>'$dir/pids'"
		'do' "'$python' '$tests_dir/peers/traffic.py' stall $free hold \
		>'$tmp/two' 2>&1 & echo \$! >>'$dir/pids'"
		await "grep -q ready $tmp/one && grep -q ready $tmp/two"
		send $'\r~#' expect "to 127.0.0.1:$(port web) from 127.0.0.1 port "
		expect "to 127.0.0.1:$(port web) from 127.0.0.1 port "
		send $'\r~.' end -)
	run_session "${steps[@]}" -- -L "$one:127.0.0.1:$(port web)" \
		-R "$free:127.0.0.1:$(port web)" sshd
	assert_equal "$stderr" ""
}
