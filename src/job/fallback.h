/*
 * fallback - TermFallback: does the host know the terminal that $TERM names?
 *
 * On the connection that was just opened, before the session asks for its
 * pty, one command is run on a channel of its own: it looks for the entry
 * and, with "push", installs ours if there is none. Without TermFallback this
 * costs nothing.
 */
#ifndef JOB_FALLBACK_H
#define JOB_FALLBACK_H

#include "base/step.h"
#include "conf/conf.h"

struct fallback;
struct loop;
struct session;

struct fallback_params {
	struct loop *loop;
	struct session *session;
	enum conf_fallback mode;
	void (*wake)(void *arg); /* a step may get further */
	void *arg;
};

/* NULL if there is nothing to find out. */
struct fallback *fallback_new(const struct fallback_params *p);
void fallback_free(struct fallback *f); /* NULL is fine */

/* STEP_DONE when it is known what to ask for: *ret_term is static, or NULL for
 * $TERM. Never fails: whatever goes wrong, the session gets a terminal that
 * every host knows. */
enum step fallback_step(struct fallback *f, const char **ret_term);

#endif
