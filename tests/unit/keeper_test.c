/* A program that does not outlive us, however we end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/keeper.h"
#include "tap.h"

/* It says that it runs, then how it ended; the far end of the pipe closes with
 * it. */
static const char obedient[] =
    "trap 'echo hup; exit' HUP; echo up; while :; do sleep 0.01; done";

/* What is in the pipe up to the end, or the first line of it. */
static const char *
hear(int fd, bool until_end)
{
	static char said[256];
	size_t len = 0;

	while (len < sizeof(said) - 1 && read(fd, said + len, 1) == 1)
		if (said[len++] == '\n' && !until_end)
			break;
	said[len] = '\0';
	return said;
}

static int
start(struct keeper *k, const char *program, const char *command, int *ret_out)
{
	char option[] = "-c", text[256], name[64];
	char *argv[] = { name, option, text, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), out[2], rc;

	snprintf(text, sizeof(text), "%s", command);
	snprintf(name, sizeof(name), "%s", program);
	if (pipe2(out, O_CLOEXEC) != 0)
		abort();
	rc = keeper_start(k, argv, null, out[1]);
	close(out[1]);
	close(null);
	*ret_out = out[0];
	return rc;
}

static void
test_stop(void)
{
	struct keeper k;
	int out;

	is_int(start(&k, "/bin/sh", obedient, &out), 0, "it is started");
	is_str(hear(out, false), "up\n", "it runs");
	keeper_stop(&k);
	is_str(hear(out, true), "hup\n", "it is told to end");
	ok(k.child.pid == -1 && k.child.in == -1, "nothing is left");
	keeper_stop(&k);
	close(out);

	is_int(start(&k, "/bin/sh", "echo short", &out), 0, "a short one");
	is_str(hear(out, true), "short\n", "ends by itself");
	keeper_stop(&k);
	close(out);

	start(&k, "/bin/sh", "trap '' HUP; echo up; exec sleep 0.2", &out);
	hear(out, false);
	keeper_stop(&k);
	is_str(hear(out, true), "", "who does not mind is not waited for");
	close(out);

	start(&k, "/no/such/shell", "", &out);
	is_str(hear(out, true), "", "what cannot be run says nothing");
	keeper_stop(&k);
	close(out);
	ok(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "no child at all");
}

/* A process that has started one, and waits; with has_copy, a copy of it does,
 * as with -f. */
static void
live(int out, int tell, bool has_copy)
{
	char option[] = "-c", name[] = "/bin/sh", text[256];
	char *argv[] = { name, option, text, NULL };
	struct keeper k;
	pid_t pid;

	snprintf(text, sizeof(text), "%s", obedient);
	keeper_start(&k, argv, STDIN_FILENO, out);
	close(out);
	if (has_copy && fork() != 0)
		_exit(0);
	pid = getpid();
	if (write(tell, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

static void
test_sudden_end(int signo, bool has_copy)
{
	int out[2], tell[2];
	pid_t pid, last;

	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(tell, O_CLOEXEC) != 0)
		abort();
	pid = fork();
	if (pid == 0)
		live(out[1], tell[1], has_copy);
	close(out[1]);
	is_str(hear(out[0], false), "up\n", "signal %d: it runs", signo);
	if (read(tell[0], &last, sizeof(last)) != sizeof(last))
		abort();
	if (has_copy) {
		waitpid(pid, NULL, 0);
		fcntl(out[0], F_SETFL, O_NONBLOCK);
		is_int(read(out[0], &pid, 1), -1, "and survives the first");
		fcntl(out[0], F_SETFL, 0);
	}
	kill(last, signo);
	is_str(hear(out[0], true), "hup\n", "it is told of a sudden end");
	waitpid(pid, NULL, 0);
	close(out[0]);
	close(tell[0]);
	close(tell[1]);
}

int
main(void)
{
	test_stop();
	test_sudden_end(SIGTERM, false);
	test_sudden_end(SIGKILL, false);
	test_sudden_end(SIGKILL, true);
	return done_testing();
}
