/*
 * route - the way to a host, whatever it is made of: yields the stream that a
 * session is to run over. It goes over TCP, through a program of the user's
 * (proxy.h), or by what its owner knows.
 */
#ifndef CONNECT_ROUTE_H
#define CONNECT_ROUTE_H

#include "base/step.h"

struct err;
struct loop;
struct route;
struct stream;
struct target;

struct route_owner {
	/* a step may get further; later, the stream has something */
	void (*wake)(void *arg);
	/* Whose way it is, if that is not the target's: as route_step(). Or
	 * NULL. */
	enum step (*reach)(void *arg, struct stream **ret_stream,
			   struct err *e);
	void *arg;
};

/* NULL with e set. */
struct route *route_new(struct loop *l, const struct target *t,
			const struct route_owner *owner, struct err *e);
void route_free(struct route *r); /* NULL is fine */

/* STEP_DONE: *ret_stream is the caller's; what route_new() was told is sent
 * early is on its way. STEP_FAIL: e has ssh's text. */
enum step route_step(struct route *r, struct stream **ret_stream,
		     struct err *e);

/* What it waits for, for a person. Static. */
const char *route_waits_for(const struct route *r);

/* The caller will wait no longer: e says in ssh's words for what. */
void route_time_out(struct route *r, struct err *e);

#endif
