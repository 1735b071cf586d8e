#include "base/spawn.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

extern char **environ;

int
spawn_start(const posix_spawn_file_actions_t *actions, char *const argv[],
	    pid_t *ret_pid)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	posix_spawnattr_t attributes;
	sigset_t none, reset;
	int rc;

	/* while it is ignored, nobody can wait for a child */
	sigaction(SIGCHLD, &plain, NULL);
	sigemptyset(&none);
	sigemptyset(&reset);
	sigaddset(&reset, SIGPIPE);
	sigaddset(&reset, SIGXFSZ);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETSIGDEF);
	rc =
	    posix_spawnp(ret_pid, argv[0], actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

int
spawn_wait(pid_t pid)
{
	int status = 0;
	pid_t rc;

	do
		rc = waitpid(pid, &status, 0);
	while (rc < 0 && errno == EINTR);
	return rc == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
