/*
 * forwards - all forwardings that a user asked for: -L and -D listen here, -R
 * on the server. Each keeps count of what went through it.
 *
 * They may outlive the session and be attached to the next one. What listens
 * here goes on listening in between, and whoever connects is parked: a short
 * outage is a pause, not a connection refused. So is who connected before, if
 * nothing of it was carried yet.
 *
 * The owner takes a step in every turn, between session_poll_requests() and
 * session_flush().
 */
#ifndef FORWARD_FORWARDS_H
#define FORWARD_FORWARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/forward_spec.h"
#include "base/step.h"
#include "forward/forward_state.h"

struct buf;
struct err;
struct forwards;
struct forwards_params;
struct session;

/* Not attached. p is copied; what it points to stays the owner's. */
struct forwards *forwards_new(const struct forwards_params *p);
void forwards_free(struct forwards *f); /* NULL is fine; closes everything */

/* Go on with this session, which is borrowed: the server is asked for all
 * remote forwardings, and whoever waits is let in. */
void forwards_attach(struct forwards *f, struct session *session);

/* The session is gone, or will be: every open connection is closed. Nothing is
 * done if it is not attached. */
void forwards_detach(struct forwards *f);

/*
 * Add one; spec is taken over, also on failure. FORWARD_LOCAL and
 * FORWARD_DYNAMIC listen at once: -1 with e set (ERR_FORWARD) if they cannot;
 * but where the place is a name, it is looked up first. The remote kinds are
 * asked for once there is a session. For both forwards_pending() tells when
 * the answer is there.
 */
int forwards_add(struct forwards *f, enum forward_kind kind,
		 struct forward_spec *spec, struct err *e);

/* The same, but one that fails here stays, for who wants to know what has
 * become of it (FORWARD_REFUSED). */
int forwards_ask(struct forwards *f, enum forward_kind kind,
		 struct forward_spec *spec, struct err *e);

/* What became of the one of this kind with the same two ends? STEP_DONE: it
 * listens; *ret_port is what the server has chosen, or 0 if that was not left
 * to it. STEP_FAIL: it does not, or there is none. */
enum step forwards_find(const struct forwards *f, enum forward_kind kind,
			const struct forward_spec *spec, int *ret_port);

/* Was it refused for now, so that it is asked for again and again? */
bool forwards_is_waiting(const struct forwards *f, enum forward_kind kind,
			 const struct forward_spec *spec);

/* Stop the one of this kind that listens at the same place; if spec says where
 * to connect, also of the same target. False if there is none. Its open
 * connections go on. */
bool forwards_cancel(struct forwards *f, enum forward_kind kind,
		     const struct forward_spec *spec);

/* Forwardings of which it is not known yet whether they listen. */
size_t forwards_pending(const struct forwards *f);

/* Those of them that are to be listened for on this side. */
size_t forwards_pending_here(const struct forwards *f);

/* Does one not listen? Then -1, with e set to ssh's line for the first; else 0.
 * ERR_FORWARD, ERR_CHANNEL: it is forbidden; ERR_UNAVAILABLE: it did before. */
int forwards_failure(const struct forwards *f, struct err *e);

/* Go on with everything. Returns true if there is more to do at once. */
bool forwards_step(struct forwards *f);

/* Has one shown that it leads nowhere, where the next session may be better
 * (Reconnect)? Then -1, with e set (ERR_LOST); else 0. */
int forwards_check(const struct forwards *f, struct err *e);

/* Ask the server again, at once, for what it has refused for now. */
void forwards_hurry(struct forwards *f);

/* Connections open now. */
size_t forwards_open(const struct forwards *f);

/* Stop listening; open connections go on. */
void forwards_stop_listening(struct forwards *f);

/* Show all of them, in the order in which they were added. */
void forwards_each(const struct forwards *f,
		   void (*show)(void *arg, const struct forward_state *s),
		   void *arg);

/* Another number: the phase of one has changed, or whether its target works.
 */
unsigned long forwards_changes(const struct forwards *f);

/* Is each listened for? */
bool forwards_are_up(const struct forwards *f);

/* Append a line about each forwarding, and each connection, as for "~#"; lines
 * end in \r\n. */
void forwards_list(const struct forwards *f, struct buf *out);

#endif
