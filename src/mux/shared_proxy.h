/*
 * shared_proxy - a client of the master that has a connection of its own in the
 * master's (ssh/proxy.h): what it writes, and what it is sent, are bare packets
 * from now on.
 */
#ifndef MUX_SHARED_PROXY_H
#define MUX_SHARED_PROXY_H

#include <stddef.h>

#include "base/step.h"

struct err;
struct mailbox;
struct session;
struct shared_proxy;

/* With a session that can do it; both are borrowed. */
struct shared_proxy *shared_proxy_new(struct session *s, struct mailbox *mail);
void shared_proxy_free(struct shared_proxy *p); /* NULL is fine */

/* Go on. STEP_DONE: there is more to do at once. STEP_AGAIN: that is all for
 * now. STEP_FAIL: it has gone, which sets no e, or is to be sent away. */
enum step shared_proxy_step(struct shared_proxy *p, struct err *e);

/* How many channels it has. */
size_t shared_proxy_channels(const struct shared_proxy *p);

#endif
