# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# keys - key files, certificates and agents for the suites.

# make_key NAME TYPE [KEYGEN OPTION]...: a key pair, $dir/NAME{,.pub}.
make_key() {
	local name=$1 type=$2

	shift 2
	rm -f "$dir/$name" "$dir/$name.pub"
	ssh-keygen -q -t "$type" -N '' -C "$name" -f "$dir/$name" "$@"
}

# The fingerprint of a public key file as ssh shows it.
fingerprint() {
	ssh-keygen -lf "$1" "${@:2}" | cut -d' ' -f2
}

# The two fields, type and blob, of a public key file.
bare_key() {
	cut -d' ' -f1,2 "$1"
}

# Its socket has a name before somebody listens on it.
agent_answers() {
	local rc=0

	SSH_AUTH_SOCK=$1 ssh-add -l >/dev/null 2>&1 || rc=$?
	((rc != 2))
}

# start_agent NAME [KEY]...: an ssh-agent on $dir/NAME.agent with these keys.
start_agent() {
	local name=$1 key

	shift
	ssh-agent -D -a "$dir/$name.agent" >"$dir/$name.agent.log" 2>&1 3>&- &
	remember $!
	wait_until 10 agent_answers "$dir/$name.agent"
	for key; do
		SSH_AUTH_SOCK=$dir/$name.agent ssh-add -q "$dir/$key"
	done
}

# start_fake_agent NAME MODE [ARGUMENT]...: tests/peers/agent.py.
start_fake_agent() {
	local name=$1

	shift
	launch "$name" ready "$python" "$tests_dir/peers/agent.py" \
		"$dir/$name.agent" "$@"
}
