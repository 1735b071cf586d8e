#include "app/parting.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/background.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"

/* So that it is not lost to those who look for what nobody frees. */
static const void *volatile left;

int
parting_fork(struct loop *l, bool *ret_is_guest, int *ret_gate, struct err *e)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_set(e, ERR_LOCAL, "fork: %s", strerror(errno));
	*ret_is_guest = pid > 0;
	if (pid == 0)
		return background_begin(l, ret_gate, e);
	/* the master is its child's child */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	fd_close_others(log_keep(), log_keep());
	return 0;
}

void
parting_leave(const void *all, size_t size)
{
	left = xmemdup(all, size);
}

void
parting_set_conf(struct conf *o)
{
	o->control_master = CONF_CONTROL_NO;
	/* it is the master who connects again, and nobody else tells of it */
	o->reconnect = CONF_RECONNECT_NO;
	/* the master has them, or has said why not */
	o->local_forward.len = 0;
	o->remote_forward.len = 0;
	o->dynamic_forward.len = 0;
}
