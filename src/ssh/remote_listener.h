/*
 * remote_listener - a port on which the server listens for us ("tcpip-forward"
 * of RFC 4254 section 7.1), and the connections that come in on it.
 *
 * libssh2 asks for one listener at a time and does not tell who connected; a
 * Unix socket on the server it cannot ask for at all (libssh2-guide section
 * 8).
 */
#ifndef SSH_REMOTE_LISTENER_H
#define SSH_REMOTE_LISTENER_H

#include "base/step.h"

struct channel;
struct err;
struct remote_listener;
struct session;

/* Ask for host:port; host "" is every address, port 0 lets the server choose.
 * Owned by the caller, to be freed before the session. */
struct remote_listener *remote_listener_new(struct session *s, const char *host,
					    int port);

/* STEP_DONE: the server listens. STEP_FAIL: it will not; e (ERR_FORWARD) says
 * so. */
enum step remote_listener_step(struct remote_listener *l, struct err *e);

/* The port it listens on, after STEP_DONE. */
int remote_listener_port(const struct remote_listener *l);

/* A connection that came in, already confirmed to the server, or NULL. Owned
 * by the caller. */
struct channel *remote_listener_accept(struct remote_listener *l);

/* Ask the server to stop listening. NULL is fine. */
void remote_listener_free(struct remote_listener *l);

#endif
