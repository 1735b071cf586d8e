#include "base/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/system.h"

/* The keeper's end: low enough for pselect(), which every system has. */
#define LIFELINE STDIN_FILENO

struct order {
	char *const *argv;
	int in, out;
	int lifeline; /* its other end is open while one of us lives */
};

/* --- the keeper's own life; all signals are blocked --- */

static void
notice(int signo)
{
	(void)signo;
}

static bool
has_ended(const struct child *command)
{
	return waitpid(command->pid, NULL, WNOHANG) == command->pid;
}

/* Until either the command or those for whom it runs are gone. */
static void
wait_for_an_end(const struct child *command)
{
	struct sigaction action = { .sa_handler = notice };
	sigset_t others;
	fd_set end;

	sigaction(SIGCHLD, &action, NULL);
	sigfillset(&others);
	sigdelset(&others, SIGCHLD);
	while (!has_ended(command)) {
		FD_ZERO(&end);
		FD_SET(LIFELINE, &end);
		if (pselect(LIFELINE + 1, &end, NULL, NULL, NULL, &others) <= 0)
			continue;
		kill(command->pid, SIGHUP);
		kill(command->pid, SIGCONT);
		return;
	}
}

static void
keep(void *arg, int out)
{
	const struct order *o = arg;
	const struct child_fd fds[] = { { o->in, STDIN_FILENO },
					{ o->out, STDOUT_FILENO } };
	struct child command;
	int rc = child_start(&command, o->argv, fds, 2);

	(void)out;
	if (rc != 0) {
		log_error("%s: %s", o->argv[0], strerror(rc));
		_exit(1);
	}
	/* our own copy of the lifeline would keep us here for ever */
	fd_close_all_but(o->lifeline);
	dup2(o->lifeline, LIFELINE);
	wait_for_an_end(&command);
	_exit(0);
}

/* --- on our side --- */

int
keeper_start(struct keeper *k, char *const argv[], int in, int out)
{
	struct order order = { .argv = argv, .in = in, .out = out };
	int lifeline[2], rc;

	*k = (struct keeper)KEEPER_INIT;
	if (system_pipe(lifeline) != 0)
		return errno;
	order.lifeline = lifeline[0];
	rc = child_fork(&k->child, 0, keep, &order);
	close(lifeline[0]);
	if (rc != 0) {
		close(lifeline[1]);
		return rc;
	}
	k->child.in = lifeline[1];
	close(k->child.out);
	k->child.out = -1;
	return 0;
}

void
keeper_stop(struct keeper *k)
{
	struct child *c = &k->child;

	if (c->in >= 0)
		close(c->in);
	c->in = -1;
	/* it does not wait for anything now */
	if (c->pid > 0 && c->parent == getpid())
		child_wait(c);
	child_clear(c);
}
