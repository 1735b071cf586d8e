#!/usr/bin/env bats
# Keys of smartcards and other tokens (PKCS11Provider, -I), which SoftHSM is.
#
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	make_key ca ed25519
	make_key plain ed25519
	start_sshd main "TrustedUserCAKeys $dir/ca.pub"
	authorize "$dir/plain.pub"
	softhsm_library >/dev/null || return 0
	mkdir "$dir/tokens"
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$dir/tokens" \
		>"$dir/softhsm2.conf"
	export SOFTHSM2_CONF=$dir/softhsm2.conf
	softhsm2-util --init-token --free --label 'Pier 1' --pin 1234 \
		--so-pin 5678 >/dev/null
	soft_key 01 rsa:2048 rsa_key
	soft_key 02 EC:prime256v1 ec_key
	soft_key 03 EC:secp384r1 lost_key
	# what cannot be signed with is not offered
	openssl req -x509 -newkey ed25519 -nodes -subj /CN=it -outform DER \
		-keyout /dev/null -out "$dir/ed25519.der" 2>/dev/null
	pkcs11-tool --module "$(softhsm_library)" --login --pin 1234 \
		--token-label 'Pier 1' --write-object "$dir/ed25519.der" \
		--type cert --id 04 >/dev/null 2>&1
	ssh-keygen -D "$(softhsm_library)" >"$dir/token_keys"
	grep -v ' lost_key' "$dir/token_keys" >>"$dir/authorized_keys"
	grep ' lost_key' "$dir/token_keys" >"$dir/lost_key.pub"
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	library=$(softhsm_library) || skip "no SoftHSM"
	command -v pkcs11-tool >/dev/null || skip "no pkcs11-tool"
}

softhsm_library() {
	local file

	for file in /usr/lib/softhsm /usr/lib/*/softhsm /usr/lib/pkcs11; do
		[[ -e $file/libsofthsm2.so ]] || continue
		echo "$file/libsofthsm2.so"
		return
	done
	return 1
}

# soft_key ID TYPE LABEL
soft_key() {
	pkcs11-tool --module "$(softhsm_library)" --login --pin 1234 \
		--token-label 'Pier 1' --keypairgen --key-type "$2" --id "$1" \
		--label "$3" >/dev/null 2>&1
}

# with PIN [OPTION]...
with() {
	answers "$1"
	run_client -o BatchMode=no -I "$library" "${@:2}" main echo hi
}

logs_in() {
	assert_success
	assert_output hi
}

denied() {
	assert_equal "$status" 255
	assert_stderr --partial "Permission denied (publickey)."
}

# The algorithm and comment of each key that was offered, in one line.
offered() {
	sed -n 's/^debug1: Offering public key: \([^ ]*\) \([^ ]*\).*/\2/p' \
		<<<"$stderr" | paste -s -d ' '
}

@test "RSA and ECDSA keys, with the PIN asked for in ssh's words" {
	with 1234 -o PubkeyAcceptedAlgorithms='rsa-sha2-256'
	logs_in
	assert_equal "$(<"$tmp/questions")" "Enter PIN for 'Pier 1': "
	with 1234 -o PubkeyAcceptedAlgorithms='rsa-sha2-512'
	logs_in
	with 1234 -o PubkeyAcceptedAlgorithms='ecdsa-sha2-nistp256'
	logs_in
	assert_equal "$(<"$tmp/questions")" "Enter PIN for 'Pier 1': "
}

@test "the keyword, and none" {
	answers 1234
	run_client -o BatchMode=no -o PKCS11Provider="$library" main echo hi
	logs_in
	run_client -o PKCS11Provider=none main true
	denied
}

@test "no PIN, and a wrong one: once, and the next key is tried" {
	with 4321 -i "$dir/plain"
	logs_in
	# ssh asks for each key
	is_ssh || assert_equal "$(wc -l <"$tmp/questions")" 1
	is_ssh || { # an empty one is not tried: the token would count it
		with '' -v -i "$dir/plain"
		logs_in
		refute_stderr --partial C_Login
	}
	answers
	run_client -I "$library" -i "$dir/plain" main echo hi # BatchMode
	logs_in
	asked_nothing
	is_ssh || assert_stderr --partial 'signing failed for'
}

