#include "app/outside.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/name_lookup.h"

/* Somebody may have to find a token, or his password, meanwhile. */
#define PATIENCE 300 /* seconds */
#define MAX_PATIENCE 86400

static int
run(const char *command, int patience, struct err *e)
{
	static const struct child_fd fds[] = { { CHILD_NULL, STDIN_FILENO },
					       { CHILD_NULL, STDOUT_FILENO } };
	struct buf nothing = BUF_INIT;
	int seconds = patience > 0 ? patience : PATIENCE;
	int64_t start_ms = loop_now_ms();
	struct child child;
	char *argv[4];
	int rc;

	log_debug("Executing command: '%.500s'", command);
	child_shell_argv(argv, command);
	rc = child_start(&child, argv, fds, 2);
	if (rc != 0)
		return err_set(e, ERR_LOCAL,
			       "Shell \"%s\" is not executable: %s", argv[0],
			       strerror(rc));
	if (seconds > MAX_PATIENCE)
		seconds = MAX_PATIENCE;
	rc = child_collect(&child, &nothing, 0, seconds * 1000);
	buf_clear(&nothing);
	if (rc >= 0) {
		log_debug("command returned status %d", rc);
		return rc;
	}
	log_error("command '%.100s' exited abnormally", command);
	if (loop_now_ms() - start_ms >= (int64_t)seconds * 1000)
		return err_set(e, ERR_LOCAL, "it took longer than %d seconds",
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
