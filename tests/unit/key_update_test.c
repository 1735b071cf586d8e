#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "tap.h"
#include "trust/key_update.h"
#include "trust/known_hosts.h"

#define ALL "ssh-ed25519,ecdsa-sha2-*,rsa-sha2-512,rsa-sha2-256"

/* Keys are one letter in the texts below, behind a "$"; C is a certificate,
 * and D a DSA key, which is of no use. */
static const struct {
	char letter;
	const char *file;
} letters[] = {
	{ 'R', "rsa" },      { 'E', "ecdsa256" }, { 'F', "ed25519" },
	{ 'G', "ecdsa384" }, { 'D', "dsa" },      { 'C', "ed25519-cert" },
};

static struct key *
load(char letter)
{
	size_t i = 0;

	while (letters[i].letter != letter)
		i++;
	return key_data_public(letters[i].file);
}

static char
letter_of(const struct key *key)
{
	char found = '?';

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		struct key *k = load(letters[i].letter);

		if (key_equal(k, key))
			found = letters[i].letter;
		key_free(k);
	}
	return found;
}

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

/* The keys of these letters as a host tells of them. */
static void
offer(const char *keys, struct buf *out)
{
	for (; *keys != '\0'; keys++) {
		struct key *k = load(*keys);

		wire_put_string(out, k->blob, k->len);
		key_free(k);
	}
}

/* What known_hosts says, what host.example with address 192.0.2.1 (if it
 * counts) tells, and what comes of it: the keys that are new and old, and the
 * file (NULL: as before). */
static const struct {
	const char *what, *content, *told;
	bool checks_ip;
	enum key_update_verdict verdict;
	const char *new, *old, *after;
} rows[] = {
	{ "nothing told", "host $F\n", "", false, KEY_UPDATE_NOTHING, "", "",
	  NULL },
	{ "nothing of use told", "host $F\n", "DC", false, KEY_UPDATE_NOTHING,
	  "", "", NULL },
	{ "all is known", "host $F\nhost $R\n", "RF", false, KEY_UPDATE_NOTHING,
	  "", "", NULL },
	{ "one is new", "host $F\n", "RF", false, KEY_UPDATE_PROVE, "R", "",
	  "host $F\nhost $R\n" },
	{ "an open last line", "host $F", "RF", false, KEY_UPDATE_PROVE, "R",
	  "", "host $F\nhost $R\n" },
	{ "two are new, in the host's order", "# a\nhost $F\n", "ERF", false,
	  KEY_UPDATE_PROVE, "ER", "", "# a\nhost $F\nhost $E\nhost $R\n" },
	{ "one is old", "x $G\nhost $E\nhost $F\n", "F", false,
	  KEY_UPDATE_REMOVE, "", "E", "x $G\nhost $F\n" },
	{ "a DSA key is old", "host $D\nhost $F\n", "F", false,
	  KEY_UPDATE_REMOVE, "", "D", "host $F\n" },
	{ "one for one", "host $E\nbad line\nhost $F\nz $G", "RF", false,
	  KEY_UPDATE_PROVE, "R", "E", "bad line\nhost $F\nz $G\nhost $R\n" },
	{ "a wildcard", "h* $F\n", "RF", false, KEY_UPDATE_MANUAL, "RF", "",
	  NULL },
	{ "a wildcard elsewhere", "x* $G\nhost $F\n", "RF", false,
	  KEY_UPDATE_PROVE, "R", "", "x* $G\nhost $F\nhost $R\n" },
	{ "three names", "host,a,b $F\n", "RF", false, KEY_UPDATE_MANUAL, "RF",
	  "", NULL },
	{ "two names", "host,a $F\n", "RF", false, KEY_UPDATE_PROVE, "R", "",
	  "host,a $F\nhost $R\n" },
	{ "a revoked key", "host $F\n@revoked * $G\n", "RF", false,
	  KEY_UPDATE_MANUAL, "R", "", NULL },
	{ "an authority", "host $F\n@cert-authority host $G\n", "RF", false,
	  KEY_UPDATE_MANUAL, "R", "", NULL },
	{ "an authority elsewhere", "@cert-authority x $G\nhost $F\n", "RF",
	  false, KEY_UPDATE_PROVE, "R", "",
	  "@cert-authority x $G\nhost $F\nhost $R\n" },
	{ "a new key of another host", "host $F\nx $R\n", "RF", false,
	  KEY_UPDATE_MANUAL, "R", "", NULL },
	{ "the key is another host's, too", "host $F\nx $F\n", "RF", false,
	  KEY_UPDATE_MANUAL, "R", "", NULL },
	{ "an old key is another host's, too", "host $F\nhost $E\nx $E\n", "F",
	  false, KEY_UPDATE_MANUAL, "", "E", NULL },
	{ "known by name only", "host $F\n", "RF", true, KEY_UPDATE_PROVE, "R",
	  "", "host $F\nhost,192.0.2.1 $R\n192.0.2.1 $F\n" },
	{ "known by both", "host,192.0.2.1 $F\n", "RF", true, KEY_UPDATE_PROVE,
	  "R", "", "host,192.0.2.1 $F\nhost,192.0.2.1 $R\n" },
	{ "the name has another address", "host,192.0.2.2 $F\n", "RF", true,
	  KEY_UPDATE_MANUAL, "RF", "", NULL },
	{ "the address has another name", "x,192.0.2.1 $F\nhost $F\n", "RF",
	  true, KEY_UPDATE_MANUAL, "R", "", NULL },
	{ "a key of the address only", "host $F\n192.0.2.1 $R\n", "RF", true,
	  KEY_UPDATE_PROVE, "R", "",
	  "host $F\n192.0.2.1 $R\nhost $R\n192.0.2.1 $F\n" },
	{ "an old key of the address", "host $F\n192.0.2.1 $E\n", "F", true,
	  KEY_UPDATE_REMOVE, "", "E", "host $F\n192.0.2.1 $F\n" },
};

