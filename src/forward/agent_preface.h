/*
 * agent_preface - the first message on a connection to the agent, which is
 * ours, before others use the connection. What the agent answers, if it is an
 * answer at all, is not looked at.
 */
#ifndef FORWARD_AGENT_PREFACE_H
#define FORWARD_AGENT_PREFACE_H

#include "base/step.h"

struct agent_guard_params;
struct agent_preface;
struct buf;
struct err;

/* fd is taken over, also on failure; the message is borrowed, and the loop and
 * the waking are the guard's. NULL with e set on failure. */
struct agent_preface *agent_preface_new(const struct agent_guard_params *p,
					int fd, const struct buf *message,
					struct err *e);
void agent_preface_free(struct agent_preface *a); /* NULL is fine */

/* STEP_DONE: *ret_fd is the caller's again. STEP_FAIL: e says what the agent
 * did. */
enum step agent_preface_step(struct agent_preface *a, int *ret_fd,
			     struct err *e);

#endif
