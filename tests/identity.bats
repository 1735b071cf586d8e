#!/usr/bin/env bats
# Keys: types, formats, passphrases, certificates, agents, and their order.
#
# Quoted $ are for the remote shell; Bats has subshells and variables of its own.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	without_identity
	make_key ca ed25519
	start_sshd main "TrustedUserCAKeys $dir/ca.pub"
	make_key stranger ed25519
	for bits in 256 384 521; do
		make_key ecdsa$bits ecdsa -b $bits
	done
	make_key rsa2048 rsa -b 2048
	make_key rsa3072 rsa -b 3072
	make_key ed25519 ed25519
	for name in rsa2048 rsa3072 ecdsa256 ecdsa384 ecdsa521 ed25519; do
		authorize "$dir/$name.pub"
	done
}

# A copy of a key in $tmp/key: copy NAME FORMAT [PASSPHRASE]
copy() {
	rm -f "$tmp/key" "$tmp/key.pub"
	cp "$dir/$1" "$tmp/key"
	ssh-keygen -q -p -m "$2" -P '' -N "${3:-}" -a 2 -f "$tmp/key" >/dev/null
}

logs_in_with() {
	run_client -i "$@" main echo hi
	assert_success
	assert_output hi
}

denied() {
	assert_equal "$status" 255
	assert_output ""
	assert_stderr --partial "$user@127.0.0.1: Permission denied (publickey)."
}

questions() {
	assert_equal "$(wc -l <"$tmp/questions")" "$1"
}

@test "every type of key in OpenSSH's format" {
	for name in rsa2048 rsa3072 ecdsa256 ecdsa384 ecdsa521 ed25519; do
		copy $name RFC4716
		logs_in_with "$tmp/key"
		assert_stderr ""
	done
}

@test "every type of key in PEM and PKCS#8" {
	for name in rsa2048 rsa3072 ecdsa256 ecdsa384 ecdsa521; do
		for format in PEM PKCS8; do
			copy $name $format
			logs_in_with "$tmp/key"
			assert_stderr ""
		done
	done
}

@test "Ed25519 in PKCS#8" {
	hawser_only # ssh 9.2 could not
	openssl genpkey -algorithm ed25519 -out "$tmp/key"
	chmod 600 "$tmp/key"
	openssl pkey -in "$tmp/key" -pubout -outform DER | tail -c 32 >"$tmp/raw"
	{
		printf 'ssh-ed25519 '
		{ printf '\0\0\0\013ssh-ed25519\0\0\0\040'; cat "$tmp/raw"; } |
			base64 -w 0
		echo
	} >>"$dir/authorized_keys"
	logs_in_with "$tmp/key"
}

@test "every type of key, encrypted, in each format" {
	for name in rsa2048 ecdsa256 ecdsa384 ecdsa521 ed25519; do
		for format in RFC4716 PEM PKCS8; do
			[[ $name$format != ed25519P* ]] || continue
			copy $name $format "$pass"
			answers "$pass"
			logs_in_with "$tmp/key" -o BatchMode=no
			questions 1
		done
	done
}

@test "every cipher of encrypted OpenSSH keys" {
	for cipher in aes128-ctr aes256-ctr aes256-cbc aes128-gcm@openssh.com \
		aes256-gcm@openssh.com chacha20-poly1305@openssh.com 3des-cbc; do
		copy ed25519 RFC4716
		ssh-keygen -q -p -Z $cipher -P '' -N "$pass" -a 2 -f "$tmp/key" \
			>/dev/null
		answers "$pass"
		logs_in_with "$tmp/key" -o BatchMode=no
	done
}

@test "a passphrase is asked with ssh's words" {
	copy ed25519 RFC4716 "$pass"
	answers "$pass"
	logs_in_with "$tmp/key" -o BatchMode=no
	assert_equal "$(<"$tmp/questions")" \
		"Enter passphrase for key '$tmp/key': "
}

@test "a wrong passphrase is asked again, three times in all" {
	copy ed25519 RFC4716 "$pass"
	answers wrong worse "$pass"
	logs_in_with "$tmp/key" -o BatchMode=no
	questions 3
	answers wrong worse worst "$pass"
	run_client -o BatchMode=no -i "$tmp/key" main true
	denied
	questions 3
	answers wrong "$pass"
	run_client -o BatchMode=no -o NumberOfPasswordPrompts=1 \
		-i "$tmp/key" main true
	denied
	questions 1
}

@test "a wrong passphrase of a PEM key is found out too" {
	copy rsa2048 PEM "$pass"
	answers wrong "$pass"
	logs_in_with "$tmp/key" -o BatchMode=no
	questions 2
}

