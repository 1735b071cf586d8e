#include "term/asking.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "term/askpass.h"
#include "term/dialog.h"
#include "term/prompt.h"

/* An answer on its way is this byte, and the text. */
#define ANSWER_MAX 2048
#define MARK 'a'

/* What the terminal, or whoever ends us, tells both. */
static const int shared[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

#define N_SHARED (sizeof(shared) / sizeof(shared[0]))

struct asking {
	bool is_group; /* the child is a process group */
	struct child child;
	int status; /* when it has ended: of child_wait() */
	struct buf answer;
	bool is_over; /* nothing is added to it any more */
	int tty;      /* lent to the child's group; or -1 */
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

struct life {
	const struct asking *asking;
	const struct asking_params *params;
};

static void
unblock_signals(bool is_group)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	/* nobody would see a group of its own stop */
	if (is_group)
		sigaction(SIGTSTP, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
converse(const struct asking_params *p, int out)
{
	struct err e = { .kind = ERR_NONE };
	struct buf message = { .wipe = true };
	struct secret *answer;

	/* the other end of a connection is not to wait for the answer */
	fd_close_others(out, log_keep());
	if (p->is_notice) {
		setenv("SSH_ASKPASS_PROMPT", "none", 1);
		secret_free(askpass_ask(p->text, &e));
		return;
	}
	if (p->is_confirmation)
		setenv("SSH_ASKPASS_PROMPT", "confirm", 1);
	answer = prompt_ask(p->text, p->echo, &e);
	if (answer == NULL) {
		log_debug("%s", e.text);
		return;
	}
	buf_add_byte(&message, MARK);
	buf_add(&message, answer->text, answer->len);
	secret_free(answer);
	fd_write(out, message.data, message.len);
	buf_clear(&message);
}

/* The terminal is put right whatever ends us: by SIGTERM, above all. */
static void
live_as_child(void *arg, int out)
{
	const struct life *life = arg;
	const struct asking *a = life->asking;

	if (a->is_group)
		setpgid(0, 0);
	if (a->tty >= 0)
		set_foreground(a->tty, getpid());
	unblock_signals(a->is_group);
	converse(life->params, out);
}

/* --- in the parent --- */

/* With what it has started, if it is a group. */
static void
tell_child(const struct asking *a, int signo)
{
	if (a->child.pid > 0)
		kill(a->is_group ? -a->child.pid : a->child.pid, signo);
}

/* Also if it is stopped. */
static void
end_child(const struct asking *a, int signo)
{
	tell_child(a, signo);
	tell_child(a, SIGCONT);
}

static void
wait_for_end(struct asking *a)
{
	pid_t pid = a->child.pid;

	if (pid < 0)
		return;
	a->status = child_wait(&a->child);
	/* a shell may have taken it back meanwhile */
	if (a->tty >= 0 && tcgetpgrp(a->tty) == pid)
		set_foreground(a->tty, getpgrp());
}

/* Or for its end, of which others are told. */
static void
wait_for_stop(const struct asking *a)
{
	siginfo_t info;
	int rc;

	do
		rc = waitid(P_PID, (id_t)a->child.pid, &info,
			    WSTOPPED | WEXITED | WNOWAIT);
	while (rc != 0 && errno == EINTR);
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
		wait_for_stop(a);
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
	wait_for_end(a);
	stop_watching(a);
	raise(signo);
}

/* The shell has given the terminal to us: it is the child's. */
static void
on_continued(void *arg, int signo)
{
	struct asking *a = arg;

	if (a->child.pid < 0 || a->tty < 0 || tcgetpgrp(a->tty) != getpgrp())
		return;
	set_foreground(a->tty, a->child.pid);
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
	if (child_read(&a->child, &a->answer, ANSWER_MAX) == STEP_AGAIN)
		return;
	a->is_over = true;
	loop_io_want(a->io, false, false);
	a->wake(a->arg);
}

/* The terminal, if it is ours now; or -1. */
static int
open_terminal(void)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty >= 0 && tcgetpgrp(tty) != getpgrp()) {
		close(tty);
		tty = -1;
	}
	return tty;
}

bool
asking_is_possible(bool is_apart)
{
	int tty;

	if (!is_apart || !prompt_uses_terminal())
		return prompt_is_possible();
	tty = open_terminal();
	if (tty >= 0)
		close(tty);
	return tty >= 0;
}

/* The terminal that the child is to have for itself, if it is ours to lend. */
static int
lend_terminal(struct asking *a, struct err *e)
{
	a->tty = open_terminal();
	return a->tty >= 0
		   ? 0
		   : err_set(e, ERR_LOCAL, "the terminal is not ours now");
}

static int
begin(struct asking *a, const struct asking_params *p, struct err *e)
{
	struct life life = { .asking = a, .params = p };
	int rc;

	if (p->is_apart && prompt_uses_terminal() && lend_terminal(a, e) != 0)
		return -1;
	rc = child_fork(&a->child, SIGTERM, live_as_child, &life);
	if (rc != 0)
		return err_set(e, ERR_LOCAL, "fork: %s", strerror(rc));
	if (a->is_group)
		setpgid(a->child.pid, a->child.pid); /* whoever comes first */
	a->io = loop_io_new(p->loop, a->child.out, on_answer, a, e);
	if (a->io == NULL)
		return -1;
	loop_io_want(a->io, true, false);
	return 0;
}

struct asking *
asking_new(const struct asking_params *p, struct err *e)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	a->child = (struct child)CHILD_INIT;
	a->answer.wipe = true;
	a->tty = -1;
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
	if (!a->is_group && a->status < 0)
		raise(-a->status);
}

enum step
asking_step(struct asking *a, struct secret **ret_answer)
{
	if (!a->is_over)
		return STEP_AGAIN;
	wait_for_end(a);
	stop_watching(a);
	if (a->answer.len == 0 || a->answer.data[0] != MARK) {
		follow_child(a);
		return STEP_FAIL;
	}
	*ret_answer =
	    secret_new((const char *)a->answer.data + 1, a->answer.len - 1);
	return STEP_DONE;
}

void
asking_free(struct asking *a)
{
	if (a == NULL)
		return;
	end_child(a, SIGTERM);
	wait_for_end(a);
	stop_watching(a);
	loop_io_free(a->io);
	child_clear(&a->child);
	buf_clear(&a->answer);
	if (a->tty >= 0)
		close(a->tty);
	free(a);
}
