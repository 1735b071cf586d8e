#!/usr/bin/env bats
# What README.md and docs/ say: each example is typed at a terminal, and prints
# what is printed there; what is named is there.
#
# shellcheck disable=SC2030,SC2031

load lib/suite

top=$tests_dir/..
home=/run/suite/home

setup_file() {
	suite_begin
	needs_place || return 0
	make_place
	make_home
	place_enter
	free_port=22 sshd_try web
	launch www '^Serving' "${WORLD[@]}" "$python" -u -m http.server 80 \
		--bind 127.0.0.1 --directory "$dir/www"
}

needs_place() {
	((${#WORLD[@]} > 0 && EUID == 0))
}

# Where web.example.org is, and the ports of the examples are free.
make_place() {
	echo '127.0.0.1 web.example.org' >>"$dir/world/hosts"
	# shellcheck disable=SC2016 # the inner shell expands them
	launch place ready "${WORLD[@]}" unshare -n -u sh -c 'hostname web &&
		ip link set lo up && echo ready && exec sleep 600'
}

place_enter() {
	WORLD=(nsenter -t "$(server_pid place)" -n -u -m)
}

# What a reader has: hawser, a key, a host, and something to publish.
make_home() {
	mkdir "$dir/home/bin" "$dir/www"
	ln -s "$HAWSER" "$dir/home/bin/hawser"
	cp "$dir/id" "$dir/home/.ssh/id_ed25519"
	echo "web.example.org $(bare_key "$(host_key ed25519).pub")" \
		>"$dir/home/.ssh/known_hosts"
	sed -n '/^    Host web$/,/^$/s/^    //p' "$top/README.md" \
		>"$dir/home/.ssh/config"
	! is_for_libssh2 || echo 'Engine libssh2' >"$dir/home/.ssh/hawser_config"
	echo "PS1='web\$ '" >"$dir/home/.profile"
	echo 'Hello from my desk.' >"$dir/www/index.html"
}

setup() {
	exec </dev/null
	hawser_only
	tmp=$BATS_TEST_TMPDIR
}

# --- examples -----------------------------------------------------------------

# What README.md shows of a terminal.
examples() {
	sed -n '/^```console$/,/^```$/{/^```/!p}' "$top/README.md"
}

# Type the lines that begin with a prompt. What else happens in an example,
# happens when everything is there.
make_steps() {
	local line before=

	while IFS= read -r line; do
		case $line in
		'$ '* | 'web$ '*)
			steps+=(expect "${line%%\$ *}\$ "
				send "${line#*\$ }"$'\r')
			;;
		*' closed by remote host.')
			steps+=(await "$has_tunnel" "do" "pkill -P $(server_pid web)")
			;;
		'^C') steps+=(expect "$before" send $'\003') ;;
		esac
		before=$line
	done
	steps+=(expect '$ ' send $'exit 0\r')
}

# What differs from time to time, and from home to home; and a prompt behind ^C.
alike() {
	tr -d '\r' | sed -E "s|$home|/home/ada|; s/ in [0-9.]+ s\\./ in 0.6 s./
		s/^\\^C/&\\n/"
}

@test "the examples of README.md print what is printed there" {
	local steps=() has_tunnel

	needs_place || skip "needs root, and a private mount namespace"
	place_enter
	has_tunnel="${WORLD[*]} grep -q ':1538 .* 0A ' /proc/net/tcp"
	make_steps < <(examples)
	mkdir "$tmp/here"
	SIZE=200x50 CLIENT_TIMEOUT=60 limited "$python" \
		"$tests_dir/lib/terminal.py" "${steps[@]}" -- "${WORLD[@]}" \
		env -i -C "$tmp/here" "PATH=$home/bin:$PATH" "HOME=$home" \
		TERM=xterm LC_ALL=C 'PS1=$ ' "HAWSER_TEST=$dir" \
		bash --norc --noprofile --noediting -i >"$tmp/out"
	run diff <(examples && printf '$ exit 0\nexit\n') <(alike <"$tmp/out")
	assert_output ''
}

# In a tree where the program is built already.
@test "quickstart shows what it shows, and leaves nothing" {
	mkdir -p "$tmp/tree/tests" "$tmp/tree/.build/run" "$tmp/temporary"
	cp "$top/quickstart" "$tmp/tree"
	ln -s "$HAWSER" "$tmp/tree/.build/run/hawser"
	printf '#!/bin/sh\n' | tee "$tmp/tree/configure" >"$tmp/tree/tests/build-tree"
	chmod +x "$tmp/tree/tests/build-tree"
	export TMPDIR=$tmp/temporary
	run limited "$tmp/tree/quickstart"
	assert_success
	assert_line "hello from $(uname -s)"
	assert_line '[exit status 7]'
	assert_line --partial 'Host key verification failed.'
	assert_line --partial 'Connected again.'
	assert_equal "$(ls "$TMPDIR")" ''
	run limited "$tmp/tree/quickstart" -V
	assert_output --partial hawser_
}

@test "what README.md tells you to type is there" {
	run "$top/configure" --help
	while read -r option; do
		assert_output --partial " $option"
	done < <(grep -o -- '--[a-z]*=' "$top/README.md")
	for program in quickstart check bootstrap; do
		assert [ -x "$top/$program" ]
		grep -q "^    ./$program" "$top/README.md"
	done
}

@test "the figures of README.md are those of docs/PERFORMANCE.md" {
	cp "$top/README.md" "$top/docs/PERFORMANCE.md" "$tmp"
	"$python" "$tests_dir/bench/document" none none \
		"$tmp/PERFORMANCE.md" "$tmp/README.md"
	run diff "$top/README.md" "$tmp/README.md"
	assert_output ''
}

