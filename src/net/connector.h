/*
 * connector - a connection to a place that a forwarding names: a TCP port or
 * a Unix socket. Unlike dial, nothing in it waits, and it makes one round
 * through the addresses, one after the other.
 */
#ifndef NET_CONNECTOR_H
#define NET_CONNECTOR_H

#include "base/step.h"

struct connector;
struct err;
struct loop;

struct connector_params {
	const char *host;
	int port;
	int family;       /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *path; /* a Unix socket, if not NULL */
};

/* Start. wake(arg) is called from the loop when connector_step() has
 * something new to say; call that at once, too. Owned by the caller. */
struct connector *connector_new(struct loop *l,
				const struct connector_params *p,
				void (*wake)(void *arg), void *arg);

/*
 * STEP_DONE: *ret_fd is a connected socket, non-blocking, close-on-exec, with
 * TCP_NODELAY, now owned by the caller. STEP_FAIL: e (ERR_FORWARD) is a
 * sentence like ssh's ("connect_to %s port %d: failed: %s").
 */
enum step connector_step(struct connector *c, int *ret_fd, struct err *e);

/* After STEP_FAIL: the errno of the last address; EHOSTUNREACH for a name that
 * has none. */
int connector_errno(const struct connector *c);

void connector_free(struct connector *c); /* stops it; NULL is fine */

#endif
