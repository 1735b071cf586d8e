/*
 * route - the way to a host, whatever it is made of: yields the stream that a
 * session is to run over. Today that is TCP.
 */
#ifndef CONNECT_ROUTE_H
#define CONNECT_ROUTE_H

#include "base/step.h"

struct err;
struct loop;
struct route;
struct stream;
struct target;

/* wake(arg): a step may get further; later, the stream has something. */
struct route *route_new(struct loop *l, const struct target *t,
			void (*wake)(void *arg), void *arg);
void route_free(struct route *r); /* NULL is fine */

/* STEP_DONE: *ret_stream is the caller's; what route_new() was told is sent
 * early is on its way. STEP_FAIL: e has ssh's text. */
enum step route_step(struct route *r, struct stream **ret_stream,
		     struct err *e);

/* The caller will wait no longer: e says in ssh's words for what. */
void route_time_out(struct route *r, struct err *e);

#endif
