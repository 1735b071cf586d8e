#!/usr/bin/env bats
# The command line and the configuration files, as far as the outside sees them.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_sshd main
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	config=$tmp/config
}

# The program with nothing but these arguments.
plain() {
	run --separate-stderr limited "$HAWSER" "$@"
}

# effective KEYWORD ARGUMENT...: what -G says of one keyword, in $output.
effective() {
	local keyword=$1

	shift
	run bash -c '"$@" 2>/dev/null | sed -n "s/^'"$keyword"' //p"' - \
		"$HAWSER" -G "$@"
}

assert_usage() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --regexp "(^|
)usage: [a-z]+ \["
}

# A config file of these lines must be refused, with the line's number.
refuses() {
	printf '%s\n' '# a comment' "$@" >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --regexp "$config:? line 2: "
	assert_stderr --partial \
		"$config: terminating, 1 bad configuration options"
}

@test "wrong command lines print the usage and give 255" {
	plain
	assert_usage
	plain -Y
	assert_usage
	plain -p
	assert_usage
	plain main -l
	assert_usage
	plain -z main
	assert_usage
	plain @
	assert_usage
	plain ssh://
	assert_usage
	plain ssh://user@host:port
	assert_usage
}

# The letters that a usage shows.
letters() {
	"$1" 2>&1 | grep -oE '\[-[A-Za-z0-9]+' | tr -d '[-' | fold -w 1 | sort -u
}

@test "every letter of ssh is one of ours" {
	run comm -23 <(letters /usr/bin/ssh) <(letters "$HAWSER")
	assert_success
	assert_output ''
}

@test "-V prints a version to stderr and ends with 0" {
	for more in '' ignored; do
		plain -V $more
		assert_success
		assert_output ""
		assert_stderr --regexp '^(OpenSSH_|hawser)'
	done
}

@test "-p out of range is refused" {
	for port in 0 65536 70000 22x -1; do
		plain -p $port main true
		assert_equal "$status" 255
		assert_stderr "Bad port '$port'"
	done
}

@test "-e, -c and -m refuse what makes no sense" {
	plain -e xx main true
	assert_equal "$status" 255
	assert_stderr "Bad escape character 'xx'."
	plain -c nosuch main true
	assert_equal "$status" 255
	assert_stderr --partial nosuch
	plain -m nosuch main true
	assert_equal "$status" 255
	assert_stderr --partial nosuch
}

@test "options may be joined, attached, and after the destination" {
	effective port -F none -4p33 host
	assert_output 33
	effective port -F none host -p 34
	assert_output 34
	effective addressfamily -F none -vvTp33 -4 host
	assert_output inet
	effective user -F none -lann host
	assert_output ann
	effective loglevel -F none -v host -v
	assert_output DEBUG2
	effective port -F none -p 35 -- host
	assert_output 35
}

@test "destinations" {
	effective hostname -F none a@b@host
	assert_output host
	effective user -F none a@b@host
	assert_output a@b
	effective user -F none ssh://ann@host:99
	assert_output ann
	effective port -F none ssh://ann@host:99
	assert_output 99
	effective hostname -F none ssh://ann@host:99
	assert_output host
	effective hostname -F none fe80::1
	assert_output fe80::1
}

@test "-o takes key=value and key value, and the first value counts" {
	for option in port=24 Port=24 'port 24' 'PORT = 24' 'port="24"'; do
		effective port -F none -o "$option" -o port=25 host
		assert_output 24
	done
	effective port -F none -p 26 -o port=27 host
	assert_output 26
	effective port -F none -o port=27 -p 26 host
	assert_output 27
}

@test "-o refuses what it does not know" {
	plain -o bogus=1 main true
	assert_equal "$status" 255
	assert_stderr "command-line: line 0: Bad configuration option: bogus"
	plain -o port main true
	assert_equal "$status" 255
	plain -o port=x main true
	assert_equal "$status" 255
	assert_stderr "command-line line 0: Bad port 'x'."
}

@test "unknown keywords: file, line, all of them, then the end" {
	printf '%s\n' 'Host main' ' Bogus yes' 'Port 22' 'nonsense=3' >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr "$(
		cat <<-END
			$config: line 2: Bad configuration option: bogus
			$config: line 4: Bad configuration option: nonsense
			$config: terminating, 2 bad configuration options
		END
	)"
}

