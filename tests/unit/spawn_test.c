/* Programs that are run, and the signals they get. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/spawn.h"
#include "tap.h"

/* How a command of the shell's ends, or an errno below zero. */
static int
run(const char *program, const char *command)
{
	char option[] = "-c", text[64], name[64];
	char *argv[] = { name, option, text, NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int rc;

	snprintf(text, sizeof(text), "%s", command);
	snprintf(name, sizeof(name), "%s", program);
	posix_spawn_file_actions_init(&actions);
	rc = spawn_start(&actions, argv, &pid);
	posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? spawn_wait(pid) : -rc;
}

int
main(void)
{
	sigset_t blocked;

	is_int(run("sh", "exit 0"), 0, "a success");
	is_int(run("/bin/sh", "exit 3"), 3, "a status");
	is_int(run("sh", "kill -9 $$"), -1, "a signal");
	is_int(run("/nonexistent/sh", ""), -ENOENT, "no such program");
	signal(SIGCHLD, SIG_IGN);
	is_int(run("sh", "exit 3"), 3, "a status though SIGCHLD was ignored");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	is_int(run("sh", "kill -PIPE $$; exit 0"), -1, "SIGPIPE is the end");
	is_int(run("sh", "ulimit -c 0; kill -XFSZ $$"), -1, "SIGXFSZ too");
	is_int(run("sh", "kill -TERM $$; exit 0"), -1, "and SIGTERM");
	return done_testing();
}
