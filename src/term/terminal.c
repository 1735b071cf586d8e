#include "term/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "term/ledger.h"

enum { CRASH_STACK_BYTES = 32768, UNDO_PATIENCE_MS = 100 };

/* Those that end a program which does not catch them. */
static const int fatal_signals[] = {
	SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE,   SIGALRM, SIGUSR1,
	SIGUSR2, SIGSEGV, SIGBUS,  SIGABRT, SIGFPE,    SIGILL,  SIGSYS,
	SIGTRAP, SIGXCPU, SIGXFSZ, SIGPROF, SIGVTALRM,
};

#define N_SIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

struct terminal {
	struct terminal_fds fds;
	bool is_raw;
	pid_t owner; /* a child that has not called exec() yet is not it */
	struct termios saved, raw;
	int undo_fd; /* -1: what is written goes elsewhere */
	volatile sig_atomic_t undo_len;
	char undo[LEDGER_UNDO_MAX];
	void *crash_stack; /* for when the ordinary one is used up */
};

/* The terminal in raw mode. A handler of a fatal signal has no other way to
 * find it; nothing else reads this. */
static struct terminal *volatile raw_terminal;

struct terminal *
terminal_new(const struct terminal_fds *fds)
{
	struct terminal *t = xcalloc(1, sizeof(*t));

	t->fds = *fds;
	t->undo_fd = isatty(fds->out) ? fds->out : -1;
	return t;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	terminal_leave(t);
	free(t);
}

/* Is the terminal another program's now? What is no controlling terminal has
 * no foreground. */
static bool
is_in_background(const struct terminal *t)
{
	pid_t foreground = tcgetpgrp(t->fds.in);

	return foreground > 0 && foreground != getpgrp();
}

/* For signal handlers: do not wait for a terminal that takes nothing. */
static void
write_undo(const struct terminal *t)
{
	struct pollfd pfd = { .fd = t->undo_fd, .events = POLLOUT };
	size_t len = (size_t)t->undo_len;
	ssize_t n;

	if (len == 0 || poll(&pfd, 1, UNDO_PATIENCE_MS) != 1 ||
	    (pfd.revents & POLLOUT) == 0)
		return;
	n = write(t->undo_fd, t->undo, len);
	(void)n; /* nothing can be done about it */
}

static void
on_fatal_signal(int signo)
{
	struct terminal *t = raw_terminal;
	struct sigaction plain = { .sa_handler = SIG_DFL };

	raw_terminal = NULL;
	if (t != NULL && t->owner == getpid() && !is_in_background(t)) {
		tcsetattr(t->fds.in, TCSANOW, &t->saved);
		write_undo(t);
	}
	/* It is blocked until this returns, and then ends the program. */
	sigaction(signo, &plain, NULL);
	raise(signo);
}

