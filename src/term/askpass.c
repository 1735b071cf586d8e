#include "term/askpass.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

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

/* Start it, with no signal between that and our knowing it. Returns 0 or an
 * errno. */
static int
start(struct child *c, const char *program, const char *question)
{
	char *argv[] = { (char *)program, (char *)question, NULL };
	const struct child_fd output = { CHILD_PIPE, STDOUT_FILENO };
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	rc = child_start(c, argv, &output, 1);
	if (rc == 0)
		running = c->pid;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* What the program prints beyond an answer's size is not waited for. */
static struct secret *
converse(const char *program, const char *question, struct err *e)
{
	struct buf answer = { .wipe = true };
	struct secret *s = NULL;
	struct child child;
	int rc = start(&child, program, question);

	if (rc != 0)
		err_set(e, ERR_LOCAL, "cannot run askpass program %s: %s",
			program, strerror(rc));
	else if (child_collect(&child, &answer, MAX_ANSWER - 1, -1) != 0)
		err_set(e, ERR_LOCAL, "askpass program %s gave no answer",
			program);
	else
		s = secret_new(buf_str(&answer),
			       strcspn(buf_str(&answer), "\r\n"));
	buf_clear(&answer);
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
