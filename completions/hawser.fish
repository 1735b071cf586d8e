# fish completion for hawser

function __hawser_keywords
	printf '%s=\n' \
		Tag IgnoreUnknown User HostName Port AddressFamily BindAddress \
		BindInterface ConnectTimeout ConnectionAttempts \
		CanonicalizeHostname CanonicalDomains CanonicalizeMaxDots \
		CanonicalizeFallbackLocal CanonicalizePermittedCNAMEs HostKeyAlias \
		CheckHostIP IPQoS TCPKeepAlive VersionAddendum RefuseConnection \
		IdentityFile IdentitiesOnly IdentityAgent AddKeysToAgent \
		CertificateFile PKCS11Provider SecurityKeyProvider EnableSSHKeysign \
		PreferredAuthentications PubkeyAuthentication \
		PasswordAuthentication KbdInteractiveAuthentication \
		KbdInteractiveDevices HostbasedAuthentication GSSAPIAuthentication \
		GSSAPIDelegateCredentials NumberOfPasswordPrompts BatchMode \
		NoHostAuthenticationForLocalhost PubkeyAcceptedAlgorithms \
		HostKeyAlgorithms KexAlgorithms Ciphers MACs CASignatureAlgorithms \
		HostbasedAcceptedAlgorithms RequiredRSASize RekeyLimit Compression \
		WarnWeakCrypto StrictHostKeyChecking UserKnownHostsFile \
		GlobalKnownHostsFile HashKnownHosts KnownHostsCommand \
		UpdateHostKeys RevokedHostKeys VerifyHostKeyDNS VisualHostKey \
		FingerprintHash RequestTTY SendEnv SetEnv LogLevel LogVerbose \
		LinkNotice RecordSession RecordInput TermFallback \
		Engine FastOpen FastOpenExceptions FastOpenTCP ChannelWindowMax \
		RemoteCommand SessionType StdinNull EscapeChar \
		EnableEscapeCommandline LocalCommand PermitLocalCommand \
		SyslogFacility ForkAfterAuthentication ObscureKeystrokeTiming \
		ChannelTimeout ForwardAgent ForwardAgentConfirm \
		ForwardX11 ForwardX11Trusted \
		ForwardX11Timeout XAuthLocation DynamicForward LocalForward \
		RemoteForward ExitOnForwardFailure GatewayPorts PermitRemoteOpen \
		ClearAllForwardings StreamLocalBindMask StreamLocalBindUnlink \
		Tunnel TunnelDevice ProxyJump ProxyCommand ProxyUseFdpass \
		ControlMaster ControlPath ControlPersist ServerAliveInterval \
		ServerAliveCountMax
end

function __hawser_destinations
	set -l at (string match -r '^.*@' -- (commandline -ct))
	for host in (__fish_print_hostnames)
		echo $at$host
	end
end

complete -c hawser -f -a '(__hawser_destinations)' -d 'Destination'
complete -c hawser -s 1 -d 'The old protocol'
complete -c hawser -s 2 -d 'No effect'
complete -c hawser -s 4 -d 'Use IPv4 addresses only'
complete -c hawser -s 6 -d 'Use IPv6 addresses only'
complete -c hawser -s A -d 'Let the server use the agent'
complete -c hawser -s a -d 'Do not let the server use the agent'
complete -c hawser -s B -x -d 'Connect from this interface'
complete -c hawser -s b -x -d 'Connect from this address'
complete -c hawser -s C -d 'Compress'
complete -c hawser -s c -x -d 'Ciphers'
complete -c hawser -s D -x -d 'SOCKS proxy'
complete -c hawser -s E -r -F -d 'Append messages to a file'
complete -c hawser -s e -x -d 'Escape character'
complete -c hawser -s F -r -F -d 'Configuration file'
complete -c hawser -s f -d 'Go to the background'
complete -c hawser -s G -d 'Print the configuration'
complete -c hawser -s g -d 'Let others use local forwardings'
complete -c hawser -s I -r -F -d 'PKCS#11 library'
complete -c hawser -s i -r -F -d 'Identity file'
complete -c hawser -s J -x -a '(__hawser_destinations)' -d 'Jump host'
complete -c hawser -s K -d 'Pass GSSAPI credentials on'
complete -c hawser -s k -d 'Do not pass GSSAPI credentials on'
complete -c hawser -s L -x -d 'Local forwarding'
complete -c hawser -s l -x -a '(__fish_complete_users)' -d 'User'
complete -c hawser -s M -d 'Share the connection'
complete -c hawser -s m -x -d 'Message authentication'
complete -c hawser -s N -d 'Run nothing'
complete -c hawser -s n -d 'Read nothing from standard input'
complete -c hawser -s O -x -a 'check forward cancel exit stop' -d 'Command to the sharing process'
complete -c hawser -s o -x -a '(__hawser_keywords)' -d 'Set a keyword'
complete -c hawser -s P -x -d 'Tag'
complete -c hawser -s p -x -d 'Port'
complete -c hawser -s Q -x -a 'cipher mac kex key sig compression help' -d 'List what is supported'
complete -c hawser -s q -d 'Print no messages'
complete -c hawser -s R -x -d 'Remote forwarding'
complete -c hawser -s S -r -F -d 'Socket of the shared connection'
complete -c hawser -s s -d 'The command is a subsystem'
complete -c hawser -s T -d 'Ask for no terminal'
complete -c hawser -s t -d 'Ask for a terminal'
complete -c hawser -s V -d 'Print version numbers'
complete -c hawser -s v -d 'Tell more'
complete -c hawser -s W -x -d 'Connect standard input and output'
complete -c hawser -s w -x -d 'Tunnel devices'
complete -c hawser -s X -d 'Let the server use the display'
complete -c hawser -s x -d 'Do not let the server use the display'
complete -c hawser -s Y -d 'Let the server use the display without limits'
complete -c hawser -s y -d 'Send messages to syslog'
complete -c hawser -s Z -d 'List the keys that would be tried'