static struct known_hosts *
known(const char *content, bool is_global)
{
	struct known_hosts *kh = known_hosts_new();
	char *text = xstrdup(content), *at = text;

	while (at != NULL && *at != '\0') {
		char *line = strsep(&at, "\n");

		(void)known_hosts_add_line(kh, line, "file", 1, is_global);
	}
	free(text);
	return kh;
}

static void
is_letters(const struct key_update *u, bool is_new, const char *want,
	   const char *what)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; is_new && i < u->n_items; i++)
		if (u->items[i].is_new)
			buf_add_byte(&b,
				     (unsigned char)letter_of(u->items[i].key));
	for (size_t i = 0; !is_new && i < u->n_old; i++)
		buf_add_byte(&b, (unsigned char)letter_of(u->old[i]));
	is_str(buf_str(&b), want, "%s: %s keys", what, is_new ? "new" : "old");
	buf_clear(&b);
}

/* The file after the change; it was not touched if want is NULL. */
static void
try_apply(const struct key_update *u, size_t row, const char *content,
	  const char *want)
{
	const struct key_update_names names = {
		.host = "host",
		.ip = rows[row].checks_ip ? "192.0.2.1" : NULL,
	};
	char path[] = "/tmp/key_update_test.XXXXXX";
	char *old = NULL;
	struct buf b = BUF_INIT;
	struct err e = { 0 };
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, content, strlen(content)) < 0)
		ok(false, "%s: no file", rows[row].what);
	close(fd);
	is_int(key_update_apply(u, path, &names, true, &e), 0, "%s: applied %s",
	       rows[row].what, e.text);
	(void)buf_load_file(&b, path, 1 << 20, &e);
	is_str(buf_str(&b), want, "%s: the file", rows[row].what);
	old = xasprintf("%s.old", path);
	is_int(unlink(old), 0, "%s: the old file is kept", rows[row].what);
	unlink(path);
	free(old);
	buf_clear(&b);
}

static void
test_row(size_t row)
{
	const char *what = rows[row].what, *why = NULL;
	char *content = expand(rows[row].content);
	struct known_hosts *kh = known(content, false);
	struct key_update u = { .items = NULL };
	struct buf told = BUF_INIT;
	struct err e = { 0 };
	struct wire w;

	offer(rows[row].told, &told);
	wire_init(&w, told.data, told.len);
	is_int(key_update_take(&u, &w, ALL, &e), 0, "%s: taken %s", what,
	       e.text);
	is_int(key_update_judge(&u, kh, "host",
				rows[row].checks_ip ? "192.0.2.1" : NULL, &why),
	       rows[row].verdict, "%s: %s", what, why != NULL ? why : "");
	is_letters(&u, true, rows[row].new, what);
	is_letters(&u, false, rows[row].old, what);
	if (rows[row].after != NULL) {
		char *after = expand(rows[row].after);

		try_apply(&u, row, content, after);
		free(after);
	}
	key_update_clear(&u);
	known_hosts_free(kh);
	buf_clear(&told);
	free(content);
}

