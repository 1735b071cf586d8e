/*
 * agent - a client of ssh-agent that never blocks and does not wait for ever:
 * an agent that does not answer in minutes, or goes away, is an error.
 */
#ifndef AUTH_AGENT_H
#define AUTH_AGENT_H

#include <stddef.h>

#include "base/step.h"

struct agent;
struct agent_keys;
struct agent_limits;
struct buf;
struct err;
struct key;
struct loop;
struct secret;

/* Connect to the socket at path. wake(arg) is called from the loop when a
 * step may get further. NULL with e set on failure. */
struct agent *agent_new(struct loop *l, const char *path,
			void (*wake)(void *arg), void *arg, struct err *e);

/* The same on a socket that is connected already; it is owned, also on failure.
 */
struct agent *agent_new_take(struct loop *l, int fd, void (*wake)(void *arg),
			     void *arg, struct err *e);

void agent_free(struct agent *a); /* NULL is fine */

/* One operation at a time, repeated until it does not say STEP_AGAIN. After
 * STEP_FAIL for lack of an answer every later call fails at once. */
enum step agent_list(struct agent *a, struct agent_keys *ret_keys,
		     struct err *e);

struct agent_binding;
enum step agent_bind(struct agent *a, const struct agent_binding *binding,
		     struct err *e);

/* Have it keep a key, as private_key_put() makes it. */
struct agent_gift {
	const struct buf *key;
	const char *comment;
	const struct agent_limits *limits;
};
enum step agent_add(struct agent *a, const struct agent_gift *gift,
		    struct err *e);

/* Log in to a token that is behind it. */
enum step agent_log_in(struct agent *a, const char *token,
		       const struct secret *pin, struct err *e);

struct agent_job {
	const struct key *key;
	const char *algorithm;
	const void *data;
	size_t len;
};
enum step agent_sign(struct agent *a, const struct agent_job *job,
		     struct buf *sig, struct err *e);

#endif