@test "unknown keywords of other hosts count too" {
	printf '%s\n' 'Host other' ' Bogus yes' >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
	assert_stderr --partial "line 2: Bad configuration option: bogus"
}

@test "bad values: file and line" {
	refuses 'Port x'
	assert_stderr --partial "Bad port 'x'."
	refuses 'Port 0'
	refuses 'Port'
	refuses 'Port 22 23'
	refuses 'Compression maybe'
	refuses 'StrictHostKeyChecking perhaps'
	refuses 'User "no end'
	refuses 'ConnectTimeout 3x'
	refuses 'ServerAliveCountMax x'
	refuses 'FingerprintHash sha3'
	refuses 'AddressFamily inet7'
}

@test "IgnoreUnknown, before the keywords it names" {
	printf '%s\n' 'IgnoreUnknown Bog*,useKeychain' 'Bogus yes' \
		'UseKeychain yes' 'Port 44' >"$config"
	effective port -F "$config" main
	assert_output 44
	printf '%s\n' 'Bogus yes' 'IgnoreUnknown Bog*' >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
}

@test "deprecated keywords do no harm" {
	printf '%s\n' 'UsePrivilegedPort yes' 'Protocol 2' 'UseRoaming no' \
		'RhostsRSAAuthentication no' 'Port 44' >"$config"
	effective port -F "$config" main
	assert_output 44
}

@test "a file given with -F that is not there" {
	plain -F "$tmp/none" main true
	assert_equal "$status" 255
	assert_stderr "Can't open user config file $tmp/none: No such file or directory"
}

@test "-F none reads nothing" {
	plain -F none -G host
	assert_success
	assert_line 'port 22'
}

@test "blanks, quotes, equals signs and comments" {
	printf '%s\n' '  # comment' '' $'\tHost=main' ' port = 45  # why' \
		' User "a b"' 'IdentityFile /some/"wh ere"/key' >"$config"
	effective port -F "$config" main
	assert_output 45
	effective user -F "$config" main
	assert_output 'a b'
	effective identityfile -F "$config" main
	assert_output '/some/wh ere/key'
}

@test "Host: patterns, lists and negation; the first value counts" {
	cat >"$config" <<-'END'
		Host a
			Port 3
		Host b? c* !cat
			Port 4
		Host * !e
			User everybody
		Host ?
			Port 6
	END
	local host port name
	while read -r host port name; do
		effective port -F "$config" "$host"
		assert_output "$port"
		effective user -F "$config" "$host"
		assert_output "$name"
	done <<-END
		a 3 everybody
		bc 4 everybody
		car 4 everybody
		cat 22 everybody
		d 6 everybody
		e 6 $user
	END
}

@test "HostName, with %h, names the host that is meant" {
	printf '%s\n' 'Host short' 'HostName %h.example' >"$config"
	effective hostname -F "$config" short
	assert_output short.example
}

@test "Include: globs, order, and only under its Host" {
	mkdir "$tmp/more"
	printf 'Port 7\n' >"$tmp/more/1"
	printf 'Port 8\nUser eve\n' >"$tmp/more/2"
	printf '%s\n' 'Host yes' "Include $tmp/more/*" 'Host *' 'Port 9' \
		"Include $tmp/nothing*" >"$config"
	effective port -F "$config" yes
	assert_output 7
	effective user -F "$config" yes
	assert_output eve
	effective port -F "$config" no
	assert_output 9
}

@test "Include passes over folders, and homes of nobody" {
	mkdir -p "$tmp/more/folder"
	printf '%s\n' "Include $tmp/more/*" 'Include ~no_such_user/config' \
		'Port 7' >"$config"
	effective port -F "$config" host
	assert_output 7
	effective port -F "$tmp/more" host
	assert_output 22
}

@test "Include of itself comes to an end" {
	echo "Include $config" >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
	assert_stderr --partial "Too many recursive configuration includes"
}

@test "an error in an included file names that file" {
	printf '\nBogus yes\n' >"$tmp/part"
	echo "Include $tmp/part" >"$config"
	plain -F "$config" main true
	assert_equal "$status" 255
	assert_stderr --partial \
		"$tmp/part: line 2: Bad configuration option: bogus"
}

