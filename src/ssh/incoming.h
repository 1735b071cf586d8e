/*
 * incoming - channels that the server opens by itself because we asked for it
 * on a session channel: connections to our agent and to our X server.
 */
#ifndef SSH_INCOMING_H
#define SSH_INCOMING_H

#include <stdbool.h>

#include "base/step.h"

struct channel;
struct session;

/* Ask on a session channel, before its start, that the remote side may
 * connect to our agent (OpenSSH's PROTOCOL, "auth-agent-req@openssh.com"). */
void channel_request_agent(struct channel *c);

struct channel_x11 {
	const char *protocol; /* "MIT-MAGIC-COOKIE-1" */
	const char *cookie;   /* hexadecimal */
	int screen;
	bool is_single;
};

/* The same for the X server (RFC 4254 section 6.3.1). */
void channel_request_x11(struct channel *c, const struct channel_x11 *x);

/* How the server answered that: STEP_FAIL is a refusal. That of an agent is
 * known once the start was answered. */
enum step channel_agent_step(const struct channel *c);
enum step channel_x11_step(const struct channel *c);

/* A channel that came in, or NULL. Owned by the caller. */
struct channel *session_accept_agent(struct session *s);
struct channel *session_accept_x11(struct session *s);

#endif
