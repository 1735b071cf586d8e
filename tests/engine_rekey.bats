#!/usr/bin/env bats
# Keys that change all the time, as both sides ask for it, under data in every
# direction: nothing is lost, nothing hangs.
#
# With TORTURE=1 (make torture) 100 rounds, of 1 GiB each way in all.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite
load lib/forward

setup_file() {
	suite_begin
	rounds=1 size=3000000
	[[ -z ${TORTURE:-} ]] || rounds=100 size=10737419
	export rounds size
	head -c 8388608 /dev/urandom >"$dir/data"
	head -c "$size" /dev/urandom >"$dir/part"
	sum=$(sha256sum <"$dir/part")
	export sum
	start_target web 0 "$dir/web.sock"
	start_sshd often 'RekeyLimit 64K'
}

limit=(-o RekeyLimit=64K -o KexAlgorithms=curve25519-sha256)

# often COMMAND...: run it in every round, each time with success.
often() {
	local round

	for ((round = 0; round < rounds; round++)); do
		"$@" || fail "round $round"
	done
}

# Keys have changed more often than this.
rekeyed() {
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/often.log") > $1)) ||
		fail "too few key exchanges"
	: >"$dir/often.log"
}

both_ways() {
	client "${limit[@]}" often cat <"$dir/part" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

three_streams() {
	client "${limit[@]}" often "cat $dir/part >&2 & cat; wait" \
		<"$dir/part" >"$tmp/got" 2>"$tmp/got.err"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
	assert_equal "$(sha256sum <"$tmp/got.err")" "$sum"
}

small_pieces() {
	run_client "${limit[@]}" often 'i=0
		while [ $i -lt 3000 ]; do echo "line $i"; i=$((i + 1)); done; exit 5'
	assert_equal "$status" 5
	assert_equal "${#lines[@]}" 3000
	assert_equal "${lines[2999]}" 'line 2999'
}

@test "a session, both ways" {
	often both_ways
	rekeyed 30
}

@test "a session, stdin, stdout and stderr" {
	often three_streams
	rekeyed 30
}

@test "a session that writes line by line" {
	often small_pieces
}

@test "a session of ChaCha20-Poly1305, and one of AES-CTR with HMAC" {
	limit+=(-c chacha20-poly1305@openssh.com)
	both_ways
	limit+=(-c aes128-ctr -m hmac-sha2-256)
	both_ways
	rekeyed 60
}

@test "a session with compression" {
	limit+=(-C)
	both_ways
	rekeyed 20
}

tunnels() {
	local jobs=()

	traffic swarm 6 "$((size / 10))" "$local_port" "$dir/there.sock" \
		"$remote_port" >"$tmp/swarm" 2>&1 &
	jobs+=($!)
	traffic call "$local_port" both "$size" >"$tmp/local" 2>&1 &
	jobs+=($!)
	traffic call "$remote_port" both "$size" >"$tmp/remote" 2>&1 &
	jobs+=($!)
	curl -sS --noproxy '' --socks5 "127.0.0.1:$socks_port" -o "$tmp/got" \
		"http://127.0.0.1:$(port web)/$size" &
	jobs+=($!)
	wait "${jobs[@]}" || :
	assert_equal "$(<"$tmp/swarm")" '6 fine'
	assert_equal "$(<"$tmp/local")$(<"$tmp/remote")" okok
	assert_equal "$(sha256sum <"$tmp/got")" "$(flow_sum "$size")"
}

@test "-L, -R and -D at once" {
	pick_port && local_port=$free
	pick_port && remote_port=$free
	pick_port && socks_port=$free
	start_tunnel "$local_port" "$remote_port" "$socks_port" \
		"$dir/there.sock" -- "${limit[@]}" \
		-L "$local_port:127.0.0.1:$(port web)" \
		-L "$dir/there.sock:$dir/web.sock" \
		-R "$remote_port:127.0.0.1:$(port web)" -D "$socks_port" often
	often tunnels
	rekeyed 60
}
