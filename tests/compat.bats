#!/usr/bin/env bats
# ssh and hawser side by side on the same command lines, and the tools that
# run on top of them.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	command -v ssh >/dev/null || skip "no ssh to compare with"
	suite_begin
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
	export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example
	export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example
	printf 'Welcome.\n' >"$dir/banner"
	echo 'KexAlgorithms curve25519-sha256' >>"$dir/config"
	start_sshd main 'AcceptEnv TEST_*' 'Subsystem echo cat' \
		'Subsystem sftp internal-sftp'
	start_sshd banner "Banner $dir/banner"
	ciphers=aes256-ctr start_sshd limits 'Ciphers aes256-ctr' 'MACs hmac-sha2-512' \
		'MaxAuthTries 1'
	start_raw close say ''
	make_key other ed25519
	export TEST_VARIABLE='a  b'
}

# one NAME PROGRAM ARGUMENT...: leaves {out,err,status,kh} in $tmp/NAME.
one() {
	local name=$1 program=$2 status=0

	shift 2
	rm -f "$tmp/kh"
	[[ -z ${known:-} ]] || printf '%s\n' "$known" >"$tmp/kh"
	limited "$program" -F "$dir/config" "$@" <<<"${input:-}" \
		>"$tmp/out" 2>"$tmp/err" || status=$?
	echo "$status" >"$tmp/status"
	# ssh's own lines end with \r\n; Debian adds how to remove a key
	sed -i 's/\r//; s/^\(ssh\|hawser\): //; /^  remove with:/,+1d' "$tmp/err"
	touch "$tmp/kh"
	mkdir -p "$tmp/$name"
	mv "$tmp"/{out,err,status,kh} "$tmp/$name"
}

# Both programs must give the same status, stdout, known_hosts, and stderr.
same() {
	both_run "$@"
	diff -u --label ssh --label hawser "$tmp/ssh/err" "$tmp/hawser/err" ||
		fail "stderr differs: $*"
}

# The same, where stderr is for people, or theirs to word.
same_but_stderr() {
	both_run "$@"
}

both_run() {
	local what

	one ssh "$(command -v ssh)" "$@"
	one hawser "$HAWSER" "$@"
	for what in status out kh; do
		cmp "$tmp/ssh/$what" "$tmp/hawser/$what" ||
			fail "$what differs: $*"
	done
}

@test "exit statuses" {
	for wanted in 0 1 2 126 127 128 137 254 255; do
		same main "exit $wanted"
	done
	same main nosuch_command
	same main /etc/passwd
	same_but_stderr main 'kill -TERM $$'
}

@test "output and input" {
	input=$'one\ntwo'
	same main cat
	same main 'cat >&2'
	same main 'cat; echo err >&2; exit 4'
	same -n main 'cat; echo end'
	same -T main 'tty; cat'
	same -o StdinNull=yes main 'wc -c'
	same main 'exec 0<&-; echo closed'
	same main 'exec >&- 2>&-; exit 3'
	same main printf '%s\\n' a '"b c"' '*'
	same main -- echo -n x
	same main 'echo a; sleep 0.2; echo b >&2; sleep 0.2; echo c'
	same main 'head -c 100000 /dev/zero'
	same main ''
}

@test "shells without a terminal" {
	input='echo $((6*7)); exit 3'
	same -T main
	same main
	same -T -o RemoteCommand=none main
	same -x -a -T main
}

@test "environment, subsystems, remote and local commands" {
	same -o SetEnv=TEST_X=1 main 'echo $TEST_X'
	same -o SendEnv=TEST_VARIABLE main 'echo "$TEST_VARIABLE"'
	same -o SendEnv='TEST_V*' -o SetEnv=NOT_TAKEN=1 main \
		'echo "$TEST_VARIABLE$NOT_TAKEN"'
	input=hello
	same -s main echo
	same -s main nosuch
	same -o SessionType=subsystem main echo
	same -o RemoteCommand='echo %h %p %u %r %%; exit 2' main
	same -o RemoteCommand=true main false
	same -o PermitLocalCommand=yes -o LocalCommand='echo local %h' main true
	same -o PermitLocalCommand=yes -o LocalCommand=false main true
	same -N -f nosuch.invalid
}

@test "logins that are refused" {
	same -l nobody_here main true
	same -o PubkeyAuthentication=no main true
	same -o PreferredAuthentications=password main true
	same -i "$dir/none" -o IdentitiesOnly=yes main true
	same -i "$dir/other" main true
	same -q -o PubkeyAuthentication=no main true
	same -l nobody_here -i "$dir/other" limits true
}

