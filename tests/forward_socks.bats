#!/usr/bin/env bats
# SOCKS here (-D) and on the server (-R PORT), for curl and for anybody else.

load lib/suite
load lib/forward
load lib/shell

setup_file() {
	suite_begin
	head -c 8388608 /dev/urandom >"$dir/data"
	start_target web
	start_target six '[::1]:0'
	start_sshd sshd
	! command -v dropbear >/dev/null || start_dropbear dropbear
	! has_go_server || start_go go
}

# asks HOW HOST PORT: what a server says through the SOCKS port $free.
asks() {
	run limited "$python" "$tests_dir/peers/socks.py" "$free" "$@"
}

fetches() {
	run curl -sS --noproxy '' "$@"
}

# every_way HOST: SOCKS 4, 4a and 5, addresses and names.
every_way() {
	local way web

	web=127.0.0.1:$(port web)
	for way in socks4 socks4a socks5 socks5-hostname; do
		fetches --$way "127.0.0.1:$free" "http://$web/name"
		assert_output web
	done
	for way in socks4a socks5-hostname; do
		fetches --$way "127.0.0.1:$free" \
			"http://localhost:$(port web)/name"
		assert_output web
	done
	fetches --socks5 "127.0.0.1:$free" "http://[::1]:$(port six)/name"
	assert_output six
}

# dynamic HOST
dynamic() {
	needs_host "$1"
	pick_port
	start_tunnel "$free" -- -D "$free" "$1"
	every_way
	passes_http "$(port web)" --socks5 "127.0.0.1:$free"
}

@test "sshd: -D" {
	dynamic sshd
}

@test "Dropbear: -D" {
	dynamic dropbear
}

@test "a Go server: -D" {
	dynamic go
}

@test "-D: the server is told who connected" {
	pick_port && from=$free
	pick_port
	start_tunnel "$free" -- -D "$free" sshd
	fetches --socks5 "127.0.0.1:$free" --local-port "$from" \
		"http://127.0.0.1:$(port web)/name"
	assert_output web
	server_logged sshd "originator 127.0.0.1 port $from, target 127.0.0.1"
}

@test "-D on a given address, and DynamicForward" {
	pick_port && one=$free
	pick_port
	start_tunnel "$free" "$one" -- -D "127.0.0.1:$one" \
		-o "DynamicForward=localhost:$free" sshd
	every_way
	free=$one
	every_way
}

# at_once HOW: requests that come in one piece with the data, and in bytes.
at_once() {
	local how

	for how in 4 4a 5 5name; do
		asks "$how" 127.0.0.1 "$(port web)" "$@"
		assert_output web
	done
	asks 5v6 ::1 "$(port six)" "$@"
	assert_output six
}

@test "-D: requests byte by byte, and with data behind them" {
	pick_port
	start_tunnel "$free" -- -D "$free" sshd
	at_once bytes
	at_once eager
}

# answers: what a client hears of a target that refuses. Codes are RFC 1928's.
@test "-D: a target that refuses" {
	pick_port && nobody=$free
	pick_port
	start_tunnel "$free" -- -D "$free" sshd
	asks 5 127.0.0.1 "$nobody"
	assert_output "refused"
	asks 4 127.0.0.1 "$nobody"
	assert_output "refused"
	client_said "open failed: connect failed: Connection refused"
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
}

@test "-D: after a target that refused, others are no news" {
	pick_port
	start_tunnel "$free" -- -v -D "$free" sshd
	asks 5 127.0.0.1 1
	client_said 'open failed: connect failed'
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
	run grep -c 'works again' "$tmp/err"
	assert_output 0
}

@test "-D: what is not SOCKS, and what it does not serve" {
	pick_port
	start_tunnel "$free" -- -D "$free" sshd
	before=$(descriptors)
	for how in nonsense bind5 udp5 bind4 login5 empty; do
		asks $how 127.0.0.1 "$(port web)"
		assert_output refused
	done
	wait_until 10 descriptors_are "$before"
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
}

@test "-D: 60 at once" {
	pick_port
	start_tunnel "$free" -- -D "$free" sshd
	asks many 127.0.0.1 "$(port web)" 60
	assert_output '60 fine'
}

# --- on the server ------------------------------------------------------------

# remote HOST
remote() {
	needs_host "$1"
	start_tunnel -- -R 0 "$1"
	free=$(allocated_port "")
	every_way
	passes_http "$(port web)" --socks5 "127.0.0.1:$free"
}

@test "sshd: -R for SOCKS" {
	remote sshd
}

@test "a Go server: -R for SOCKS" {
	remote go
}

@test "Dropbear: -R for SOCKS" {
	needs_host dropbear
	pick_port
	start_tunnel "$free" -- -R "$free" dropbear
	every_way
}

@test "-R for SOCKS: requests byte by byte, and with data behind them" {
	pick_port
	start_tunnel "$free" -- -R "localhost:$free" sshd
	at_once bytes
	at_once eager
}

@test "-R for SOCKS: targets that refuse, and nonsense" {
	pick_port && nobody=$free
	pick_port
	start_tunnel "$free" -- -R "$free" sshd
	asks 5 127.0.0.1 "$nobody"
	assert_output refused
	asks 5name no-such-name.invalid 80
	assert_output refused
	for how in nonsense bind5 udp5 bind4 login5 empty; do
		asks $how 127.0.0.1 "$(port web)"
		assert_output refused
	done
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
}

@test "-R for SOCKS: a target that answers when nobody listens any more" {
	start_slow
	pick_port
	printf -v here '%04X' "$free"
	printf -v there '%04X' "$slow"
	steps=(expect "$prompt" await "grep -q ':$here [0-9A-F:]* 0A' /proc/net/tcp"
		'do' "$python $tests_dir/peers/socks.py $free 5 127.0.0.1 $slow eager >$tmp/said &"
		await "grep -q '0100007F:$there 02' /proc/net/tcp"
		send $'\r~C' expect 'ssh> ' send "-KR$free"$'\r'
		expect 'Canceled' 'do' "touch $tmp/go" await "test -s $tmp/said"
		send $'\r~.')
	run_session "${steps[@]}" -- -o EnableEscapeCommandline=yes \
		-R "$free" sshd
	assert_equal "$(<"$tmp/said")" 'slow name'
}

@test "PermitRemoteOpen" {
	pick_port
	start_tunnel "$free" -- -R "$free" \
		-o "PermitRemoteOpen=127.0.0.1:$(port web) [::1]:*" sshd
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
	asks 5v6 ::1 "$(port six)"
	assert_output six
	asks 5name localhost "$(port web)"
	assert_output refused
	asks 5 127.0.0.1 "$(port sshd)"
	assert_output refused
	stop_client
	pick_port
	start_tunnel "$free" -- -R "$free" -o PermitRemoteOpen=none sshd
	asks 5 127.0.0.1 "$(port web)"
	assert_output refused
	stop_client
	pick_port
	start_tunnel "$free" -- -R "$free" -o PermitRemoteOpen=any sshd
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
}

@test "PermitRemoteOpen says nothing about -D and -R to a target" {
	pick_port && one=$free
	pick_port
	start_tunnel "$free" "$one" -- -o PermitRemoteOpen=none -D "$free" \
		-R "$one:127.0.0.1:$(port web)" sshd
	asks 5 127.0.0.1 "$(port web)"
	assert_output web
	run traffic call "$one" name
	assert_output web
}
