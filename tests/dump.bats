#!/usr/bin/env bats
# What -G says is what ssh -G says.
#
# shellcheck disable=SC2016,SC2154 # text with $; Bats has variables of its own

load lib/suite

setup_file() {
	suite_begin
}

# shown KEYWORD ARGUMENT...: what -G says of one keyword.
shown() {
	run --separate-stderr limited "$HAWSER" -F none -G "${@:2}" quay
	assert_success
	output=$(sed -n "s/^$1 //p" <<<"$output")
}

@test "all files of the corpus mean what they mean to ssh" {
	hawser_only
	if [[ $(ssh -V 2>&1) != OpenSSH_9.2* ]]; then
		skip "the differences are listed for OpenSSH 9.2"
	fi
	run "$python" "$tests_dir/lib/compare_conf.py" "$HAWSER" /usr/bin/ssh \
		"$tests_dir/data/conf" "$tmp/corpus"
	assert_success
}

@test "lists of algorithms are shown as they would be offered" {
	shown kexalgorithms
	local usual=$output
	shown kexalgorithms -o KexAlgorithms=-curve*,ecdh-*
	assert_output "$(tr , '\n' <<<"$usual" | grep -v '^curve\|^ecdh' |
		paste -s -d,)"
	shown kexalgorithms -o KexAlgorithms=+diffie-hellman-group14-sha1
	assert_output "$usual,diffie-hellman-group14-sha1"
	shown macs -o MACs=^hmac-sha1
	assert_output --regexp '^hmac-sha1,.*-etm@openssh.com,'
	shown casignaturealgorithms
	refute_output --partial cert
}

@test "a list of which nothing is left is an error" {
	hawser_only # ssh notices it when it connects
	run --separate-stderr "$HAWSER" -F none -G -o 'Ciphers=-*' quay
	assert_equal "$status" 255
	assert_output ''
	assert_stderr --partial 'Ciphers: no supported cipher algorithm'
}

