/*
 * child - a process that is run for what it prints, answers or does: a
 * program, or a copy of ourselves. One way to start, hear and end it.
 *
 * No signal is blocked, ignored or caught there because it is here, unless the
 * user has it ignored; nothing that is open here is open there, but what it is
 * given (a copy of ourselves closes what it has no use for itself).
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/step.h"

struct buf;

struct child {
	pid_t pid;    /* -1: there is none, or its end was seen */
	pid_t parent; /* whose it is; not ours after a fork */
	int in;       /* what it reads is written here; -1: not by us */
	int out; /* what it prints is read here, and never waited for; or -1 */
};

#define CHILD_INIT                                                             \
	{                                                                      \
		-1, -1, -1, -1                                                 \
	}

/* A descriptor that a program gets: one of ours, or one of these. */
struct child_fd {
	int ours;
	int theirs;
};

#define CHILD_NULL (-1) /* /dev/null */
#define CHILD_PIPE (-2) /* a pipe whose other end is child.in or child.out */

/*
 * Start argv[0], which is looked for in PATH if it has no slash, with our
 * environment. Its standard descriptors are ours where fds[0..n) says nothing
 * else. Returns 0, or an errno, and c is as after child_clear().
 */
int child_start(struct child *c, char *const argv[], const struct child_fd *fds,
		size_t n);

/* The argv of the user's shell, $SHELL or /bin/sh, to run a command, which is
 * borrowed as $SHELL is. */
void child_shell_argv(char *argv[4], const char *command);

/*
 * Start a copy of ourselves that does run(arg, out) with all signals blocked
 * and none caught, and then ends; what it writes into out is read from c->out.
 * When we end, it is sent death_signal where the system can do that. Returns 0,
 * or an errno, and c is as after child_clear().
 */
int child_fork(struct child *c, int death_signal,
	       void (*run)(void *arg, int out), void *arg);

/* Append what it has printed by now to out. STEP_DONE: it prints no more, or
 * out has max bytes, and no more are wanted. */
enum step child_read(struct child *c, struct buf *out, size_t max);

/*
 * Wait for all that it prints, up to max bytes, and for its end, for so long
 * (-1: for ever); then it is killed. Returns what child_wait() does.
 */
int child_collect(struct child *c, struct buf *out, size_t max,
		  int patience_ms);

/* Has it ended? It may go on though it prints no more. */
bool child_has_ended(const struct child *c);

/* Wait for its end: its exit status, or minus the signal that ended it. */
int child_wait(struct child *c);

/* Kill it, if it is ours and has not ended, and close what is open. */
void child_clear(struct child *c);

#endif
