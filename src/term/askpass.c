#include "term/askpass.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/spawn.h"

#define MAX_ANSWER 1024

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

/* What ends us ends the program: nobody would take its answer. */
static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define N_ENDS (sizeof(ends) / sizeof(ends[0]))

/* The program, or 0. A handler has no other way to find it. */
static volatile sig_atomic_t running;

static void
pass_on(int signo)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };

	if (running > 0) {
		kill((pid_t)running, signo);
		kill((pid_t)running, SIGCONT);
	}
	/* It is blocked until this returns, and then ends us. */
	sigaction(signo, &plain, NULL);
	raise(signo);
}

/* Those that are caught or ignored stay so. */
static void
hold_ends(struct sigaction old[N_ENDS])
{
	struct sigaction action = { .sa_handler = pass_on };

	for (size_t i = 0; i < N_ENDS; i++) {
		sigaction(ends[i], NULL, &old[i]);
		if (old[i].sa_handler == SIG_DFL)
			sigaction(ends[i], &action, NULL);
	}
}

static void
release_ends(const struct sigaction old[N_ENDS])
{
	running = 0;
	for (size_t i = 0; i < N_ENDS; i++)
		sigaction(ends[i], &old[i], NULL);
}

/* Start the program with its output in fd. Returns 0 or an errno. */
static int
spawn(const char *program, const char *question, int fd, pid_t *ret_pid)
{
	char *argv[] = { (char *)program, (char *)question, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	rc = spawn_start(&actions, argv, ret_pid);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* The same, with no signal between its start and our knowing it. */
static int
start(const char *program, const char *question, int fd, pid_t *ret_pid)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	rc = spawn(program, question, fd, ret_pid);
	if (rc == 0)
		running = *ret_pid;
	sigprocmask(SIG_SETMASK, &old, NULL);
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
	if (spawn_wait(pid) == 0)
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
	struct sigaction old[N_ENDS];
	struct secret *answer;

	if (program == NULL)
		program = "ssh-askpass";
	log_debug2("asking through %s", program);
	hold_ends(old);
	answer = converse(program, question, e);
	release_ends(old);
	return answer;
}
