/* Programs and copies of ourselves: what they get, say, and how they end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/fd.h"
#include "tap.h"

static const struct child_fd output = { CHILD_PIPE, STDOUT_FILENO };

/* Returns 0, or an errno. */
static int
start(struct child *c, const char *program, const char *command,
      const struct child_fd *fds, size_t n)
{
	char option[] = "-c", text[128], name[64];
	char *argv[] = { name, option, text, NULL };

	snprintf(text, sizeof(text), "%s", command);
	snprintf(name, sizeof(name), "%s", program);
	return child_start(c, argv, fds, n);
}

/* How a command of the shell's ends, or an errno below -1000. */
static int
run(const char *program, const char *command)
{
	struct child c;
	int rc = start(&c, program, command, NULL, 0);

	return rc == 0 ? child_wait(&c) : -1000 - rc;
}

static void
test_ends(void)
{
	sigset_t blocked, old;

	is_int(run("sh", "exit 0"), 0, "a success");
	is_int(run("/bin/sh", "exit 3"), 3, "a status");
	is_int(run("sh", "kill -9 $$"), -SIGKILL, "a signal");
	is_int(run("/nonexistent/sh", ""), -1000 - ENOENT, "no such program");
	signal(SIGCHLD, SIG_IGN);
	is_int(run("sh", "exit 3"), 3, "a status though SIGCHLD was ignored");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, &old);
	is_int(run("sh", "kill -PIPE $$; exit 0"), -SIGPIPE,
	       "SIGPIPE is the end");
	is_int(run("sh", "ulimit -c 0; kill -XFSZ $$"), -SIGXFSZ,
	       "SIGXFSZ too");
	is_int(run("sh", "kill -TERM $$; exit 0"), -SIGTERM, "and SIGTERM");
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void
test_collect(void)
{
	static const struct {
		const char *what, *command;
		size_t max;
		int patience_ms, end;
		const char *said;
	} cases[] = {
		{ "all it prints", "echo one; echo two", 100, -1, 0,
		  "one\ntwo\n" },
		{ "and in time", "echo one; exit 7", 100, 60000, 7, "one\n" },
		{ "not what is too much", "while echo y; do :; done", 5, 60000,
		  -SIGPIPE, "y\ny\ny" },
		{ "not what comes too late", "echo one; exec sleep 600", 100,
		  300, -SIGKILL, "one\n" },
		{ "nor an end that does not come",
		  "echo one; exec >&-; exec sleep 600", 100, 300, -SIGKILL,
		  "one\n" },
	};
	struct buf said = BUF_INIT;
	struct child c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&said);
		if (start(&c, "sh", cases[i].command, &output, 1) != 0)
			abort();
		is_int(child_collect(&c, &said, cases[i].max,
				     cases[i].patience_ms),
		       cases[i].end, "%s: how it ends", cases[i].what);
		is_str(buf_str(&said), cases[i].said, "%s", cases[i].what);
		ok(c.pid == -1 && c.out == -1, "%s: nothing is left",
		   cases[i].what);
	}
	buf_clear(&said);
}

static void
test_descriptors(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct child_fd fds[] = {
		{ CHILD_PIPE, STDIN_FILENO },
		{ CHILD_PIPE, STDOUT_FILENO },
		{ CHILD_NULL, STDERR_FILENO },
		{ null, 8 },
	};
	struct buf said = BUF_INIT;
	struct child c;

	dup3(null, 9, O_CLOEXEC);
	if (start(&c, "sh",
		  "cat; echo lost >&2; (: >&8) && echo 8; (: >&9) && echo 9",
		  fds, 4) != 0)
		abort();
	ok(child_read(&c, &said, 100) == STEP_AGAIN, "nothing is said yet");
	is_int((long long)fd_write(c.in, "in\n", 3), 3, "it is told something");
	close(c.in);
	c.in = -1;
	child_collect(&c, &said, 100, -1);
	is_str(buf_str(&said), "in\n8\n", "it has what it was given, alone");
	buf_clear(&said);
	close(null);
	close(9);
}

static void
on_signal(int signo)
{
	(void)signo;
}

/* What a copy of ourselves is asked to do. */
static void
report_signals(void *arg, int out)
{
	struct sigaction action;
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	sigaction(SIGUSR1, NULL, &action);
	dprintf(out, "%s %s %s", (const char *)arg,
		sigismember(&blocked, SIGTERM) ? "blocked" : "open",
		action.sa_handler == SIG_DFL ? "plain" : "caught");
}

static void
wait_for_ever(void *arg, int out)
{
	(void)arg;
	(void)out;
	for (;;)
		pause();
}

static void
test_fork(void)
{
	char arg[] = "hello";
	struct buf said = BUF_INIT;
	struct child c;
	pid_t pid;

	signal(SIGUSR1, on_signal);
	is_int(child_fork(&c, SIGTERM, report_signals, arg), 0, "a copy");
	is_int(child_collect(&c, &said, 100, -1), EXIT_FAILURE,
	       "it ends when it is done");
	is_str(buf_str(&said), "hello blocked plain",
	       "signals are blocked there, and none is caught");
	buf_clear(&said);
	is_int(child_fork(&c, SIGTERM, wait_for_ever, NULL), 0, "another");
	pid = fork();
	if (pid == 0) {
		child_clear(&c);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ok(waitpid(c.pid, NULL, WNOHANG) == 0,
	   "who is a copy of us ends no child of ours");
	child_clear(&c);
	ok(c.pid == -1 && c.out == -1, "it is ended, and nothing is left");
	ok(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "no child at all");
}

int
main(void)
{
	test_ends();
	test_collect();
	test_descriptors();
	test_fork();
	return done_testing();
}
