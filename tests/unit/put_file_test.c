#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/put_file.h"
#include "base/xalloc.h"
#include "tap.h"
#include "tunnel/pid_file.h"

static int
put(const char *path, const char *text, struct err *e)
{
	struct buf content = BUF_INIT;
	int rc;

	buf_add_str(&content, text);
	rc = put_file(path, &content, e);
	buf_clear(&content);
	return rc;
}

static void
is_file(const char *path, const char *want, const char *name)
{
	struct err e = { .kind = ERR_NONE };
	struct buf got = BUF_INIT;

	(void)buf_load_file(&got, path, 1000, &e);
	is_str(buf_str(&got), want, "%s", name);
	buf_clear(&got);
}

static void
test_put(void)
{
	struct err e = { .kind = ERR_NONE };
	struct stat st = { .st_mode = 0 };
	int fd;

	umask(027);
	is_int(put("file", "old\n", &e), 0, "there is none");
	is_file("file", "old\n", "there is one");
	stat("file", &st);
	is_int(st.st_mode & 0777, 0640, "with what the umask leaves");
	fd = open("file", O_RDONLY);
	is_int(put("file", "new\n", &e), 0, "it is replaced");
	is_file("file", "new\n", "as a whole");
	is_int(fstat(fd, &st) == 0 ? (long long)st.st_size : -1, 4,
	       "who reads the old one still has it");
	close(fd);
	if (symlink("file", "link") != 0)
		abort();
	is_int(put("link", "more\n", &e), 0, "a link is followed");
	is_file("file", "more\n", "to its file");
	ok(lstat("link", &st) == 0 && S_ISLNK(st.st_mode), "and stays one");
	unlink("link");
}

static void
test_refused(void)
{
	struct err e = { .kind = ERR_NONE };
	struct rlimit limit = { 2, 2 };
	int rc;

	is_int(put(".", "x", &e), -1, "not a folder");
	is_str(e.text, ".: not a regular file", "which is told");
	is_int(put("no/file", "x", &e), -1, "not in a folder that is missing");
	is_str(e.text, "no/file: No such file or directory", "told, too");
	signal(SIGXFSZ, SIG_IGN);
	limit.rlim_max = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	rc = put("file", "too long\n", &e);
	/* what is said here may go into a file, too */
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	is_int(rc, -1, "there is no room");
	is_file("file", "more\n", "the old one stays");
}

static void
test_pid_file(void)
{
	struct err e = { .kind = ERR_NONE };
	char *line = xasprintf("%ld\n", (long)getpid());

	pid_file_write("pid");
	is_file("pid", line, "our number");
	pid_file_remove("pid");
	is_int(access("pid", F_OK), -1, "it is removed");
	put("pid", "1\n", &e);
	pid_file_remove("pid");
	is_file("pid", "1\n", "but another's is not");
	free(line);
	unlink("pid");
}

int
main(void)
{
	char folder[] = "/tmp/hawser-put.XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		abort();
	test_put();
	test_refused();
	test_pid_file();
	unlink("file");
	/* nothing is left behind */
	is_int(chdir("/") == 0 ? rmdir(folder) : -1, 0, "the folder is empty");
	return done_testing();
}
