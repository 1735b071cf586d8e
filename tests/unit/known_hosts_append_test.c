#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "key_data.h"
#include "tap.h"
#include "trust/known_hosts.h"

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void
is_content(const char *path, const char *want, const char *what)
{
	struct buf b = BUF_INIT;
	struct err e = { 0 };

	(void)buf_load_file(&b, path, 1 << 20, &e);
	is_str(buf_str(&b), want, "%s: content %s", what, e.text);
	buf_clear(&b);
}

/* What is there before, the names that are added, and what is there then;
 * "$" stands for the key. */
static const struct {
	const char *what, *before;
	const char *names; /* with blanks between */
	const char *after;
} plain[] = {
	{ "empty file", "", "host", "host $\n" },
	{ "two names", "", "host 192.0.2.1", "host,192.0.2.1 $\n" },
	{ "port", "# x\n", "[host]:2222", "# x\n[host]:2222 $\n" },
	{ "IPv6 with a zone", "", "fe80::1%eth0", "fe80::1%eth0 $\n" },
	{ "last line open", "a b", "host", "a b\nhost $\n" },
	{ "last line empty", "a b\n\n", "host", "a b\n\nhost $\n" },
};

static char *
with_key(const char *text, const struct key *key)
{
	struct buf b = BUF_INIT;
	char *base64 = key_base64(key);

	for (; *text != '\0'; text++) {
		if (*text == '$')
			buf_addf(&b, "%s %s", key->name, base64);
		else
			buf_add_byte(&b, (unsigned char)*text);
	}
	free(base64);
	return buf_take_str(&b);
}

static void
test_plain(size_t i, const char *path, const struct key *key)
{
	struct strv names = STRV_INIT;
	char *want = with_key(plain[i].after, key);
	struct err e = { 0 };

	data_write(path, plain[i].before, strlen(plain[i].before), 0640);
	strv_split(&names, plain[i].names, " ");
	is_int(known_hosts_append(path, &names, key, false, &e), 0, "%s %s",
	       plain[i].what, e.text);
	is_content(path, want, plain[i].what);
	is_int((long long)mode_of(path), 0640, "%s: mode kept", plain[i].what);
	free(want);
	strv_clear(&names);
}

static void
test_new(const char *folder, const struct key *key)
{
	char *path = xasprintf("%s/new_hosts", folder), *want;
	char *absent = xasprintf("%s/no/hosts", folder);
	struct strv names = STRV_INIT;
	struct err e = { 0 };
	mode_t mask = umask(022);

	want = with_key("host $\n", key);
	strv_add(&names, "host");
	is_int(known_hosts_append(path, &names, key, false, &e), 0,
	       "new file: %s", e.text);
	is_content(path, want, "new file");
	is_int((long long)mode_of(path), 0600, "mode of the file");
	is_int(known_hosts_append(absent, &names, key, false, &e), -1,
	       "no folder but ~/.ssh is made: %s", e.text);
	if (access("/dev/full", W_OK) == 0)
		is_int(known_hosts_append("/dev/full", &names, key, false, &e),
		       -1, "full disk: %s", e.text);
	is_int(known_hosts_append("/dev/null", &names, key, false, &e), 0,
	       "/dev/null");
	(void)umask(mask);
	(void)unlink(path);
	strv_clear(&names);
	free(want);
	free(absent);
	free(path);
}

static void
test_hashed(const char *path, const struct key *key)
{
	struct known_hosts *kh = known_hosts_new();
	const struct known_hosts_entry *first, *second, *third;
	struct strv names = STRV_INIT;
	struct err e = { 0 };

	(void)unlink(path);
	strv_split(&names, "host [host]:2222 host", " ");
	is_int(known_hosts_append(path, &names, key, true, &e), 0, "hashed %s",
	       e.text);
	is_int(known_hosts_load(kh, path, false, &e), 0, "hashed: read again");
	first = known_hosts_find(kh, "host", 0);
	second = known_hosts_find(kh, "[host]:2222", 0);
	third = known_hosts_find(kh, "host", 1);
	if (ok(first != NULL && second != NULL && third != NULL,
	       "hashed: found")) {
		is_int((long long)first->line, 1, "hashed: first line");
		is_int((long long)second->line, 2, "hashed: second line");
		is_int((long long)third->line, 3, "hashed: third line");
		ok(strncmp(first->names, "|1|", 3) == 0 &&
		       strlen(first->names) == 60,
		   "hashed: form");
		ok(strcmp(first->names, third->names) != 0,
		   "hashed: another salt each time");
		ok(key_equal(second->key, key), "hashed: key");
	}
	strv_clear(&names);
	known_hosts_free(kh);
}

