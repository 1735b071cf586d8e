#!/usr/bin/env bats
# Servers that do harm once a session is open.
#
# shellcheck disable=SC2030,SC2031,SC2154,SC2317

load lib/suite
load lib/hostile

setup_file() {
	suite_begin
}

setup() {
	hostile_setup
}

# All of the output and the status, or an error and a part of it.
check_session() {
	assert_modest
	if ((status == 0)); then
		assert_output $'first\nlast'
	else
		assert_equal "$status" 255
		[[ -n $stderr ]] || fail "nothing was said"
		assert_prefix_of $'first\nlast'
	fi
}

@test "floods in a session" {
	local cases=() kind

	for kind in ignore debug banner unknown global answer pk_ok extensions \
		unopened refusal signal; do
		cases+=("flood kind=$kind size=4000 total=24")
	done
	for kind in success empty strange adjust open wish confirmation; do
		cases+=("flood kind=$kind total=1")
	done
	attack_each check_session "${cases[@]}"
}

@test "requests whose answers nobody reads" {
	attack_each check_unread "flood kind=global size=0 total=24 reads=no" \
		"flood kind=wish total=3 reads=no"
}

# Who waits for the server to read (which gives up after 3 s) meets its end then,
# and has waited indeed.
check_unread() {
	assert_modest
	[[ -n ${HAWSER_SANITIZERS:-} ]] || ((busy_ms < 2000)) ||
		fail "it was busy for $busy_ms ms"
	((status == 0)) || assert_equal "$status" 255
	assert_prefix_of $'first\nlast'
}

@test "messages that have no place in a session" {
	local cases=() kind

	for kind in banner unknown service reply answer success pk_ok empty \
		strange adjust unopened confirmation refusal open extensions wish; do
		cases+=("strange kind=$kind")
	done
	attack_each check_session "${cases[@]}"
}

# Each is one message in hexadecimal.
malformed=(
	5a              # an open without anything
	5a00000007      # that is cut in its type
	5affffffff      # with a type without an end
	5b 5b00000000   # a confirmation
	5c 5c00000000   # a refusal
	5d 5d00000000   # a window
	5d00000000ffffffff # that is too large
	5e 5e00000000   # data
	5e00000000ffffffff # of a length that cannot be
	5f 5f00000000 5f0000000000000001 # data for stderr
	5f0000000000000001ffffffff
	60 61           # an end, of nothing
	62 6200000000   # a request
	6200000000ffffffff
	620000000000000b657869742d737461747573 # cut behind its name
	63 64           # answers, to nothing
	50 50ffffffff   # a global request
	51 52 01 07 34 33
	0700000001      # extensions that do not come
	14 15 1f        # a key exchange that is none
)

@test "messages that are cut short" {
	local cases=() bytes

	for bytes in "${malformed[@]}"; do
		cases+=("raw payload=$bytes")
	done
	attack_each check_malformed "${cases[@]}"
}

check_malformed() {
	assert_modest
	((status == 0)) || assert_equal "$status" 255
	((status != 0)) || assert_output $'first\nlast'
	assert_prefix_of $'first\nlast'
}

@test "opens that are cut short do not end the output in silence" {
	attack_each check_opens "opens kind=x11" "opens kind=agent" \
		"opens kind=tcp"
}

check_opens() {
	((status == 0)) || assert_gave_up
	((status != 0)) || assert_output $'first\nlater'
}

@test "an exit status that is cut short is none" {
	attack_each check_no_status "status" "status keep=22" "status keep=24" \
		"status keep=5" "status keep=21 cipher=$chacha"
}

check_no_status() {
	assert_equal "$status" 255
	assert_prefix_of hi
}

@test "a command's end without a status" {
	attack close
	assert_equal "$status" 255
}

@test "a command's answer, output, status and the server's end at once" {
	hawser_only # ssh stops at the disconnect
	attack_each check_whole hasty "hasty last=end"
}

check_whole() {
	assert_equal "$status" 7
	assert_output hi
}

@test "a command whose start is answered when it is over, or never" {
	attack_each check_whole "unanswered answer=late"
	[[ $(engine) == libssh2 ]] || attack_each check_whole unanswered
}

@test "a start that is refused when something was said" {
	needs_native
	attack "unanswered answer=refused"
	assert_equal "$status" 255
	assert_output hi
	assert_stderr "exec request failed on channel 0"
}

@test "a channel that is refused, and the server's end at once" {
	hawser_only
	attack_each check_refused "hasty answer=no" "hasty answer=no last=end"
}

check_refused() {
	assert_equal "$status" 255
	assert_stderr --partial "channel 0: open failed: resource shortage: not today"
}

@test "the server's end after the command's, while a channel was left" {
	start_raw silent silent
	options=(-R "7007:127.0.0.1:$(port silent)")
	attack_each check_cut_off "outlived last=end"
	is_ssh || attack_each check_cut_off outlived
}

check_cut_off() {
	check_whole
	assert_stderr --regexp "closed by remote host|Received disconnect"
}

@test "a server that answers nothing after the login" {
	options=(-o ServerAliveInterval=1 -o ServerAliveCountMax=1)
	attack_each check_frozen frozen "frozen when=start"
}

