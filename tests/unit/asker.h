/*
 * asker - a question asked in a child process, for the tests of term/: the
 * child has a terminal of its own, and we are the person in front of it.
 */
#ifndef TESTS_UNIT_ASKER_H
#define TESTS_UNIT_ASKER_H

#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "term/prompt.h"

#define PATIENCE_MS 20000

typedef struct secret *ask_fn(const char *question, struct err *e);

static inline struct secret *
ask_secret(const char *question, struct err *e)
{
	return prompt_ask(question, false, e);
}

static inline struct secret *
ask_line(const char *question, struct err *e)
{
	return prompt_ask(question, true, e);
}

/* A child with a terminal of its own, in which a question is asked. */
struct asker {
	pid_t pid;
	int master, result; /* its terminal; what it got to know */
	char screen[4096], answer[4096];
};

/* "=text" for an answer, "!text" for an error. */
static inline void
report(int fd, ask_fn *ask, const char *question)
{
	struct err e = { 0 };
	struct secret *s = ask(question, &e);

	if (s != NULL)
		dprintf(fd, "=%s", s->text);
	else
		dprintf(fd, "!%s", e.text);
	secret_free(s);
}

static inline void
set_environment(const char *require, const char *display, const char *program)
{
	unsetenv("SSH_ASKPASS_REQUIRE");
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("SSH_ASKPASS");
	if (require != NULL)
		setenv("SSH_ASKPASS_REQUIRE", require, 1);
	if (display != NULL)
		setenv("DISPLAY", display, 1);
	if (program != NULL)
		setenv("SSH_ASKPASS", program, 1);
}

static inline void
start(struct asker *a, ask_fn *ask, const char *question)
{
	int fds[2];

	memset(a, 0, sizeof(*a));
	if (pipe(fds) != 0)
		abort();
	a->pid = forkpty(&a->master, NULL, NULL, NULL);
	if (a->pid == 0) {
		report(fds[1], ask, question);
		_exit(0);
	}
	close(fds[1]);
	a->result = fds[0];
}

/* Append what a descriptor has to text; false at its end or if it is late. */
static inline bool
gather(int fd, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = strlen(text);
	ssize_t n;

	if (len + 1 >= size || poll(&p, 1, PATIENCE_MS) <= 0)
		return false;
	n = read(fd, text + len, size - 1 - len);
	if (n <= 0)
		return false;
	text[len + (size_t)n] = '\0';
	return true;
}

/* Wait until the screen shows the text for the nth time. */
static inline bool
shows(struct asker *a, const char *text, int count)
{
	for (;;) {
		const char *at = a->screen;
		int seen = 0;

		while ((at = strstr(at, text)) != NULL) {
			seen++;
			at += strlen(text);
		}
		if (seen >= count)
			return true;
		if (!gather(a->master, a->screen, sizeof(a->screen)))
			return false;
	}
}

static inline void
type(struct asker *a, const char *keys)
{
	if (write(a->master, keys, strlen(keys)) < 0)
		abort();
}

static inline bool
has_echo(struct asker *a)
{
	struct termios tio;

	return tcgetattr(a->master, &tio) == 0 && (tio.c_lflag & ECHO) != 0 &&
	       (tio.c_lflag & ICANON) != 0;
}

/* The settings change before the question is shown, or shortly after. */
static inline bool
waits_hidden(struct asker *a)
{
	for (int i = 0; i < PATIENCE_MS / 10 && has_echo(a); i++)
		poll(NULL, 0, 10);
	return !has_echo(a);
}

/* Collect the answer and the way the child ended. */
static inline int
finish(struct asker *a)
{
	int status = -1;

	while (gather(a->result, a->answer, sizeof(a->answer)))
		;
	/* The terminal ends when the child, its last user, has ended. */
	while (gather(a->master, a->screen, sizeof(a->screen)))
		;
	waitpid(a->pid, &status, 0);
	close(a->result);
	close(a->master);
	return status;
}

#endif
