#!/usr/bin/env bats
# A lot of data, in every direction, with every algorithm, across rekeys.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	# without being asked, OpenSSH 10 offers none of these
	local finite=+diffie-hellman-group14-sha256,diffie-hellman-group16-sha512
	finite+=,diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha256

	suite_begin
	start_sshd main "KexAlgorithms $finite"
	start_sshd rekey 'RekeyLimit 1M' "KexAlgorithms $finite"
	head -c 67108864 /dev/urandom >"$dir/data"
	sum=$(sha256sum <"$dir/data")
	export sum
}

down() {
	client "$@" "cat $dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

up() {
	run_client "$@" sha256sum <"$dir/data"
	assert_success
	assert_output "$sum"
}

both() {
	client "$@" cat <"$dir/data" >"$tmp/got"
	assert_equal "$(sha256sum <"$tmp/got")" "$sum"
}

# A key exchange that takes little time.
quick=-oKexAlgorithms=curve25519-sha256

# Keys must have changed this often, at least.
rekeyed() {
	(($(grep -c 'SSH2_MSG_NEWKEYS received' "$dir/rekey.log") > $1))
	: >"$dir/rekey.log"
}

@test "64 MiB down" {
	down main
}

@test "64 MiB up" {
	up main
}

@test "64 MiB both ways at once" {
	both main
}

@test "64 MiB down while keys change" {
	down "$quick" rekey
	rekeyed 30
}

@test "64 MiB up while keys change" {
	up "$quick" rekey
	rekeyed 30
}

@test "64 MiB both ways at once while keys change" {
	both "$quick" rekey
	rekeyed 60
}

@test "stdout, stderr and stdin at once while keys change" {
	local half=33554432
	client "$quick" rekey "head -c $half $dir/data & head -c $half $dir/data >&2 &
		sha256sum >$tmp/sum; wait" \
		<"$dir/data" >"$tmp/out" 2>"$tmp/err"
	head -c $half "$dir/data" | cmp - "$tmp/out"
	head -c $half "$dir/data" | cmp - "$tmp/err"
	assert_equal "$(<"$tmp/sum")" "$sum"
	rekeyed 60
}

# transfer ALGORITHM LOG TEXT OPTION...: 4 MiB there and back, and the server
# must have used what was asked for.
transfer() {
	local text=$2

	: >"$dir/rekey.log"
	head -c 4194304 "$dir/data" >"$tmp/part"
	client "${@:3}" rekey cat <"$tmp/part" >"$tmp/got"
	cmp "$tmp/part" "$tmp/got"
	grep -q -- "$text" "$dir/rekey.log" || fail "$1 was not used"
}

@test "each cipher" {
	for cipher in chacha20-poly1305@openssh.com aes256-gcm@openssh.com \
		aes128-gcm@openssh.com aes256-ctr aes192-ctr aes128-ctr; do
		transfer $cipher "cipher: $cipher " -c $cipher "$quick"
	done
}

@test "each MAC" {
	for mac in hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com \
		hmac-sha2-256 hmac-sha2-512; do
		transfer $mac "MAC: $mac " -c aes128-ctr -m $mac "$quick"
	done
}

@test "each key exchange on elliptic curves" {
	for kex in curve25519-sha256 curve25519-sha256@libssh.org \
		ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521; do
		transfer $kex "kex: algorithm: $kex" -o KexAlgorithms=$kex
	done
}

@test "each key exchange on finite fields" {
	for kex in diffie-hellman-group14-sha256 \
		diffie-hellman-group16-sha512 \
		diffie-hellman-group-exchange-sha256; do
		transfer $kex "kex: algorithm: $kex" -o KexAlgorithms=$kex
	done
}

@test "diffie-hellman-group18-sha512" {
	run_client -o KexAlgorithms=diffie-hellman-group18-sha512 main echo hello
	assert_success
	assert_output hello
}

@test "-C compresses, across rekeys too" {
	transfer zlib 'compression: zlib@openssh.com' -C
	seq 2000000 >"$tmp/text"
	client -C rekey cat <"$tmp/text" >"$tmp/got"
	cmp "$tmp/text" "$tmp/got"
}

without_sanitizers() {
	[[ -z ${HAWSER_SANITIZERS:-} ]] || skip "sanitizers take memory too"
}

# The most memory, in KiB, that the client has had.
peak_memory() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$client_pid/status"
}

@test "a reader that is slow does not make us grow" {
	hawser_only
	without_sanitizers
	mkfifo "$tmp/out"
	exec 5<>"$tmp/out"
	start_client main "cat $dir/data"
	exec 6<"$tmp/out" 5>&-
	for _ in 1 2 3 4 5; do
		head -c 1000000 <&6 >/dev/null
		sleep 0.2
	done
	(($(peak_memory) < 49152))
	cat <&6 >/dev/null
	exec 6<&-
	wait "$client_pid"
}

@test "a remote reader that is slow does not make us grow" {
	hawser_only
	without_sanitizers
	start_client main "sleep 1; cat >/dev/null" <"$dir/data"
	for _ in 1 2 3 4 5; do
		sleep 0.1
		(($(peak_memory) < 49152))
	done
	client_status
	assert_equal "$status" 0
}
