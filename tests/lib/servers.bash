# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# servers - the peers that the suites talk to.
#
# Each start_ function starts one server on a free port of 127.0.0.1, waits
# until it is ready, makes NAME a host in the suite's config, and enters its
# host keys in the suite's known_hosts. Logs are $dir/NAME.log. Servers end
# with the suite, or with stop_server.
#
# Where the system lets us, servers run in a "world": a private mount
# namespace in which $dir is /run/suite too, the user's home is home in it, the
# shell is sh, and the password is $pass. Nothing outside it changes.

# Prepare the world; WORLD is the prefix that runs a command in it.
world_make() {
	local id_part

	mkdir -p "$dir/home/.ssh" "$dir/world"
	chmod 700 "$dir/home" "$dir/home/.ssh"
	id_part=$(id -u):$(id -g)
	{
		echo "$user:x:$id_part:test:/run/suite/home:/bin/sh"
		echo "ferry:x:54321:54321:test:/run/suite/ferry:/bin/sh"
		grep -v "^$user:" /etc/passwd
	} >"$dir/world/passwd"
	{
		echo "$user:$(openssl passwd -6 "$pass"):19000:0:99999:7:::"
		echo "ferry:*:19000:0:99999:7:::"
	} >"$dir/world/shadow"
	# names with two addresses; they sort as they stand here
	cat >"$dir/world/hosts" - /etc/hosts <<-END
		127.0.0.64 twice.example
		127.0.0.65 twice.example
		192.0.2.77 quay.example
	END
	world_enter
}

# Set WORLD; TEST_WORLD tells the tests what suite_begin found out.
world_enter() {
	# shellcheck disable=SC2016 # the inner shell expands them
	local enter='
		mount --bind "$0/passwd" /etc/passwd || exit
		mount --bind "$0/hosts" /etc/hosts || exit
		[ ! -r /etc/shadow ] || mount --bind "$0/shadow" /etc/shadow
		[ ! -e "$0/resolv.conf" ] ||
			mount --bind "$0/resolv.conf" /etc/resolv.conf || exit
		mount -t tmpfs -o mode=755 tmpfs /run || exit
		mkdir /run/suite /run/sshd || exit
		mount --bind "$0/.." /run/suite || exit
		exec "$@"' options=(-m)

	((EUID == 0)) || options=(-c --keep-caps -m)
	WORLD=(unshare "${options[@]}" sh -c "$enter" "$dir/world")
	if [[ -z ${TEST_WORLD:-} ]]; then
		TEST_WORLD=$("${WORLD[@]}" echo yes 2>/dev/null || echo no)
		export TEST_WORLD
	fi
	[[ $TEST_WORLD == yes ]] || WORLD=()
	[[ $EUID != 0 || $TEST_WORLD == yes || -d /run/sshd ]] ||
		mkdir -p /run/sshd
}