static void
test_global(void)
{
	char *content = expand("host $E\nx $R\n");
	struct known_hosts *kh = known(content, true);
	struct key_update u = { .items = NULL };
	struct buf told = BUF_INIT;
	struct err e = { 0 };
	const char *why;
	struct wire w;

	offer("RF", &told);
	wire_init(&w, told.data, told.len);
	key_update_take(&u, &w, ALL, &e);
	is_int(key_update_judge(&u, kh, "host", NULL, &why), KEY_UPDATE_PROVE,
	       "global entries do not count");
	is_letters(&u, true, "RF", "global");
	is_letters(&u, false, "", "global");
	key_update_clear(&u);
	known_hosts_free(kh);
	buf_clear(&told);
	free(content);
}

/* As root, /dev/null would be lost. */
static void
test_no_file(void)
{
	const struct key_update_names names = { .host = "host" };
	struct key_update u = { .items = NULL };
	char folder[] = "/tmp/key_update_test.XXXXXX";
	struct buf told = BUF_INIT;
	struct err e = { 0 };
	struct stat st = { .st_mode = 0 };
	struct wire w;
	char *path;

	ok(mkdtemp(folder) != NULL, "a folder");
	path = xasprintf("%s/fifo", folder);
	offer("RF", &told);
	wire_init(&w, told.data, told.len);
	key_update_take(&u, &w, ALL, &e);
	is_int(key_update_apply(&u, path, &names, true, &e), 0,
	       "a file that is not there");
	is_int(mkfifo(path, 0600), 0, "a fifo");
	is_int(key_update_apply(&u, path, &names, true, &e), 0,
	       "what is no file is left alone: %s", e.text);
	ok(stat(path, &st) == 0 && S_ISFIFO(st.st_mode), "a fifo still");
	unlink(path);
	is_int(rmdir(folder), 0, "nothing is left beside it");
	key_update_clear(&u);
	buf_clear(&told);
	free(path);
}

static void
test_take(void)
{
	struct key_update u = { .items = NULL };
	struct buf told = BUF_INIT;
	struct err e = { 0 };
	struct wire w;

	offer("RFR", &told);
	wire_init(&w, told.data, told.len);
	is_int(key_update_take(&u, &w, ALL, &e), -1, "a key that comes twice");
	key_update_clear(&u);
	wire_init(&w, told.data, told.len - 1);
	is_int(key_update_take(&u, &w, ALL, &e), -1, "a list that is cut");
	key_update_clear(&u);
	buf_reset(&told);
	wire_put_cstring(&told, "not a key");
	offer("F", &told);
	wire_init(&w, told.data, told.len);
	is_int(key_update_take(&u, &w, "ssh-rsa", &e), 0, "of no use");
	is_int((long long)u.n_items, 0, "nothing is left");
	is_int(key_update_take(&u, &w, ALL, &e), 0, "one is good");
	is_int((long long)u.n_items, 1, "one is left");
	key_update_clear(&u);
	buf_clear(&told);
}

static void
test_prove(void)
{
	struct key_update_item item = { .key = load('F'), .is_new = true };
	struct buf claim = BUF_INIT, signature = BUF_INIT;
	struct err e = { 0 };
	struct wire data, sig;

	buf_add_str(&claim, "claim");
	wire_put_cstring(&signature, "ssh-ed25519");
	wire_put_string(&signature,
			"0123456789abcdef0123456789abcdef"
			"0123456789abcdef0123456789abcdef",
			64);
	wire_init(&data, claim.data, claim.len);
	wire_init(&sig, signature.data, signature.len);
	is_int(key_update_prove(&item, &data, &sig, ALL, &e), -1,
	       "a wrong signature: %s", e.text);
	ok(!item.is_proven && item.key != NULL, "nothing is proven");
	is_int(key_update_prove(&item, &data, &sig, "ssh-rsa", &e), 0,
	       "an algorithm that is not allowed");
	ok(!item.is_proven && item.key == NULL, "the key is forgotten");
	wire_init(&sig, signature.data, 2);
	is_int(key_update_prove(&item, &data, &sig, ALL, &e), -1,
	       "no signature");
	buf_clear(&claim);
	buf_clear(&signature);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(i);
	test_global();
	test_no_file();
	test_take();
	test_prove();
	return done_testing();
}
