# shellcheck shell=bash source-path=SCRIPTDIR
# shellcheck disable=SC2034 # variables that tests and Bats use
#
# suite - what every Bats suite here starts with: which program is tested, a
# directory of the suite's own, waiting for a condition, and a clean end.
#
# The program is $HAWSER, by default the newest build. The suites describe
# ssh's behaviour, so HAWSER=/usr/bin/ssh must pass them too; a test of what
# only hawser does begins with hawser_only.

bats_require_minimum_version 1.5.0

tests_dir=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
dir=${BATS_FILE_TMPDIR:-}
user=$(id -un)
pass='tide & time'
python=/usr/bin/python3 # the one that the system's modules are for
[[ -x $python ]] || python=python3

for library in bats-support bats-assert; do
	for at in /usr/lib/bats /usr/share/bats /usr/lib "$BATS_LIB_PATH"; do
		[[ -e $at/$library/load.bash ]] || continue
		load "$at/$library/load.bash"
		break
	done
done
# shellcheck source=servers.bash
source "$tests_dir/lib/servers.bash"
# shellcheck source=keys.bash
source "$tests_dir/lib/keys.bash"

# The tests, which are processes of their own, enter what suite_begin made.
[[ -z ${TEST_WORLD:-} ]] || world_enter

# Print the path of the program under test.
program() {
	local newest=${HAWSER:-} file

	if [[ -z $newest ]]; then
		for file in "$tests_dir"/../.build/*/hawser "$tests_dir"/../hawser; do
			[[ -x $file && $file -nt $newest ]] && newest=$file
		done
	fi
	if [[ ! -x $newest ]]; then
		echo "there is no hawser to test; set HAWSER to its path" >&2
		return 1
	fi
	echo "$newest"
}

is_ssh() {
	[[ $("$HAWSER" -V 2>&1) == OpenSSH* ]]
}

hawser_only() {
	! is_ssh || skip "hawser's own behaviour"
}

# Which engine does the client use? Empty for ssh.
engine() {
	"$HAWSER" -F "$dir/config" -G x | sed -n 's/^engine //p'
}

# What libssh2 cannot do.
needs_native() {
	[[ $(engine) != libssh2 ]] || skip "not with libssh2"
}

# For tests that choose that engine.
needs_libssh2() {
	[[ $("$HAWSER" -V 2>&1) == *libssh2* ]] || skip "built without libssh2"
}

# Begin a suite; called first in every setup_file.
suite_begin() {
	HAWSER=$(program) || return 1
	export HAWSER LC_ALL=C
	unset TEST_WORLD SSH_AUTH_SOCK SSH_ASKPASS SSH_ASKPASS_REQUIRE SSH_AGENT_PID DISPLAY
	: >"$dir/pids"
	world_make
	make_key id ed25519
	cp "$dir/id.pub" "$dir/authorized_keys"
	: >"$dir/known_hosts"
	cat >"$dir/config" <<-END
		IdentityFile "$dir/id"
		IdentityAgent none
		UserKnownHostsFile "$dir/known_hosts"
		GlobalKnownHostsFile "$dir/no_such_file"
		StrictHostKeyChecking yes
		BatchMode yes
		IgnoreUnknown FastOpenExceptions,IdentityMemory,Engine
		IdentityMemory no
		FastOpenExceptions none
	END
	! is_for_libssh2 || echo 'Engine libssh2' >>"$dir/config"
}

# Any suite can be run with the other engine.
is_for_libssh2() {
	[[ ${HAWSER_ENGINE:-} == libssh2 ]]
}

# Ports that are taken: links to who has them (see forward.bash).
port_links=/tmp/hawser-port

# End a suite: stop every server and whatever their sessions left running.
suite_end() {
	local pid stray=

	find "${port_links%/*}" -maxdepth 1 -name "${port_links##*/}.*" \
		-lname "$BATS_ROOT_PID" -delete
	[[ -e $dir/pids ]] || return 0

	while read -r pid; do
		stray+=" $(descendants "$pid")"
		kill "$pid" 2>/dev/null
	done <"$dir/pids"
	for pid in $stray $(stray_processes); do
		kill -KILL "$pid" 2>/dev/null
	done
	while read -r pid; do
		wait_until 5 gone "$pid" || kill -KILL "$pid"
	done <"$dir/pids"
	return 0
}

