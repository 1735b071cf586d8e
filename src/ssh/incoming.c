#include "ssh/incoming.h"

#include "ssh/engine.h"

void
channel_request_agent(struct channel *c)
{
	c->agent = REPLY_PENDING;
	c->session->engine->request_agent(c);
}

void
channel_request_x11(struct channel *c, const struct channel_x11 *x)
{
	c->x11 = REPLY_PENDING;
	c->session->engine->request_x11(c, x);
}

enum step
channel_agent_step(const struct channel *c)
{
	return reply_step(c->agent);
}

enum step
channel_x11_step(const struct channel *c)
{
	return reply_step(c->x11);
}

struct channel *
session_accept_agent(struct session *s)
{
	return s->engine->accept_agent(s);
}

struct channel *
session_accept_x11(struct session *s)
{
	return s->engine->accept_x11(s);
}
