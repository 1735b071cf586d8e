/*
 * agent_guard - a connection between the remote side and the agent that is
 * watched: every request for a signature waits for the owner's consent, and
 * is answered with a failure without it. Everything else passes unchanged.
 *
 * The agent protocol has one answer for each request, so one request at a
 * time is passed on: the answers keep their order, and what the remote side
 * sends ahead waits in the channel's window.
 */
#ifndef FORWARD_AGENT_GUARD_H
#define FORWARD_AGENT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct agent_guard;
struct channel;
struct err;
struct loop;

struct agent_guard_params {
	struct loop *loop;
	/*
	 * May this key sign? STEP_DONE: yes; STEP_FAIL: no; STEP_AGAIN: not
	 * decided, and the same question comes again in the next step.
	 */
	enum step (*ask)(void *arg, const void *key, size_t len);
	/* Whoever asked is gone: the question is void. */
	void (*forget)(void *arg);
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* fd, connected to the agent, and channel are taken over, also on failure.
 * NULL with e set on failure. */
struct agent_guard *agent_guard_new(const struct agent_guard_params *p, int fd,
				    struct channel *channel, struct err *e);
void agent_guard_free(struct agent_guard *g); /* NULL is fine */

/*
 * Go as far as possible; no_questions puts off asking. STEP_DONE: the remote
 * side is done. STEP_FAIL: the agent failed, e says how.
 */
enum step agent_guard_step(struct agent_guard *g, bool no_questions,
			   struct err *e);

/* Is a question of its open? */
bool agent_guard_is_asking(const struct agent_guard *g);

#endif
