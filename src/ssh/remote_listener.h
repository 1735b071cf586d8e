/*
 * remote_listener - a port or a Unix socket on which the server listens for us
 * ("tcpip-forward" of RFC 4254 section 7.1, "streamlocal-forward@openssh.com"),
 * and the connections that come in on it.
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

/* Ask for a Unix socket; with SESSION_REMOTE_UNIX only. As above. */
struct remote_listener *remote_listener_new_unix(struct session *s,
						 const char *path);

/* STEP_DONE: the server listens. STEP_FAIL: it will not; e (ERR_FORWARD) says
 * so. */
enum step remote_listener_step(struct remote_listener *l, struct err *e);

/* What the server remarked (SSH_MSG_DEBUG) just before it refused, cut, as
 * sent; NULL if nothing. Borrowed. OpenSSH says so that it forbids it, and
 * remarks nothing if the port is in use. */
const char *remote_listener_reason(const struct remote_listener *l);

/* The port it listens on, after STEP_DONE; 0 for a Unix socket. */
int remote_listener_port(const struct remote_listener *l);

/* A connection that came in, already confirmed to the server, or NULL. Owned
 * by the caller. */
struct channel *remote_listener_accept(struct remote_listener *l);

/* Ask the server to stop listening. NULL is fine. */
void remote_listener_free(struct remote_listener *l);

#endif
