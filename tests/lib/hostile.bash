# shellcheck shell=bash disable=SC2154 # variables of suite.bash and Bats
#
# hostile - what the suites share that attack the client: servers that do harm
# (tests/peers/rogue.py), and what may come of it. What is tested is what a user
# sees, so that every engine can be attacked alike.

gcm=aes128-gcm@openssh.com
ctr=aes128-ctr
etm='aes128-ctr mac=hmac-sha2-256-etm@openssh.com'
chacha=chacha20-poly1305@openssh.com

# For each suite's setup().
hostile_setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	options=()
	number=0
	! is_for_libssh2 || hawser_only
}

# start_rogue NAME CASE...: a server for each case, called NAME0, NAME1 ...
start_rogue() {
	local name=$1 key i

	shift
	launch "$name" '^ready' "$python" -B "$tests_dir/peers/rogue.py" \
		"$(host_key ed25519)" "$@" || return
	for ((i = 0; i < $#; i++)); do
		key=$(host_key ed25519)
		[[ ${*:i+1:1} != *hostkey=* ]] || key=$(host_key rsa -b 2048)
		add_host "$name$i" "$(rogue_notes "$name" "$i" port)" "$key"
	done
}

# rogue_notes NAME NUMBER WORD: what stands behind the word, once per note.
rogue_notes() {
	sed -n "s/^$2 $3 \\?//p" "$dir/$1.log"
}

# How often has the server noted this?
rogue_count() {
	grep -c "^$2 $3" "$dir/$1.log"
}

# attack CASE [ARGUMENT]...: one server, and the client at it.
attack() {
	start_rogue rogue "$1"
	shift
	run_measured rogue0 "$@" true
}

# attack_each CHECK CASE...: each of them in turn; CHECK judges.
attack_each() {
	local check=$1

	shift
	start_rogue rogue "$@"
	# "run" has an i of its own
	for ((number = 0; number < $#; number++)); do
		echo "case: ${*:number+1:1}"
		run_measured "${options[@]}" "rogue$number" true
		"$check" "${@:number+1:1}"
	done
}

# Like run_client; $peak is then how many MiB it has used, $busy_ms for how long it
# has computed.
run_measured() {
	run --separate-stderr limited "$python" "$tests_dir/lib/peak.py" \
		"$tmp/peak" "$HAWSER" -F "$dir/config" "$@"
	read -r peak busy_ms <"$tmp/peak"
	printf 'status %s, %s MiB, %s ms, stderr: %s\n' "$status" "$peak" \
		"$busy_ms" "$stderr"
}

# The sanitizers need a lot for themselves.
assert_modest() {
	[[ -n ${HAWSER_SANITIZERS:-} ]] || ((peak < 48)) ||
		fail "it used $peak MiB"
}

# An orderly end, with something said.
assert_gave_up() {
	assert_equal "$status" 255
	[[ -n $stderr ]] || fail "nothing was said"
}

# prefix_of TEXT: what was printed is a part of that, from its beginning.
assert_prefix_of() {
	[[ $1 == "$output"* ]] || fail "printed: $output"
}

assert_never_asked() {
	[[ ! -s $tmp/questions ]] || fail "asked: $(<"$tmp/questions")"
	assert_equal "$(rogue_count rogue "$number" 'login password')" 0
	assert_equal "$(rogue_count rogue "$number" 'login keyboard')" 0
}
