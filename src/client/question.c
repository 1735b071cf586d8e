#include "client/question.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client/commands.h"
#include "client/internal.h"
#include "client/terminal_state.h"
#include "conf/conf.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "term/prompt.h"
#include "term/terminal.h"

struct question {
	struct client *client;
	pid_t pid; /* of the child that asks; -1: it has ended */
	int fd;    /* a byte comes out of it for yes */
	int tty;   /* where it asks; -1: in a window */
	bool was_raw;
	enum step answer;
	struct loop_io *io;
};

bool
question_must_wait(const struct client *c)
{
	return c->interactive != NULL && commands_is_editing(c->interactive);
}

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

/* A window with two buttons gives an empty answer for yes, as for
 * ssh-agent. */
static bool
is_yes(const struct secret *answer, bool is_window)
{
	return strcasecmp(answer->text, "yes") == 0 ||
	       (is_window && answer->len == 0);
}

/* In the child. */
static void
ask(const struct question *q, const char *text, int fd)
{
	struct err e = { .kind = ERR_NONE };
	struct secret *answer;

	if (q->tty >= 0)
		set_foreground(q->tty, getpid());
	else
		setenv("SSH_ASKPASS_PROMPT", "confirm", 1);
	answer = prompt_line(text, &e);
	if (answer == NULL)
		log_debug("%s", e.text);
	else if (is_yes(answer, q->tty < 0) && write(fd, "y", 1) != 1)
		_exit(1);
	_exit(0);
}

/*
 * The child is a process group of its own, so that ^C ends the question and
 * not the session; ^Z would stop it where no shell can see that.
 */
static pid_t
start_child(const struct question *q, const char *text, int fd)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t all, old;
	pid_t pid;

	/* our handlers must not run in the child: they would tell our loop */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		setpgid(0, 0);
		for (int signo = 1; signo < NSIG; signo++)
			sigaction(signo, &plain, NULL);
		sigaction(SIGPIPE, &ignore, NULL);
		sigaction(SIGTSTP, &ignore, NULL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		ask(q, text, fd);
	}
	if (pid > 0)
		setpgid(pid, pid); /* whoever comes first */
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* Stop the session's own use of the terminal, or let it go on. */
static void
hold_session(struct question *q, bool on)
{
	struct interactive *i = q->client->interactive;
	struct err e = { .kind = ERR_NONE };

	if (q->client->stdio != NULL) {
		stdio_pause_output(q->client->stdio, on);
		stdio_pause_input(q->client->stdio, on);
	}
	if (i == NULL)
		return;
	if (on) {
		q->was_raw = terminal_is_raw(i->terminal);
		terminal_leave(i->terminal);
	} else if (q->was_raw && !i->has_ended &&
		   terminal_enter(i->terminal, &e) != 0) {
		log_error("%s", e.text);
	}
}

static void
on_answer(void *arg, bool can_read, bool can_write)
{
	struct question *q = arg;

	(void)can_read;
	(void)can_write;
	loop_io_want(q->io, false, false);
	client_wake(q->client);
}

/* The terminal, if the question goes there and it is ours to ask on. */
static int
open_terminal(bool *ret_is_ours)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	*ret_is_ours = fd >= 0 && tcgetpgrp(fd) == getpgrp();
	if (fd >= 0 && !*ret_is_ours) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static struct question *
prepare(struct client *c)
{
	struct question *q;
	bool is_ours = true;
	int tty = -1;

	if (c->conf->batch_mode || !prompt_is_possible())
		return NULL;
	if (prompt_uses_terminal())
		tty = open_terminal(&is_ours);
	if (!is_ours)
		return NULL;
	q = xcalloc(1, sizeof(*q));
	q->client = c;
	q->pid = -1;
	q->fd = -1;
	q->tty = tty;
	q->answer = STEP_AGAIN;
	return q;
}

struct question *
question_new(struct client *c, const char *text)
{
	struct question *q = prepare(c);
	struct err e = { .kind = ERR_NONE };
	int fds[2];

	if (q == NULL)
		return NULL;
	if (pipe2(fds, O_CLOEXEC) != 0)
		goto fail;
	q->fd = fds[0];
	q->io = loop_io_new(c->loop, q->fd, on_answer, q, &e);
	if (q->io == NULL) {
		close(fds[1]);
		goto fail;
	}
	loop_io_want(q->io, true, false);
	if (q->tty >= 0)
		hold_session(q, true);
	q->pid = start_child(q, text, fds[1]);
	close(fds[1]);
	if (q->pid >= 0)
		return q;
fail:
	log_debug("cannot ask: %s", strerror(errno));
	question_free(q);
	return NULL;
}

/* The child has ended, or is to: give the terminal back to the session. */
static void
finish(struct question *q)
{
	if (q->pid < 0)
		return;
	while (waitpid(q->pid, NULL, 0) < 0 && errno == EINTR)
		;
	q->pid = -1;
	if (q->tty >= 0) {
		set_foreground(q->tty, getpgrp());
		hold_session(q, false);
	}
	client_wake(q->client);
}

enum step
question_step(struct question *q)
{
	struct pollfd pfd = { .fd = q->fd, .events = POLLIN };
	char byte;

	if (q->answer != STEP_AGAIN || poll(&pfd, 1, 0) <= 0)
		return q->answer;
	q->answer = read(q->fd, &byte, 1) == 1 ? STEP_DONE : STEP_FAIL;
	finish(q);
	return q->answer;
}

void
question_free(struct question *q)
{
	if (q == NULL)
		return;
	if (q->pid >= 0)
		kill(-q->pid, SIGTERM); /* with its askpass */
	finish(q);
	loop_io_free(q->io);
	if (q->fd >= 0)
		close(q->fd);
	if (q->tty >= 0)
		close(q->tty);
	free(q);
}
