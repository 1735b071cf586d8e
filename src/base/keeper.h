/*
 * keeper - a program that is not to outlive us: in whatever way we end, be it
 * by SIGKILL, it gets a SIGHUP.
 *
 * It is the child of a process between us and it, which starts it, waits for
 * its end, and notices ours; so nothing is signalled that is not ours, and
 * nobody is left a zombie. If we fork, it lives as long as one of us does.
 */
#ifndef BASE_KEEPER_H
#define BASE_KEEPER_H

#include "base/child.h"

struct keeper {
	struct child child;
};

#define KEEPER_INIT                                                            \
	{                                                                      \
		CHILD_INIT                                                     \
	}

/*
 * Have argv[0] run with in and out as its standard descriptors; what it says on
 * stderr is said on ours, and so is that it cannot be run. Returns 0, or an
 * errno, and k is as after keeper_stop().
 */
int keeper_start(struct keeper *k, char *const argv[], int in, int out);

/* End it, if it has not ended. */
void keeper_stop(struct keeper *k);

#endif
