#!/usr/bin/env bats
# Tunnels over a path that is torn, to servers that die: they notice, say so,
# and come back by themselves.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite
load lib/path

setup_file() {
	suite_begin
	start_path
	start_distant main
	launch local '^ready' "${FAR[@]}" "$python" \
		"$tests_dir/peers/traffic.py" serve local
	launch remote '^ready' "${NEAR[@]}" "$python" \
		"$tests_dir/peers/traffic.py" serve remote
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only
	path_enter
	# what is dead may keep a port: each test has its own
	local_port=$((10000 + BATS_TEST_NUMBER))
	remote_port=$((11000 + BATS_TEST_NUMBER))
	enter=("${NEAR[@]}")
}

teardown() {
	[[ -z ${client_pid:-} ]] || kill "$client_pid" 2>/dev/null || :
	order mend
	mend_near
}

teardown_file() {
	end_path
	suite_end
}

# What a test may have done to the client's end.
mend_near() {
	"${NEAR[@]}" ip link set wan carrier on
	"${NEAR[@]}" ip address flush dev wan scope global
	"${NEAR[@]}" ip address add "$near/24" dev wan
}

# hold [OPTION]... HOST: a tunnel that is to hold, both ways.
hold() {
	: >"$tmp/err"
	env --default-signal=INT,QUIT setsid "${enter[@]}" "$HAWSER" \
		-F "$dir/config" -N -o Reconnect=yes \
		-o ReconnectDelay='0.1 0.5' -o ConnectTimeout=2 \
		-o ServerAliveInterval=1 -o ServerAliveCountMax=1 \
		-o TakeOverListener=yes -o ExitOnForwardFailure=yes \
		-o StatusFile="$tmp/status" \
		-L "$local_port:127.0.0.1:$(target local)" \
		-R "$remote_port:127.0.0.1:$(target remote)" "$@" \
		2>"$tmp/err" 3>&- &
	client_pid=$!
	remember "$client_pid"
	serves
}

target() {
	sed -n 's/^port //p' "$dir/$1.log"
}

serves() {
	wait_until 15 answers_near "$local_port" ||
		fail "-L does not serve: $(<"$tmp/err")"
	wait_until 15 answers_far "$remote_port" ||
		fail "-R does not serve: $(<"$tmp/err")"
	state_is ready || fail "it serves and is $(<"$tmp/status")"
}

# state_is STATE...: is it one of them?
state_is() {
	local state

	state=$(sed -n 's/.*"state": *"\([^"]*\)".*/\1/p' "$tmp/status")
	[[ " $* " == *" $state "* ]]
}

noticed() {
	wait_until 10 state_is connecting silent lost waiting ||
		fail "nothing was noticed: $(<"$tmp/status")"
}

came_back() {
	grep -q 'Connected again' "$tmp/err" ||
		wait_until 10 grep -q 'Connected again' "$tmp/err" ||
		fail "it was never away: $(<"$tmp/err")"
	serves
}

# ended_with PATTERN: by itself, with 255 and these words.
ended_with() {
	local status=0

	wait_until 15 gone "$client_pid" || fail "it goes on: $(<"$tmp/err")"
	wait "$client_pid" || status=$?
	assert_equal "$status" 255
	grep -q "$1" "$tmp/err" || fail "it said: $(<"$tmp/err")"
}

@test "the cable is pulled, and plugged in again" {
	hold main
	"${NEAR[@]}" ip link set wan carrier off
	noticed
	"${NEAR[@]}" ip link set wan carrier on
	came_back
}

@test "the path is cut: who asks meanwhile is answered when it is mended" {
	hold main
	order cut
	noticed
	PATIENCE=20 asks_near "$local_port" >"$tmp/answer" 3>&- &
	asking=$!
	order mend
	wait "$asking"
	assert_equal "$(<"$tmp/answer")" local
	came_back
}

@test "only one way is dead, and only for what had begun" {
	hold main
	order forget 1
	came_back
	order mend
	: >"$tmp/err"
	order cut 2
	noticed
	order mend
	came_back
}

@test "the client has another address" {
	hold main
	"${NEAR[@]}" ip address delete "$near/24" dev wan
	"${NEAR[@]}" ip address add 10.77.0.3/24 dev wan
	came_back
}

@test "the server is killed, and started again" {
	hold main
	all_of KILL main
	noticed
	restart_distant main
	came_back
}

@test "the server hangs, and goes on" {
	hold main
	all_of STOP main
	noticed
	all_of CONT main
	came_back
}

@test "only the server's sessions hang, for ever" {
	hold main
	mapfile -t sessions < <(descendants "$(server_pid main)")
	kill -STOP "${sessions[@]}"
	came_back
}

@test "what is no SSH server has its port for a while" {
	start_distant victim
	hold victim
	all_of KILL victim
	launch thief ready "${FAR[@]}" "$python" -c '
import socket, sys
s = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    c = s.accept()[0]
    c.sendall(b"220 mail.example ESMTP\r\n" * 2000)
    c.close()' "$far" "$(port victim)"
	wait_until 15 grep -q 'which does not speak SSH' "$tmp/err"
	stop_server thief
	restart_distant victim
	came_back
}

