# bash completion for hawser -*- shell-script -*-

_hawser_keywords='
	Tag IgnoreUnknown User HostName Port AddressFamily BindAddress
	BindInterface ConnectTimeout ConnectionAttempts
	CanonicalizeHostname CanonicalDomains CanonicalizeMaxDots
	CanonicalizeFallbackLocal CanonicalizePermittedCNAMEs HostKeyAlias
	CheckHostIP IPQoS TCPKeepAlive VersionAddendum RefuseConnection
	IdentityFile IdentitiesOnly IdentityAgent AddKeysToAgent
	CertificateFile PKCS11Provider SecurityKeyProvider EnableSSHKeysign
	PreferredAuthentications PubkeyAuthentication
	PasswordAuthentication KbdInteractiveAuthentication
	KbdInteractiveDevices HostbasedAuthentication GSSAPIAuthentication
	GSSAPIDelegateCredentials NumberOfPasswordPrompts BatchMode
	NoHostAuthenticationForLocalhost PubkeyAcceptedAlgorithms
	HostKeyAlgorithms KexAlgorithms Ciphers MACs CASignatureAlgorithms
	HostbasedAcceptedAlgorithms RequiredRSASize RekeyLimit Compression
	WarnWeakCrypto StrictHostKeyChecking UserKnownHostsFile
	GlobalKnownHostsFile HashKnownHosts KnownHostsCommand
	UpdateHostKeys RevokedHostKeys VerifyHostKeyDNS VisualHostKey
	FingerprintHash RequestTTY SendEnv SetEnv LogLevel LogVerbose
	LinkNotice RecordSession RecordInput TermFallback
	Engine FastOpen FastOpenExceptions FastOpenTCP ChannelWindowMax
	RemoteCommand SessionType StdinNull EscapeChar
	EnableEscapeCommandline LocalCommand PermitLocalCommand
	SyslogFacility ForkAfterAuthentication ObscureKeystrokeTiming
	ChannelTimeout ForwardAgent ForwardAgentConfirm
	ForwardX11 ForwardX11Trusted
	ForwardX11Timeout XAuthLocation DynamicForward LocalForward
	RemoteForward ExitOnForwardFailure GatewayPorts PermitRemoteOpen
	ClearAllForwardings StreamLocalBindMask StreamLocalBindUnlink
	Tunnel TunnelDevice ProxyJump ProxyCommand ProxyUseFdpass
	ControlMaster ControlPath ControlPersist ServerAliveInterval
	ServerAliveCountMax
'

# Names that the configuration and the known hosts files mention.
_hawser_hosts()
{
	local config=~/.ssh/config

	[ -r "$config" ] && sed -n \
		's/^[[:space:]]*[Hh][Oo][Ss][Tt][[:space:]=]\{1,\}//p' \
		"$config" ~/.ssh/hawser_config 2>/dev/null |
		tr '[:blank:]' '\n' | grep -v '[*?!]'
	[ -r ~/.ssh/known_hosts ] &&
		sed -e '/^[|@#]/d' -e 's/ .*//' ~/.ssh/known_hosts |
		tr ',' '\n' | sed 's/^\[\(.*\)\]:[0-9]*$/\1/' |
		grep -v '[*?!]'
}

# Sets $host_index to the position of the destination, or to -1.
_hawser_find_host()
{
	local i word

	host_index=-1
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-*[BbcDEeFIiJLlmOopPQRSWw]) ((i++)) ;;
		-*) ;;
		*)
			host_index=$i
			return
			;;
		esac
	done
}

_hawser()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]}
	local host_index user=

	COMPREPLY=()
	case $prev in
	-*[EFiS])
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-*o)
		mapfile -t COMPREPLY < <(compgen -S = \
			-W "$_hawser_keywords" -- "$cur")
		compopt -o nospace
		return
		;;
	-*l)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	-*[Q])
		mapfile -t COMPREPLY < <(compgen \
			-W 'cipher mac kex key sig compression help' -- "$cur")
		return
		;;
	-*O)
		mapfile -t COMPREPLY < <(compgen \
			-W 'check forward cancel exit stop' -- "$cur")
		return
		;;
	-*[BbcDeILmpPRWw])
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '-4 -6 -A -a -B -b -C -c
			-D -E -e -F -f -G -g -I -i -J -K -k -L -l -M -m -N -n
			-O -o -P -p -Q -q -R -S -s -T -t -V -v -W -w -X -x -Y
			-y -Z' -- "$cur")
		return
	fi
	_hawser_find_host
	if ((host_index >= 0)); then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		return
	fi
	if [[ $cur == *@* ]]; then
		user=${cur%@*}@
		cur=${cur##*@}
	fi
	mapfile -t COMPREPLY < <(compgen -P "$user" \
		-W "$(_hawser_hosts)" -- "$cur")
}

complete -F _hawser hawser
