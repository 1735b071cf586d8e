/*
 * side_command - a short command of our own on the server, on a channel beside
 * whatever the connection is for: what it prints is kept, up to a limit.
 */
#ifndef TUNNEL_SIDE_COMMAND_H
#define TUNNEL_SIDE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/step.h"

struct buf;
struct err;
struct loop;
struct session;
struct side_command;

struct side_command_params {
	struct loop *loop;
	struct session *session; /* borrowed, and outlives it */
	const char *command;
	int64_t patience_ms;     /* how long it may take */
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

struct side_command *side_command_new(const struct side_command_params *p);
void side_command_free(struct side_command *s); /* NULL is fine */

/* STEP_DONE: it is over, whatever its status, and *ret_output is what it has
 * printed; borrowed. STEP_FAIL: e says why there is nothing (ERR_CHANNEL,
 * ERR_UNAVAILABLE, ERR_TIMEOUT). */
enum step side_command_step(struct side_command *s,
			    const struct buf **ret_output, struct err *e);

#endif
