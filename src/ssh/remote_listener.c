#include "ssh/remote_listener.h"

#include <stdlib.h>

#include "base/err.h"
#include "ssh/engine.h"

struct remote_listener *
remote_listener_new(struct session *s, const char *host, int port)
{
	return s->engine->listen(s, host, port);
}

struct remote_listener *
remote_listener_new_unix(struct session *s, const char *path)
{
	return s->engine->listen_unix(s, path);
}

enum step
remote_listener_step(struct remote_listener *l, struct err *e)
{
	if (l->reply != REPLY_REFUSED)
		return reply_step(l->reply);
	if (l->path != NULL) {
		err_set(e, ERR_FORWARD,
			"the server does not listen on %s: it does not allow "
			"it, or the path is in use",
			l->path);
		return STEP_FAIL;
	}
	err_set(e, ERR_FORWARD,
		"the server does not listen on %s port %d: it does not allow "
		"it, or the port is in use",
		*l->host != '\0' ? l->host : "*", l->port);
	return STEP_FAIL;
}

const char *
remote_listener_reason(const struct remote_listener *l)
{
	return l->reason;
}

void
remote_listener_note(struct remote_listener *l, enum reply reply)
{
	struct session *s = l->session;

	l->reply = reply;
	free(l->reason);
	l->reason = s->remark;
	s->remark = NULL;
}

void
remote_listener_release(struct remote_listener *l)
{
	free(l->host);
	free(l->path);
	free(l->reason);
}

int
remote_listener_port(const struct remote_listener *l)
{
	return l->bound_port;
}

struct channel *
remote_listener_accept(struct remote_listener *l)
{
	return l->session->engine->accept(l);
}

void
remote_listener_free(struct remote_listener *l)
{
	if (l != NULL)
		l->session->engine->free_listener(l);
}
