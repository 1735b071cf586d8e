# bash completion for hawser -*- shell-script -*-
#
# The program itself knows the hosts, the keywords and their values: -Q.

# Sets the words up to the cursor as the shell will see them: readline also
# splits at characters such as "=" and "@".
_hawser_words()
{
	local rest=${COMP_LINE:0:COMP_POINT} i word blank

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		blank=${rest%%[![:blank:]]*}
		rest=${rest#"$blank"}
		((i < COMP_CWORD)) || word=$rest
		if [[ -z $blank && ${#words[@]} -gt 0 ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		rest=${rest#"$word"}
	done
}

# Readline replaces only what follows the last character it splits at; an "@"
# it replaces, too.
_hawser_cut()
{
	local breaks=${COMP_WORDBREAKS//[^=:@]/} cut

	[[ -n $breaks ]] || return
	cut=${cur%"${cur##*["$breaks"]}"}
	COMPREPLY=("${COMPREPLY[@]#"${cut%@}"}")
}

# Print what the program has to say, which may depend on the -F of the line.
_hawser_ask()
{
	local i file=()

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		[[ ${words[i]} != -*F ]] ||
			file=(-F "${words[i + 1]/#\~\//$HOME/}")
	done
	"${words[0]/#\~\//$HOME/}" "${file[@]}" -Q "$1" 2>/dev/null
}

# _hawser_offer WHAT TYPED [BEFORE [AFTER]]: add the lines of an answer that
# begin with what was typed, in upper or lower case. (Not compgen -W, which
# would expand what the lines contain.)
_hawser_offer()
{
	local line

	while IFS= read -r line; do
		[[ ${line,,} != "${2,,}"* ]] || COMPREPLY+=("${3-}$line${4-}")
	done < <(_hawser_ask "$1")
}

# The same for lists with commas, and perhaps a sign in front.
_hawser_offer_list()
{
	local typed=${2##*,}
	local head=${2%"$typed"}

	if [[ -z $head && $typed == [-+^]* ]]; then
		head=${typed:0:1}
		typed=${typed:1}
	fi
	compopt -o nospace 2>/dev/null
	_hawser_offer "$1" "$typed" "${3-}$head"
}

# _hawser_files TYPED [BEFORE]
_hawser_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -P "${2-}" -- "$1")
}

# _hawser_setting TYPED [BEFORE]: KEYWORD=VALUE
_hawser_setting()
{
	local key=${1%%=*} value=${1#*=}
	local before=${2-}$key=

	if [[ $1 != *=* ]]; then
		compopt -o nospace 2>/dev/null
		_hawser_offer keyword "$1" "${2-}" =
		return
	fi
	case ${key,,} in
	*file | *path | *location | *provider | *exceptions | \
		identityagent | revokedhostkeys | recordsession)
		_hawser_files "$value" "$before"
		;;
	hostname | hostkeyalias) _hawser_offer host "$value" "$before" ;;
	proxyjump) _hawser_offer_list host "$value" "$before" ;;
	ciphers | macs | *algorithms)
		_hawser_offer_list "$key" "$value" "$before"
		;;
	user)
		mapfile -t COMPREPLY < <(compgen -u -P "$before" -- "$value")
		;;
	*) _hawser_offer "$key" "$value" "$before" ;;
	esac
}

# Is the destination among the words before the cursor?
_hawser_has_host()
{
	local i

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case ${words[i]} in
		-*[BbcDEeFIiJLlmOopPQRSWw]) ((i++)) ;;
		-*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

_hawser_letter()
{
	local letters='46AaBbCcDEeFfGgIiJKkLlMmNnOoPpQqRSsTtVvWwXxYyZ' i

	for ((i = 0; i < ${#letters}; i++)); do
		[[ -${letters:i:1} != "$cur"* ]] ||
			COMPREPLY+=("-${letters:i:1}")
	done
	[[ $cur != --* || --explain != "$cur"* ]] || COMPREPLY+=(--explain)
}

# The value of an option, or what stands for itself.
_hawser_word()
{
	local user

	case ${words[-2]} in
	-*[EFiIS]) _hawser_files "$cur" ;;
	-*o) _hawser_setting "$cur" ;;
	-*l) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	-*c) _hawser_offer_list cipher "$cur" ;;
	-*m) _hawser_offer_list mac "$cur" ;;
	-*J) _hawser_offer_list host "$cur" ;;
	-*Q) _hawser_offer help "$cur" ;;
	-*O)
		mapfile -t COMPREPLY < <(compgen \
			-W 'check forward cancel exit stop proxy conninfo channels list list-json' -- "$cur")
		;;
	-*[BbDeLpPRWw]) ;;
	*)
		user=${cur%"${cur##*@}"}
		if [[ $cur == -o?* ]]; then
			_hawser_setting "${cur#-o}" -o
		elif [[ $cur == -* ]]; then
			_hawser_letter
		elif _hawser_has_host; then
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		else
			_hawser_offer host "${cur#"$user"}" "$user"
		fi
		;;
	esac
}

_hawser()
{
	local words cur

	COMPREPLY=()
	_hawser_words
	cur=${words[-1]}
	_hawser_word
	_hawser_cut
}

complete -F _hawser hawser