# Remember a background process, to be ended with the suite.
remember() {
	echo "$1" >>"$dir/pids"
}

# Print the processes that sessions of this suite's servers started.
stray_processes() {
	grep -slaF "HAWSER_TEST=$dir" /proc/[0-9]*/environ | cut -d/ -f3
}

# Print the processes that a process has started, and theirs.
descendants() {
	local child

	for child in $(pgrep -P "$1"); do
		echo "$child"
		descendants "$child"
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") == Z* ]]
}

# ticks PID: how much of the processor's time has a process had?
ticks() {
	cut -d' ' -f14,15 "/proc/$1/stat"
}

# rests PID: does it wait for something, and not spin?
rests() {
	local before

	for _ in 1 2 3; do
		before=$(ticks "$1") || return 1
		sleep 0.5
		[[ $(ticks "$1") != "$before" ]] || return 0
	done
	return 1
}

# Default setup and clean-up; a suite may define its own.
setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
}

teardown_file() {
	suite_end
}

# wait_until SECONDS COMMAND...: repeat the command until it succeeds.
wait_until() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS <= end)) || return 1
		sleep 0.02
	done
}

# limited COMMAND...: run it without a terminal, and end it if it hangs.
limited() {
	timeout -k 5 "${CLIENT_TIMEOUT:-20}" setsid "$@" 3>&-
}

# The program under test with the suite's configuration.
client() {
	limited "$HAWSER" -F "$dir/config" "$@"
}

# The same, started in the background with its process id in $client_pid, its
# output in $tmp/out and $tmp/err, and its status told by client_status.
start_client() {
	: >"$tmp/out"
	# bash lets its background processes ignore SIGINT
	env --default-signal=INT,QUIT setsid "$HAWSER" -F "$dir/config" "$@" \
		>"$tmp/out" 2>"$tmp/err" 3>&- &
	client_pid=$!
	remember "$client_pid"
}

# Wait for start_client's process; a hanging one is ended and is a failure.
client_status() {
	wait_until "${1:-10}" gone "$client_pid" || {
		kill -KILL "$client_pid"
		fail "the client did not end"
	}
	status=0
	wait "$client_pid" || status=$?
	output=$(<"$tmp/out") stderr=$(<"$tmp/err")
}

# client_on_pty [EXPECT SEND]... -- ARGUMENT...: on a terminal of its own.
client_on_pty() {
	local talk=()

	while [[ $1 != -- ]]; do
		talk+=("$1")
		shift
	done
	shift
	limited "$python" "$tests_dir/lib/on_pty.py" "${talk[@]}" -- \
		"$HAWSER" -F "$dir/config" "$@"
}

run_client() {
	run --separate-stderr client "$@"
}

# Like assert_output, for stderr, whose lines ssh ends with \r\n.
assert_stderr() {
	local output=${stderr//$'\r'/}

	assert_output "$@"
}

refute_stderr() {
	local output=${stderr//$'\r'/}

	refute_output "$@"
}

# Prepare answers for questions asked through askpass, one line each; the
# questions end up in $tmp/questions.
answers() {
	printf '%s\n' "$@" >"$tmp/answers"
	: >"$tmp/questions"
	export TEST_ASKPASS_DIR=$tmp
	export SSH_ASKPASS=$tests_dir/lib/askpass SSH_ASKPASS_REQUIRE=force
}

# The program under test in the world, with no -F.
client_at_home() {
	HOME=/run/suite/home limited "${WORLD[@]}" "$HAWSER" "$@"
}

# Make $dir/config name no identity: tests of logging in bring their own.
without_identity() {
	sed -i 's|^IdentityFile.*|IdentityFile none|' "$dir/config"
}

# Let a public key log in.
authorize() {
	cat "$1" >>"$dir/authorized_keys"
}

asked_nothing() {
	assert_equal "$(<"$tmp/questions")" ""
}
