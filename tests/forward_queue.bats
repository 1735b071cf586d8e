#!/usr/bin/env bats
# Channels are opened one after the other: none may reach a wrong target, and
# one that is not answered may not keep the others for long.

load lib/suite
load lib/forward

setup_file() {
	local name

	suite_begin
	for name in one two three four five; do
		start_target $name
	done
	start_sshd sshd
	! command -v dropbear >/dev/null || start_dropbear dropbear -W 1000000
	! has_go_server || start_go go
}

# Make five forwardings; $pairs are what traffic.py names wants to know.
five_tunnels() {
	local name options=() ports=()

	pairs=()
	for name in one two three four five; do
		pick_port
		ports+=("$free")
		options+=(-L "$free:127.0.0.1:$(port $name)")
		pairs+=("$free=$name")
	done
	start_tunnel "${ports[@]}" -- "${options[@]}" "$@"
}

# each_its_own HOST
each_its_own() {
	needs_host "$1"
	five_tunnels "$1"
	for _ in 1 2 3; do
		run --separate-stderr traffic names 50 "${pairs[@]}"
		assert_output '50 fine'
	done
}

@test "sshd: 50 connections at once to five targets reach their own" {
	each_its_own sshd
}

@test "Dropbear: 50 connections at once to five targets reach their own" {
	each_its_own dropbear
}

@test "a Go server: 50 connections at once to five targets reach their own" {
	each_its_own go
}

@test "50 at once beside a listener on the server, and new ones of it" {
	pick_port && there=$free
	five_tunnels -R "$there:127.0.0.1:$(port one)" sshd
	wait_until 10 listens "$there"
	run --separate-stderr traffic names 50 "${pairs[@]}" "$there=one"
	assert_output '50 fine'
}

# black_hole COUNT HOLE: COUNT connections to a target that does not answer,
# beside five that do.
black_hole() {
	local count=$1 i start

	needs_host go
	pick_port && hole=$free
	five_tunnels "${@:3}" -L "$hole:$2" go
	for ((i = 0; i < count; i++)); do
		stall held.$i "$hole" name
	done
	run --separate-stderr traffic names 50 "${pairs[@]}"
	assert_output '50 fine'
	slowest=${stderr##*slowest }
	slowest=${slowest%.*}
	still_there
}

@test "a target that never answers costs the others two seconds" {
	hawser_only
	black_hole 1 hang.example:80
	((slowest < 3))
	# and nothing more once it was given up
	run --separate-stderr traffic names 50 "${pairs[@]}"
	assert_output '50 fine'
	[[ $stderr == *"slowest 0."* ]] || fail "$stderr"
}

@test "three targets that never answer cost the others two seconds each" {
	hawser_only
	black_hole 3 hang.example:80
	((slowest < 7))
}

@test "data goes on while an open waits" {
	needs_host go
	pick_port && hole=$free
	five_tunnels -L "$hole:hang.example:80" go
	coproc both_ways { exec 3>&-; exec socat - "TCP:127.0.0.1:${pairs[0]%=*}"; }
	echo echo >&"${both_ways[1]}"
	stall held "$hole" name
	for i in 1 2 3 4 5; do
		echo "$i" >&"${both_ways[1]}"
		read -rt 5 answer <&"${both_ways[0]}"
		assert_equal "$answer" "$i"
	done
	kill "$both_ways_PID"
}

@test "an answer that comes too late reaches nobody else" {
	needs_host go
	# of somebody who speaks first
	black_hole 1 "late.example:$(port sshd)"
	# the answer comes after three seconds; ask until well after
	end=$((SECONDS + 4))
	while ((SECONDS < end)); do
		run --separate-stderr traffic names 20 "${pairs[@]}"
		assert_output '20 fine'
	done
	still_there
}

@test "one that is alone may take its time" {
	needs_host go
	pick_port
	start_tunnel "$free" -- -L "$free:late.example:$(port three)" go
	run traffic call "$free" name
	assert_output three
}

@test "one that was given up says why" {
	hawser_only
	needs_libssh2
	# which opens one at a time
	black_hole 1 hang.example:80 -o Engine=libssh2
	client_said hang.example:80
}

@test "who gives up while waiting leaves no trace" {
	needs_host go
	pick_port && hole=$free
	five_tunnels -L "$hole:late.example:$(port two)" go
	run traffic call "${pairs[0]%=*}" name
	assert_output one
	before=$(descriptors)
	for _ in 1 2; do
		run traffic call "$hole" hang_up
		assert_output ok
	done
	run --separate-stderr traffic names 50 "${pairs[@]}"
	assert_output '50 fine'
	wait_until 15 descriptors_are "$before" || fail "$(descriptors)"
	run traffic call "$hole" name
	assert_output two
}

@test "SOCKS: 60 at once to five targets and nowhere" {
	needs_host go
	pick_port && nobody=$free
	pick_port
	start_tunnel "$free" -- -D "$free" go
	jobs=()
	for i in $(seq 60); do
		names=(one two three four five)
		name=${names[i % 5]}
		if ((i % 6 == 0)); then
			wanted=refused
			at=$nobody
		else
			wanted=$name
			at=$(port "$name")
		fi
		{
			curl -sS --noproxy '' --socks5 "127.0.0.1:$free" \
				"http://127.0.0.1:$at/name" || echo refused
		} >"$tmp/got.$i" 2>"$tmp/err.$i" 3>&- &
		jobs+=($!)
		echo "$wanted" >"$tmp/wanted.$i"
	done
	wait "${jobs[@]}"
	for i in $(seq 60); do
		assert_equal "$(<"$tmp/got.$i")" "$(<"$tmp/wanted.$i")"
	done
}
