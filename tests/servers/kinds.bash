# shellcheck shell=bash disable=SC2154 # variables of suite.bash
#
# kinds - how each kind of server is started for core.bats: serve_KIND makes it the
# host "server". With $root it is the one in there, which tests/servers/root has
# unpacked; $PLACE has what npm has brought. $dir/rekeyed says who begins key
# exchanges: the server, too, where it can be told so.

PLACE=${PLACE:-$tests_dir/../.build/servers}
root=${DEBIAN:+$PLACE/$DEBIAN}

# How to run a program in $root; nothing without one.
in_root=()

# From here on servers that start in the world start in $root.
enter_root() {
	[[ -n $root ]] || return 0
	((EUID == 0)) || skip "needs root"
	needs_world
	[[ -e $root/packages ]] || skip "there is no $root"
	WORLD+=("$tests_dir/servers/enter" "$root" "$BATS_RUN_TMPDIR" "$tests_dir" --)
	in_root=("${WORLD[@]}")
}

# start_here COMMAND...: a server of this folder, which tells its port.
start_here() {
	launch server '^port ' "${in_root[@]}" "$@" &&
		add_host server "$(told_port server)" "$(host_key ed25519)"
}

rekeyed() {
	echo "$1" >"$dir/rekeyed"
}

# package_version PACKAGE: of the Debian that the server is from.
package_version() {
	local version

	if [[ -n $root ]]; then
		version=$(sed -n "s/^$1 //p" "$root/versions")
	else
		version=$(dpkg-query -W -f '${Version}' "$1")
	fi
	version=${version#*:}
	echo "${version%%[-+]*}"
}

# What the server calls itself, or, where that has no number, its packages'.
announced() {
	local line

	case $SERVER in
	golang)
		echo "x/crypto $(package_version golang-golang-x-crypto-dev)," \
			"gliderlabs $(package_version golang-github-gliderlabs-ssh-dev)," \
			"pkg/sftp $(package_version golang-github-pkg-sftp-dev)"
		return
		;;
	tinyssh)
		package_version tinysshd
		return
		;;
	proftpd)
		package_version proftpd-core
		return
		;;
	erlang)
		echo "OTP $(package_version erlang-ssh)"
		return
		;;
	esac
	exec {wire}<>"/dev/tcp/127.0.0.1/$(port server)"
	read -r -t 10 line <&"$wire"
	exec {wire}>&-
	line=${line%$'\r'}
	line=${line#SSH-2.0-}
	line=${line%% *}
	echo "${line##*_}"
}

serve_openssh() {
	local lines=('RekeyLimit 256K'
		'Subsystem sftp /usr/lib/openssh/sftp-server')

	rekeyed both
	((${#WORLD[@]} == 0)) || lines+=('PasswordAuthentication yes')
	start_sshd server "${lines[@]}"
}

serve_dropbear() {
	start_dropbear server -W 1000000
}

serve_tinyssh() {
	start_tinysshd server -x sftp=/usr/lib/openssh/sftp-server
}

serve_golang() {
	local cache=$tests_dir/../.build/peers/gocache

	rekeyed both
	((${#in_root[@]} == 0)) || cache=/var/cache/go
	# the inner shell expands it
	# shellcheck disable=SC2016
	"${in_root[@]}" sh -c 'cd "$0" && "$@"' "$tests_dir/peers/goserver" \
		env GO111MODULE=off CGO_ENABLED=0 GOPATH=/usr/share/gocode \
		GOCACHE="$cache" GOFLAGS=-p=2 \
		go build -tags sftp -o "$dir/goserver" . >&2 || return
	start_here "$dir/goserver" -hostkey "$(host_key ed25519)" \
		-authorized "$dir/authorized_keys" -password "$pass" -rekey 262144
}

serve_asyncssh() {
	rekeyed both
	start_here "$python" -B -W ignore "$tests_dir/peers/asyncssh_basic.py" \
		"$(host_key ed25519)" "$dir/authorized_keys" "$pass" \
		rekey_bytes=256000
}

serve_paramiko() {
	rekeyed both
	start_here "$python" -B -W ignore "$tests_dir/servers/paramiko_server.py" \
		"$(host_key ed25519)" "$dir/authorized_keys" "$pass" 262144
}

serve_conch() {
	start_here "$python" -B -W ignore "$tests_dir/servers/conch_server.py" \
		"$(host_key ed25519)" "$dir/authorized_keys" "$pass" "$user"
}

serve_libssh() {
	cc -O1 -o "$dir/libssh_server" "$tests_dir/servers/libssh_server.c" -lssh &&
		start_here "$dir/libssh_server" "$(host_key ed25519)" \
			"$dir/authorized_keys" "$pass"
}

serve_erlang() {
	mkdir -p "$dir/erlang"
	cp "$(host_key ed25519)" "$dir/erlang/ssh_host_ed25519_key"
	cp "$dir/authorized_keys" "$dir/erlang"
	start_here env ERL_CRASH_DUMP=/dev/null escript \
		"$tests_dir/servers/erlang_server.escript" "$dir/erlang" \
		"$user" "$pass"
}

serve_node() {
	rekeyed both
	start_here env NODE_PATH="$PLACE/node/node_modules" node \
		"$tests_dir/servers/node_server.js" "$(host_key ed25519)" \
		"$dir/authorized_keys" "$pass" 262144
}

# Its accounts are the world's. It wants public keys in RFC 4716's form.
serve_proftpd() {
	rekeyed both
	ssh-keygen -e -m RFC4716 -f "$dir/id.pub" >"$dir/proftpd_keys"
	on_free_port proftpd_try
}

proftpd_try() {
	cat >"$dir/proftpd.conf" <<-END
		ModulePath /usr/lib/proftpd
		LoadModule mod_sftp.c
		ServerType standalone
		DefaultAddress 127.0.0.1
		UseIPv6 off
		SocketBindTight on
		Port $free_port
		User $user
		Group $(id -gn)
		AuthOrder mod_auth_unix.c
		RootLogin on
		UseFtpUsers off
		RequireValidShell off
		UseReverseDNS off
		WtmpLog off
		PidFile $dir/proftpd.pid
		ScoreboardFile $dir/proftpd.scoreboard
		SFTPEngine on
		SFTPHostKey $(host_key ed25519)
		SFTPAuthMethods publickey password
		SFTPAuthorizedUserKeys file:$dir/proftpd_keys
		SFTPRekey required 3600 1
	END
	launch server STARTUP "${WORLD[@]}" proftpd -n -c "$dir/proftpd.conf" &&
		add_host server "$free_port" "$(host_key ed25519)"
}