@test "banners" {
	same banner echo hi
	same -q banner echo hi
	same -o LogLevel=QUIET banner echo hi
	same -o LogLevel=ERROR banner 'echo hi; exit 9'
}

@test "host keys" {
	local name fine changed check hash
	name="[127.0.0.1]:$(port main)"
	fine="$name $(bare_key "$dir/host_ed25519.pub")"
	changed="$name $(bare_key "$dir/other.pub")"
	for check in yes ask accept-new no; do
		for known in '' "$fine" "$changed" "$changed"$'\n'"$fine" \
			"@revoked * ${fine#* }" "* ${fine#* }"; do
			same -o UserKnownHostsFile="$tmp/kh" \
				-o StrictHostKeyChecking=$check main echo hi
		done
	done
	known=
	same -o UserKnownHostsFile="$tmp/kh" -o HostKeyAlias=alias main true
	same -o UserKnownHostsFile="$tmp/kh" -o HostKeyAlias=alias \
		-o StrictHostKeyChecking=no main true
	same -o NoHostAuthenticationForLocalhost=yes \
		-o UserKnownHostsFile="$tmp/kh" main true
	for hash in sha256 md5 sha1 sha384 sha512; do
		same -o VisualHostKey=yes -o FingerprintHash=$hash main true
	done
	same -o RevokedHostKeys="$dir/host_ed25519.pub" main true
	same -o RevokedHostKeys="$dir/nothing" main true
}

@test "networks" {
	same -p 1 127.0.0.1 true
	same nosuch.invalid true
	same -4 ::1 true
	same -b 203.0.113.1 main true
	same -o ConnectTimeout=5 main echo hi
	same_but_stderr close true
	same -o ServerAliveInterval=1 main 'sleep 1.5; echo hi'
	same -o IPQoS=none -o TCPKeepAlive=no main echo hi
}

@test "algorithms" {
	same -c aes256-ctr -m hmac-sha2-512 main echo hi
	same -o KexAlgorithms=ecdh-sha2-nistp256 main echo hi
	same -o HostKeyAlgorithms=ssh-ed25519 main echo hi
	same -C main echo hi
	same_but_stderr -c aes128-ctr limits true
	same_but_stderr -m hmac-sha2-256 limits true
	same_but_stderr -c nosuch main true
	same_but_stderr -m nosuch main true
	same -o PubkeyAcceptedAlgorithms=rsa-sha2-256 main true
}

# What -Q says of a program, as one list.
queried() {
	"$1" -Q "$2" | paste -s -d,
}

# usable LETTER/KEYWORD QUERY: what -Q lists and sshd has can be used.
usable() {
	local name

	for name in $("$HAWSER" -Q "$2"); do
		[[ ,$(queried ssh "$2"), == *,$name,* ]] || continue
		run_client -o "$1=$name" all echo "$name"
		assert_output "$name"
	done
}

@test "-Q knows what ssh's -Q knows" {
	local what

	for what in $(ssh -Q help) Ciphers MACs KexAlgorithms \
		HostKeyAlgorithms PubkeyAcceptedAlgorithms \
		PubkeyAcceptedKeyTypes HostbasedAcceptedAlgorithms \
		HostbasedAcceptedKeyTypes HostbasedKeyTypes; do
		ssh -Q "$what" >/dev/null || fail "ssh: $what"
		run -0 "$HAWSER" -Q "$what"
		[[ -n $output || $what == kex-gss ]] || fail "$what: nothing"
	done
}

@test "-Q lists what authorities sign with, and what an engine has" {
	hawser_only
	needs_libssh2
	for what in key-ca-sign CASignatureAlgorithms; do
		run -0 "$HAWSER" -Q "$what"
		assert_line ssh-ed25519
		refute_output --partial cert
	done
	run -0 "$HAWSER" -Q HostKeyAlgorithms
	assert_output --partial cert
	[[ $("$HAWSER" -V 2>&1) == *libssh2* ]] || return 0
	run -0 "$HAWSER" -o Engine=libssh2 -Q HostKeyAlgorithms
	assert_line ssh-ed25519
	refute_output --partial cert
}

