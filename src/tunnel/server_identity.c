#include "tunnel/server_identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define IDENTITY_WORD "hawser-server "
#define END_WORD "hawser-end "

/* One line in single quotes, without '!' and '\\': that means the same to every
 * login shell, csh and fish among them. Where there is no /proc, ps tells. */
#define BEGIN "exec /bin/sh -c '"
#define LOOK                                                                   \
	"look() { c= t= o= z= b=-; "                                           \
	"if read -r s 2>/dev/null </proc/$p/stat; then "                       \
	"set -- ${s##*) }; z=$1 t=${20}; "                                     \
	"read -r c </proc/$p/comm; "                                           \
	"read -r b </proc/sys/kernel/random/boot_id; "                         \
	"while read -r k v r; do "                                             \
	"case $k in Uid:) o=$v;; esac; done </proc/$p/status; "                \
	"else c=$(ps -o comm= -p $p); c=${c##*/}; c=${c%%:*}; "                \
	"t=$(ps -o lstart= -p $p | tr -s \" \" _); "                           \
	"o=$(ps -o uid= -p $p | tr -d \" \"); "                                \
	"z=$(ps -o stat= -p $p); fi; }; "
#define IS_SERVER "sshd|sshd-session|dropbear"

const char *
server_identity_command(void)
{
	return BEGIN "p=$PPID; " LOOK "look 2>/dev/null; "
		     "case $c in " IS_SERVER ") "
		     "echo " IDENTITY_WORD "$p $o $t $b;; esac'";
}

char *
server_identity_end_command(const struct server_identity *identity)
{
	static const char script[] = BEGIN
	    "p=%lld; " LOOK
	    "same() { look 2>/dev/null; [ \"$t $b\" = \"%s %s\" ] && "
	    "case $z in Z*) false;; esac; }; "
	    "say() { echo " END_WORD "$1; exit; }; "
	    "[ $p = $PPID ] && say other; "
	    "look 2>/dev/null; [ \"$t\" ] || say gone; "
	    "same || say other; "
	    "[ \"$o\" = %lld ] && [ \"$o\" = \"$(id -u)\" ] || say other; "
	    "case $c in " IS_SERVER ") ;; *) say other;; esac; "
	    "kill -TERM $p 2>/dev/null || say denied; "
	    "for n in 1 2 3 4 5 6 7 8 9; do same || say done; "
	    "case $n in 4) kill -KILL $p;; esac; "
	    "sleep 0.2 2>/dev/null || sleep 1; done; "
	    "same || say done; say stuck'";

	return xasprintf(script, identity->pid, identity->start, identity->boot,
			 identity->uid);
}

/* The only line that begins with a word, without it: its length, or 0 if there
 * is none, or more. */
static size_t
find_line(const char *text, size_t len, const char *word, const char **ret_rest)
{
	size_t word_len = strlen(word), found = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end != NULL ? (size_t)(end - text) : len;

		if (line_len > word_len && memcmp(text, word, word_len) == 0) {
			if (found > 0)
				return 0;
			*ret_rest = text + word_len;
			found = line_len - word_len;
		}
		line_len += end != NULL;
		text += line_len;
		len -= line_len;
	}
	return found;
}

/* What is left of a line. */
struct rest {
	const char *at;
	size_t len;
};

/* Take a word off it, of these characters; size counts its end. */
static int
take_word(struct rest *r, const char *characters, char *ret_word, size_t size)
{
	size_t n = 0;

	while (n < r->len && r->at[n] != ' ')
		n++;
	if (n == 0 || n >= size)
		return -1;
	memcpy(ret_word, r->at, n);
	ret_word[n] = '\0';
	if (strspn(ret_word, characters) != n)
		return -1;
	n += n < r->len;
	r->at += n;
	r->len -= n;
	return 0;
}

static int
take_number(struct rest *r, long long *ret_number)
{
	char word[11]; /* of 32 bits */

	if (take_word(r, "0123456789", word, sizeof(word)) != 0)
		return -1;
	*ret_number = strtoll(word, NULL, 10);
	return 0;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

int
server_identity_parse(const void *text, size_t len,
		      struct server_identity *ret_identity)
{
	struct server_identity i;
	struct rest r;

	r.len = find_line(text, len, IDENTITY_WORD, &r.at);
	if (r.len == 0 || take_number(&r, &i.pid) != 0 || i.pid < 2 ||
	    take_number(&r, &i.uid) != 0 ||
	    take_word(&r, "0123456789_:" LETTERS, i.start, sizeof(i.start)) !=
		0 ||
	    take_word(&r, "0123456789abcdef-", i.boot, sizeof(i.boot)) != 0 ||
	    r.len > 0)
		return -1;
	*ret_identity = i;
	return 0;
}

enum server_end
server_identity_end_parse(const void *text, size_t len)
{
	static const char *const words[] = {
		[SERVER_END_DONE] = "done",   [SERVER_END_GONE] = "gone",
		[SERVER_END_OTHER] = "other", [SERVER_END_DENIED] = "denied",
		[SERVER_END_STUCK] = "stuck",
	};
	const char *rest;
	size_t n = find_line(text, len, END_WORD, &rest);

	for (int i = 0; n > 0 && i < SERVER_END_NONSENSE; i++)
		if (strlen(words[i]) == n && memcmp(words[i], rest, n) == 0)
			return (enum server_end)i;
	return SERVER_END_NONSENSE;
}
