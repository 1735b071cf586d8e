/*
 * listener - the sockets on which one forwarding waits for connections: TCP
 * on one or several addresses, or a Unix socket.
 *
 * When the system has no room for another connection (EMFILE and the like),
 * accepting pauses for a second at a time, and the owner is told once.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/step.h"

struct err;
struct inherited;
struct listener;
struct loop;

struct listener_params {
	/* TCP, by ssh's rules for forwardings: NULL is this machine only, or
	 * everybody with gateway_ports; "" and "*" are everybody, "localhost"
	 * is all families of this machine. */
	const char *host;
	int port;   /* 0: one that is free, another for each address */
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	bool gateway_ports;

	/* A Unix socket, if not NULL. Its file is removed with the listener,
	 * if it is still the same. */
	const char *path;
	mode_t bind_mask; /* the umask for it */
	bool bind_unlink; /* remove what is there before */

	/* If these already listen there, they are used instead. NULL: none. */
	struct inherited *inherited;

	/* A connection, non-blocking, close-on-exec, with TCP_NODELAY; owned
	 * by the callee, which must not free the listener. */
	void (*accepted)(void *arg, int fd);
	/* Accepting pauses because of this errno. Not said again until a
	 * connection was accepted. */
	void (*trouble)(void *arg, int error);
	void *arg;               /* for these two */
	void (*wake)(void *arg); /* host has been looked up */
	void *wake_arg;
};

/* Not listening yet: take a step at once. p is copied, host and path too; what
 * is inherited stays the owner's. */
struct listener *listener_new(struct loop *l, const struct listener_params *p);

/*
 * Begin to listen; STEP_AGAIN while host is looked up. Failures of single
 * addresses are logged as ssh does; that is fine as long as one works.
 * Otherwise STEP_FAIL, with e set (ERR_FORWARD) to ssh's last line
 * ("channel_setup_fwd_listener_tcpip: cannot listen to port: %d",
 * "unix_listener: cannot bind to path %s: %s").
 */
enum step listener_step(struct listener *li, struct err *e);

void listener_free(struct listener *li); /* NULL is fine */

#endif
