#!/usr/bin/env bats
# CanonicalizeHostname and its companions, with a name server that is asked.
#
# Bats has subshells and variables of its own.
# shellcheck disable=SC2030,SC2031,SC2154

load lib/suite

setup_file() {
	suite_begin
	start_dns \
		'web.sea.example A 127.0.0.1' \
		'web.port.example A 127.0.0.1' \
		'db.port.example A 127.0.0.1' \
		'alias.sea.example CNAME real.ship.example' \
		'evil.sea.example CNAME real.elsewhere.example' \
		'odd.sea.example CNAME a$b.ship.example' \
		'a$b.ship.example A 127.0.0.1' \
		'real.ship.example A 127.0.0.1' \
		'real.elsewhere.example A 127.0.0.1' \
		'a.b.sea.example A 127.0.0.1' \
		'broken.sea.example fails' \
		'mute.sea.example silent'
	start_sshd main
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	config=$tmp/config
	needs_world
	((EUID == 0)) || skip "needs root"
}

asked() {
	grep -c "^asked $1" "$dir/dns.log"
}

# name HOST LINE...: what HostName comes to, with these lines and the usual.
name() {
	local host=$1

	shift
	printf '%s\n' "$@" 'CanonicalizeHostname yes' \
		'CanonicalDomains sea.example port.example' >"$config"
	run --separate-stderr limited "${WORLD[@]}" "$HAWSER" -F "$config" -G \
		"$host"
	output=$(sed -n 's/^hostname //p' <<<"$output")
}

@test "domains are tried one after the other" {
	name web
	assert_output web.sea.example
	name DB
	assert_output db.port.example
	name nosuch
	assert_output nosuch
	name web 'CanonicalizeHostname no'
	assert_output web
	name web 'CanonicalDomains none'
	assert_output web
	name web 'CanonicalDomains Port.Example.'
	assert_output web.port.example
	name web 'HostName db'
	assert_output db.port.example
	# a name that is not there is no fault, but one that cannot be found is told
	name broken
	assert_output broken
	assert_stderr --regexp \
		'Could not resolve hostname broken.sea.example.: .*failure'
}

@test "dots, and names that are whole, or no names" {
	name a.b
	assert_output a.b.sea.example
	name a.b 'CanonicalizeMaxDots 0'
	assert_output a.b
	name db.port.example
	assert_output db.port.example
	name db.port.example.
	assert_output db.port.example
	name nosuch.port.example.
	assert_output nosuch.port.example.
	local before
	before=$(asked .)
	name 127.0.0.1
	assert_output 127.0.0.1
	name ::0001
	assert_output ::1
	name fe80::1%nosuch
	assert_output fe80::1%nosuch
	name a.b.c
	assert_output a.b.c
	assert_equal "$(asked .)" "$before"
}

@test "CanonicalizeFallbackLocal no" {
	name nosuch 'CanonicalizeFallbackLocal no'
	assert_equal "$status" 255
	assert_stderr 'ssh: Could not resolve host "nosuch"'
	name nosuch.example. 'CanonicalizeFallbackLocal no'
	assert_equal "$status" 255
	name web 'CanonicalizeFallbackLocal no'
	assert_output web.sea.example
	name a.b.c 'CanonicalizeFallbackLocal no'
	assert_output a.b.c
}

@test "aliases are followed where a rule says so" {
	name alias
	assert_output alias.sea.example
	name alias 'CanonicalizePermittedCNAMEs *.sea.example:*.ship.example'
	assert_output real.ship.example
	name evil 'CanonicalizePermittedCNAMEs *.sea.example:*.ship.example'
	assert_output evil.sea.example
	name evil 'CanonicalizePermittedCNAMEs *'
	assert_output real.elsewhere.example
	name alias 'CanonicalizePermittedCNAMEs none'
	assert_output alias.sea.example
	name alias 'CanonicalizePermittedCNAMEs x.*:* *.SEA.example,x:!*.no,*.ship.*'
	assert_output real.ship.example
	# also where no domain is put behind the name
	name alias.sea.example 'CanonicalizePermittedCNAMEs *:*' \
		'CanonicalizeMaxDots 0'
	assert_output real.ship.example
	name nosuch.sea.example 'CanonicalizePermittedCNAMEs *:*'
	assert_equal "$status" 255
	assert_stderr --partial 'Could not resolve hostname nosuch.sea.example: '
	hawser_only # the resolver of some systems lets it pass, and ssh too
	name odd 'CanonicalizePermittedCNAMEs *:*'
	refute_output --partial '$'
}

@test "behind a proxy names are left to it, except with always" {
	name web 'ProxyCommand none'
	assert_output web.sea.example
	for proxy in 'ProxyCommand nc %h %p' 'ProxyJump gate'; do
		name web "$proxy"
		assert_output web
		name alias.sea.example "$proxy" 'CanonicalizePermittedCNAMEs *:*'
		assert_output alias.sea.example
		name web "$proxy" 'CanonicalizeHostname always'
		assert_output web.sea.example
		name nosuch.sea.example "$proxy" 'CanonicalizeHostname always' \
			'CanonicalizePermittedCNAMEs *:*'
		assert_output nosuch.sea.example
	done
}

@test "the files are read again, with the name that was found" {
	name web 'Host web.sea.example' 'Port 7' 'Match canonical host *.sea.example' \
		'User late' 'Match final originalhost web' 'Compression yes' \
		'Host web' 'HostName %h' 'Host *'
	assert_output web.sea.example
	run "${WORLD[@]}" "$HAWSER" -F "$config" -G web
	assert_line 'port 7'
	assert_line 'user late'
	assert_line 'compression yes'
	assert_line 'host web'
}

@test "a host is reached by its canonical name" {
	echo "[web.sea.example]:$(port main) $(bare_key "$dir/host_ed25519.pub")" \
		>>"$dir/known_hosts"
	cat - "$dir/config" >"$config" <<-END
		CanonicalizeHostname yes
		CanonicalDomains sea.example
	END
	run --separate-stderr limited "${WORLD[@]}" "$HAWSER" -F "$config" \
		-p "$(port main)" web echo here
	assert_success
	assert_output here
}

@test "a name server that is mute" {
	hawser_only # ssh waits for the resolver
	name mute 'ConnectTimeout 1' 'CanonicalizeFallbackLocal no'
	assert_equal "$status" 255
	assert_stderr --partial 'Could not resolve host "mute"'
}