# "Five" and "twelve" of README.md: the factor of n in the model of the distance.
@test "README.md counts the round trips that were measured" {
	run awk -F ' [+] ' '/^[|] ms for n ms/ { is_here = 1 }
		is_here && /^[|] (hawser|ssh) / { printf "%.0f ", $2 }
		/^$/ { is_here = 0 }' "$top/docs/PERFORMANCE.md"
	assert_output '5 12 '
	tr '\n' ' ' <"$top/README.md" | tr -s ' ' |
		grep -q 'takes five round trips, where ssh takes twelve'
}

@test "the pictures are small, ask nobody, and show no folder of their maker" {
	for picture in "$top"/docs/*.svg; do
		assert [ "$(wc -c <"$picture")" -lt 200000 ]
		run -1 grep -oE '<script|(href|src|url)[=(]"?(https?:)?//|/(tmp|root)/' \
			"$picture"
	done
}

# --- what is named ------------------------------------------------------------

texts=("$top"/*.md "$top"/docs/*.md)

# What is between backticks, in all texts.
quoted() {
	grep -oh '`[^`]*`' "${texts[@]}" | tr -d '`'
}

# none_missing: fail if it is told of any.
none_missing() {
	run cat
	assert_output ''
}

@test "every link leads to a file" {
	for text in "${texts[@]}"; do
		grep -o '](\([^):#]*\))' "$text" | tr -d ']()' |
			while read -r file; do
				[[ -e ${text%/*}/$file ]] ||
					echo "${text##*/}: $file"
			done
	done | none_missing
}

# Words in capitals stand for something else, and so does x.
@test "every file that is named is there" {
	local names='^[a-z]+/[][A-Za-z0-9_./*-]+$' at

	quoted | grep -E "$names" | grep -Ev '[A-Z]{4}\.|/x(_test)?\.' |
		while read -r file; do
			for at in "$top" "$top/src"; do
				[[ -z $(compgen -G "$at/$file") &&
					! -e $at/$file.h && ! -e $at/$file.c ]] ||
					continue 2
			done
			echo "$file"
		done | none_missing
}

@test "every function that ARCHITECTURE.md names is there" {
	grep -oh '`[^`]*`' "$top/ARCHITECTURE.md" | tr -d '`' |
		grep -E '^[a-z]+_[a-z_]+(\(\)|\[\])?$' | tr -d '][()' |
		while read -r name; do
			grep -rqw -- "$name" "$top/src" || echo "$name"
		done | none_missing
}

@test "every target of make that is named is there" {
	cat "${texts[@]}" | grep -oE '(`|^    |&& )make [a-z0-9-]+' |
		sed 's/.*make //' | sort -u | while read -r target; do
		grep -qE "^$target:|^(check|dist|distcheck|html|install)$" \
			<(cat "$top/Makefile.am" && echo "$target") ||
			echo "$target"
	done | none_missing
}

# "SECTION" in PAGE(NUMBER)
@test "every section of a manual that is named is there" {
	cat "${texts[@]}" | tr '\n' ' ' |
		grep -oE '"[^"]+" in hawser[a-z_-]*\([15]\)' |
		sed -E 's/"(.*)" in (.*)\((.)\)/\1:\2.\3/' |
		while IFS=: read -r section page; do
			grep -qiE "^\.S[hs] ${section//[()]/.}$" \
				"$top/man/$page" || echo "$page: $section"
		done | none_missing
}

# --- what is called a test ----------------------------------------------------

# is_test NAME [TITLE]: is it a suite, a unit test or a fuzz target; has it a test
# of that title?
is_test() {
	local file

	for file in "$tests_dir/$1.bats" "$tests_dir"/{unit,fuzz}/"$1.c"; do
		if [[ -e $file ]]; then
			grep -qF -- "${2:-}" "$file"
			return
		fi
	done
	return 1
}

# The last cell of a row: NAME, NAME ("TITLE"), or none; or how many.
@test "the tests of docs/COMPARISON.md and docs/LIBSSH2.md exist" {
	grep -h '^| .*[a-z]' "$top"/docs/{COMPARISON,LIBSSH2}.md |
		sed -E 's/ *\|$//; s/.*\| ?//; s/\[.*//; s/, /\n/g' |
		grep . | grep -vx 'tested by\|tests' | while read -r cell; do
		title=${cell#* (\"}
		[[ $title != "$cell" ]] || title=
		is_test "${cell%% *}" "${title%\")}" || echo "$cell"
	done | none_missing
}

@test "what docs/COMPARISON.md counts are so many" {
	run grep -oE '[0-9]+ (tried|files)' "$top/docs/COMPARISON.md"
	assert_line "$(find "$tests_dir/data/conf" -type f | wc -l) files"
	assert_line "$(grep '^| [^-]' "$top/docs/PROGRAMS.md" | sed 1d |
		wc -l) tried"
}

# [NAME, NAME: "TITLE", `make TARGET`] in a text.
@test "the tests between brackets in docs/SECURITY.md and docs/LIBSSH2.md exist" {
	cat "$top"/docs/{SECURITY,LIBSSH2}.md | tr '\n' ' ' | tr -s ' ' |
		grep -oE '\[[a-z][^][]*\]' | tr -d '[]' |
		grep -oE '[a-z0-9_]+: "[^"]*"|[a-z0-9_]+|`[^`]*`' |
		grep -v '`' | while IFS= read -r name; do
		title=${name#*: }
		[[ $title != "$name" ]] || title=
		title=${title//\"/}
		is_test "${name%%:*}" "${title% ...}" || echo "$name"
	done | none_missing
}
