#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "tap.h"
#include "trust/known_hosts.h"

/*
 * Keys are one letter in the texts below: $R $E $F $D stand for "type base64"
 * of an RSA, an ECDSA, an Ed25519 and a DSA key; $G is another ECDSA key, $C a
 * certificate. $H is "host.example" hashed, $P "[host.example]:2222".
 */
static const struct {
	char letter;
	const char *file;
} letters[] = {
	{ 'R', "rsa" },        { 'E', "ecdsa256" }, { 'F', "ed25519" },
	{ 'D', "dsa" },        { 'G', "ecdsa384" }, { 'C', "rsa-cert" },
	{ 'S', "ed25519-sk" },
};

#define HASHED "|1|gDVV1VzNe25KNkZDgyu9vLcIlec=|oFzY6gIWklvg/bSW963NEE+ZJK4="

static struct key *
load(char letter)
{
	size_t i = 0;

	while (letters[i].letter != letter)
		i++;
	return key_data_public(letters[i].file);
}

/* The text with everything that "$" introduces put in. */
static char *
expand(const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text != '\0'; text++) {
		struct key *k;
		char *base64;

		if (*text != '$') {
			buf_add_byte(&b, (unsigned char)*text);
			continue;
		}
		k = load(*++text);
		base64 = key_base64(k);
		buf_addf(&b, "%s %s", k->name, base64);
		free(base64);
		key_free(k);
	}
	return buf_take_str(&b);
}