check_frozen() {
	assert_equal "$status" 255
	assert_stderr "Timeout, server 127.0.0.1 not responding."
}

@test "a server that does not answer about variables" {
	needs_native
	options=(-o SetEnv='A=1 B=2')
	attack_each check_whole negligent
}

# Has the client used no time of the processor for a while?
rests() {
	local before

	before=$(cut -d' ' -f14,15 "/proc/$client_pid/stat")
	sleep 0.5
	[[ $(cut -d' ' -f14,15 "/proc/$client_pid/stat") == "$before" ]]
}

@test "a session that has died rests until its output is read" {
	hawser_only # ssh drops the output
	start_rogue rogue parting "parting last=corrupt"
	mkfifo "$tmp/out"
	exec 5<>"$tmp/out"
	wanted=(300000 300000)
	[[ $(engine) != libssh2 ]] || wanted[1]=65536 # it drops the rest
	for number in 0 1; do
		start_client "rogue$number" true
		wait_until 10 grep -q "^$number said" "$dir/rogue.log"
		wait_until 10 rests
		timeout 10 head -c "${wanted[number]}" <&5 >"$tmp/data"
		wait_until 10 gone "$client_pid"
		status=0
		wait "$client_pid" || status=$?
		assert_equal "$status" 255
	done
	exec 5<&-
}

@test "an exit signal again and again" {
	attack signals
	assert_equal "$status" 255
	assert_output hi
	attack $'signals times=1 name=\e[2JKILL\a'
	assert_equal "$status" 255
	[[ $stderr != *[$'\e\a']* ]] || fail "it paints"
	is_ssh || assert_stderr --partial 'killed by signal '
}

@test "more data than the window allows" {
	local status=0

	start_rogue rogue greedy
	client rogue0 true >"$tmp/data" || status=$?
	((status == 0)) || assert_equal "$status" 255
	assert_equal "$(tr -d z <"$tmp/data" | wc -c)" 0
	((status != 0)) || assert_equal "$(wc -c <"$tmp/data")" 4194304
}

# At most so many of the channels that a server opens are there at a time.
check_crowd() {
	assert_equal "$status" 0
	assert_output hi
	assert_modest
	is_ssh || (($(rogue_notes rogue 0 confirmed | cut -d' ' -f1) <= $1))
}

@test "a crowd of agent channels" {
	start_agent good id
	attack "crowd kind=agent number=1000" -o "ForwardAgent=$dir/good.agent"
	check_crowd 200
}

@test "a crowd of X11 channels" {
	DISPLAY=127.0.0.1:77 attack "crowd kind=x11 number=1000" -Y
	check_crowd 500
}

@test "a crowd of channels to a port" {
	start_raw silent silent
	attack "crowd kind=tcp number=1000" -R "7007:127.0.0.1:$(port silent)"
	check_crowd 1000
}

@test "a hoard of channels that the server never closes" {
	needs_native
	hawser_only # the number is ours
	DISPLAY=127.0.0.1:77 attack hoard -Y
	assert_equal "$status" 0
	assert_output hi
	assert_modest
	# the command's is one of them
	assert_equal "$(rogue_notes rogue 0 confirmed)" '9999 501'
	assert_equal "$(rogue_notes rogue 0 code | sort -u)" 4
}

@test "a channel of our own when there are too many" {
	needs_native
	hawser_only
	start_rogue rogue "hoard then=stay"
	DISPLAY=127.0.0.1:77 start_client -Y -L "$tmp/local:127.0.0.1:1" rogue0 true
	wait_until 20 grep -q '^0 confirmed' "$dir/rogue.log"
	run "$python" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.recv(1))' "$tmp/local"
	assert_output "b''"
	kill -TERM "$client_pid"
	client_status
	assert_stderr --partial \
		'open failed: resource shortage: too many channels'
}

# A process that may not be dumped belongs to root.
@test "no core holds what was in memory" {
	hawser_only
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "the sanitizers are in the way"
	local user=()

	((EUID != 0)) || user=(setpriv --reuid nobody --regid nogroup --clear-groups)
	start_raw silent silent
	ulimit -S -c unlimited
	"${user[@]}" "$HAWSER" -F /dev/null -p "$(port silent)" 127.0.0.1 \
		2>"$tmp/err" 3>&- &
	remember $!
	wait_until 10 is_hawser $! || skip "it cannot be run: $(<"$tmp/err")"
	wait_until 10 grep -Eq 'core file size +0 ' "/proc/$!/limits"
	wait_until 10 belongs_to_root $!
	kill $!
}

is_hawser() {
	[[ $(readlink "/proc/$1/exe") == "$(realpath "$HAWSER")" ]]
}

belongs_to_root() {
	[[ $(stat -c %u "/proc/$1/limits") == 0 ]]
}

@test "a command that is too long for the engine" {
	hawser_only
	start_rogue rogue normal
	run_client rogue0 "$(printf '%070000d' 0)"
	if [[ $(engine) == libssh2 ]]; then
		assert_equal "$status" 255
		assert_stderr --partial \
			"exec request failed on channel 0: it has 70000 bytes"
	else
		assert_equal "$status" 7
	fi
}