@test "the server has another host key" {
	start_distant mirror
	hold mirror
	all_of KILL mirror
	make_key impostor ed25519
	sed -i "s|^HostKey .*|HostKey $dir/impostor|" "$dir/mirror.sshd_config"
	restart_distant mirror
	ended_with 'Host key verification failed'
}

@test "the server has too many connections (MaxStartups)" {
	start_distant narrow
	all_of KILL narrow
	sed -i 's/^MaxStartups .*/MaxStartups 1/' "$dir/narrow.sshd_config"
	restart_distant narrow
	hold narrow
	# one that says nothing is in the way
	"${FAR[@]}" bash -c "exec 5<>/dev/tcp/$far/$(port narrow)
		head -n 1 <&5; exec sleep 60" >"$tmp/crowd" 2>&1 3>&- &
	crowd=$!
	remember "$crowd"
	wait_until 5 grep -q SSH "$tmp/crowd"
	kill -HUP "$client_pid"
	wait_until 10 grep -q 'Exceeded MaxStartups' "$tmp/err" ||
		fail "it said: $(<"$tmp/err")"
	kill "$crowd"
	came_back
}

@test "DNS is gone, and back" {
	echo "main.example A $far" >"$dir/zone"
	launch dns ready "${NEAR[@]}" "$python" "$tests_dir/peers/dns.py" \
		127.0.0.53 "$dir/zone"
	printf 'nameserver 127.0.0.53\noptions timeout:1 attempts:1\n' \
		>"$tmp/resolv.conf"
	# shellcheck disable=SC2016 # the inner shell expands them
	enter=("${NEAR[@]}" unshare -m sh -c '
		mount --bind "$0" /etc/resolv.conf && exec "$@"'
		"$tmp/resolv.conf")
	hold -o HostName=main.example -o HostKeyAlias="[$far]:$(port main)" main
	echo 'main.example fails' >"$dir/zone"
	all_of KILL main
	restart_distant main
	wait_until 10 grep -q 'main.example' "$tmp/err" ||
		fail "DNS was not missed: $(<"$tmp/err")"
	echo "main.example A $far" >"$dir/zone"
	came_back
}

@test "the clock is stepped" {
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "ASan wants to be first"
	"${CC:-cc}" -shared -fPIC -o "$tmp/clock.so" "$tests_dir/peers/clock.c"
	echo 0 >"$tmp/step"
	enter=("${NEAR[@]}" env "LD_PRELOAD=$tmp/clock.so" "CLOCK_STEP=$tmp/step")
	hold main
	echo 86400 >"$tmp/step"
	serves
	echo -86400 >"$tmp/step"
	serves
	refute grep . "$tmp/err"
	all_of KILL main
	restart_distant main
	came_back
}

# judge [FAULT]...: what the prober's samples on stdin are; faults are when
# silent ones began.
judge() {
	"$python" -c '
import json, sys
sys.path.insert(0, sys.argv[1])
from prober import is_lie
for line in sys.stdin:
    x = json.loads(line)
    lies = is_lie(x, list(map(float, sys.argv[2:])), 4)
    print(x["name"], x["result"], "lie" if lies else "fine")' \
		"$tests_dir/tunnels" "$@"
}

@test "a tunnel that lies is found out" {
	local ready='{"state":"ready","since":1}' status
	local gone='{"state":"lost","since":2}'

	for status in ready gone; do
		echo "${!status}" >"$tmp/$status"
	done
	sleep 0.3 | "$python" "$tests_dir/tunnels/prober.py" 0.1 1 x \
		"liar=1=$tmp/ready" "honest=1=$tmp/gone" >"$tmp/samples"
	judge <"$tmp/samples" | sort -u >"$tmp/verdicts"
	# what began at 10 and had no answer, with a silent fault or without
	sample() {
		printf '{"name":"%s","begin":10,"end":13,"result":"%s",' "$1" "$2"
		printf '"before":%s,"after":%s}\n' "$ready" "$3"
	}
	{
		sample told refused "$gone" | judge
		sample late silent "$ready" | judge 5 14
		sample early silent "$ready" | judge 7
		sample during silent "$ready" | judge 12
		sample loud closed "$ready" | judge 12
	} >>"$tmp/verdicts"
	assert_equal "$(<"$tmp/verdicts")" "honest refused fine
liar refused lie
told refused fine
late silent lie
early silent fine
during silent fine
loud closed lie"
}

@test "faults in a row, under traffic: nothing is damaged, nothing grows" {
	run "$python" "$tests_dir/tunnels/torture.py" "$HAWSER" --faults 5 \
		--longest 2 --pause 0.5 --workers 8 --memory "$((${HAWSER_SANITIZERS:-0} == 0))"
	assert_success
}