static void
catch_signals(void)
{
	struct sigaction ours = { .sa_handler = on_fatal_signal,
				  .sa_flags = SA_ONSTACK };
	struct sigaction old;

	sigfillset(&ours.sa_mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (sigaction(fatal_signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			sigaction(fatal_signals[i], &ours, NULL);
}

static void
release_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;

	for (size_t i = 0; i < N_SIGNALS; i++)
		if (sigaction(fatal_signals[i], NULL, &old) == 0 &&
		    old.sa_handler == on_fatal_signal)
			sigaction(fatal_signals[i], &plain, NULL);
}

/* A sanitizer may have one already. */
static void
add_crash_stack(struct terminal *t)
{
	stack_t ours = { .ss_size = CRASH_STACK_BYTES }, old;

	if (sigaltstack(NULL, &old) != 0 || (old.ss_flags & SS_DISABLE) == 0)
		return;
	t->crash_stack = xmalloc(CRASH_STACK_BYTES);
	ours.ss_sp = t->crash_stack;
	sigaltstack(&ours, NULL);
}

static void
remove_crash_stack(struct terminal *t)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (t->crash_stack == NULL)
		return;
	sigaltstack(&none, NULL);
	free(t->crash_stack);
	t->crash_stack = NULL;
}

/* What ssh(1) changes, no more and no less. */
static void
make_raw(const struct termios *from, struct termios *ret_raw)
{
	struct termios raw = *from;

	raw.c_iflag |= IGNPAR;
	raw.c_iflag &=
	    ~(tcflag_t)(ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF);
#ifdef IUCLC
	raw.c_iflag &= ~(tcflag_t)IUCLC;
#endif
	raw.c_lflag &=
	    ~(tcflag_t)(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	*ret_raw = raw;
}

/* A signal that is caught, such as SIGWINCH, can come while it waits. */
static int
set_settings(int fd, const struct termios *settings)
{
	int rc;

	do
		rc = tcsetattr(fd, TCSADRAIN, settings);
	while (rc != 0 && errno == EINTR);
	return rc;
}

/* In the background this call stops us: before the settings are read, which
 * are another program's until then. */
static void
wait_for_foreground(const struct terminal *t)
{
	int rc;

	do
		rc = tcdrain(t->fds.in);
	while (rc != 0 && errno == EINTR);
}

int
terminal_enter(struct terminal *t, struct err *e)
{
	if (!isatty(t->fds.in))
		return 0;
	wait_for_foreground(t);
	if (!t->is_raw) {
		if (tcgetattr(t->fds.in, &t->saved) != 0)
			return err_set(e, ERR_LOCAL, "tcgetattr: %s",
				       strerror(errno));
		make_raw(&t->saved, &t->raw);
		t->owner = getpid();
		raw_terminal = t;
		add_crash_stack(t);
		catch_signals();
		t->is_raw = true;
	}
	if (set_settings(t->fds.in, &t->raw) != 0) {
		err_set(e, ERR_LOCAL, "tcsetattr: %s", strerror(errno));
		terminal_leave(t);
		return -1;
	}
	return 0;
}

void
terminal_leave(struct terminal *t)
{
	if (!t->is_raw)
		return;
	t->is_raw = false;
	if (!is_in_background(t) && set_settings(t->fds.in, &t->saved) != 0)
		log_debug("tcsetattr: %s", strerror(errno));
	release_signals();
	raw_terminal = NULL;
	remove_crash_stack(t);
}

void
terminal_forget_input(const struct terminal *t)
{
	if (isatty(t->fds.in) && tcflush(t->fds.in, TCIFLUSH) != 0)
		log_debug("tcflush: %s", strerror(errno));
}

bool
terminal_is_raw(const struct terminal *t)
{
	return t->is_raw;
}

int
terminal_suspend(struct terminal *t, struct err *e)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old_action;
	bool was_raw = t->is_raw;
	sigset_t mask, old_mask;

	terminal_leave(t);
	sigaction(SIGTSTP, &plain, &old_action);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &mask, &old_mask);
	kill(getpid(), SIGTSTP);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	sigaction(SIGTSTP, &old_action, NULL);
	return was_raw ? terminal_enter(t, e) : 0;
}

bool
terminal_size_of(const struct terminal_fds *fds, struct terminal_size *ret_size)
{
	const int all[] = { fds->in, fds->out, fds->err };
	struct winsize ws = { 0 };
	int rc = -1;

	for (size_t i = 0; i < 3 && rc != 0; i++)
		rc = ioctl(all[i], TIOCGWINSZ, &ws);
	ret_size->cols = ws.ws_col;
	ret_size->rows = ws.ws_row;
	ret_size->xpixel = ws.ws_xpixel;
	ret_size->ypixel = ws.ws_ypixel;
	return rc == 0;
}

void
terminal_own_size(const struct terminal *t, struct terminal_size *ret_size)
{
	terminal_size_of(&t->fds, ret_size);
}

void
terminal_set_undo(struct terminal *t, const void *data, size_t len)
{
	/* A handler that runs in between finds nothing. */
	t->undo_len = 0;
	if (t->undo_fd < 0 || len == 0 || len > sizeof(t->undo))
		return;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(t->undo, data, len);
	atomic_signal_fence(memory_order_seq_cst);
	t->undo_len = (sig_atomic_t)len;
}
