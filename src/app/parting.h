/*
 * parting - ControlPersist: what was one process becomes a master in the
 * background and, in its place, a guest of it.
 */
#ifndef APP_PARTING_H
#define APP_PARTING_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct err;
struct loop;

/* Returns 0, or -1 with e set (ERR_LOCAL). In the master's process, the loop
 * goes on, and the guest waits at *ret_gate (background.h); in the guest's,
 * which is the one that there was, nothing is open any more but the standard
 * descriptors and the log. */
int parting_fork(struct loop *l, bool *ret_is_guest, int *ret_gate,
		 struct err *e);

/* For the guest: what is in here is the master's, and must not be freed, which
 * would undo it. It is copied. */
void parting_leave(const void *all, size_t size);

/* Turn the master's configuration into that of its first guest. */
void parting_set_conf(struct conf *o);

#endif
