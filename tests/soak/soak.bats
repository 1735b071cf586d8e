#!/usr/bin/env bats
# Five minutes ($SOAK_SECONDS) of every kind of forwarding at once: nothing may
# grow. Run by "make soak".

load ../lib/suite
load ../lib/forward

setup_file() {
	suite_begin
	head -c 8388608 /dev/urandom >"$dir/data"
	start_target web 0 "$dir/web.sock"
	start_sshd sshd 'RekeyLimit 64M'
}

# One round of load; afterwards nothing is under way.
round() {
	local jobs=() place

	traffic swarm 40 1000000 "$local_port" "$dir/soak.sock" \
		"$remote_port" >"$tmp/swarm" 2>&1 &
	jobs+=($!)
	traffic call "$remote_port" both 33554432 >"$tmp/up" 2>&1 &
	jobs+=($!)
	traffic call "$local_port" both 33554432 >"$tmp/down" 2>&1 &
	jobs+=($!)
	for place in "$(port web)" "$nobody"; do
		curl -sS --noproxy '' --socks5 "127.0.0.1:$socks_port" -o "$tmp/got" \
			"http://127.0.0.1:$place/1000000" 2>/dev/null &
		jobs+=($!)
	done
	traffic names 60 "$local_port=web" "$remote_port=web" \
		>"$tmp/names" 2>&1 &
	jobs+=($!)
	wait "${jobs[@]}" || :
	assert_equal "$(<"$tmp/swarm")" '40 fine'
	assert_equal "$(<"$tmp/up")$(<"$tmp/down")" okok
	assert_equal "$(head -n 1 "$tmp/names")" '60 fine'
	assert_equal "$(wc -c <"$tmp/got")" 1000000
	wait_until 10 descriptors_are "$idle_descriptors"
}

@test "mixed load takes no more memory than in its first minute" {
	local seconds=${SOAK_SECONDS:-300} first=0 now rounds=0

	export CLIENT_TIMEOUT=120
	pick_port && nobody=$free
	pick_port && local_port=$free
	pick_port && remote_port=$free
	pick_port && socks_port=$free
	start_tunnel "$local_port" "$remote_port" "$socks_port" -- \
		-L "$local_port:127.0.0.1:$(port web)" -D "$socks_port" \
		-L "$dir/soak.sock:$dir/web.sock" \
		-R "$remote_port:127.0.0.1:$(port web)" sshd
	stall stuff "$local_port" stuff
	stall hold "$remote_port" hold
	passes "$local_port"
	idle_descriptors=$(descriptors)
	SECONDS=0
	while ((SECONDS < seconds)); do
		round
		rounds=$((rounds + 1))
		now=$(memory_of "$client_pid" VmRSS)
		if ((SECONDS <= seconds / 5)); then
			((now <= first)) || first=$now
		else
			((now <= first * 11 / 10)) ||
				fail "after $SECONDS s: $now KiB; before: $first"
		fi
	done
	echo "# $rounds rounds, $first KiB in the first, $now at the end" >&3
	still_there
}
