/*
 * dial - from a host name to a connected TCP socket (RFC 8305).
 *
 * Names are looked up blocking; connecting is not: addresses of both families
 * are interleaved, IPv6 first, and the next one is tried 250 ms after the one
 * before, or as soon as that fails. The first to connect wins. Early data goes
 * only with the first attempt of all: should something on the way take offence
 * at it, the others get through.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/step.h"

struct err;
struct loop;
struct dial;

struct dial_params {
	const char *host;
	int port;
	int family;                 /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *bind_address;   /* NULL: none */
	const char *bind_interface; /* NULL: none */
	bool tcp_keepalive;
	int dscp;     /* IP_TOS / IPV6_TCLASS value; -1: leave as it is */
	int attempts; /* ConnectionAttempts: rounds through all addresses,
			 one second apart */
	const char *early_data; /* to be sent with the first packet if that is
				   possible (TCP Fast Open); NULL: none */
};

/*
 * Look the host up and start connecting. wake(arg) is called from the loop
 * whenever dial_step() has something new to say. Returns a new dial owned by
 * the caller, or NULL with e set: ERR_RESOLVE with ssh's text ("ssh: Could
 * not resolve hostname %s: %s"), ERR_CONNECT for a bad bind address.
 */
struct dial *dial_new(struct loop *l, const struct dial_params *p,
		      void (*wake)(void *arg), void *arg, struct err *e);

/*
 * STEP_DONE: *ret_fd is a connected, non-blocking, close-on-exec socket with
 * TCP_NODELAY (set before connect), now owned by the caller. STEP_FAIL: every
 * address failed in every round; e has ssh's text for the last one ("ssh:
 * connect to host %s port %d: %s", kind ERR_CONNECT). Each failed address is
 * logged as ssh does (debug1 "connect to address %s port %s: %s").
 */
enum step dial_step(struct dial *d, int *ret_fd, struct err *e);

/* How many bytes of the early data this connection has taken, valid after
 * STEP_DONE: the caller sends what follows them. */
size_t dial_early_sent(const struct dial *d);

void dial_free(struct dial *d); /* stops and closes what is still open */

#endif