@test "a line of 100 KB and a file of nonsense do no harm" {
	{
		printf 'User '
		head -c 100000 /dev/zero | tr '\0' x
		echo
	} >"$config"
	plain -F "$config" -G host
	((status == 0 || status == 255))
	head -c 20000 /dev/urandom >"$config"
	plain -F "$config" -G host
	assert_equal "$status" 255
}

@test "the files at home: ~/.ssh/config, and Include relative to ~/.ssh" {
	needs_world
	mkdir -p "$dir/home/.ssh/parts"
	printf 'Include parts/*\nPort 9\n' >"$dir/home/.ssh/config"
	printf 'User parted\n' >"$dir/home/.ssh/parts/one"
	run --separate-stderr client_at_home -G host
	assert_success
	assert_line 'port 9'
	assert_line 'user parted'
}

@test "a config file at home that others can write is refused" {
	needs_world
	echo 'Port 9' >"$dir/home/.ssh/config"
	for mode in 666 602; do
		chmod $mode "$dir/home/.ssh/config"
		run --separate-stderr client_at_home main true
		assert_equal "$status" 255
		assert_stderr "Bad owner or permissions on /run/suite/home/.ssh/config"
	done
	# a group of one's own, as on Debian; and another
	chmod 620 "$dir/home/.ssh/config"
	run client_at_home -G main
	assert_line 'port 9'
	((EUID != 0)) || chgrp tty "$dir/home/.ssh/config"
	run --separate-stderr client_at_home -G main
	((EUID != 0)) ||
		assert_stderr "Bad owner or permissions on /run/suite/home/.ssh/config"
	rm "$dir/home/.ssh/config"
}

@test "hawser_config is read before config" {
	hawser_only
	needs_world
	echo 'Port 9' >"$dir/home/.ssh/config"
	echo 'Port 10' >"$dir/home/.ssh/hawser_config"
	run --separate-stderr client_at_home -G host
	assert_line 'port 10'
	rm "$dir/home/.ssh/config" "$dir/home/.ssh/hawser_config"
}

# The program for a user whom the password database does not know.
nobody() {
	run --separate-stderr limited "${WORLD[@]}" setpriv --reuid 54399 \
		--regid 54399 --clear-groups /run/suite/program -F none "$@"
}

@test "a user who is not in the password database" {
	needs_world
	((EUID == 0)) || skip "needs root"
	cp "$HAWSER" "$dir/program"
	install -m 644 "$dir/known_hosts" "$dir/known_to_all"
	install -m 600 -o 54399 "$dir/id" "$dir/key"
	chmod go+rx "$dir"
	nobody -p "$(port main)" 127.0.0.1 true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr "No user exists for uid 54399"
	hawser_only # that is all that ssh has to say
	nobody -p "$(port main)" -o BatchMode=yes "$user@127.0.0.1" true
	assert_equal "$status" 255
	assert_stderr --partial "Host key verification failed."
	nobody -p "$(port main)" -i /run/suite/key -o BatchMode=yes \
		-o UserKnownHostsFile=/run/suite/known_to_all \
		"$user@127.0.0.1" echo hi
	assert_success
	assert_output hi
	assert_stderr ""
}

@test "RefuseConnection says why, where it counts" {
	hawser_only # ssh since version 10
	cat "$dir/config" - >"$tmp/refusing" <<-END
		Match originalhost main user nobody
		RefuseConnection "not so"
	END
	run_client -F "$tmp/refusing" main echo here
	assert_output here
	run_client -F "$tmp/refusing" -l nobody main echo here
	assert_equal "$status" 255
	assert_output ''
	assert_stderr 'Refusing connection: not so'
	run_client -F "$tmp/refusing" -G -l nobody main
	assert_success
}

@test "VersionAddendum is sent" {
	hawser_only # ssh since version 10
	run_client -v -o 'VersionAddendum=by %u, to %n' main true
	assert_success
	assert_stderr --regexp "Local version string SSH-2.0-hawser_[0-9.]+ by $user, to main"
}

@test "WarnWeakCrypto is shown in ssh's words" {
	hawser_only # ssh since version 10.1
	for value in yes true; do
		effective warnweakcrypto -F none -o WarnWeakCrypto=$value host
		assert_output yes
	done
	effective warnweakcrypto -F none -o WarnWeakCrypto=no-pq-kex host
	assert_output no-pq-kex
}

