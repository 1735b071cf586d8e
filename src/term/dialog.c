#include "term/dialog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))
_Static_assert(N_SIGNALS == DIALOG_SIGNALS, "one action for each signal");

/* A handler has no other way to tell that it ran. */
static volatile sig_atomic_t caught[N_SIGNALS];

static void catch (int signo)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (signals[i] == signo)
			caught[i] = 1;
}

static bool
is_interrupted(void)
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (caught[i])
			return true;
	return false;
}

/* Non-blocking: somebody else who asks may be faster to read. */
static int
open_terminal(void)
{
	int fd =
	    open(DIALOG_TERMINAL, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd >= FD_SETSIZE) { /* more than pselect() can take */
		close(fd);
		errno = EMFILE;
		return -1;
	}
	return fd;
}

bool
dialog_is_possible(void)
{
	int fd = open_terminal();

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* From here on signals arrive in dialog_read() only. Those that were ignored
 * stay so. */
static void
hold_signals(struct dialog *d)
{
	struct sigaction action = { .sa_handler = catch };
	sigset_t mask;

	sigemptyset(&action.sa_mask);
	sigemptyset(&mask);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &d->old_mask);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		caught[i] = 0;
		sigaction(signals[i], NULL, &d->old_actions[i]);
		if (d->old_actions[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int
dialog_open(struct dialog *d, struct err *e)
{
	int rc;

	d->is_hidden = false;
	d->fd = open_terminal();
	if (d->fd < 0)
		return err_set(e, ERR_LOCAL, "cannot open %s: %s",
			       DIALOG_TERMINAL, strerror(errno));
	/* It is this call that stops us in the background: before signals
	 * are held, and before the settings are read, which are the shell's
	 * until then. */
	do
		rc = tcflush(d->fd, TCIFLUSH);
	while (rc != 0 && errno == EINTR);
	if (rc != 0 || tcgetattr(d->fd, &d->saved) != 0) {
		err_set(e, ERR_LOCAL, "cannot ask on %s: %s", DIALOG_TERMINAL,
			strerror(errno));
		close(d->fd);
		return -1;
	}
	hold_signals(d);
	return 0;
}

void
dialog_hide(struct dialog *d)
{
	struct termios silent = d->saved;

	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	d->is_hidden = tcsetattr(d->fd, TCSAFLUSH, &silent) == 0;
}

void
dialog_write(struct dialog *d, const char *text)
{
	fd_write(d->fd, text, strlen(text));
}

int
dialog_read(struct dialog *d, unsigned char *ret_byte)
{
	ssize_t n = -1;
	fd_set set;

	while (!is_interrupted()) {
		FD_ZERO(&set);
		FD_SET(d->fd, &set);
		if (pselect(d->fd + 1, &set, NULL, NULL, NULL, &d->old_mask) <
		    0) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		n = read(d->fd, ret_byte, 1);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return (int)n;
	}
	return -1;
}

bool
dialog_close(struct dialog *d)
{
	bool was_stopped = false;

	/* In the background the terminal is another program's by now. */
	if (tcgetpgrp(d->fd) == getpgrp())
		tcsetattr(d->fd, d->is_hidden ? TCSAFLUSH : TCSADRAIN,
			  &d->saved);
	close(d->fd);
	d->fd = -1;
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaction(signals[i], &d->old_actions[i], NULL);
	/* while they are held: one that has come again stops us no second time,
	 * after who continues us */
	for (size_t i = 0; i < N_SIGNALS; i++) {
		if (!caught[i])
			continue;
		caught[i] = 0;
		if (signals[i] == SIGTSTP)
			was_stopped = true;
		kill(getpid(), signals[i]);
	}
	sigprocmask(SIG_SETMASK, &d->old_mask, NULL);
	return was_stopped;
}
