/*
 * fallback - TermFallback: does the host know the terminal that $TERM names?
 *
 * On the connection that was just opened, before the session asks for its
 * pty, one command is run on a channel of its own: it looks for the entry
 * and, with "push", installs ours if there is none. Without TermFallback this
 * costs nothing.
 */
#ifndef CLIENT_FALLBACK_H
#define CLIENT_FALLBACK_H

#include "base/step.h"

struct client;
struct fallback;

/* NULL if there is nothing to find out. */
struct fallback *fallback_new(struct client *c);
void fallback_free(struct fallback *f); /* NULL is fine */

/* STEP_DONE when it is known what to ask for; never fails: whatever goes
 * wrong, the session gets a terminal that every host knows. */
enum step fallback_step(struct fallback *f);

#endif
