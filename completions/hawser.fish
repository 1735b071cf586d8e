# fish completion for hawser
#
# The program itself knows the hosts, the keywords and their values: -Q.

# What the program has to say, which may depend on the -F of the line.
function __hawser_ask
	set -l words (string replace -r '^~/' "$HOME/" -- (commandline -opc))
	set -l config
	if set -l at (contains -i -- -F $words); and set -q words[(math $at + 1)]
		set config -F $words[(math $at + 1)]
	end
	$words[1] $config -Q $argv[1] 2>/dev/null
end

# The same, each line behind the text given as the second argument.
function __hawser_ask_after
	for line in (__hawser_ask $argv[1])
		echo "$argv[2]$line"
	end
end

function __hawser_destinations
	__hawser_ask_after host (string match -r '^.*@' -- (commandline -ct))
end

# Lists with commas, and perhaps a sign in front.
function __hawser_list
	set -l typed (string replace -r '^-[a-zA-Z]' '' -- (commandline -ct))
	set -l before (string match -r '^.*[,=][-+^]?|^[-+^]' -- $typed)
	__hawser_ask_after $argv[1] "$before"
end

# KEYWORD=VALUE
function __hawser_settings
	set -l typed (string replace -r '^-o' '' -- (commandline -ct))
	set -l key (string match -r '^[^=]*=' -- $typed)
	if test -z "$key"
		printf '%s=\n' (__hawser_ask keyword)
		return
	end
	set -l value (string replace -- $key '' $typed)
	set -l name (string lower -- (string trim -r -c = -- $key))
	switch $name
		case '*file' '*path' '*location' '*provider' '*exceptions' \
				identityagent revokedhostkeys recordsession
			for file in (__fish_complete_path $value)
				echo "$key$file"
			end
		case hostname hostkeyalias
			__hawser_ask_after host $key
		case proxyjump
			__hawser_list host
		case ciphers macs '*algorithms'
			__hawser_list $name
		case user
			for user in (__fish_complete_users)
				echo "$key$user"
			end
		case '*'
			__hawser_ask_after $name $key
	end
end

# Is the destination among the words before the cursor?
function __hawser_has_host
	set -l is_value no
	for word in (commandline -opc)[2..-1]
		if test $is_value = yes
			set is_value no
		else if string match -qr -- '^-.*[BbcDEeFIiJLlmOopPQRSWw]$' $word
			set is_value yes
		else if not string match -q -- '-*' $word
			return 0
		end
	end
	return 1
end

complete -c hawser -n 'not __hawser_has_host' -f -a '(__hawser_destinations)' -d 'Destination'
complete -c hawser -n __hawser_has_host -f -a '(__fish_complete_command)'
complete -c hawser -s 1 -d 'The old protocol'
complete -c hawser -s 2 -d 'No effect'
complete -c hawser -s 4 -d 'Use IPv4 addresses only'
complete -c hawser -s 6 -d 'Use IPv6 addresses only'
complete -c hawser -s A -d 'Let the server use the agent'
complete -c hawser -s a -d 'Do not let the server use the agent'
complete -c hawser -s B -x -d 'Connect from this interface'
complete -c hawser -s b -x -d 'Connect from this address'
complete -c hawser -s C -d 'Compress'
complete -c hawser -s c -x -a '(__hawser_list cipher)' -d 'Ciphers'
complete -c hawser -s D -x -d 'SOCKS proxy'
complete -c hawser -s E -r -F -d 'Append messages to a file'
complete -c hawser -s e -x -d 'Escape character'
complete -c hawser -s F -r -F -d 'Configuration file'
complete -c hawser -s f -d 'Go to the background'
complete -c hawser -s G -d 'Print the configuration'
complete -c hawser -l explain -d 'Print the configuration, and where it is from'
complete -c hawser -s g -d 'Let others use local forwardings'
complete -c hawser -s I -r -F -d 'PKCS#11 library'
complete -c hawser -s i -r -F -d 'Identity file'
complete -c hawser -s J -x -a '(__hawser_list host)' -d 'Jump host'
complete -c hawser -s K -d 'Pass GSSAPI credentials on'
complete -c hawser -s k -d 'Do not pass GSSAPI credentials on'
complete -c hawser -s L -x -d 'Local forwarding'
complete -c hawser -s l -x -a '(__fish_complete_users)' -d 'User'
complete -c hawser -s M -d 'Share the connection'
complete -c hawser -s m -x -a '(__hawser_list mac)' -d 'Message authentication'
complete -c hawser -s N -d 'Run nothing'
complete -c hawser -s n -d 'Read nothing from standard input'
complete -c hawser -s O -x -a 'check forward cancel exit stop proxy conninfo channels list list-json' -d 'Command to the sharing process'
complete -c hawser -s o -x -a '(__hawser_settings)' -d 'Set a keyword'
complete -c hawser -s P -x -d 'Tag'
complete -c hawser -s p -x -d 'Port'
complete -c hawser -s Q -x -a '(__hawser_ask help)' -d 'List what is supported'
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
