# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# tunnel - servers that go and come back, and what the client says of it.

# The processes that a server has started for those who are in.
sessions() {
	descendants "$(server_pid "$1")"
}

nobody_is_in() {
	[[ -z $(sessions "$1") ]]
}

# The server goes, with all who are in.
lose() {
	local pids

	mapfile -t pids < <(sessions "$1")
	stop_server "$1"
	kill -KILL "${pids[@]}"
}

# A server that was stopped is there again, at its port.
again() {
	launch "$1" '^Server listening' "${WORLD[@]}" /usr/sbin/sshd -D \
		-E "$dir/$1.log" -f "$dir/$1.sshd_config"
}

# said COUNT TEXT: has the client said it so often?
said() {
	[[ $(grep -c -- "$2" "$tmp/err") -ge $1 ]]
}

# How often were we logged in there? A line for each.
logins() {
	local name

	for name in "$@"; do
		grep -c '^Accepted publickey' "$dir/$name.log" || :
	done
}

# Does the target answer there that is called web?
serves() {
	[[ $(traffic call "127.0.0.1:$1" name 2>&1) == *web* ]]
}
