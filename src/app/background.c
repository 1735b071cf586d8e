#include "app/background.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/system.h"
#include "net/loop.h"

/* What the child says there. */
#define WELL 1

/* The child goes on, or has ended. */
static void __attribute__((noreturn)) wait_at(int gate, pid_t child)
{
	char word = 0;
	ssize_t n;
	int status = 0;

	do
		n = read(gate, &word, sizeof(word));
	while (n < 0 && errno == EINTR);
	if (n > 0 && word == WELL)
		_exit(0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
}

static int
failed(const char *what, struct err *e)
{
	return err_set(e, ERR_LOCAL, "%s failed: %s", what, strerror(errno));
}

int
background_begin(struct loop *l, int *ret_gate, struct err *e)
{
	int gate[2];
	pid_t child;

	log_debug("forking to background");
	if (system_pipe(gate) != 0)
		return failed("pipe()", e);
	child = fork();
	if (child < 0) {
		failed("fork()", e);
		close(gate[0]);
		close(gate[1]);
		return -1;
	}
	if (child > 0) {
		close(gate[1]);
		wait_at(gate[0], child);
	}
	close(gate[0]);
	*ret_gate = gate[1];
	setsid();
	return loop_after_fork(l, e);
}

void
background_finish(int *gate)
{
	const char word = WELL;
	int null;

	if (*gate < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		/* with -v the log goes on to the terminal, as in ssh */
		if (log_get_level() < LOG_LEVEL_DEBUG1)
			dup2(null, STDERR_FILENO);
		close(null);
	}
	/* who does not wait any more need not know */
	(void)!write(*gate, &word, sizeof(word));
	close(*gate);
	*gate = -1;
}
