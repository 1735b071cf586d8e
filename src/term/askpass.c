#include "term/askpass.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

#define MAX_ANSWER 1024

extern char **environ;

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0';
}

enum askpass_use
askpass_use(void)
{
	const char *require = getenv("SSH_ASKPASS_REQUIRE");
	bool has_display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");

	if (require != NULL && strcasecmp(require, "force") == 0)
		return ASKPASS_FIRST;
	if (require != NULL && strcasecmp(require, "never") == 0)
		return ASKPASS_NEVER;
	if (!has_display)
		return ASKPASS_NEVER;
	if (require != NULL && strcasecmp(require, "prefer") == 0)
		return ASKPASS_FIRST;
	return ASKPASS_FALLBACK;
}

/* Start the program with its output in fd; that we ignore SIGPIPE is not
 * passed on. Returns 0 or an errno. */
static int
start(const char *program, const char *question, int fd, pid_t *ret_pid)
{
	char *argv[] = { (char *)program, (char *)question, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, reset;
	int rc;

	sigemptyset(&none);
	sigemptyset(&reset);
	sigaddset(&reset, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(ret_pid, program, &actions, &attributes, argv,
			  environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Up to max bytes; what the program prints beyond that is not waited for. */
static size_t
read_answer(int fd, char *answer, size_t max)
{
	size_t len = 0;
	ssize_t n;

	while (len < max) {
		n = read(fd, answer + len, max - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

static bool
has_succeeded(pid_t pid)
{
	int status = 0;
	pid_t rc;

	do
		rc = waitpid(pid, &status, 0);
	while (rc < 0 && errno == EINTR);
	return rc == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct secret *
converse(const char *program, const char *question, struct err *e)
{
	char answer[MAX_ANSWER];
	struct secret *s = NULL;
	size_t len;
	pid_t pid;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		err_set(e, ERR_LOCAL, "pipe: %s", strerror(errno));
		return NULL;
	}
	rc = start(program, question, fds[1], &pid);
	close(fds[1]);
	if (rc != 0) {
		close(fds[0]);
		err_set(e, ERR_LOCAL, "cannot run askpass program %s: %s",
			program, strerror(rc));
		return NULL;
	}
	len = read_answer(fds[0], answer, sizeof(answer) - 1);
	close(fds[0]);
	answer[len] = '\0';
	if (has_succeeded(pid))
		s = secret_new(answer, strcspn(answer, "\r\n"));
	else
		err_set(e, ERR_LOCAL, "askpass program %s gave no answer",
			program);
	secret_wipe(answer, sizeof(answer));
	return s;
}

struct secret *
askpass_ask(const char *question, struct err *e)
{
	const char *program = getenv("SSH_ASKPASS");
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;
	struct secret *s;

	if (program == NULL)
		program = "ssh-askpass";
	log_debug2("asking through %s", program);
	/* While SIGCHLD is ignored, nobody can wait for a child. */
	sigaction(SIGCHLD, NULL, &old);
	if (old.sa_handler == SIG_IGN)
		sigaction(SIGCHLD, &plain, NULL);
	s = converse(program, question, e);
	if (old.sa_handler == SIG_IGN)
		sigaction(SIGCHLD, &old, NULL);
	return s;
}
