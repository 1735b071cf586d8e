#!/usr/bin/env bats
# Completion in real shells: what they offer, and what the tab key does.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	mkdir "$dir/bin"
	ln -s "$HAWSER" "$dir/bin/hawser"
	make_completions
	write_config
	write_startup_files
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	hawser_only
	F="-F $dir/config"
}

# Those of the build, or made as it makes them.
make_completions() {
	local shell

	mkdir "$dir/zsh"
	for shell in bash:bash zsh:zsh/_hawser fish:fish; do
		"$tests_dir/../completions/generate" "${shell%%:*}" \
			>"$dir/${shell#*:}.completion"
	done
	mv "$dir/zsh/_hawser.completion" "$dir/zsh/_hawser"
}

# Hosts of an included file and of known hosts, and what is no host's name.
write_config() {
	local key

	key=$(cut -d' ' -f1,2 "$dir/id.pub")
	cat >"$dir/config" <<-END
		Host anchor *.example.org !barge \$(touch${IFS:0:1}$dir/ran)
		Include $dir/more
		Match originalhost fender,*.example.net host keel !host scuppers exec "touch $dir/ran"
		Host *
			UserKnownHostsFile $dir/known_hosts
			GlobalKnownHostsFile none
	END
	echo 'Host capstan' >"$dir/more"
	cat >"$dir/known_hosts" <<-END
		[davit]:2222,192.0.2.7 $key
		\$(touch\${IFS}$dir/ran) $key
		|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= $key
		@revoked evil $key
	END
}

# What makes the three shells, started with nothing of their user's, complete.
write_startup_files() {
	cat >"$dir/bashrc" <<-END
		PS1='here> '
		source "$dir/bash.completion"
	END
	cat >"$dir/.zshrc" <<-END
		PS1='here> '
		fpath+=("$dir/zsh")
		autoload -U compinit && compinit -D -u
		bindkey -e
	END
	cat >"$dir/fishrc" <<-END
		function fish_prompt
			echo 'here> '
		end
		source "$dir/fish.completion"
	END
}

clean() {
	env -i TERM=dumb LC_ALL=C HOME="$dir/home" ZDOTDIR="$dir" \
		PATH="$dir/bin:$PATH" "$@"
}