@test "-E writes what would be on stderr to a file" {
	run_client -E "$tmp/log" -v main 'echo out; echo err >&2'
	assert_success
	assert_output out
	assert_stderr err
	grep -q debug1 "$tmp/log"
	run_client -E "$tmp/log2" -p 1 127.0.0.1 true
	assert_equal "$status" 255
	assert_stderr ""
	grep -q 'Connection refused' "$tmp/log2"
	run_client -E "$tmp/none/log" main true
	assert_equal "$status" 1
	assert_stderr "Couldn't open logfile $tmp/none/log: No such file or directory"
}

@test "-y sends to syslog what would be on stderr, as SyslogFacility says" {
	needs_world
	mkdir "$tmp/dev"
	launch syslog '^ready' "$python" -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready")
while True:
    print(s.recv(4096).decode())' "$tmp/dev/log"
	# the inner shell expands it
	# shellcheck disable=SC2016
	run --separate-stderr limited "${WORLD[@]}" sh -c '
		for one in null random urandom; do
			: >"$0/$one" && mount --bind "/dev/$one" "$0/$one" || exit
		done
		mount --bind "$0" /dev && exec "$@"' "$tmp/dev" \
		"$HAWSER" -F "$dir/config" -y -o SyslogFacility=LOCAL3 \
		-o UserKnownHostsFile="$tmp/none" main true
	assert_equal "$status" 255
	assert_stderr ''
	server_logged syslog '^<15[0-9]>.*: Host key verification failed.'
	stop_server syslog
}

@test "-q is silent about what is not fatal; -v is not" {
	run_client -q -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile="$tmp/kh" main true
	assert_success
	assert_stderr ""
	run_client -v main true
	assert_stderr --partial "debug1: "
	run_client -vv main true
	assert_stderr --partial "debug2: "
	run_client -o LogLevel=nosuch main true
	assert_equal "$status" 255
}

@test "-q is silent about a refused login, too" {
	run_client -q -o PubkeyAuthentication=no main true
	assert_equal "$status" 255
	assert_stderr ""
}

@test "options that come later say so when they are needed" {
	hawser_only
	run_client -w 0:0 main true
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --regexp '^-w.*: not supported yet'
}

@test "options that come later say so even with -q, with file, line and block" {
	hawser_only
	run_client -q -w 0:0 main true
	assert_equal "$status" 255
	assert_stderr '-w (Tunnel): not supported yet'
	sed '/^Host main$/a Tunnel yes' "$dir/config" >"$tmp/config"
	line=$(grep -n Tunnel "$tmp/config" | cut -d: -f1)
	run_client -q -F "$tmp/config" main true
	assert_equal "$status" 255
	assert_stderr "$tmp/config line $line (Host main): Tunnel: not supported yet"
	run_client -q -F "$tmp/config" -E "$tmp/log" main true
	assert_stderr ''
	assert_equal "$(tr -d '\r' <"$tmp/log")" \
		"$tmp/config line $line (Host main): Tunnel: not supported yet"
	# not for other hosts, nor for other questions, nor against the user's word
	sed 's/^Host main$/Host main x/; s/^Tunnel/Host x\nTunnel/' "$tmp/config" \
		>"$tmp/other"
	run_client -F "$tmp/other" main echo here
	refute_stderr --partial Tunnel
	run_client -F "$tmp/config" -G main
	assert_success
	refute_stderr --partial 'not supported'
	(echo 'IgnoreUnknown Tunnel' && cat "$tmp/config") >"$tmp/ignoring"
	run_client -v -F "$tmp/ignoring" main echo here
	assert_success
	assert_output here
	assert_stderr --partial "$tmp/ignoring line $((line + 1)) (Host main): Tunnel: not supported yet, left out"
}

@test "an unknown keyword brings the nearest one to mind" {
	hawser_only
	refuses 'HostNmae x'
	assert_stderr --partial \
		"$config: line 2: Bad configuration option: hostnmae (did you mean HostName?)"
	refuses 'serveraliveintervall 3'
	assert_stderr --partial '(did you mean ServerAliveInterval?)'
	refuses 'UseKeychain yes'
	refute_stderr --partial 'mean'
}