static const struct {
	const char *what, *content, *name;
	char key;
	enum known_hosts_verdict verdict;
	unsigned long line; /* of the entry that decided; 0: none */
} checks[] = {
	{ "nothing", "", "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "comments", "# host $F\n\n  \t\n\t# x\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "known", "a $R\nhost $F\n", "host", 'F', KNOWN_HOSTS_MATCH, 2 },
	{ "with a comment", "host $F a comment # more\n", "host", 'F',
	  KNOWN_HOSTS_MATCH, 1 },
	{ "indented, tabs", " \thost\t \tssh-rsa AAAA\n\thost\t$F\t\n", "host",
	  'F', KNOWN_HOSTS_MATCH, 2 },
	{ "no last newline", "host $F", "host", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "CR LF", "# c\r\n\r\nhost $F\r\n", "host", 'F', KNOWN_HOSTS_MATCH,
	  3 },
	{ "other host", "host2 $F\n", "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "ECDSA", "host $E\n", "host", 'E', KNOWN_HOSTS_MATCH, 1 },
	{ "security key", "host $F\nhost $S\n", "host", 'S', KNOWN_HOSTS_MATCH,
	  2 },
	{ "other curve is another type", "host $E\n", "host", 'G',
	  KNOWN_HOSTS_CHANGED, 1 },
	{ "other type, the last is shown", "host $R\nhost $E\n", "host", 'F',
	  KNOWN_HOSTS_CHANGED, 2 },
	{ "a match after others", "host $R\nhost $E\nhost $F\nhost $G\n",
	  "host", 'F', KNOWN_HOSTS_MATCH, 3 },
	{ "list", "a,b,host,c $F\n", "host", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "list with address", "host,127.0.0.1 $F\n", "127.0.0.1", 'F',
	  KNOWN_HOSTS_MATCH, 1 },
	{ "case of the file", "HOST.Example $F\n", "host.example", 'F',
	  KNOWN_HOSTS_MATCH, 1 },
	{ "star", "*.example $F\n", "host.example", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "question mark", "hos? $F\n", "host", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "question mark needs one", "host? $F\n", "host", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "negation", "*,!host $F\n", "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "negation first", "!host,* $F\n", "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "negation of another", "!other,* $F\n", "host", 'F',
	  KNOWN_HOSTS_MATCH, 1 },
	{ "only negation", "!other $F\n", "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "port", "[host]:2222 $F\n", "[host]:2222", 'F', KNOWN_HOSTS_MATCH,
	  1 },
	{ "other port", "[host]:2222 $F\n", "[host]:2223", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "port, but the plain name is known", "host $F\n", "[host]:2222", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "any port", "[host]:* $F\n", "[host]:2222", 'F', KNOWN_HOSTS_MATCH,
	  1 },
	{ "star is any name with any port", "* $F\n", "[host]:2222", 'F',
	  KNOWN_HOSTS_MATCH, 1 },
	{ "brackets are not a set", "[host] $F\n", "h", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "IPv6", "[::1]:2222,::1 $F\n", "::1", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "hashed", HASHED " $F\n", "192.168.1.61", 'F', KNOWN_HOSTS_MATCH, 1 },
	{ "hashed, other", HASHED " $F\n", "192.168.1.62", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "hashed, other key", HASHED " $E\n", "192.168.1.61", 'F',
	  KNOWN_HOSTS_CHANGED, 1 },
	{ "hashed, in a list", HASHED ",host $F\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "hashed, damaged", "|1|F1E1KeoE|3988QV0VE8 $F\n|2|a|b $F\n| $F\n",
	  "host", 'F', KNOWN_HOSTS_NEW, 0 },
	{ "revoked", "@revoked * $F\nhost $F\n", "host", 'F',
	  KNOWN_HOSTS_IS_REVOKED, 1 },
	{ "revoked after a match", "host $F\n@revoked host $F\n", "host", 'F',
	  KNOWN_HOSTS_IS_REVOKED, 2 },
	{ "revoked for another host", "@revoked other $F\nhost $F\n", "host",
	  'F', KNOWN_HOSTS_MATCH, 2 },
	{ "another key revoked", "@revoked * $E\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "authority", "@cert-authority * $F\n", "host", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "authority and a key", "@cert-authority\thost $E\nhost $F\n", "host",
	  'F', KNOWN_HOSTS_MATCH, 2 },
	{ "unknown marker", "@trusted host $F\n", "host", 'F', KNOWN_HOSTS_NEW,
	  0 },
	{ "two markers", "@revoked @cert-authority host $F\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "marker in upper case", "@REVOKED host $F\nhost $F\n", "host", 'F',
	  KNOWN_HOSTS_MATCH, 2 },
	{ "marker without a blank", "@revokedhost $F\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
	{ "damaged lines between",
	  "host\nhost ssh-rsa\nhost ssh-rsa AAAA\nhost 1024 35 12345\n"
	  "host ssh-new AAAA\nhost # $F\n\1\2\3\377\nhost $F\n",
	  "host", 'F', KNOWN_HOSTS_MATCH, 8 },
	{ "type is not that of the key", "host x$F\n", "host", 'F',
	  KNOWN_HOSTS_NEW, 0 },
};

static void
test_check(size_t i, const char *path)
{
	char *content = expand(checks[i].content);
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *entry = NULL;
	struct key *key = load(checks[i].key);
	struct err e = { 0 };

	data_write(path, content, strlen(content), 0600);
	is_int(known_hosts_load(kh, path, false, &e), 0, "%s: load",
	       checks[i].what);
	is_int(known_hosts_check(kh, checks[i].name, key, &entry),
	       checks[i].verdict, "%s: verdict", checks[i].what);
	is_int((long long)(entry != NULL ? entry->line : 0),
	       (long long)checks[i].line, "%s: line", checks[i].what);
	known_hosts_free(kh);
	key_free(key);
	free(content);
}

/* Two keys of one type: the Ed25519 key and one with a byte changed. */
static void
test_changed(void)
{
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *entry = NULL;
	char *line = expand("host $F"), *rsa = expand("host $R");
	struct key *key = load('F'), *other;
	struct err e = { 0 };

	key->blob[key->len - 1] ^= 1;
	other = key_from_blob(key->blob, key->len, &e);
	known_hosts_add_line(kh, line, "first", 7, false);
	is_int(known_hosts_check(kh, "host", other, &entry),
	       KNOWN_HOSTS_CHANGED, "changed key");
	is_int((long long)entry->line, 7, "changed key: line");
	known_hosts_add_line(kh, rsa, "second", 3, true);
	is_int(known_hosts_check(kh, "host", other, &entry),
	       KNOWN_HOSTS_CHANGED, "changed key, other type after it");
	is_str(entry->path, "second", "the last one is shown");
	ok(entry->is_global, "which is from a global file");
	is_int(known_hosts_check(kh, "host", other, NULL), KNOWN_HOSTS_CHANGED,
	       "no entry wanted");
	key_free(other);
	key_free(key);
	free(rsa);
	free(line);
	known_hosts_free(kh);
}

static void
test_find(void)
{
	static const char *const lines[] = { "host $R", "other $F",
					     "@cert-authority host $E",
					     "host,third $F", "host junk" };
	struct known_hosts *kh = known_hosts_new();

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *line = expand(lines[i]);

		is_int(known_hosts_add_line(kh, line, "file", i + 1, false),
		       i == 4 ? -1 : 0, "add line %zu", i + 1);
		free(line);
	}
	is_int((long long)known_hosts_find(kh, "host", 0)->line, 1, "first");
	is_int((long long)known_hosts_find(kh, "host", 1)->line, 3, "second");
	is_int(known_hosts_find(kh, "host", 1)->marker, KNOWN_HOSTS_CA,
	       "second's marker");
	is_int((long long)known_hosts_find(kh, "host", 2)->line, 4, "third");
	ok(known_hosts_find(kh, "host", 3) == NULL, "no fourth");
	known_hosts_free(kh);
}

/* What a command says counts for what it was asked for, and no longer than
 * that. */
static void
test_answer(void)
{
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *entry = NULL;
	struct buf text = BUF_INIT;
	struct key *f = load('F'), *e = load('E'), *r = load('R');
	char *line = expand("host $E"),
	     *said = expand("other $F\n\n@revoked ho* $R\njunk\nhost,x $F");

	known_hosts_add_line(kh, line, "file", 1, false);
	is_int(known_hosts_check(kh, "[host]:2", f, NULL), KNOWN_HOSTS_NEW,
	       "before the answer");
	buf_add_str(&text, said);
	known_hosts_add_answer(kh, &text, "command", "host", "[host]:2");
	is_int(known_hosts_check(kh, "[host]:2", f, &entry), KNOWN_HOSTS_MATCH,
	       "in the answer");
	is_str(entry->path, "command", "its source");
	is_int((long long)entry->line, 5, "its line");
	ok(entry->is_global, "it is not the user's file");
	is_int(known_hosts_check(kh, "[host]:2", r, NULL),
	       KNOWN_HOSTS_IS_REVOKED, "a marker in the answer");
	is_int(known_hosts_check(kh, "host", f, NULL), KNOWN_HOSTS_CHANGED,
	       "it says nothing of another name");
	is_int(known_hosts_check(kh, "host", e, NULL), KNOWN_HOSTS_MATCH,
	       "for which the file counts");
	is_int(known_hosts_check(kh, "other", f, NULL), KNOWN_HOSTS_NEW,
	       "nor of one that was not asked for");
	known_hosts_forget_answers(kh);
	is_int(known_hosts_check(kh, "[host]:2", f, NULL), KNOWN_HOSTS_NEW,
	       "forgotten");
	is_int(known_hosts_check(kh, "host", e, NULL), KNOWN_HOSTS_MATCH,
	       "the file is not");
	free(line);
	free(said);
	key_free(f);
	key_free(e);
	key_free(r);
	buf_clear(&text);
	known_hosts_free(kh);
}

static const struct {
	const char *host;
	int port;
	const char *name;
} names[] = {
	{ "host", 22, "host" },
	{ "Host.Example", 22, "host.example" },
	{ "HOST", 2222, "[host]:2222" },
	{ "::1", 22, "::1" },
	{ "FE80::1%eth0", 2, "[fe80::1%eth0]:2" },
};

/* Long lines and binary content. */
static void
test_content(const char *path)
{
	struct known_hosts *kh = known_hosts_new();
	struct buf content = BUF_INIT;
	struct key *key = load('F');
	char *good = expand("host $F\n");
	const struct known_hosts_entry *entry = NULL;
	struct err e = { 0 };

	while (content.len < (1 << 20) - 1000)
		buf_add_str(&content, "some.other.name,");
	buf_add_str(&content, good);
	while (content.len < 3 << 20)
		buf_add_byte(&content, 'x');
	buf_addf(&content, "%s%s", good, good);
	for (int i = 0; i < 1000; i++)
		buf_add_byte(&content, (unsigned char)(i * 7));
	data_write(path, content.data, content.len, 0600);
	is_int(known_hosts_load(kh, path, false, &e), 0, "long lines");
	is_int(known_hosts_check(kh, "host", key, &entry), KNOWN_HOSTS_MATCH,
	       "long lines: verdict");
	is_int((long long)entry->line, 1, "a line of almost 1 MiB is read");
	is_int((long long)known_hosts_find(kh, "host", 1)->line, 3,
	       "one of 2 MiB is not, but the next is");
	free(good);
	key_free(key);
	buf_clear(&content);
	known_hosts_free(kh);
}

static void
test_files(const char *folder, const char *path)
{
	struct known_hosts *kh = known_hosts_new();
	struct err e = { 0 };

	(void)unlink(path);
	is_int(known_hosts_load(kh, path, false, &e), 0, "absent file");
	is_int(known_hosts_load(kh, "/dev/null", false, &e), 0, "/dev/null");
	is_int(known_hosts_load(kh, folder, false, &e), -1, "folder: %s",
	       e.text);
	known_hosts_free(kh);
}

/* An RSA key of 512 bits. */
#define WEAK                                                                   \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQDFxcXF"                         \
	"xcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXF"                         \
	"xcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcUB"

static const struct {
	const char *what, *content;
	size_t len; /* 0: strlen */
	char key;
	int result;
} revoked[] = {
	{ "empty", "", 0, 'F', 0 },
	{ "listed", "# comment\n\n$R\n  $F comment\n", 0, 'F', 1 },
	{ "not listed", "$R\n$E\n$D", 0, 'F', 0 },
	{ "certified key listed", "$R\n", 0, 'C', 1 },
	{ "certificate listed", "$C\n", 0, 'R', 1 },
	{ "a weak key", WEAK "\n$F\n", 0, 'F', 1 },
	{ "a weak key only", WEAK "\n", 0, 'F', 0 },
	{ "malformed", "$R\njunk\n$F\n", 0, 'F', -1 },
	{ "malformed after the key", "$F\njunk\n", 0, 'F', 1 },
	{ "known_hosts line", "host $F\n", 0, 'F', -1 },
	{ "KRL", "SSHKRL\n\0\0\0\0\1", 12, 'F', -1 },
	{ "binary", "#\0\0\0", 4, 'F', -1 },
};

static void
test_revoked(size_t i, const char *path)
{
	char *content = expand(revoked[i].content);
	struct key *key = load(revoked[i].key);
	struct err e = { 0 };

	data_write(path, revoked[i].len > 0 ? revoked[i].content : content,
		   revoked[i].len > 0 ? revoked[i].len : strlen(content), 0600);
	is_int(known_hosts_revoked_file(path, key, &e), revoked[i].result,
	       "revoked file, %s: %s", revoked[i].what, e.text);
	key_free(key);
	free(content);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/hosts", folder);
	struct key *key = load('F');
	struct err e = { 0 };
	size_t i;

	log_set_level(LOG_LEVEL_QUIET);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		test_check(i, path);
	test_changed();
	test_find();
	test_answer();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *name = known_hosts_name(names[i].host, names[i].port);

		is_str(name, names[i].name, "name of %s", names[i].host);
		free(name);
	}
	test_content(path);
	test_files(folder, path);
	for (i = 0; i < sizeof(revoked) / sizeof(revoked[0]); i++)
		test_revoked(i, path);
	(void)unlink(path);
	is_int(known_hosts_revoked_file(path, key, &e), -1,
	       "revoked file, absent: %s", e.text);
	known_hosts_free(NULL);
	(void)rmdir(folder);
	key_free(key);
	free(path);
	free(folder);
	return done_testing();
}