# What bash offers for a line, from the function that it would call. Words are
# as readline would split them: at "=", ":" and "@", too.
offers_bash() {
	clean bash --norc --noprofile -c '
		source "$1"
		COMP_WORDBREAKS=" 	><=;|&(:@"
		COMP_LINE=$2 COMP_POINT=${#2}
		spaced=$(sed "s/[=:@]/ & /g" <<<"$2")
		read -ra COMP_WORDS <<<"$spaced"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_hawser hawser "" ""
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
	' - "$dir/bash.completion" "$1" | sort
}

offers_fish() {
	clean fish -N -c 'source $argv[1]; complete -C $argv[2]' \
		"$dir/fish.completion" "$1" | cut -f1 | sort
}

# The machine's own /etc/hosts is not what a test knows.
without_hosts_file() {
	grep -vxF -f <(awk '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) print $i }' \
		/etc/hosts) || [[ $? -eq 1 ]]
}

# assert_offers LINE WORD...: exactly these.
assert_offers() {
	local line=$1

	shift
	output=$("$offers" "$line" | without_hosts_file)
	assert_output "$(printf '%s\n' "$@")"
}

# press_tab LINE...: type each line and the tab key in a shell on a terminal;
# $output is what then stands on the command line, behind a colon.
press_tab() {
	local line talk=() last='here> '

	for line in "$@"; do
		talk+=("$last" "$line"$'\t\001echo :\r')
		last=$'\n:'
	done
	run limited "$python" "$tests_dir/lib/on_pty.py" "${talk[@]}" \
		"$last" $'exit\r' -- env -i TERM=dumb LC_ALL=C \
		HOME="$dir/home" ZDOTDIR="$dir" PATH="$dir/bin:$PATH" \
		"${shell[@]}"
	assert_success
	output=$(tr -d '\r' <<<"$output" | sed -n 's/^:/:/p')
}

# What every shell must do.
tab_works() {
	press_tab "hawser $F an" "hawser $F me@cap" "hawser $F dav" \
		"hawser -o StrictHostKeyChecking=acc" "hawser -oStrictH" \
		"hawser -c aes128-ctr,chacha"
	assert_equal "$(sed 's/ *$//; s/,$//' <<<"$output")" \
":hawser $F anchor
:hawser $F me@capstan
:hawser $F davit
:hawser -o StrictHostKeyChecking=accept-new
:hawser -oStrictHostKeyChecking=
:hawser -c aes128-ctr,chacha20-poly1305@openssh.com"
	assert [ ! -e "$dir/ran" ]
}

# --- the program ----------------------------------------------------------------

@test "-Q host lists names of the configuration and of known hosts" {
	output=$("$HAWSER" -F "$dir/config" -Q host | without_hosts_file)
	assert_output "192.0.2.7
anchor
capstan
davit
fender
keel"
	assert [ ! -e "$dir/ran" ]
	run -0 "$HAWSER" -F none -o UserKnownHostsFile="$dir/no_such_file" \
		-o GlobalKnownHostsFile=none -Q host
	output=$(without_hosts_file <<<"$output")
	assert_output ""
}

@test "-Q host lists names of /etc/hosts" {
	grep -Eq '^127.0.0.1[[:blank:]].*localhost( |$)' /etc/hosts ||
		skip "localhost is not in there"
	run -0 "$HAWSER" -F none -Q host
	assert_line localhost
	refute_line 127.0.0.1
}

@test "-Q host lists what can be read of a configuration with faults" {
	printf '%s\n' 'Host bollard' 'Bogus yes' >"$tmp/config"
	run -0 "$HAWSER" -F "$tmp/config" -o UserKnownHostsFile=none \
		-o GlobalKnownHostsFile=none -Q host
	output=$(without_hosts_file <<<"$output")
	assert_output "bollard"
}

@test "-Q keyword lists keywords, and -Q KEYWORD its values" {
	run -0 "$HAWSER" -Q keyword
	assert_line StrictHostKeyChecking
	assert_line ChannelWindowMax
	refute_line Host
	refute_line SkeyAuthentication
	refute_line UseRoaming
	run -0 "$HAWSER" -Q requesttty
	assert_output "yes
no
force
auto"
	run --separate-stderr "$HAWSER" -Q User
	assert_failure 255
	assert_stderr 'Unsupported query "User"'
}

# --- what is offered --------------------------------------------------------------

# The same lines in shells that can be asked: the word to be completed is all
# that fish answers, and what is left of it for readline in bash.
words_are_offered() {
	assert_offers "hawser $F " 192.0.2.7 anchor capstan davit fender keel
	assert_offers "hawser $F -vJ cap" capstan
	assert_offers "hawser $F -p 22 -l nobody da" davit
	assert_offers "hawser $F -l bob -vp22 ke" keel
	assert_offers "hawser $F -lbob fen" fender
	assert_offers "hawser -O " cancel channels check conninfo exit forward \
		list list-json proxy stop
	assert_offers "hawser -B l" lo
	assert_offers "hawser -Q cipher-" cipher-auth
	assert_offers "hawser -G --e" --explain
	assert_offers "hawser -v -i $dir/known_h" "$dir/known_hosts"
	assert_offers "hawser $F -o UserKn" UserKnownHostsFile=
}

@test "bash offers hosts, options, keywords and files" {
	offers=offers_bash
	words_are_offered
	assert_offers "hawser $F me@d" @davit
	assert_offers "hawser $F -o RequestTTY=" auto force no yes
	assert_offers "hawser $F -o requesttty=f" force
	assert_offers "hawser $F -o ProxyJump=anchor,d" anchor,davit
	assert_offers "hawser $F -o Ciphers=+chacha" \
		+chacha20-poly1305@openssh.com
	assert_offers "hawser $F -o IdentityFile=$dir/id.p" "$dir/id.pub"
	assert_offers "hawser $F -o User=$user" "$user"
	assert_offers "hawser -Z" -Z
	run offers_bash "hawser $F anchor unam"
	assert_line uname
	assert [ ! -e "$dir/ran" ]
}

@test "fish offers hosts, options, keywords and files" {
	command -v fish >/dev/null || skip "no fish here"
	offers=offers_fish
	words_are_offered
	assert_offers "hawser $F me@d" me@davit
	assert_offers "hawser $F -o RequestTTY=" \
		RequestTTY={auto,force,no,yes}
	assert_offers "hawser $F -o requesttty=f" requesttty=force
	assert_offers "hawser $F -o ProxyJump=anchor,d" ProxyJump=anchor,davit
	assert_offers "hawser $F -o Ciphers=+chacha" \
		Ciphers=+chacha20-poly1305@openssh.com
	assert_offers "hawser $F -o IdentityFile=$dir/id.p" \
		IdentityFile="$dir/id.pub"
	assert_offers "hawser $F -o User=$user" User="$user"
	run offers_fish "hawser $F anchor unam"
	assert_line uname
	assert [ ! -e "$dir/ran" ]
}

# --- the tab key --------------------------------------------------------------

@test "the tab key in bash" {
	shell=(bash --noprofile --rcfile "$dir/bashrc" -i)
	tab_works
}

@test "the tab key in zsh" {
	command -v zsh >/dev/null || skip "no zsh here"
	shell=(zsh -d -i)
	tab_works
	press_tab "hawser $F -o ProxyJump=anchor,cap" \
		"hawser -o IdentityFile=$dir/id.p" "hawser -o loglevel=ver" \
		"hawser $F anchor unam" "hawser -B l" "hawser -O conn" \
		"hawser -m hmac-sha2-512-" "hawser $F -lbob ke"
	assert_equal "$(sed 's/ *$//; s/,$//' <<<"$output")" \
":hawser $F -o ProxyJump=anchor,capstan
:hawser -o IdentityFile=$dir/id.pub
:hawser -o loglevel=VERBOSE
:hawser $F anchor uname
:hawser -B lo
:hawser -O conninfo
:hawser -m hmac-sha2-512-etm@openssh.com
:hawser $F -lbob keel"
}

@test "the tab key in fish" {
	command -v fish >/dev/null || skip "no fish here"
	shell=(fish --no-config --init-command "source '$dir/fishrc'")
	tab_works
}