@test "no passphrase given: the next key is tried" {
	copy rsa2048 RFC4716 "$pass"
	answers ''
	logs_in_with "$tmp/key" -o BatchMode=no -i "$dir/ed25519"
	questions 1
}

@test "BatchMode leaves encrypted keys out" {
	copy ed25519 RFC4716 "$pass"
	answers "$pass"
	run_client -i "$tmp/key" main true
	denied
	asked_nothing
}

@test "no passphrase is asked for a key that the server refuses" {
	cp "$dir/stranger" "$tmp/key"
	ssh-keygen -q -p -P '' -N "$pass" -f "$tmp/key" >/dev/null
	answers "$pass"
	run_client -o BatchMode=no -i "$tmp/key" main true
	denied
	asked_nothing
}

@test "two keys for one login: each passphrase is asked once" {
	start_sshd keys 'AuthenticationMethods publickey,publickey'
	copy ed25519 RFC4716 "$pass"
	mv "$tmp/key" "$tmp/one"
	copy ecdsa256 PKCS8 other
	answers "$pass" other
	run_client -o BatchMode=no -i "$tmp/one" -i "$tmp/key" keys echo hi
	assert_success
	assert_output hi
	run cat "$tmp/questions"
	assert_output "$(printf '%s\n' \
		"Enter passphrase for key '$tmp/one': " \
		"Enter passphrase for key '$tmp/key': ")"
}

@test "a key that others can read is ignored, with ssh's words" {
	copy ed25519 RFC4716
	for mode in 644 640 604 666; do
		chmod $mode "$tmp/key"
		run_client -i "$tmp/key" main true
		denied
		assert_stderr --partial "$(
			cat <<-END
				@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
				@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
				@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
				Permissions 0$mode for '$tmp/key' are too open.
				It is required that your private key files are NOT accessible by others.
				This private key will be ignored.
				Load key "$tmp/key": bad permissions
			END
		)"
	done
}

@test "-i with a file that is not there is said, and the others tried" {
	logs_in_with "$tmp/none" -i "$dir/ed25519"
	assert_stderr "Warning: Identity file $tmp/none not accessible: No such file or directory."
}

@test "a key file full of nonsense is said, and the others tried" {
	head -c 300 /dev/urandom | base64 >"$tmp/key"
	chmod 600 "$tmp/key"
	logs_in_with "$tmp/key" -i "$dir/ed25519"
	assert_stderr --partial "Load key \"$tmp/key\":"
}

@test "RSA keys sign with SHA-2" {
	for algorithm in rsa-sha2-256 rsa-sha2-512; do
		start_sshd $algorithm "PubkeyAcceptedAlgorithms $algorithm"
		run_client -i "$dir/rsa2048" \
			-o PubkeyAcceptedAlgorithms=$algorithm $algorithm echo hi
		assert_success
	done
}

@test "PubkeyAcceptedAlgorithms leaves keys out" {
	run_client -i "$dir/ed25519" \
		-o PubkeyAcceptedAlgorithms=-ssh-ed25519 main true
	denied
	run_client -i "$dir/ed25519" -i "$dir/rsa2048" \
		-o PubkeyAcceptedAlgorithms=rsa-sha2-512 main echo hi
	assert_success
}

@test "RequiredRSASize leaves small keys out, and says so" {
	local needs=(-o RequiredRSASize=2049)

	run_client -i "$dir/rsa2048" "${needs[@]}" main true
	denied
	assert_stderr --partial \
		"load pubkey \"$dir/rsa2048\": Invalid key length"
	logs_in_with "$dir/rsa2048" -i "$dir/rsa3072" "${needs[@]}"
	copy rsa2048 PEM "$pass"
	answers "$pass"
	run_client -o BatchMode=no -i "$tmp/key" "${needs[@]}" main true
	denied
	logs_in_with "$dir/rsa2048" -o RequiredRSASize=2048
}

@test "IdentityFile knows tokens" {
	cp "$dir/ed25519" "$dir/token_main_$user"
	run_client -o IdentityFile="$dir/token_%n_%r" main echo hi
	assert_success
}

# certify KEY [KEYGEN OPTION]...: a certificate beside $tmp/KEY, which is not
# itself authorized.
certify() {
	cp "$dir/stranger" "$dir/stranger.pub" "$tmp"
	ssh-keygen -q -s "$dir/ca" -I test -n "$user" "$@" "$tmp/stranger.pub"
}

@test "a certificate beside the key" {
	certify
	logs_in_with "$tmp/stranger"
	server_logged main 'Accepted certificate ID "test"'
}

