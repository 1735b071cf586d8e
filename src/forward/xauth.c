#include "forward/xauth.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "forward/x11_cookie.h"
#include "net/loop.h"

#define COOKIE_PROTOCOL "MIT-MAGIC-COOKIE-1"
#define INVENTED_BYTES 16
/* Longer than ssh serves the display: an X server must not forget that a
 * client is untrusted while it is still let in. */
#define SLACK_S 60
/* xauth itself waits up to 20 seconds for a lock. */
#define PATIENCE_MS 25000
#define OUTPUT_MAX ((size_t)4096)

static int
add_files(posix_spawn_file_actions_t *actions, int out)
{
	int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						  "/dev/null", O_RDONLY, 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out,
						      STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(actions, STDERR_FILENO,
						      "/dev/null", O_WRONLY, 0);
	return rc;
}

/* Returns 0 or an errno. */
static int
start(const struct strv *argv, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	rc = add_files(&actions, out);
	if (rc == 0)
		rc = spawn_start(&actions, argv->items, ret_pid);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Read to the end; false if that does not come in time. */
static bool
read_all(int fd, struct buf *out)
{
	int64_t end_ms = loop_now_ms() + PATIENCE_MS;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char piece[512];
	ssize_t n = 1;

	while (n > 0) {
		int64_t left_ms = end_ms - loop_now_ms();

		if (left_ms <= 0)
			return false;
		if (poll(&pfd, 1, (int)left_ms) <= 0)
			continue;
		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0 && out->len < OUTPUT_MAX)
			buf_add(out, piece, (size_t)n);
	}
	secret_wipe(piece, sizeof(piece));
	return true;
}

/* Run it and take what it prints. Returns whether it was successful. */
static bool
run(const struct strv *argv, struct buf *out)
{
	int fds[2], rc;
	bool in_time;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return false;
	rc = start(argv, fds[1], &pid);
	close(fds[1]);
	if (rc != 0) {
		log_debug("%s: %s", argv->items[0], strerror(rc));
		close(fds[0]);
		return false;
	}
	in_time = read_all(fds[0], out);
	close(fds[0]);
	if (!in_time) {
		log_error("%s does not end; going on without it",
			  argv->items[0]);
		kill(pid, SIGKILL);
	}
	return spawn_wait(pid) == 0 && in_time;
}

static bool
run_logged(struct strv *argv, struct buf *out)
{
	char *shown = strv_join(argv, " ");
	bool is_good;

	log_debug2("xauth command: %s", shown);
	free(shown);
	is_good = run(argv, out);
	strv_clear(argv);
	return is_good;
}

/* A new cookie, in a file of its own. */
static bool
generate(const struct xauth_params *p, const char *file)
{
	struct strv argv = STRV_INIT;
	struct buf ignored = BUF_INIT;
	unsigned int timeout_s = p->timeout_s;
	bool is_good;

	strv_add(&argv, p->program);
	strv_add(&argv, "-f");
	strv_add(&argv, file);
	strv_add(&argv, "generate");
	strv_add(&argv, p->display);
	strv_add(&argv, COOKIE_PROTOCOL);
	strv_add(&argv, "untrusted");
	if (timeout_s > 0) {
		strv_add(&argv, "timeout");
		strv_add_take(
		    &argv,
		    xasprintf("%llu", (unsigned long long)timeout_s + SLACK_S));
	}
	is_good = run_logged(&argv, &ignored);
	buf_clear(&ignored);
	return is_good;
}

int
xauth_parse_list(struct buf *out, struct x11_cookie *ret)
{
	size_t len = strcspn(buf_str(out), "\r\n");
	char *line = xstrndup(buf_str(out), len);
	struct strv words = STRV_INIT;
	int rc = -1;

	strv_split(&words, line, " \t");
	if (words.len >= 3)
		rc = x11_cookie_init(ret, words.items[1], words.items[2]);
	for (size_t i = 0; i < words.len; i++)
		secret_wipe(words.items[i], strlen(words.items[i]));
	strv_clear(&words);
	secret_wipe(line, len);
	free(line);
	return rc;
}

/* The cookie in the file, or (NULL) in the user's own. */
static int
list(const struct xauth_params *p, const char *file, struct x11_cookie *ret)
{
	struct strv argv = STRV_INIT;
	struct buf out = BUF_INIT;
	int rc = -1;

	out.wipe = true;
	strv_add(&argv, p->program);
	if (file != NULL) {
		strv_add(&argv, "-f");
		strv_add(&argv, file);
	}
	strv_add(&argv, "list");
	strv_add(&argv, p->display);
	if (run_logged(&argv, &out))
		rc = xauth_parse_list(&out, ret);
	buf_clear(&out);
	return rc;
}

static int
get_untrusted(const struct xauth_params *p, struct x11_cookie *ret)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/hawser-XXXXXX",
				 tmp != NULL && *tmp == '/' ? tmp : "/tmp");
	char *file = NULL;
	int rc = -1;

	if (mkdtemp(folder) == NULL) {
		log_error("mkdtemp %s: %s", folder, strerror(errno));
		goto out;
	}
	file = xasprintf("%s/xauthfile", folder);
	if (generate(p, file))
		rc = list(p, file, ret);
	unlink(file);
	rmdir(folder);
out:
	free(file);
	free(folder);
	return rc;
}

static int
invent(struct x11_cookie *ret)
{
	unsigned char bytes[INVENTED_BYTES];
	char text[2 * INVENTED_BYTES + 1];

	log_info("Warning: No xauth data; using fake authentication data for "
		 "X11 forwarding.");
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return x11_cookie_init(ret, COOKIE_PROTOCOL, text);
}

int
xauth_get(const struct xauth_params *p, struct x11_cookie *ret, struct err *e)
{
	struct xauth_params q = *p;
	bool has_program = access(p->program, F_OK) == 0;
	char *local = NULL;
	int rc = -1;

	/* entries of this machine are not under the name "localhost" */
	if (str_starts(p->display, "localhost:"))
		local = xasprintf("unix:%s", p->display + strlen("localhost:"));
	if (local != NULL)
		q.display = local;
	if (!has_program)
		log_debug("No xauth program.");
	if (has_program)
		rc =
		    q.is_trusted ? list(&q, NULL, ret) : get_untrusted(&q, ret);
	free(local);
	if (rc == 0)
		return 0;
	if (p->is_trusted)
		return invent(ret) == 0
			   ? 0
			   : err_set(e, ERR_FORWARD, "no random numbers");
	return err_set(e, ERR_FORWARD,
		       "Warning: untrusted X11 forwarding setup failed: xauth "
		       "key data not generated");
}
