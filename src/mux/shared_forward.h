/*
 * shared_forward - forwardings that a client of the master wants opened or
 * closed.
 */
#ifndef MUX_SHARED_FORWARD_H
#define MUX_SHARED_FORWARD_H

#include <stdbool.h>

#include "base/step.h"

struct err;
struct forwards;
struct mux_forward;

/* For a question: "local forward LOCALHOST:80 -> web:80". The caller frees
 * it. */
char *shared_forward_text(const struct mux_forward *f, bool gateway_ports);

/* Who has asked the server for it? */
enum shared_forward {
	SHARED_FORWARD_NEW,    /* nobody yet */
	SHARED_FORWARD_OURS,   /* this client: it goes if it is refused */
	SHARED_FORWARD_JOINED, /* somebody else, who is waiting for it, too */
};

/*
 * Have it listened for, unless it is already; to be repeated while it says
 * STEP_AGAIN, with *state, SHARED_FORWARD_NEW at first. STEP_DONE: *ret_port is
 * what the server has chosen, or 0 if that was not left to it. STEP_FAIL: e has
 * ssh's words for the client.
 */
enum step shared_forward_open(struct forwards *all, const struct mux_forward *f,
			      enum shared_forward *state, int *ret_port,
			      struct err *e);

/* Returns 0, or -1 with e set as above. */
int shared_forward_close(struct forwards *all, const struct mux_forward *f,
			 struct err *e);

#endif