@test "CertificateFile names a certificate elsewhere" {
	certify
	mkdir "$tmp/elsewhere"
	mv "$tmp/stranger-cert.pub" "$tmp/elsewhere/cert"
	run_client -i "$tmp/stranger" main true
	denied
	logs_in_with "$tmp/stranger" -o CertificateFile="$tmp/elsewhere/cert"
}

@test "a certificate named with -i, like its key" {
	certify
	mkdir "$tmp/elsewhere"
	mv "$tmp/stranger-cert.pub" "$tmp/elsewhere/stranger-cert.pub"
	logs_in_with "$tmp/stranger" -i "$tmp/elsewhere/stranger-cert.pub"
	logs_in_with "$tmp/elsewhere/stranger-cert.pub" -i "$tmp/stranger"
	mv "$tmp/elsewhere/stranger-cert.pub" "$tmp"
	logs_in_with "$tmp/stranger" -i "$tmp/stranger-cert.pub"
}

@test "an encrypted key with a certificate is asked for once" {
	certify
	ssh-keygen -q -p -P '' -N "$pass" -f "$tmp/stranger" >/dev/null
	answers "$pass"
	logs_in_with "$tmp/stranger" -o BatchMode=no
	questions 1
}

@test "a certificate that the server refuses: the plain key still serves" {
	certify -V 20200101:20200201
	run_client -i "$tmp/stranger" main true
	denied
	cp "$dir/ed25519" "$dir/ed25519.pub" "$tmp"
	ssh-keygen -q -s "$dir/stranger" -I bad -n "$user" "$tmp/ed25519.pub"
	logs_in_with "$tmp/ed25519"
}

@test "CertificateFile before its key and after it, encrypted or not" {
	certify
	mv "$tmp/stranger-cert.pub" "$tmp/cert"
	local key=(-i "$tmp/stranger") cert=(-o CertificateFile="$tmp/cert")

	run_client "${key[@]}" "${cert[@]}" main echo hi
	assert_success
	run_client "${cert[@]}" "${key[@]}" -o IdentitiesOnly=yes main echo hi
	assert_success
	rm "$tmp/stranger.pub"
	run_client "${cert[@]}" "${key[@]}" main echo hi
	assert_success
	ssh-keygen -q -p -P '' -N "$pass" -a 2 -f "$tmp/stranger" >/dev/null
	answers "$pass"
	run_client -o BatchMode=no "${cert[@]}" "${key[@]}" main echo hi
	assert_success
	questions 1
}

@test "-v tells what a certificate says, and what may be wrong with it" {
	hawser_only
	certify -V 20200101:20210101 -z 42 -O source-address=127.0.0.1
	TZ=UTC run_client -v -i "$tmp/stranger" main true
	denied
	assert_stderr --partial "certificate $tmp/stranger: serial 42 ID \"test\" CA ssh-ed25519 $(fingerprint "$dir/ca.pub") valid from 2020-01-01T00:00:00 to 2021-01-01T00:00:00"
	assert_stderr --partial "principals [$user] critical options [source-address=127.0.0.1] extensions [permit-X11-forwarding "
	assert_stderr --partial "refused by the server: the certificate has expired"
	rm "$tmp/stranger-cert.pub"
	certify -n ada
	run_client -v -i "$tmp/stranger" main true
	denied
	assert_stderr --partial "refused by the server: the certificate does not name this user"
}

@test "the default files at home, with the config there" {
	needs_world
	local name type
	printf 'Host there\n\tHostName 127.0.0.1\n\tPort %s\n\tUser %s\n' \
		"$(port main)" "$user" >"$dir/home/.ssh/config"
	echo "[127.0.0.1]:$(port main) $(bare_key "$dir/host_ed25519.pub")" \
		>"$dir/home/.ssh/known_hosts"
	while read -r name type; do
		cp "$dir/$name" "$dir/home/.ssh/id_$type"
		run --separate-stderr client_at_home -o BatchMode=yes there \
			'echo $HOME'
		assert_success
		assert_output /run/suite/home
		rm "$dir/home/.ssh/id_$type"
	done <<-END
		rsa2048 rsa
		ecdsa256 ecdsa
		ed25519 ed25519
	END
	run --separate-stderr client_at_home -o BatchMode=yes there true
	denied
}

@test "~ in IdentityFile and UserKnownHostsFile is the home directory" {
	needs_world
	cp "$dir/ed25519" "$dir/home/key"
	run --separate-stderr client_at_home -F none -o BatchMode=yes \
		-o IdentityFile='~/key' -o StrictHostKeyChecking=accept-new \
		-o UserKnownHostsFile='~/known' -p "$(port main)" 127.0.0.1 echo hi
	assert_success
	assert_output hi
	assert_equal "$(wc -l <"$dir/home/known")" 1
	rm -f "$dir/home/key" "$dir/home/known"
}
