#include "base/manager.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"

/* Does WATCHDOG_PID, if it is there, name us? */
static bool
is_watched(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	long long number;

	return pid == NULL ||
	       str_to_number(pid, getpid(), getpid(), &number) == 0;
}

void
manager_take(struct manager *ret)
{
	const char *place = getenv("NOTIFY_SOCKET");
	const char *time = getenv("WATCHDOG_USEC");
	long long us = 0;

	if (time != NULL && is_watched())
		(void)str_to_number(time, 1, LLONG_MAX, &us);
	ret->socket = xstrdup_any(place);
	ret->watchdog_us = us;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
manager_clear(struct manager *m)
{
	free(m->socket);
	m->socket = NULL;
}