static const char *const bad_names[] = {
	"",       "two words", "tab\there",  "line\nbreak", "a,b",
	"*.host", "hos?",      "!host",      "#host",       "|1|host",
	"@host",  "bell\a",    "delete\177",
};

static void
test_bad_names(const char *path, const struct key *key)
{
	data_write(path, "# x\n", 4, 0600);
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		struct strv names = STRV_INIT;
		struct err e = { 0 };

		strv_add(&names, "good");
		strv_add(&names, bad_names[i]);
		is_int(known_hosts_append(path, &names, key, false, &e), -1,
		       "bad name %zu", i);
		strv_clear(&names);
	}
	is_content(path, "# x\n", "bad names");
}

enum { WRITERS = 3, ROUNDS = 100 };

static void
write_many(const char *path, const char *name, const struct key *key)
{
	struct strv names = STRV_INIT;
	struct err e;
	int rc = 0;

	strv_add(&names, name);
	for (int i = 0; rc == 0 && i < ROUNDS; i++)
		rc = known_hosts_append(path, &names, key, i % 2 == 0, &e);
	strv_clear(&names);
	_exit(rc == 0 ? 0 : 1);
}

/* Several processes write to a file that does not end with a line break. */
static void
test_concurrent(const char *path, const struct key *key)
{
	struct known_hosts *kh = known_hosts_new();
	struct buf content = BUF_INIT;
	struct err e = { 0 };
	int status, failed = 0;
	size_t lines = 0, found = 0;

	data_write(path, "# x", 3, 0600);
	fflush(stdout);
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0)
			write_many(path, i == 0 ? "host" : "other", key);
	}
	while (wait(&status) > 0)
		failed += status != 0 ? 1 : 0;
	is_int(failed, 0, "writers are done");
	(void)buf_load_file(&content, path, 1 << 20, &e);
	for (size_t i = 0; i < content.len; i++)
		lines += content.data[i] == '\n' ? 1 : 0;
	is_int((long long)lines, 1 + WRITERS * ROUNDS, "lines");
	(void)known_hosts_load(kh, path, false, &e);
	while (known_hosts_get(kh, found) != NULL)
		found++;
	is_int((long long)found, WRITERS * ROUNDS, "entries");
	found = 0;
	while (known_hosts_find(kh, "host", found) != NULL)
		found++;
	is_int((long long)found, ROUNDS, "entries of one writer");
	buf_clear(&content);
	known_hosts_free(kh);
}

/* From here on flock() fails in this process. Returns 0, or -1 where a process
 * may not do that to itself. */
static int
take_away_locks(int why)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
			 SECCOMP_RET_ERRNO | (unsigned int)why),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = { sizeof(steps) / sizeof(steps[0]), steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}

/* Network file systems may have no locks; the exit status says how it went. */
static void
append_without_locks(const char *path, const struct key *key, int why)
{
	struct strv names = STRV_INIT;
	struct err e;
	int rc;

	if (take_away_locks(why) != 0)
		_exit(2);
	strv_add(&names, "host");
	rc = known_hosts_append(path, &names, key, false, &e);
	strv_clear(&names);
	_exit(rc == 0 ? 0 : 1);
}

static void
test_no_locks(const char *path, const struct key *key)
{
	static const int faults[] = { ENOLCK, ENOSYS, EOPNOTSUPP };
	char *want = with_key("host $\n", key);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int status = 0;

		data_write(path, "", 0, 0600);
		fflush(stdout);
		if (fork() == 0)
			append_without_locks(path, key, faults[i]);
		(void)wait(&status);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
			ok(true, "no locks # SKIP no seccomp here");
			continue;
		}
		is_int(status, 0, "%s", strerror(faults[i]));
		is_content(path, want, "without locks");
	}
	free(want);
}

int
main(void)
{
	char *folder = data_scratch(), *path = xasprintf("%s/hosts", folder);
	struct key *key = key_data_public("ed25519");

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		test_plain(i, path, key);
	test_new(folder, key);
	test_hashed(path, key);
	test_bad_names(path, key);
	test_concurrent(path, key);
	test_no_locks(path, key);
	(void)unlink(path);
	(void)rmdir(folder);
	key_free(key);
	free(path);
	free(folder);
	return done_testing();
}
