#include "app/background.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/loop.h"

int
background_enter(struct loop *l, struct err *e)
{
	int null;

	log_debug("forking to background");
	if (daemon(1, 1) != 0)
		return err_set(e, ERR_LOCAL, "daemon() failed: %s",
			       strerror(errno));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		/* with -v the log goes on to the terminal, as in ssh */
		if (log_get_level() < LOG_LEVEL_DEBUG1)
			dup2(null, STDERR_FILENO);
		close(null);
	}
	return loop_after_fork(l, e);
}
