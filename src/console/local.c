#include "console/local.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/tokens.h"

static void
run_shell(const char *command)
{
	struct child child;
	char *argv[4];
	int rc;

	child_shell_argv(argv, command);
	rc = child_start(&child, argv, NULL, 0);
	if (rc == 0)
		child_wait(&child);
	else
		log_error("Couldn't execute %s -c \"%s\": %s", argv[0], command,
			  strerror(rc));
}

/* Caught rather than ignored, which would outlive exec(). */
static void
leave_to_command(int signo)
{
	(void)signo;
}

/* What the terminal's keys do meanwhile. */
static const struct {
	int signo;
	void (*handler)(int signo);
} meanwhile[] = {
	{ SIGINT, leave_to_command },
	{ SIGQUIT, leave_to_command },
	{ SIGTSTP, SIG_DFL },
};

#define N_MEANWHILE (sizeof(meanwhile) / sizeof(meanwhile[0]))

void
local_run_shell(const char *command)
{
	struct sigaction old[N_MEANWHILE];

	for (size_t i = 0; i < N_MEANWHILE; i++) {
		struct sigaction action = { .sa_handler =
						meanwhile[i].handler };

		sigaction(meanwhile[i].signo, NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(meanwhile[i].signo, &action, NULL);
	}
	run_shell(command);
	for (size_t i = 0; i < N_MEANWHILE; i++)
		sigaction(meanwhile[i].signo, &old[i], NULL);
}

int
local_run_command(const struct conf *o, struct err *e)
{
	char *command =
	    tokens_expand(o, "LocalCommand", o->local_command, NULL, e);

	if (command == NULL)
		return -1;
	run_shell(command);
	free(command);
	return 0;
}