@test "a reader that asks for the PIN itself" {
	local flags

	read -ra flags <<<"$(pkg-config --cflags p11-kit-1)"
	"${CC:-cc}" -shared -fPIC "${flags[@]}" -o "$tmp/keypad.so" \
		"$tests_dir/peers/token_keypad.c"
	export KEYPAD_LIBRARY=$library KEYPAD_PIN=1234
	answers
	run_client -I "$tmp/keypad.so" main true # BatchMode
	denied
	is_ssh || assert_stderr --partial 'need pin entry on reader keypad'
	refute_stderr --partial 'keypad: '
	run_client -o BatchMode=no -I "$tmp/keypad.so" main echo hi
	logs_in
	assert_stderr 'keypad: typed'
	is_ssh && return # asks for each key
	KEYPAD_PIN=4321 run_client -v -o BatchMode=no -I "$tmp/keypad.so" \
		-i "$dir/plain" main echo hi
	logs_in
	assert_equal "$(grep -c keypad: <<<"$stderr")" 1
	asked_nothing
}

@test "a certificate for a key of the token" {
	ssh-keygen -q -s "$dir/ca" -I on_token -n "$user" "$dir/lost_key.pub"
	with 1234 -o CertificateFile="$dir/lost_key-cert.pub"
	logs_in
	server_logged main 'Accepted certificate ID "on_token"'
}

@test "the order of offers is ssh's: tokens before files, named ones first" {
	start_sshd patient 'AuthorizedKeysFile none' 'MaxAuthTries 20'
	local with=(-v -o BatchMode=no -I "$library")

	run_client "${with[@]}" -i "$dir/plain" patient true
	denied
	assert_regex "$(offered)" '^(RSA ECDSA ECDSA|ECDSA RSA ECDSA|ECDSA ECDSA RSA) ED25519$'
	run_client "${with[@]}" -i "$dir/plain" -i "$dir/lost_key.pub" \
		patient true
	denied
	first=$(sed -n 's/^debug1: Offering public key: //p' <<<"$stderr" | head -n 1)
	[[ $first == *"ECDSA $(fingerprint "$dir/lost_key.pub") token"* ]]
	run_client "${with[@]}" -i "$dir/plain" -o IdentitiesOnly=yes \
		patient true
	denied
	assert_equal "$(offered)" ED25519
}

@test "no library, no token, a library of another kind: files still serve" {
	run_client -I /no/such/library -i "$dir/plain" main echo hi
	logs_in
	SOFTHSM2_CONF=/dev/null run_client -I "$library" -i "$dir/plain" main echo hi
	logs_in
	"${CC:-cc}" -shared -fPIC -o "$tmp/sk.so" "$tests_dir/peers/sk_soft.c" \
		-lcrypto
	run_client -I "$tmp/sk.so" -i "$dir/plain" main echo hi
	logs_in
}

# A library that does this when it is loaded.
bad_library() {
	printf '#include <stdlib.h>\n#include <unistd.h>
		unsigned long C_GetFunctionList(void **list);
		unsigned long C_GetFunctionList(void **list) { %s; }\n' "$1" |
		"${CC:-cc}" -shared -fPIC -o "$tmp/bad.so" -x c -
}

@test "a library that crashes, ends or never answers" {
	hawser_only # ssh goes down with it
	local what

	for what in 'abort()' '_exit(0)' 'return 1' '*list = NULL; return 0' \
		'for (int fd = 3; fd < 64; fd++) if (write(fd, "\377\377", 2) < 0) continue; _exit(0)' \
		'for (int fd = 3; fd < 64; fd++) if (write(fd, "\0\0\0\5\14\0\0\0\0\0\0\0\5\14\0\0\0\0", 18) < 0) continue; return 1'; do
		bad_library "$what"
		run_client -I "$tmp/bad.so" -i "$dir/plain" main echo hi
		logs_in
	done
	needs_native
	bad_library 'sleep(3600)'
	start_sshd hurried 'LoginGraceTime 1'
	run_client -I "$tmp/bad.so" -i "$dir/plain" hurried true
	assert_equal "$status" 255
	assert_stderr --partial 'Connection closed by 127.0.0.1 port'
	run pgrep -f "$dir/config.*hurried"
	assert_output ""
}
