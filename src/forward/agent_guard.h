/*
 * agent_guard - what stands between the remote side and the agent. It may have
 * something to say to the agent first, whose answer is thrown away. Then every
 * request for a signature waits for the owner's consent, and is answered with a
 * failure without it. Everything else passes unchanged.
 *
 * The agent protocol has one answer for each request, so one request at a
 * time is passed on: the answers keep their order, and what the remote side
 * sends ahead waits in the channel's window.
 */
#ifndef FORWARD_AGENT_GUARD_H
#define FORWARD_AGENT_GUARD_H

#include <stddef.h>

#include "base/step.h"

struct agent_guard;
struct buf;
struct channel;
struct socket;
struct err;
struct loop;

struct agent_guard_params {
	struct loop *loop;
	/*
	 * May this key sign? STEP_DONE: yes; STEP_FAIL: no; STEP_AGAIN: not
	 * decided, and the same question comes again in the next step. NULL:
	 * nobody is asked.
	 */
	enum step (*ask)(void *arg, const void *key, size_t len);
	/* Whoever asked is gone: the question is void. */
	void (*forget)(void *arg);
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* preface: the message for the agent, or nothing. *asking is shared by guards
 * of which one at a time asks: it is that one, or NULL. */
struct agent_guard *agent_guard_new(const struct agent_guard_params *p,
				    const struct buf *preface,
				    struct agent_guard **asking);
void agent_guard_free(struct agent_guard *g); /* NULL is fine */

/*
 * Go as far as possible between the two ends, which are the same in every step.
 * STEP_DONE: the remote side is done; or, if nobody is asked, the agent has
 * heard what it was to hear, and the rest is a relay's work. STEP_FAIL: the
 * agent failed, e says how.
 */
enum step agent_guard_step(struct agent_guard *g, struct socket *agent,
			   struct channel *channel, struct err *e);

#endif
