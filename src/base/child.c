#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#ifdef HAVE_PRCTL
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/system.h"

enum { READ_SIZE = 1024, MAX_PAUSE_MS = 16 };

extern char **environ;

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The end that is ours is *ret_ours; theirs is returned, or -1 with errno. */
static int
make_pipe(bool is_read_by_us, int *ret_ours)
{
	int fds[2];

	if (system_pipe(fds) != 0)
		return -1;
	*ret_ours = is_read_by_us ? fds[0] : fds[1];
	if (is_read_by_us)
		fcntl(*ret_ours, F_SETFL, O_NONBLOCK);
	return is_read_by_us ? fds[1] : fds[0];
}

/* While it is ignored, nobody can wait for a child. */
static void
care_for_children(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, &plain, NULL);
}

/* --- a program --- */

static int
spawn(struct child *c, char *const argv[],
      const posix_spawn_file_actions_t *actions)
{
	posix_spawnattr_t attributes;
	sigset_t none, reset;
	int rc;

	care_for_children();
	sigemptyset(&none);
	/* which we ignore ourselves */
	sigemptyset(&reset);
	sigaddset(&reset, SIGPIPE);
	sigaddset(&reset, SIGXFSZ);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETSIGDEF);
	rc =
	    posix_spawnp(&c->pid, argv[0], actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

/* Returns 0 or an errno. The far end of a pipe is *ret_far. */
static int
add_action(struct child *c, posix_spawn_file_actions_t *actions,
	   const struct child_fd *fd, int *ret_far)
{
	bool is_input = fd->theirs == STDIN_FILENO;
	int from = fd->ours;

	if (from == CHILD_NULL)
		return posix_spawn_file_actions_addopen(
		    actions, fd->theirs, "/dev/null",
		    is_input ? O_RDONLY : O_WRONLY, 0);
	if (from == CHILD_PIPE) {
		from = make_pipe(!is_input, is_input ? &c->in : &c->out);
		*ret_far = from;
	}
	if (from < 0)
		return errno;
	return posix_spawn_file_actions_adddup2(actions, from, fd->theirs);
}

int
child_start(struct child *c, char *const argv[], const struct child_fd *fds,
	    size_t n)
{
	posix_spawn_file_actions_t actions;
	int far[2] = { -1, -1 }, rc = 0;

	*c = (struct child)CHILD_INIT;
	c->parent = getpid();
	posix_spawn_file_actions_init(&actions);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_action(c, &actions, &fds[i],
				&far[fds[i].theirs == STDIN_FILENO]);
	if (rc == 0)
		rc = spawn(c, argv, &actions);
	posix_spawn_file_actions_destroy(&actions);
	close_end(&far[0]);
	close_end(&far[1]);
	if (rc != 0) {
		c->pid = -1;
		child_clear(c);
	}
	return rc;
}

/* --- a copy of ourselves --- */

/* Our handlers would tell a loop that is not the child's. */
static void
forget_handlers(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;

	for (int signo = 1; signo < NSIG; signo++)
		if (sigaction(signo, NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signo, &plain, NULL);
}

int
child_fork(struct child *c, int death_signal, void (*run)(void *arg, int out),
	   void *arg)
{
	sigset_t all, old;
	int far, rc;

	*c = (struct child)CHILD_INIT;
	c->parent = getpid();
	far = make_pipe(true, &c->out);
	if (far < 0)
		return errno;
	care_for_children();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	c->pid = fork();
	rc = c->pid < 0 ? errno : 0;
	if (c->pid == 0) {
#ifdef HAVE_PRCTL
		prctl(PR_SET_PDEATHSIG, death_signal);
#else
		(void)death_signal;
#endif
		forget_handlers();
		run(arg, far);
		_exit(1);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(far);
	if (rc != 0)
		child_clear(c);
	return rc;
}

/* --- its output, and its end --- */

enum step
child_read(struct child *c, struct buf *out, size_t max)
{
	ssize_t n = 1;

	while (n > 0 && out->len < max) {
		size_t room = max - out->len;

		if (room > READ_SIZE)
			room = READ_SIZE;
		n = read(c->out, buf_room(out, room), room);
		if (n > 0)
			out->len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return n < 0 && errno == EAGAIN ? STEP_AGAIN : STEP_DONE;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Where the system does not keep what has ended (SIGCHLD is ignored), waitid()
 * fails then. */
bool
child_has_ended(const struct child *c)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)c->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid != 0;
}

void
child_shell_argv(char *argv[4], const char *command)
{
	const char *shell = getenv("SHELL");

	if (shell == NULL || *shell == '\0')
		shell = "/bin/sh";
	argv[0] = (char *)(uintptr_t)shell;
	argv[1] = (char *)(uintptr_t) "-c";
	argv[2] = (char *)(uintptr_t)command;
	argv[3] = NULL;
}

int
child_collect(struct child *c, struct buf *out, size_t max, int patience_ms)
{
	const int64_t end_ms = now_ms() + patience_ms;
	struct pollfd pfd = { .fd = c->out, .events = POLLIN };
	bool may_wait = true;
	int pause_ms = 1;

	while (may_wait && child_read(c, out, max) == STEP_AGAIN) {
		int64_t left_ms = patience_ms < 0 ? -1 : end_ms - now_ms();

		may_wait = patience_ms < 0 || left_ms > 0;
		if (may_wait)
			poll(&pfd, 1, (int)left_ms);
	}
	/* who still has something to say is told that nobody listens */
	close_end(&c->out);
	while (patience_ms >= 0 && !child_has_ended(c) && may_wait) {
		poll(NULL, 0, pause_ms);
		may_wait = now_ms() < end_ms;
		if (pause_ms < MAX_PAUSE_MS)
			pause_ms *= 2;
	}
	if (!may_wait)
		kill(c->pid, SIGKILL);
	return child_wait(c);
}

int
child_wait(struct child *c)
{
	pid_t pid = c->pid, rc;
	int status = 0;

	c->pid = -1;
	do
		rc = waitpid(pid, &status, 0);
	while (rc < 0 && errno == EINTR);
	if (rc == pid && WIFSIGNALED(status))
		return -WTERMSIG(status);
	return rc == pid ? WEXITSTATUS(status) : EXIT_FAILURE;
}

void
child_clear(struct child *c)
{
	/* another's has another's number by now */
	if (c->pid > 0 && c->parent == getpid()) {
		kill(c->pid, SIGKILL);
		child_wait(c);
	}
	c->pid = -1;
	close_end(&c->in);
	close_end(&c->out);
}
