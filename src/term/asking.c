#include "term/asking.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "term/dialog.h"
#include "term/prompt.h"

/* An answer on its way is one byte and the text: one write, one read. */
#define ANSWER_MAX 2048
#define MARK 'a'

/* What the terminal, or whoever ends us, tells both. */
static const int shared[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

#define N_SHARED (sizeof(shared) / sizeof(shared[0]))

struct asking {
	bool is_group; /* the child is a process group */
	pid_t pid;     /* of the child; -1: it has ended */
	int status;    /* then: as of waitpid() */
	int fd;        /* the answer comes out of it */
	int tty;       /* lent to the child's group; or -1 */
	struct loop_io *io;
	struct loop_signal *signals[N_SHARED];
	void (*wake)(void *arg);
	void *arg;
};

/* Whose turn it is at the terminal; also from the background. */
static void
set_foreground(int tty, pid_t group)
{
	sigset_t ttou, old;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &old);
	if (tcsetpgrp(tty, group) != 0)
		log_debug("tcsetpgrp: %s", strerror(errno));
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* --- in the child --- */

/* Our handlers would tell the parent's loop. What is ignored stays so; and
 * nobody would see a group of its own stop. */
static void
reset_signals(bool is_group)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		if (sigaction(signo, NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signo, &plain, NULL);
	if (is_group)
		sigaction(SIGTSTP, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
converse(const struct asking_params *p, int fd)
{
	struct err e = { .kind = ERR_NONE };
	unsigned char message[ANSWER_MAX] = { MARK };
	struct secret *answer;
	size_t len;

	/* the other end of a connection is not to wait for the answer */
	fd_close_others(fd, log_keep());
	if (p->is_confirmation)
		setenv("SSH_ASKPASS_PROMPT", "confirm", 1);
	answer =
	    p->echo ? prompt_line(p->text, &e) : prompt_secret(p->text, &e);
	if (answer == NULL) {
		log_debug("%s", e.text);
		_exit(1);
	}
	len = answer->len < ANSWER_MAX - 1 ? answer->len : ANSWER_MAX - 1;
	memcpy(message + 1, answer->text, len);
	secret_free(answer);
	_exit(write(fd, message, len + 1) == (ssize_t)len + 1 ? 0 : 1);
}

/* --- in the parent --- */

static pid_t
start_child(struct asking *a, const struct asking_params *p, int fd)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid == 0) {
		/* the terminal is put right whatever ends us */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (a->is_group)
			setpgid(0, 0);
		if (a->tty >= 0)
			set_foreground(a->tty, getpid());
		reset_signals(a->is_group);
		converse(p, fd);
	}
	if (pid > 0 && a->is_group)
		setpgid(pid, pid); /* whoever comes first */
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* With what it has started, if it is a group. */
static void
tell_child(const struct asking *a, int signo)
{
	if (a->pid >= 0)
		kill(a->is_group ? -a->pid : a->pid, signo);
}

/* Also if it is stopped. */
static void
end_child(const struct asking *a, int signo)
{
	tell_child(a, signo);
	tell_child(a, SIGCONT);
}

/* Wait for the child's end; or, with WUNTRACED, for its being stopped. */
static void
wait_for_child(struct asking *a, int options)
{
	pid_t child = a->pid, rc;

	if (child < 0)
		return;
	do
		rc = waitpid(child, &a->status, options);
	while (rc < 0 && errno == EINTR);
	if (rc == child && WIFSTOPPED(a->status))
		return;
	a->pid = -1;
	/* a shell may have taken it back meanwhile */
	if (a->tty >= 0 && tcgetpgrp(a->tty) == child)
		set_foreground(a->tty, getpgrp());
}

static void
stop_watching(struct asking *a)
{
	for (size_t i = 0; i < N_SHARED; i++) {
		loop_signal_free(a->signals[i]);
		a->signals[i] = NULL;
	}
}

/* ^Z: the child first, and then us, for the shell to see. */
static void
stop_together(struct asking *a)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;

	if (!a->is_group)
		wait_for_child(a, WUNTRACED);
	sigaction(SIGTSTP, &plain, &old);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &old, NULL);
	tell_child(a, SIGCONT);
}

