/*
 * dial - from the name of a place to a socket that is connected to it: a host
 * and a port (RFC 8305), or a Unix socket. Nothing in it waits.
 *
 * Addresses of both families are interleaved, IPv6 first, and the next one is
 * tried 250 ms after the one before, or as soon as that fails. The first to
 * connect wins. Early data goes only with the first attempt of all: should
 * something on the way take offence at it, the others get through. A Unix
 * socket whose queue is full is tried again for some seconds.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/step.h"

struct err;
struct loop;
struct dial;

/* In which of ssh's words failures are told. */
enum dial_purpose {
	DIAL_TARGET, /* what a forwarding leads to */
	DIAL_SERVER,
};

struct dial_params {
	enum dial_purpose purpose;
	const char *host;
	int port;
	int family;       /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *path; /* a Unix socket; NULL: none, but host and port */
	bool is_abstract; /* first tried in Linux's abstract namespace */

	/* TCP only; 0 and NULL ask for nothing */
	const char *bind_address;
	const char *bind_interface;
	bool tcp_keepalive;
	int dscp;     /* IP_TOS / IPV6_TCLASS value */
	int attempts; /* ConnectionAttempts: rounds through all addresses,
			 one second apart */
	const char *early_data; /* to be sent with the first packet if that is
				   possible (TCP Fast Open) */
};

/*
 * Start. wake(arg) is called from the loop whenever dial_step() has something
 * new to say. Owned by the caller.
 */
struct dial *dial_new(struct loop *l, const struct dial_params *p,
		      void (*wake)(void *arg), void *arg);

/*
 * STEP_DONE: *ret_fd is a connected, non-blocking, close-on-exec socket with
 * TCP_NODELAY (set before connect), now owned by the caller. STEP_FAIL: every
 * address failed in every round; e has ssh's text for the last one. For a
 * server that is "ssh: Could not resolve hostname %s: %s" (as resolve.h) or
 * "ssh: connect to host %s port %d: %s" (ERR_CONNECT), for a target
 * "connect_to %s port %d: failed: %s" and the like (ERR_FORWARD). Each failed
 * address is logged as ssh does.
 */
enum step dial_step(struct dial *d, int *ret_fd, struct err *e);

/* The caller will wait no longer: set e (ERR_TIMEOUT) to what it has waited
 * for, in the same words. */
void dial_time_out(struct dial *d, struct err *e);

/* Is the name still being looked up? */
bool dial_is_resolving(const struct dial *d);

/* After STEP_FAIL: the errno of the last address; EHOSTUNREACH for a name that
 * has none. */
int dial_errno(const struct dial *d);

/* How many bytes of the early data this connection has taken, valid after
 * STEP_DONE: the caller sends what follows them. */
size_t dial_early_sent(const struct dial *d);

void dial_free(struct dial *d); /* stops and closes what is still open */

#endif