needs_world() {
	((${#WORLD[@]} > 0)) || skip "needs a private mount namespace"
}

# From here to the end of the test the world has a network of its own, in
# which the host has the address 192.0.2.77 too. Needs root.
network_enter() {
	needs_world
	((EUID == 0)) || skip "needs root"
	launch network ready "${WORLD[@]}" unshare -n sh -c '
		ip link set lo up && ip address add 192.0.2.77/32 dev lo &&
			echo ready && exec sleep 60' || skip "needs a network namespace"
	WORLD=(nsenter -t "$(server_pid network)" -n -m)
}

# launch NAME READY COMMAND...: start a server; ready once its log says so, in
# $START_LIMIT seconds.
launch() {
	local name=$1 ready=$2

	shift 2
	: >"$dir/$name.log"
	"$@" </dev/null >>"$dir/$name.log" 2>&1 3>&- &
	echo $! >"$dir/$name.pid"
	remember $!
	wait_until "${START_LIMIT:-20}" launch_decided "$name" "$ready" &&
		grep -q -- "$ready" "$dir/$name.log"
}

launch_decided() {
	grep -qs "$2" "$dir/$1.log" || gone "$(<"$dir/$1.pid")"
}

# The process id, port and log of a server.
server_pid() {
	echo "$(<"$dir/$1.pid")"
}

port() {
	echo "$(<"$dir/$1.port")"
}

stop_server() {
	kill "$(server_pid "$1")"
	wait_until 5 gone "$(server_pid "$1")"
}

# server_logged NAME TEXT: is the text in the log, now or very soon?
server_logged() {
	wait_until 5 grep -q -- "$2" "$dir/$1.log"
}

# add_host NAME PORT [HOST KEY FILE]...: make the server known.
add_host() {
	local name=$1 port=$2 more='' key

	# libssh2 has them only where they are named
	! is_for_libssh2 || [[ -z ${ciphers:-} ]] ||
		printf -v more '\tCiphers +%s\n' "$ciphers"

	echo "$port" >"$dir/$name.port"
	sed -i "/^Host $name\$/,/^# end/d" "$dir/config"
	printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n%s# end\n' \
		"$name" "$port" "$more" >>"$dir/config"
	for key in "${@:3}"; do
		echo "[127.0.0.1]:$port $(bare_key "$key.pub")" >>"$dir/known_hosts"
	done
}

# on_free_port FUNCTION ARGUMENT...: call it with $free_port set to a port
# that is probably free, again with another if it fails.
on_free_port() {
	local try free_port

	for try in 1 2 3 4 5 6 7 8; do
		free_port=$((20000 + RANDOM % 12000))
		"$@" && return
	done
	echo "no luck on port $free_port, try $try: $*" >&2
	return 1
}

# A host key of the suite, made once: host_key ed25519 [KEYGEN OPTION]...
host_key() {
	local name=host_$1${3:-}

	[[ -e $dir/$name ]] || make_key "$name" "$@"
	echo "$dir/$name"
}

# start_sshd NAME [LINE OF sshd_config]...
start_sshd() {
	local name=$1

	shift
	on_free_port sshd_try "$name" "$@" || {
		tail -n 20 "$dir/$name.log" >&2
		return 1
	}
}

sshd_try() {
	local name=$1 place=${FERRY_PLACE:-$dir} keys

	sshd_config "$@" >"$dir/$name.sshd_config"
	launch "$name" '^Server listening' "${WORLD[@]}" "${AS_FERRY[@]}" \
		/usr/sbin/sshd -D -E "$place/$name.log" \
		-f "$place/$name.sshd_config" || return 1
	mapfile -t keys < <(sed -n 's/^HostKey //p' "$dir/$name.sshd_config")
	add_host "$name" "$free_port" "${keys[@]/#"$place"/"$dir"}"
}

# The first value of a line counts, so the test's own lines come first.
sshd_config() {
	local name=$1 keys

	shift
	keys=$(printf '%s\n' "$@" | grep '^HostKey ') ||
		keys="HostKey $(host_key ed25519)"
	printf '%s\n' "$@" | grep -v '^HostKey '
	cat <<-END
		$keys
		Port $free_port
		ListenAddress 127.0.0.1
		PidFile none
		AuthorizedKeysFile $dir/authorized_keys /run/suite/authorized_keys
		PermitRootLogin yes
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		UsePAM no
		StrictModes no
		UseDNS no
		PrintMotd no
		PrintLastLog no
		MaxStartups 100
		LogLevel DEBUG1
		SetEnv HAWSER_TEST=$dir
	END
	! sshd_has_penalties || echo PerSourcePenalties no
}

# OpenSSH 9.8 and later slow down a peer that fails often, as tests do.
sshd_has_penalties() {
	"${WORLD[@]}" /usr/sbin/sshd -t -f /dev/null -h "$(host_key ed25519)" \
		-o PerSourcePenalties=no 2>/dev/null
}

# start_sshd_as_user NAME [LINE]...: an sshd that is an ordinary user's. When
# the tests run as root it is "ferry"'s, whose home is $dir/ferry.
start_sshd_as_user() {
	local name=$1 FERRY_PLACE=/run/suite AS_FERRY=()
	local home=$FERRY_PLACE/ferry

	shift
	if ((EUID != 0)); then
		start_sshd "$name" "$@"
		return
	fi
	mkdir -p "$dir/ferry"
	cp "$(host_key ed25519)"{,.pub} "$dir/authorized_keys" "$dir/ferry"
	ln -sf ferry/log "$dir/$name.log"
	: >"$dir/ferry/log"
	chown -R 54321:54321 "$dir/ferry"
	chmod go+rx "$dir"
	AS_FERRY=(setpriv --reuid 54321 --regid 54321 --clear-groups)
	start_sshd "$name" "HostKey $home/host_ed25519" \
		"AuthorizedKeysFile $home/authorized_keys" "$@"
	printf 'Host %s\n\tUser ferry\n' "$name" >>"$dir/config"
}

# start_dropbear NAME [OPTION]...; logs in with the keys in authorized_keys.
start_dropbear() {
	cp "$dir/authorized_keys" "$dir/home/.ssh/authorized_keys"
	[[ -e $dir/dropbear_host_key ]] ||
		dropbearkey -t ed25519 -f "$dir/dropbear_host_key" >/dev/null 2>&1
	dropbearkey -y -f "$dir/dropbear_host_key" | grep ^ssh- \
		>"$dir/dropbear_host_key.pub"
	on_free_port dropbear_try "$@"
}

dropbear_try() {
	launch "$1" 'Not backgrounding' "${WORLD[@]}" dropbear -F -E -m \
		-P "$dir/$1.dropbear_pid" -r "$dir/dropbear_host_key" \
		-p "127.0.0.1:$free_port" "${@:2}" &&
		ciphers=chacha20-poly1305@openssh.com,aes128-ctr \
			add_host "$1" "$free_port" "$dir/dropbear_host_key"
}

# start_tinysshd NAME [OPTION]...: it wants a super-server, and root.
start_tinysshd() {
	cp "$dir/authorized_keys" "$dir/home/.ssh/authorized_keys"
	rm -rf "$dir/$1.keydir"
	tinysshd-makekey -q "$dir/$1.keydir"
	tinysshd-printkey "$dir/$1.keydir" | grep '^ssh-ed25519' \
		>"$dir/$1.hostkey.pub"
	on_free_port tinysshd_try "$@"
}

tinysshd_try() {
	launch "$1" 'listening on' "${WORLD[@]}" socat -d -d \
		"TCP-LISTEN:$free_port,bind=127.0.0.1,fork" \
		"EXEC:tinysshd ${*:2} $dir/$1.keydir" &&
		ciphers=chacha20-poly1305@openssh.com \
			add_host "$1" "$free_port" "$dir/$1.hostkey"
}

# start_go NAME [OPTION]...: tests/peers/goserver, which takes the keys in
# authorized_keys and the password $pass.
start_go() {
	local name=$1

	shift
	launch "$name" '^port ' "$(go_server)" -hostkey "$(host_key ed25519)" \
		-authorized "$dir/authorized_keys" -password "$pass" "$@" &&
		add_host "$name" "$(told_port "$name")" "$(host_key ed25519)"
}

# Build the Go server, once per change of its source; print its path.
go_server() {
	local cache=$tests_dir/../.build/peers
	local built=$cache/goserver source=$tests_dir/peers/goserver

	if [[ ! -x $built || -n $(find "$source" -name '*.go' -newer "$built") ]]
	then
		mkdir -p "$cache"
		(cd "$source" && GO111MODULE=off GOPATH=/usr/share/gocode \
			GOCACHE=$cache/gocache GOFLAGS=-p=2 \
			go build -o "$built" .) >&2 || return 1
	fi
	echo "$built"
}

has_go_server() {
	command -v go >/dev/null &&
		[[ -d /usr/share/gocode/src/github.com/gliderlabs/ssh ]]
}

# start_asyncssh NAME SCRIPT [ARGUMENT]...: tests/peers/asyncssh_SCRIPT.py.
start_asyncssh() {
	local name=$1 script=$2

	shift 2
	launch "$name" '^port ' "$python" -B -W ignore \
		"$tests_dir/peers/asyncssh_$script.py" "$(host_key ed25519)" \
		"$dir/authorized_keys" "$pass" "$@" &&
		add_host "$name" "$(told_port "$name")" "$(host_key ed25519)"
}

has_asyncssh() {
	"$python" -W ignore -c 'import asyncssh' 2>/dev/null
}

# start_raw NAME MODE [ARGUMENT]...: tests/peers/raw.py, a peer that does
# not, or hardly, speak SSH.
start_raw() {
	local name=$1

	shift
	launch "$name" '^port ' "$python" "$tests_dir/peers/raw.py" "$@" &&
		add_host "$name" "$(told_port "$name")"
}

# start_dns [LINE]...: a DNS server for who is started in the world from now on,
# as client_at_home is; it says what these lines do (tests/peers/dns.py), and
# those that are written into $dir/zone later.
start_dns() {
	needs_world
	((EUID == 0)) || skip "needs root"
	printf '%s\n' "$@" >"$dir/zone"
	on_free_port dns_try
}

# Its port is 53, so every suite has an address of its own.
dns_try() {
	local address=127.$((free_port / 250)).$((free_port % 250)).53

	launch dns ready "$python" "$tests_dir/peers/dns.py" "$address" \
		"$dir/zone" || return
	printf 'nameserver %s\noptions timeout:1 attempts:2 %s\n' "$address" \
		"${resolver_options:-trust-ad}" >"$dir/world/resolv.conf"
}

# start_far NAME OF [MILLISECONDS]: a long way to the server OF; $dir/NAME.flights
# says how many flights the connection has taken (tests/peers/flights.py).
start_far() {
	launch "$1" '^port ' "$python" "$tests_dir/peers/flights.py" \
		"$(port "$2")" "${3:-400}" "$dir/$1.flights" &&
		add_host "$1" "$(told_port "$1")" "$(host_key ed25519)"
}

told_port() {
	sed -n 's/^port //p' "$dir/$1.log"
}
