# shellcheck shell=bash disable=SC2034,SC2154 # variables of suites
#
# path - tunnels over a path that can be torn (tests/bench/wan.c), between two
# network namespaces of the suite's own: the server at 10.77.0.1, "far", and the
# client at 10.77.0.2, "near".

far=10.77.0.1
near=10.77.0.2

# start_path: needs root. In setup_file; suites then call path_enter.
start_path() {
	[[ $EUID == 0 && -c /dev/net/tun ]] ||
		skip "needs root and /dev/net/tun"
	"${CC:-cc}" -O1 -o "$dir/wan" "$tests_dir/bench/wan.c"
	mkfifo "$dir/orders"
	# what keeps it open; a path is nothing for longer than that
	sleep 600 >"$dir/orders" 3>&- &
	remember $!
	: >"$dir/path.log"
	"$dir/wan" 5 <"$dir/orders" >>"$dir/path.log" 2>&1 3>&- &
	echo $! >"$dir/path.pid"
	remember $!
	wait_until 10 launch_decided path ready && grep -q ready "$dir/path.log"
	path_enter
}

# Set FAR and NEAR, which run a command at an end of the path.
path_enter() {
	local pid

	pid=$(server_pid path)
	FAR=(nsenter "--net=/proc/$pid/fd/3")
	NEAR=(nsenter "--net=/proc/$pid/fd/4")
}

# order WORD...: an order to the relay, see wan.c; carried out on return.
order() {
	local count

	count=$(grep -c '^done' "$dir/path.log")
	echo "$*" >"$dir/orders"
	wait_until 5 is_obeyed "$count"
}

is_obeyed() {
	(($(grep -c '^done' "$dir/path.log") > $1))
}

# start_distant NAME [LINE]...: an sshd at the far end, a host in the config.
start_distant() {
	local name=$1 WORLD=("${FAR[@]}" "${WORLD[@]}")

	start_sshd "$name" "ListenAddress $far" "${@:2}"
	sed -i "/^Host $name\$/,/^# end/s/HostName .*/HostName $far/" \
		"$dir/config"
	sed -i "s/^\[127.0.0.1\]:$(port "$name") /[$far]:$(port "$name") /" \
		"$dir/known_hosts"
}

# The processes of a server, and of its sessions.
processes_of() {
	server_pid "$1"
	descendants "$(server_pid "$1")"
}

# all_of SIGNAL NAME: at once, as if somebody tripped over the plug.
all_of() {
	local pids

	mapfile -t pids < <(processes_of "$2")
	kill "-$1" "${pids[@]}"
}

# The server of this name starts again, on the port that it had.
restart_distant() {
	local name=$1

	launch "$name" '^Server listening' "${FAR[@]}" "${WORLD[@]}" \
		/usr/sbin/sshd -D -E "$dir/$name.log" -f "$dir/$name.sshd_config"
}

# asks_near PORT, asks_far PORT: what the target behind it is called.
asks_near() {
	ask "$1" "${NEAR[@]}"
}

asks_far() {
	ask "$1" "${FAR[@]}"
}

# ask PORT PREFIX...
ask() {
	# shellcheck disable=SC2016 # the inner shell expands it
	"${@:2}" timeout "${PATIENCE:-10}" bash -c '
		exec 5<>"/dev/tcp/127.0.0.1/$0" && echo name >&5 &&
			read -r x <&5 && echo "$x"' "$1" 2>/dev/null
}

answers_near() {
	[[ $(PATIENCE=2 asks_near "$1") == local ]]
}

answers_far() {
	[[ $(PATIENCE=2 asks_far "$1") == remote ]]
}

# End whatever is left in the namespaces.
end_path() {
	local file spaces

	[[ -e $dir/path.pid ]] || return 0
	spaces=$(readlink "/proc/$(server_pid path)"/fd/{3,4})
	for file in /proc/[0-9]*/ns/net; do
		[[ $spaces != *"$(readlink "$file" 2>/dev/null || echo -)"* ]] ||
			kill -KILL "$(cut -d/ -f3 <<<"$file")"
	done
}