@test "what -Q lists can be used" {
	needs_native
	local pair

	start_sshd all "Ciphers $(queried ssh cipher)" \
		"MACs $(queried ssh mac)" "KexAlgorithms $(queried ssh kex)"
	sed -i '/^KexAlgorithms/d' "$dir/config"
	usable Ciphers cipher
	sed -i '1i Ciphers aes128-ctr' "$dir/config"
	usable MACs mac
	usable KexAlgorithms kex
	sed -i '1s/.*/KexAlgorithms curve25519-sha256/' "$dir/config"
	for pair in blowfish-cbc/bf-cbc cast128-cbc/cast5-cbc arcfour/rc4; do
		! openssl enc "-${pair#*/}" -k x </dev/null &>/dev/null || continue
		[[ ,$(queried "$HAWSER" cipher), != *,${pair%/*},* ]] ||
			fail "$pair is listed"
		run_client -c "${pair%/*}" main true
		assert_equal "$status" 255
		refute_stderr --partial 'Unable to negotiate'
	done
}

@test "command lines and configurations that are wrong" {
	same -p 0 main true
	for option in Ciphers=foo Ciphers=^aes128-ctr,foo MACs=+foo \
		HostKeyAlgorithms='foo*' \
		PubkeyAcceptedAlgorithms=foo CASignatureAlgorithms=foo \
		HostbasedAcceptedAlgorithms=+foo; do
		same -o "$option" main true
	done
	same_but_stderr -o KexAlgorithms=foo main true # ssh says it twice
	same -c foo main true
	same -c aes128-ctr,foo main true
	same -m foo main true
	for option in $(ssh -Q cipher); do
		same -o Ciphers="aes256-ctr,$option" main echo hi
	done
	for option in $(ssh -Q mac); do
		same -o MACs="hmac-sha2-512,$option" main echo hi
	done
	for option in $(ssh -Q key-sig); do
		same -o HostKeyAlgorithms="ssh-ed25519,$option" main echo hi
	done
	same -o ConnectionAttempts=0 main true
	same -e xx main true
	same -o Bogus=1 main true
	same -o Port=x main true
	same -F "$dir/no_such_config" main true
	same -f main
	same_but_stderr
	same_but_stderr -z main
	same_but_stderr -p
	printf 'Bogus yes\nPort 3\nMore no\n' >"$tmp/bad"
	same -F "$tmp/bad" main true
	echo "Include $tmp/bad" >"$tmp/worse"
	same -F "$tmp/worse" main true
}

@test "places on the command line" {
	same main -T echo a
	same "$user@main" echo a
	same -l "$user" main echo a
	same "ssh://$user@main" echo a
	same "ssh://$user@127.0.0.1:$(port main)" echo a
	same -p "$(port main)" 127.0.0.1 echo a
	same -Tp"$(port main)" 127.0.0.1 echo a
	same -oPort="$(port main)" 127.0.0.1 echo a
	same main -p "$(port main)" -- echo -v
}

# What -G says of a keyword, for both.
same_setting() {
	local keyword=$1 of_ssh of_hawser

	shift
	of_ssh=$(ssh -F none -G "$@" 2>/dev/null | grep "^$keyword ")
	of_hawser=$("$HAWSER" -F none -G "$@" 2>/dev/null | grep "^$keyword ")
	assert_equal "$of_hawser" "$of_ssh"
}

@test "-G: what the common options come to" {
	local line
	while read -r line; do
		# shellcheck disable=SC2086 # words
		same_setting $line
	done <<-'END'
		host a
		user ann@a
		user -l bob ann@a
		hostname ssh://a:3
		port ssh://a:3
		port -p 3 -o Port=4 a
		addressfamily -6 a
		batchmode -o BatchMode=yes a
		bindaddress -b 1.2.3.4 a
		checkhostip a
		compression -C a
		connectionattempts a
		connecttimeout a
		connecttimeout -o ConnectTimeout=1m a
		controlmaster a
		escapechar a
		escapechar -e none a
		exitonforwardfailure a
		fingerprinthash -o FingerprintHash=md5 a
		fingerprinthash -o FingerprintHash=sha1 a
		fingerprinthash -o FingerprintHash=SHA384 a
		fingerprinthash -o FingerprintHash=sha512 a
		forwardagent -A a
		globalknownhostsfile a
		hashknownhosts -o HashKnownHosts=yes a
		hostkeyalias -o HostKeyAlias=Quay a
		identitiesonly a
		identityfile -i /etc/passwd -i /etc/group a
		kbdinteractiveauthentication a
		loglevel -q a
		loglevel -vv a
		nohostauthenticationforlocalhost a
		numberofpasswordprompts a
		passwordauthentication a
		permitlocalcommand a
		preferredauthentications -o PreferredAuthentications=none a
		pubkeyauthentication a
		remotecommand -o RemoteCommand=x a
		remotecommand -o HostKeyAlias=Quay -o RemoteCommand=%k a
		requesttty -T a
		sendenv -o SendEnv=LC_* a
		serveraliveinterval -o ServerAliveInterval=3 a
		serveraliveinterval -o BatchMode=yes a
		serveraliveinterval -o BatchMode=yes -o ServerAliveInterval=0 a
		serveraliveinterval -o ProtocolKeepAlives=4 a
		serveraliveinterval -o SetupTimeOut=5 a
		serveraliveinterval -o ServerAliveInterval=none -o BatchMode=yes a
		connecttimeout -o ConnectTimeout=none a
		connecttimeout -o ConnectTimeout=none -o ConnectTimeout=7 a
		forwardx11timeout -o ForwardX11Timeout=none a
		serveralivecountmax a
		sessiontype -N a
		sessiontype -s a x
		setenv -o SetEnv=A=b a
		stdinnull -n a
		forkafterauthentication -f a x
		stricthostkeychecking a
		stricthostkeychecking -o StrictHostKeyChecking=accept-new a
		tcpkeepalive a
		userknownhostsfile -o UserKnownHostsFile=/a a
		visualhostkey a
	END
}

@test "-G: what forwardings and jumps come to" {
	local keyword option value
	while read -r keyword option value; do
		same_setting "$keyword" "$option" "$value" a
	done <<-'END'
		localforward -L 8080:web:80
		localforward -L :http:[::1]:080
		localforward -L h:8080:/run/s
		localforward -L [/run/x y]:web:80
		localforward -L /run/a\:b\\c:web:80
		localforward -L [[/x]:a:1
		localforward -L /run/%n.%p:/run/%%
		localforward -L 8080:web:80:
		localforward -o LocalForward=/run/a\ b c:1
		localforward -o LocalForward=80 [h]:81
		remoteforward -R 0:web:80
		remoteforward -R [/a b]
		remoteforward -R *:8080
		remoteforward -o RemoteForward=/a /b
		dynamicforward -D [::]:8080
		dynamicforward -D [/a b]
		proxyjump -J b
		proxyjump -J u@b:022,v@c:http
		proxyjump -J ssh://u@b:22,ssh://v%40w@c:
		proxyjump -J 1.2.3.4,5.6.7.8
		proxyjump -J [b]:22,[::1]
	END
}

@test "git clones and pushes" {
	command -v git >/dev/null || skip "no git"
	export GIT_SSH_COMMAND="\"$HAWSER\" -F \"$dir/config\""
	git init -q --bare "$tmp/remote.git"
	timeout 20 git clone -q "main:$tmp/remote.git" "$tmp/first"
	seq 100000 >"$tmp/first/file"
	git -C "$tmp/first" add file
	git -C "$tmp/first" commit -qm one
	timeout 20 git -C "$tmp/first" push -q origin HEAD
	timeout 20 git clone -q \
		"ssh://127.0.0.1:$(port main)/$tmp/remote.git" "$tmp/second"
	cmp "$tmp/first/file" "$tmp/second/file"
	run timeout 20 git clone -q "main:$tmp/nothing.git" "$tmp/third"
	assert_failure
}

@test "scp and sftp copy both ways" {
	command -v scp >/dev/null || skip "no scp"
	local option=(-F "$dir/config" -S "$HAWSER" -q)
	seq 300000 >"$tmp/file"
	timeout 20 scp "${option[@]}" "$tmp/file" "main:$tmp/there"
	timeout 20 scp "${option[@]}" "main:$tmp/there" "$tmp/back"
	cmp "$tmp/file" "$tmp/back"
	timeout 20 scp -O "${option[@]}" "main:$tmp/there" "$tmp/old_way"
	cmp "$tmp/file" "$tmp/old_way"
	echo "get $tmp/there $tmp/got" |
		timeout 20 sftp "${option[@]}" -b - main
	cmp "$tmp/file" "$tmp/got"
}

@test "rsync copies both ways" {
	command -v rsync >/dev/null || skip "no rsync"
	mkdir "$tmp/tree"
	seq 300000 >"$tmp/tree/file"
	timeout 20 rsync -a -e "$HAWSER -F $dir/config" "$tmp/tree/" \
		"main:$tmp/there/"
	timeout 20 rsync -a -e "$HAWSER -F $dir/config" "main:$tmp/there/" \
		"$tmp/back/"
	diff -r "$tmp/tree" "$tmp/back"
}
