/*
 * manager - what a service manager has told us about itself in the environment
 * (sd_notify(3)). It is meant for us alone: no program that we start, and no
 * server, is to find it.
 */
#ifndef BASE_MANAGER_H
#define BASE_MANAGER_H

#include <stdint.h>

struct manager {
	char *socket;        /* NOTIFY_SOCKET; NULL: there is none */
	int64_t watchdog_us; /* WATCHDOG_USEC, if it is ours; 0: none */
};

/* Take it out of the environment. */
void manager_take(struct manager *ret);
void manager_clear(struct manager *m);

#endif
