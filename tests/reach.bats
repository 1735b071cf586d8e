#!/usr/bin/env bats
# A configuration as people have them: bastions, wildcards, Includes, Match,
# canonical names, certificates, several agents. Each of its hosts is reached.
#
# Quoted $ are for the remote shell; Bats has variables of its own.
# shellcheck disable=SC2016,SC2154

load lib/suite

setup_file() {
	suite_begin
	needs_world
	((EUID == 0)) || skip "needs root"
	make_users jump staff git
	mkdir -m 755 "$dir/ferry"
	chmod go+x "$dir"
	make_keys
	start_dns 'build7.corp.example A 127.0.0.1' \
		'build22.corp.example A 127.0.0.1' \
		'web3.corp.example A 127.0.0.1' \
		'wiki.corp.example CNAME web3.corp.example' \
		'vpn.corp.example A 127.0.0.1' 'rig.lab.example A 127.0.0.1' \
		'bastion.example A 127.0.0.1' 'deep.example A 127.0.0.1' \
		'initech.example A 127.0.0.1'
	start_place bastion
	start_place plain 'ListenAddress 127.0.0.2' 'ListenAddress 127.0.0.3' \
		'ListenAddress 127.0.0.4' 'ListenAddress 127.0.0.5' \
		'ListenAddress 127.0.0.6' 'ListenAddress 127.0.0.7'
	start_place corp "TrustedUserCAKeys $dir/staff_ca.pub" \
		"HostCertificate $(host_key ed25519 -N '')-cert.pub"
	move_in
}

make_users() {
	local name uid=54330

	for name; do
		uid=$((uid + 1))
		echo "$name:x:$uid:54321:test:/:/bin/sh" >>"$dir/world/passwd"
		echo "$name:*:19000:0:99999:7:::" >>"$dir/world/shadow"
	done
}

# Who may log in with what, and which authority vouches for whom.
make_keys() {
	local key

	for key in rest work jump acme globex initech staff_ca host_ca; do
		make_key "$key" ed25519
	done
	cat "$dir"/{rest,jump,acme,globex,initech}.pub >"$dir/authorized_keys"
	ssh-keygen -q -s "$dir/staff_ca" -I work -n staff "$dir/work.pub"
	ssh-keygen -q -s "$dir/host_ca" -h -I corp \
		-n 'build7.corp.example,build22.corp.example,web3.corp.example,vpn.corp.example' \
		"$(host_key ed25519 -N '').pub"
	start_agent acme acme
	start_agent globex globex
}

# start_place NAME [LINE]...: an sshd that says who it is.
start_place() {
	start_sshd "$1" "SetEnv WHERE=$1 HAWSER_TEST=$dir" 'AcceptEnv ROUTE LC_*' \
		'AllowTcpForwarding yes' "${@:2}"
}

# Put the files where they belong, with our ports.
move_in() {
	local home=$dir/home/.ssh key

	cp -R "$tests_dir"/data/reach/{config,conf.d,suppliers,work,known-hosts-of} "$home"
	chmod -R go-w "$home"
	mkdir "$home/agents"
	sed -i "s|@corp@|$(port corp)|; s|@plain@|$(port plain)|
		s|@bastion@|$(port bastion)|; s|@home@|/run/suite/home|
		s|@program@|$HAWSER|" "$home/config" "$home"/*/*
	for key in rest work jump initech; do
		cp "$dir/$key" "$home/id_$key"
	done
	cp "$dir/rest" "$home/id_$(hostname -s)_staff"
	cp "$dir/rest" "$home/id_nas"
	cp "$dir/work-cert.pub" "$home/id_work-cert.pub"
	cp "$dir/acme.pub" "$home/id_acme.pub"
	ln -s /run/suite/acme.agent "$home/agents/acme"
	ln -s /run/suite/globex.agent "$home/agents/globex"
	cat >"$home/known_hosts" <<-END
		plain $(bare_key "$dir/host_ed25519.pub")
		bastion $(bare_key "$dir/host_ed25519.pub")
		[*.lab.example]:* $(bare_key "$dir/host_ed25519.pub")
		@cert-authority [*.corp.example]:* $(bare_key "$dir/host_ca.pub")
	END
}

logins_at_bastion() {
	grep -c '^Accepted publickey' "$dir/bastion.log"
}

# reached HOST WHAT: the host says what is expected, and nothing else is said.
reached() {
	local before by=straight expected=$2 command=('echo $WHERE $USER ${ROUTE:--}')

	before=$(logins_at_bastion)
	[[ $1 != nas ]] || command=()
	REACH_SITE=north run --separate-stderr client_at_home "$1" "${command[@]}"
	[[ $2 != *' +' ]] || by=bastion expected=${2% +}
	if [[ $status != 0 || $output != "$expected" || -n $stderr ]]; then
		echo "$1: status $status, output $output, stderr: $stderr"
		return 1
	fi
	[[ $by == straight ]] || (($(logins_at_bastion) > before)) || {
		echo "$1: not by way of the bastion"
		return 1
	}
}

@test "each host is reached" {
	local host what bad=0

	while IFS=': ' read -r host what <&4; do
		[[ $host == '#'* ]] || reached "$host" "$what" || bad=$((bad + 1))
	done 4<"$tests_dir/data/reach/expected"
	assert_equal "$bad" 0
}

@test "in the office nobody jumps" {
	touch "$dir/home/.at_office"
	local before
	before=$(logins_at_bastion)
	reached build7 'corp staff build'
	rm "$dir/home/.at_office"
	assert_equal "$(logins_at_bastion)" "$before"
}