@test "keywords of our own come last, and only when they are set" {
	hawser_only
	run "$HAWSER" -F none -G quay
	refute_line --regexp '^(fastopen|engine|linknotice)'
	run "$HAWSER" -F none -G -o FastOpen=no -o Engine=native quay
	assert_line --index $((${#lines[@]} - 2)) 'engine native'
	assert_line --index $((${#lines[@]} - 1)) 'fastopen no'
}

@test "Reconnect and its kin: what is taken, and what is not" {
	local wrong

	hawser_only
	shown reconnect -o Reconnect=5m
	assert_output 300
	shown reconnect -o Reconnect=YES
	assert_output yes
	shown serveraliveinterval -o Reconnect=yes
	assert_output 10
	shown serveraliveinterval -o Reconnect=yes -o ServerAliveInterval=7
	assert_output 7
	shown reconnectdelay -o 'ReconnectDelay=0.2 1m'
	assert_output '0.2 60'
	shown readyfd -o ReadyFd=3
	assert_output 3
	shown exitgrace -o ExitGrace=0
	assert_output 0
	for wrong in Reconnect=0 Reconnect=often ReconnectDelay=5 \
		'ReconnectDelay=5 1' 'ReconnectDelay=0 1' ReadyFd=0 \
		'ReconnectDelay=1e3 nan' ReadyFd=out ExitGrace=x; do
		run --separate-stderr "$HAWSER" -F none -G -o "$wrong" quay
		assert_equal "$status" 255
		assert_stderr --partial 'command-line line 0: '
	done
}

@test "what newer versions of ssh show" {
	hawser_only
	shown warnweakcrypto
	assert_output yes
	shown obscurekeystroketiming -o ObscureKeystrokeTiming=interval:40
	assert_output 40
	shown channeltimeout -o 'ChannelTimeout=session=5m agent-connection=1h'
	assert_output 'session=5m agent-connection=1h'
	shown revokedhostkeys -o RevokedHostKeys=none
	assert_output none
	shown ipqos
	assert_output 'ef cs0'
}

@test "the defaults that the manual states are what nothing comes to" {
	local keyword value options=()

	hawser_only
	while read -r keyword value; do
		# of several files each has a line
		[[ $keyword == IdentityFile ]] || options+=(-o "$keyword $value")
	done < <("$tests_dir/check-defaults" stated)
	assert [ ${#options[@]} -gt 150 ]
	"$HAWSER" -F none -G quay >"$tmp/nothing"
	"$HAWSER" -F none -G "${options[@]}" quay >"$tmp/everything"
	# our own keywords are shown only if they are set
	run diff "$tmp/nothing" <(awk 'NR == FNR { is[$1] = 1 }
		NR > FNR && $1 in is' "$tmp/nothing" "$tmp/everything")
	assert_success
}

@test "true and false are yes and no, for keywords of our own, too" {
	hawser_only
	shown linknotice -o LinkNotice=false
	assert_output no
	shown termfallback -o TermFallback=true
	assert_output yes
	shown reconnect -o Reconnect=true
	assert_output yes
	shown fastopen -o FastOpen=False
	assert_output no
}

# What a manual shows: its blocks, each with a line "=" behind it, as they are
# printed.
shown_by_manuals() {
	sed -n '/^\.Bd -literal/,/^\.Ed/p; s/^\.Dl \(.*\)/\1\n.Ed/p' \
		"$tests_dir"/../man/*.[15] |
		sed '/^\.Bd/d; s/^\.Ed/=/; s/\\e$/\\/; s/\\&//g' |
		sed ':a; /\\$/N; s/ *\\\n[\t ]*/ /; ta'
}

@test "the examples of the manuals are understood" {
	local line words n=0 name=

	hawser_only
	: >"$tmp/config"
	while read -r line; do
		case $line in
		'$ hawser '*)
			# up to what is the local shell's
			words=${line#'$ hawser '}
			eval "words=(${words%%[|<;]*})"
			run -0 "$HAWSER" -F "$tmp/config" -G "${words[@]}"
			n=$((n + 1))
			;;
		=)
			[[ -z $name ]] || run -0 "$HAWSER" -F "$tmp/config" -G "$name"
			: >"$tmp/config"
			name=
			;;
		*)
			[[ -n $name || $line == Host\ * ]] || continue
			[[ $line != Host\ * ]] || name=${line#Host }
			[[ $line == '$'* ]] || echo "$line" >>"$tmp/config"
			;;
		esac
	done < <(shown_by_manuals)
	assert [ $n -gt 10 ]
}

@test "what is left out of a file is told, too" {
	printf 'RSAAuthentication no\n' >"$tmp/config"
	run --separate-stderr -0 "$HAWSER" -F "$tmp/config" -G quay
	assert_stderr --partial 'Unsupported option "rsaauthentication"'
}

@test "--explain says where values are from, and what came too late" {
	hawser_only
	printf '%s\n' 'Host quay' 'Port 1' 'Include more' 'Port 3' \
		>"$tmp/config"
	sed -i "s|more|$tmp/more|" "$tmp/config"
	printf 'User ada\nPort 2\n' >"$tmp/more"
	run -0 "$HAWSER" -F "$tmp/config" -o compression=yes --explain quay
	assert_line --regexp '^host quay +# the destination$'
	assert_line --regexp "^user ada +# $tmp/more line 1 .Host quay.\$"
	assert_line --regexp "^port 1 +# $tmp/config line 2 .Host quay.\$"
	assert_line --regexp "^# port 2 +# $tmp/more line 2 .*, too late\$"
	assert_line --regexp "^# port 3 +# $tmp/config line 4 .*, too late\$"
	assert_line --regexp '^compression yes +# -o$'
	assert_line --regexp '^batchmode no +# default$'
	assert_line --regexp '^ciphers .*,.* # default$'
	for words in '-G --explain quay' '--explain -G quay' 'quay --explain'; do
		# shellcheck disable=SC2086 # words
		run -0 "$HAWSER" -F none $words
		assert_line --regexp '^port 22 +# default$'
	done
	run "$HAWSER" -F none -G -- --explain
	assert_equal "$status" 255
}