/* The terminal is put right by the child; only then is it our turn. */
static void
on_signal(void *arg, int signo)
{
	struct asking *a = arg;

	if (signo == SIGTSTP) {
		tell_child(a, signo);
		stop_together(a);
		return;
	}
	end_child(a, signo);
	wait_for_child(a, 0);
	stop_watching(a);
	raise(signo);
}

/* The shell has given the terminal to us: it is the child's. */
static void
on_continued(void *arg, int signo)
{
	struct asking *a = arg;

	if (a->pid < 0 || a->tty < 0 || tcgetpgrp(a->tty) != getpgrp())
		return;
	set_foreground(a->tty, a->pid);
	tell_child(a, signo);
}

static void
watch_signals(struct asking *a, struct loop *l, bool is_apart)
{
	struct sigaction old;

	if (is_apart) {
		a->signals[0] = loop_signal_new(l, SIGCONT, on_continued, a);
		return;
	}
	for (size_t i = 0; i < N_SHARED; i++)
		if (sigaction(shared[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			a->signals[i] =
			    loop_signal_new(l, shared[i], on_signal, a);
}

static void
on_answer(void *arg, bool can_read, bool can_write)
{
	struct asking *a = arg;

	(void)can_read;
	(void)can_write;
	loop_io_want(a->io, false, false);
	a->wake(a->arg);
}

/* The terminal that the child is to have for itself, if it is ours to lend. */
static int
lend_terminal(struct asking *a, struct err *e)
{
	a->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (a->tty >= 0 && tcgetpgrp(a->tty) == getpgrp())
		return 0;
	return err_set(e, ERR_LOCAL, "the terminal is not ours now");
}

static int
begin(struct asking *a, const struct asking_params *p, struct err *e)
{
	int fds[2];

	if (p->is_apart && prompt_uses_terminal() && lend_terminal(a, e) != 0)
		return -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(e, ERR_LOCAL, "pipe: %s", strerror(errno));
	a->fd = fds[0];
	a->io = loop_io_new(p->loop, a->fd, on_answer, a, e);
	if (a->io != NULL) {
		loop_io_want(a->io, true, false);
		a->pid = start_child(a, p, fds[1]);
		if (a->pid < 0)
			err_set(e, ERR_LOCAL, "fork: %s", strerror(errno));
	}
	close(fds[1]);
	return a->pid >= 0 ? 0 : -1;
}

struct asking *
asking_new(const struct asking_params *p, struct err *e)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	a->pid = a->fd = a->tty = -1;
	a->wake = p->wake;
	a->arg = p->arg;
	a->is_group = p->is_apart || !dialog_is_possible();
	if (begin(a, p, e) != 0) {
		asking_free(a);
		return NULL;
	}
	watch_signals(a, p->loop, p->is_apart);
	return a;
}

/* The child may see the signal that is meant for both before we do. */
static void
follow_child(const struct asking *a)
{
	if (!a->is_group && WIFSIGNALED(a->status))
		raise(WTERMSIG(a->status));
}

enum step
asking_step(struct asking *a, struct secret **ret_answer)
{
	struct pollfd pfd = { .fd = a->fd, .events = POLLIN };
	unsigned char message[ANSWER_MAX];
	ssize_t n;

	if (poll(&pfd, 1, 0) <= 0)
		return STEP_AGAIN;
	do
		n = read(a->fd, message, sizeof(message));
	while (n < 0 && errno == EINTR);
	wait_for_child(a, 0);
	stop_watching(a);
	if (n <= 0 || message[0] != MARK) {
		follow_child(a);
		return STEP_FAIL;
	}
	*ret_answer = secret_new((const char *)message + 1, (size_t)n - 1);
	secret_wipe(message, sizeof(message));
	return STEP_DONE;
}

void
asking_free(struct asking *a)
{
	if (a == NULL)
		return;
	end_child(a, SIGTERM);
	wait_for_child(a, 0);
	stop_watching(a);
	loop_io_free(a->io);
	if (a->fd >= 0)
		close(a->fd);
	if (a->tty >= 0)
		close(a->tty);
	free(a);
}
