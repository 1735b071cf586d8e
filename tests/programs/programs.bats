#!/usr/bin/env bats
# The programs that people run on top of ssh, unchanged but for the name of the
# program that they call. Each test is a line of the table in docs/PROGRAMS.md.
#
# They run in the suite's world, in which ~/.ssh is the suite's.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load ../lib/suite
load ../lib/forward
load ../lib/tunnel

setup_file() {
	suite_begin
	needs_world
	start_sshd main 'Subsystem sftp internal-sftp' 'MaxSessions 50' \
		'LogLevel VERBOSE'
	start_sshd far 'Subsystem sftp internal-sftp'
	for copy in a b c; do
		start_sshd "$copy" 'Subsystem sftp internal-sftp'
	done
	start_target web
	printf 'Host jumped\n\tHostName 127.0.0.1\n\tPort %s\n\tProxyJump main\n' \
		"$(port far)" >>"$dir/config"
	sed "s|$dir|/run/suite|g" "$dir/config" >"$dir/home/.ssh/config"
	mkdir "$dir/bin"
	ln -s "$HAWSER" "$dir/bin/ssh"
	head -c 3000000 /dev/urandom >"$dir/home/data"
	mkdir "$dir/home/tree"
	for name in one 'two words' drei; do
		head -c 100000 /dev/urandom >"$dir/home/tree/$name"
	done
	export GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a \
		GIT_AUTHOR_EMAIL=a@example GIT_COMMITTER_NAME=a \
		GIT_COMMITTER_EMAIL=a@example
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	place=/run/suite/${tmp#"$dir"/}
	[[ $tmp == "$dir"/* ]] || {
		mkdir -p "$dir/home/work$BATS_TEST_NUMBER"
		tmp=$dir/home/work$BATS_TEST_NUMBER
		place=/run/suite/home/work$BATS_TEST_NUMBER
	}
}

# Run a command at home.
at_home() {
	HOME=/run/suite/home timeout -k 5 "${LIMIT:-60}" "${WORLD[@]}" \
		sh -c 'cd && exec "$@"' sh "$@" 3>&-
}

# The same where hawser is called ssh, for programs that cannot be told.
as_ssh() {
	at_home env PATH="$dir/bin:$PATH" "$@"
}

needs() {
	command -v "$1" >/dev/null || skip "no $1"
}

# tested PROGRAM VERSION WHAT HOW: a line of the table.
tested() {
	[[ -z ${TABLE:-} ]] ||
		echo "| $1 | $2 | $3 | $4 |" >>"$TABLE"
}

same_file() {
	cmp "$1" "$2" || fail "$2 is not $1"
}

@test "git" {
	needs git
	at_home git init -q --bare "$place/bare.git"
	at_home git init -q "$place/work"
	at_home cp data "$place/work/data"
	at_home git -C "$place/work" add data
	at_home git -C "$place/work" commit -q -m one
	GIT_SSH=$HAWSER at_home git -C "$place/work" push -q \
		"main:$place/bare.git" HEAD:refs/heads/trunk
	GIT_SSH=$HAWSER at_home git clone -q -b trunk "jumped:$place/bare.git" \
		"$place/clone"
	same_file "$dir/home/data" "$tmp/clone/data"
	at_home git -C "$place/work" commit -q --allow-empty -m two
	at_home git -C "$place/work" config core.sshCommand "$HAWSER"
	at_home git -C "$place/work" push -q "ssh://main$place/bare.git" \
		HEAD:refs/heads/trunk
	at_home git -C "$place/clone" config core.sshCommand "$HAWSER -v"
	run at_home git -C "$place/clone" fetch origin
	assert_success
	run at_home git -C "$place/clone" log --format=%s origin/trunk
	assert_line two
	tested git "$(git version | cut -d' ' -f3)" \
		'clone over a jump host, fetch, push' \
		'`GIT_SSH`, `core.sshCommand`'
}

@test "rsync" {
	needs rsync
	at_home rsync -a -e "$HAWSER" tree "main:$place/there/"
	at_home rsync -a -e "$HAWSER" "jumped:$place/there/tree" "$place/back/"
	diff -r "$dir/home/tree" "$tmp/back/tree"
	# interrupted, and taken up again
	run at_home timeout -s INT 1 rsync --partial --bwlimit=500 \
		-e "$HAWSER" data "main:$place/data"
	assert_failure
	at_home rsync --partial --append-verify -e "$HAWSER" data "main:$place/data"
	same_file "$dir/home/data" "$tmp/data"
	tested rsync "$(rsync --version | sed -n '1s/^rsync *version \([^ ]*\).*/\1/p')" \
		'both ways, over a jump host, interrupted and resumed' '`-e`'
}

@test "scp" {
	needs scp
	at_home scp -q -S "$HAWSER" data "main:$place/one"
	same_file "$dir/home/data" "$tmp/one"
	at_home scp -q -r -S "$HAWSER" -J main \
		"far:/run/suite/home/tree" "$place/two"
	diff -r "$dir/home/tree" "$tmp/two"
	at_home scp -q -3 -S "$HAWSER" "main:$place/one" "far:$place/three"
	same_file "$dir/home/data" "$tmp/three"
	at_home scp -q -O -S "$HAWSER" data "main:$place/old"
	same_file "$dir/home/data" "$tmp/old"
	tested scp "$(ssh -V 2>&1 | sed 's/OpenSSH_\([^ ,]*\).*/\1/')" \
		'both ways, `-r`, `-3`, `-J`, the old protocol' '`-S`'
}

@test "sftp" {
	needs sftp
	printf 'put data %s/up\nget %s/up %s/down\nls -l %s\n' "$place" "$place" \
		"$place" "$place" >"$tmp/batch"
	at_home sftp -q -S "$HAWSER" -b "$place/batch" main
	same_file "$dir/home/data" "$tmp/down"
	at_home sftp -q -S "$HAWSER" -J main "far:$place/up" "$place/again"
	same_file "$dir/home/data" "$tmp/again"
	tested sftp "$(ssh -V 2>&1 | sed 's/OpenSSH_\([^ ,]*\).*/\1/')" \
		'a batch, `-J`' '`-S`'
}

@test "sshfs" {
	needs sshfs
	[[ -e /dev/fuse ]] || skip "no /dev/fuse"
	mkdir "$tmp/mount" "$tmp/inside"
	LIMIT=30 at_home sh -c '
		sshfs -o ssh_command="$1" "main:$2/inside" "$2/mount" || exit
		cp data "$2/mount/copy" && cmp data "$2/mount/copy" &&
			ls "$2/mount"
		status=$?
		fusermount3 -u "$2/mount"
		exit $status' sh "$HAWSER" "$place"
	same_file "$dir/home/data" "$tmp/inside/copy"
	tested sshfs "$(sshfs --version 2>&1 | sed -n 's/SSHFS version //p')" \
		'mounted, a file written and read' '`-o ssh_command`'
}

@test "ansible" {
	needs ansible
	printf '[all]\na\nb\nc\n' >"$tmp/hosts"
	cat >"$tmp/play.yml" <<-END
		- hosts: all
		  gather_facts: false
		  tasks:
		    - ansible.builtin.copy: {src: /run/suite/home/tree/one,
		        dest: "$place/{{ inventory_hostname }}.one"}
		    - ansible.builtin.command: "echo {{ item }}"
		      loop: "{{ range(50) | list }}"
	END
	export ANSIBLE_LOCAL_TEMP=$place/l ANSIBLE_REMOTE_TEMP=$place/r \
		ANSIBLE_HOST_KEY_CHECKING=true ANSIBLE_SSH_EXECUTABLE=$HAWSER \
		ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8
	LIMIT=120 run at_home ansible -i "$place/hosts" all -m ping
	assert_success
	assert_equal "$(grep -c '"ping": "pong"' <<<"$output")" 3
	ANSIBLE_PIPELINING=true LIMIT=180 run at_home ansible-playbook \
		-i "$place/hosts" "$place/play.yml"
	assert_success
	for copy in a b c; do
		same_file "$dir/home/tree/one" "$tmp/$copy.one"
		run grep -c 'Accepted publickey' "$dir/$copy.log"
		assert_output 1
	done
	end_masters "$dir/home/.ansible/cp"/*
	tested ansible \
		"$(ansible --version | sed -n '1s/.*core \([^]]*\).*/\1/p')" \
		'three hosts: ping, copy, a loop of 50, pipelining; one login a host' \
		'its own `ssh_args`, `ansible_ssh_executable`'
}

# end_masters SOCKET...: the connections that ansible keeps, one a host.
end_masters() {
	local control pid pids

	assert_equal "$#" 3
	mapfile -t pids < <(for control; do
		"$HAWSER" -F none -S "$control" -O check x 2>&1
	done | sed -n 's/.*(pid=\([0-9]*\)).*/\1/p')
	assert_equal "${#pids[@]}" 3
	for pid in "${pids[@]}"; do
		remember "$pid"
	done
	for control; do
		"$HAWSER" -F none -S "$control" -O exit x
	done
	wait_until 10 all_gone "${pids[@]}"
}

all_gone() {
	local pid

	for pid; do
		gone "$pid" || return
	done
}

@test "mosh" {
	needs mosh
	needs tmux
	export LC_ALL=C.UTF-8
	at_home tmux -L mosh -f /dev/null new-session -d -x 80 -y 24 \
		env SHELL=/bin/sh mosh --bind-server=any \
		--ssh="$HAWSER" jumped -- sh -c 'echo in $((40 + 2)); cat'
	run wait_until 20 mosh_shows 'in 42'
	at_home tmux -L mosh kill-server
	assert_success
	tested mosh "$(mosh --version | sed -n '1s/mosh \([^ ]*\).*/\1/p')" \
		'a shell, its own ProxyCommand, over a jump host' '`--ssh`'
}

mosh_shows() {
	at_home tmux -L mosh capture-pane -p | grep -q "$1"
}

@test "borg" {
	needs borg
	export BORG_RSH=$HAWSER BORG_REPO=ssh://main$place/repo \
		BORG_BASE_DIR=$place BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
	at_home borg init -e none
	at_home borg create ::first tree
	mkdir "$tmp/out"
	at_home sh -c 'cd "$1" && borg extract ::first' sh "$place/out"
	diff -r "$dir/home/tree" "$tmp/out/tree"
	tested borg "$(borg --version | cut -d' ' -f2)" \
		'init, create, extract' '`BORG_RSH`'
}

@test "restic" {
	needs restic
	export RESTIC_PASSWORD=x RESTIC_REPOSITORY=sftp:main:$place/repo
	local by=(-o "sftp.command=$HAWSER main -s sftp" --no-cache -q)

	at_home restic "${by[@]}" init
	at_home restic "${by[@]}" backup tree
	at_home restic "${by[@]}" restore latest --target "$place/out"
	diff -r "$dir/home/tree" "$tmp/out/tree"
	tested restic "$(restic version | cut -d' ' -f2)" \
		'init, backup, restore' '`-o sftp.command`'
}

@test "autossh" {
	needs autossh
	pick_port
	AUTOSSH_PATH=$HAWSER AUTOSSH_GATETIME=0 HOME=/run/suite/home \
		"${WORLD[@]}" autossh -M 0 -N \
		-R "$free:127.0.0.1:$(port web)" main 3>&- &
	remember $!
	wait_until 10 listens "$free"
	passes "$free" 10000
	kill_sessions main
	wait_until 20 serves "$free"
	kill %1
	wait %1 || :
	tested autossh "$(autossh -V | cut -d' ' -f2)" \
		'`-M 0`, a session that is killed comes back' '`AUTOSSH_PATH`'
}

@test "parallel-ssh" {
	needs parallel-ssh
	run as_ssh parallel-ssh -i -H 'a b c' 'echo from $((6 * 7))'
	assert_success
	assert_equal "$(grep -c 'from 42' <<<"$output")" 3
	tested parallel-ssh "$(parallel-ssh --version)" 'three hosts' \
		'as `ssh` in `PATH`'
}

@test "GNU parallel" {
	needs parallel
	mkdir -p "$dir/home/.parallel"
	touch "$dir/home/.parallel/will-cite"
	PARALLEL_SSH=$HAWSER run at_home parallel -S 2/a,2/b \
		'echo {} $((21 * 2))' ::: {1..8}
	assert_success
	assert_equal "$(grep -c ' 42$' <<<"$output")" 8
	tested 'GNU parallel' \
		"$(parallel --version | sed -n '1s/.* //p')" \
		'8 jobs on two hosts' '`PARALLEL_SSH`'
}

@test "ssh-copy-id" {
	needs ssh-copy-id
	make_key fresh ed25519
	mkdir -p "$dir/home/.ssh"
	: >"$dir/home/.ssh/authorized_keys"
	as_ssh ssh-copy-id -f -i /run/suite/fresh.pub main
	run cat "$dir/home/.ssh/authorized_keys"
	assert_output "$(<"$dir/fresh.pub")"
	tested ssh-copy-id "$(ssh -V 2>&1 | sed 's/OpenSSH_\([^ ,]*\).*/\1/')" \
		'a key put there' 'as `ssh` in `PATH`'
}

@test "Emacs TRAMP" {
	needs emacs
	cat >"$tmp/tramp.el" <<-END
		(require 'tramp)
		(setq tramp-verbose 1 vc-handled-backends nil
		      tramp-use-ssh-controlmaster-options nil)
		(find-file "/ssh:main:$place/note")
		(insert "written by TRAMP")
		(save-buffer)
		(princ (with-temp-buffer
		  (insert-file-contents "/ssh:main:/run/suite/home/tree/two words")
		  (md5 (current-buffer) nil nil 'raw-text)))
		(princ (shell-command-to-string "echo there is \$((6 * 7))"))
	END
	LIMIT=120 run as_ssh emacs -Q --batch -l "$place/tramp.el"
	assert_success
	assert_output --partial 'there is 42'
	assert_equal "$(<"$tmp/note")" 'written by TRAMP'
	tested 'Emacs TRAMP' "$(emacs --version | sed -n '1s/GNU Emacs //p')" \
		'a file written, a file read, a process' 'as `ssh` in `PATH`'
}

@test "tmux -CC" {
	needs tmux
	LIMIT=30 run at_home "$python" "$tests_dir/lib/on_pty.py" '%session-changed' \
		$'display-message -p "sum is #{e|*:6,7}"\n' 'sum is 42' \
		$'kill-session\n' -- "$HAWSER" -t main tmux -L cc -CC new-session
	assert_output --partial 'sum is 42'
	assert_output --partial '%exit'
	tested 'tmux -CC' "$(tmux -V | cut -d' ' -f2)" \
		'control mode over `-t`' 'typed'
}

# What VS Code does: a shell without a terminal that gets a script on stdin,
# and whose SOCKS port leads to the port that the script names.
@test "VS Code's way in" {
	pick_port
	mkfifo "$tmp/in"
	HOME=/run/suite/home "${WORLD[@]}" "$HAWSER" -T -D "$free" \
		-o ConnectTimeout=15 main bash <"$tmp/in" >"$tmp/out" 2>&1 3>&- &
	remember $!
	exec 4>"$tmp/in"
	printf 'echo "start==$((6 * 7))=="; echo "listeningOn==%s=="; exec cat\n' \
		"$(port web)" >&4
	wait_until 10 grep -q '^listeningOn==' "$tmp/out"
	run curl -sS --noproxy '' --socks5-hostname "127.0.0.1:$free" -o /dev/null \
		-w '%{http_code}' "http://localhost:$(port web)/1000"
	assert_output 200
	exec 4>&-
	wait %1
	tested 'VS Code Remote' '-' \
		'its protocol, played by a script: `-T -D PORT host bash`' \
		'`remote.SSH.path`'
}

# What docker does with DOCKER_HOST=ssh://: HTTP over a command's streams.
@test "docker's dial-stdio" {
	mkdir -p "$tmp/bin"
	cat >"$tmp/bin/docker" <<-END
		#!/bin/sh
		[ "\$*" = "system dial-stdio" ] || exit 9
		exec python3 -c '
		import os, socket, threading
		s = socket.create_connection(("127.0.0.1", $(port web)))
		def there():
		    while data := os.read(0, 65536):
		        s.sendall(data)
		    s.shutdown(socket.SHUT_WR)
		threading.Thread(target=there, daemon=True).start()
		while data := s.recv(65536):
		    os.write(1, data)
		'
	END
	chmod +x "$tmp/bin/docker"
	printf 'GET /100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
		at_home "$HAWSER" -o ConnectTimeout=30 -T main \
			"PATH=$place/bin:\$PATH" docker system dial-stdio >"$tmp/got"
	run head -n 1 "$tmp/got"
	assert_output --partial '200'
	[[ $(stat -c %s "$tmp/got") -gt 100000 ]]
	tested 'docker' '-' 'its `dial-stdio`, played by a script' \
		'as `ssh` in `PATH`'
}
