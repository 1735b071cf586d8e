#!/usr/bin/env bats
# Logging in with Kerberos (gssapi-with-mic), with a realm of the suite's own.
#
# shellcheck disable=SC2154

load lib/suite

PATH=$PATH:/usr/sbin

setup_file() {
	suite_begin
	without_identity
	is_possible || return 0
	export KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf
	export KRB5_KTNAME=$dir/keytab
	on_free_port start_kdc
	kadmin.local -q 'addprinc -pw secret '"$user" >/dev/null
	kadmin.local -q 'addprinc -randkey host/127.0.0.1' >/dev/null
	kadmin.local -q "ktadd -k $dir/keytab host/127.0.0.1" >/dev/null
	KRB5CCNAME=FILE:$dir/tickets kinit -f "$user" <<<secret >/dev/null
	start_sshd main 'GSSAPIAuthentication yes' 'PubkeyAuthentication no' \
		'GSSAPIStrictAcceptorCheck no'
	start_sshd both 'GSSAPIAuthentication yes' \
		'GSSAPIStrictAcceptorCheck no' \
		'AuthenticationMethods gssapi-with-mic,publickey'
}

is_possible() {
	command -v krb5kdc kadmin.local kdb5_util kinit >/dev/null
}

start_kdc() {
	cat >"$dir/krb5.conf" <<-END
		[libdefaults]
			default_realm = HARBOUR.EXAMPLE
			dns_lookup_kdc = false
			dns_lookup_realm = false
			dns_canonicalize_hostname = false
			rdns = false
		[realms]
			HARBOUR.EXAMPLE = {
				kdc = 127.0.0.1:$free_port
			}
		[domain_realm]
			127.0.0.1 = HARBOUR.EXAMPLE
	END
	cat >"$dir/kdc.conf" <<-END
		[kdcdefaults]
			kdc_listen = 127.0.0.1:$free_port
			kdc_tcp_listen = 127.0.0.1:$free_port
		[realms]
			HARBOUR.EXAMPLE = {
				database_name = $dir/principals
				key_stash_file = $dir/stash
				acl_file = $dir/acl
			}
		[logging]
			kdc = STDERR
	END
	[[ -e $dir/principals ]] ||
		kdb5_util create -s -P master >/dev/null 2>&1 || return 1
	launch kdc 'commencing operation' krb5kdc -n
}

setup() {
	exec </dev/null
	tmp=$BATS_TEST_TMPDIR
	needs_native
	is_possible || skip "no Kerberos server"
	needs_world
	is_ssh || grep -qs '^#define HAVE_GSSAPI' "${HAWSER%/*}/config.h" ||
		skip "this build has no GSSAPI"
	export KRB5CCNAME=FILE:$dir/tickets
}

login() {
	run_client -v -o GSSAPIAuthentication=yes "$@"
}

@test "a ticket lets the user in" {
	login main echo in
	assert_success
	assert_output in
	assert_stderr --partial 'using "gssapi-with-mic"'
}

@test "only when it is wanted" {
	run_client -v main echo in
	assert_equal "$status" 255
	refute_stderr --partial 'method: gssapi-with-mic'
}

@test "without a ticket other methods follow" {
	KRB5CCNAME=FILE:$tmp/none login main echo in
	assert_equal "$status" 255
	assert_stderr --regexp 'Permission denied \(.*gssapi-with-mic\)'
	refute_stderr --partial 'partial success'
	authorize "$dir/id.pub"
	start_sshd open 'GSSAPIAuthentication yes' \
		'GSSAPIStrictAcceptorCheck no'
	KRB5CCNAME=FILE:$tmp/none login -i "$dir/id" open echo in
	assert_output in
	assert_stderr --partial 'using "publickey"'
}

@test "a ticket of somebody else's" {
	kadmin.local -q 'addprinc -pw secret ada' >/dev/null
	KRB5CCNAME=FILE:$tmp/ada kinit ada <<<secret >/dev/null
	KRB5CCNAME=FILE:$tmp/ada login main echo in
	assert_equal "$status" 255
	assert_stderr --partial 'Permission denied'
}

@test "it may be the first of two methods" {
	authorize "$dir/id.pub"
	login -i "$dir/id" both echo in
	assert_success
	assert_output in
	assert_stderr --partial 'Authenticated using "gssapi-with-mic" with partial success.'
}

@test "credentials are passed on with -K, and not else" {
	login -K main 'klist -s && echo there || echo none'
	assert_output there
	login main 'klist -s && echo there || echo none'
	assert_output none
}
