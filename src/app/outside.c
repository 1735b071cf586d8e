#include "app/outside.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/conf.h"
#include "net/name_lookup.h"

/* Somebody may have to find a token, or his password, meanwhile. */
#define PATIENCE 300 /* seconds */
#define MAX_PATIENCE 86400

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

static int
run(const char *command, int patience, struct err *e)
{
	static const struct child_fd fds[] = { { CHILD_NULL, STDIN_FILENO },
					       { CHILD_NULL, STDOUT_FILENO } };
	const char *shell = getenv("SHELL");
	char option[] = "-c", *argv[] = { NULL, option, NULL, NULL };
	struct buf nothing = BUF_INIT;
	long seconds = patience > 0 ? patience : PATIENCE, start = now();
	struct child child;
	int rc;

	if (shell == NULL || *shell == '\0')
		shell = "/bin/sh";
	log_debug("Executing command: '%.500s'", command);
	argv[0] = (char *)(uintptr_t)shell;
	argv[2] = (char *)(uintptr_t)command;
	rc = child_start(&child, argv, fds, 2);
	if (rc != 0)
		return err_set(e, ERR_LOCAL,
			       "Shell \"%s\" is not executable: %s", shell,
			       strerror(rc));
	if (seconds > MAX_PATIENCE)
		seconds = MAX_PATIENCE;
	rc = child_collect(&child, &nothing, 0, (int)seconds * 1000);
	buf_clear(&nothing);
	if (rc >= 0) {
		log_debug("command returned status %d", rc);
		return rc;
	}
	log_error("command '%.100s' exited abnormally", command);
	if (now() - start >= seconds)
		return err_set(e, ERR_LOCAL, "it took longer than %ld seconds",
			       seconds);
	return err_set(e, ERR_LOCAL, "it was ended by signal %d", -rc);
}

static int
look_up(const struct conf_name *query, char **ret_canonical)
{
	return name_lookup(query->name, query->family, query->patience,
			   ret_canonical);
}

const struct conf_outside *
outside_hooks(void)
{
	static const struct conf_outside hooks = { .run = run,
						   .look_up = look_up };

	return &hooks;
}
