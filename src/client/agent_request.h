/*
 * agent_request - agent forwarding as the user wants it: which agent, and
 * (ForwardAgentConfirm) what may be signed with it.
 */
#ifndef CLIENT_AGENT_REQUEST_H
#define CLIENT_AGENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct agent_request;
struct client;

/* Ask the server for it, on the client's channel before its start. NULL if
 * the user does not want it, or there is no agent. */
struct agent_request *agent_request_new(struct client *c);
void agent_request_free(struct agent_request *a); /* NULL is fine */

/* Go on with everything. Returns true if there is more to do at once. */
bool agent_request_step(struct agent_request *a); /* NULL: false */

/* Connections open now. */
size_t agent_request_open(const struct agent_request *a); /* NULL: 0 */

#endif
