/*
 * proxy - the way to a host that a program of the user's makes: ProxyCommand,
 * which carries the bytes itself, over two pipes; or, with ProxyUseFdpass,
 * passes us the descriptor of a connection that it has made.
 */
#ifndef CONNECT_PROXY_H
#define CONNECT_PROXY_H

#include "base/step.h"

struct conf;
struct err;
struct loop;
struct proxy;
struct stream;

/* wake(arg) as for a route. The program runs from here on. NULL with e set. */
struct proxy *proxy_new(struct loop *l, const struct conf *o,
			void (*wake)(void *arg), void *arg, struct err *e);

/* With the stream over it gone; NULL is fine. The program is told to end. */
void proxy_free(struct proxy *p);

/* STEP_DONE: *ret_stream is the caller's. */
enum step proxy_step(struct proxy *p, struct stream **ret_stream,
		     struct err *e);

#endif
