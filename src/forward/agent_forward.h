/*
 * agent_forward - lets programs on the server use the agent here: each
 * channel that comes in gets a connection of its own to the agent's socket.
 *
 * The owner asked for it with channel_request_agent(), and takes a step in
 * every turn. An agent that is gone is told once, and its return too.
 */
#ifndef FORWARD_AGENT_FORWARD_H
#define FORWARD_AGENT_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "forward/agent_guard.h"

struct agent_forward;
struct buf;
struct idle;
struct session;

struct agent_forward_params {
	struct session *session;
	const char *path;  /* the agent's socket; copied */
	struct idle *idle; /* ChannelTimeout; or NULL */
	/* A message that the agent gets first on each connection; copied. Its
	 * answer is thrown away. NULL: none. */
	const struct buf *preface;
	/* ask is NULL: what the remote side wants from the agent it gets.
	 * Otherwise one question is asked at a time. */
	struct agent_guard_params guard;
};

struct agent_forward *agent_forward_new(const struct agent_forward_params *p);
void agent_forward_free(struct agent_forward *f); /* NULL is fine */

/* Go on with everything. Returns true if there is more to do at once. */
bool agent_forward_step(struct agent_forward *f);

/* Connections open now. */
size_t agent_forward_open(const struct agent_forward *f);

#endif
