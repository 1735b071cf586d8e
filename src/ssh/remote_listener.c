#include "ssh/remote_listener.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "ssh/internal.h"

/* Each connection is confirmed, with a window of 2 MiB, before it is
 * accepted here; those beyond this many are refused. */
#define QUEUE_MAX 128

struct remote_listener {
	struct remote_listener *next; /* in session->cancelled */
	struct session *session;
	LIBSSH2_LISTENER *raw;
	enum reply reply;
	bool is_unwanted; /* freed while the request was on its way */
	char *host;
	int port;
	int bound_port;
};

static int
call_listen(struct request *r)
{
	struct remote_listener *l = r->listener;

	l->raw = libssh2_channel_forward_listen_ex(
	    r->session->raw, l->host, l->port, &l->bound_port, QUEUE_MAX);
	return l->raw != NULL ? 0 : libssh2_session_last_errno(r->session->raw);
}

static void
done_listen(struct request *r, int rc)
{
	struct remote_listener *l = r->listener;

	l->reply = rc == 0 ? REPLY_OK : REPLY_REFUSED;
	if (rc == 0 && l->port != 0)
		l->bound_port = l->port;
}

struct remote_listener *
remote_listener_new(struct session *s, const char *host, int port)
{
	struct remote_listener *l = xcalloc(1, sizeof(*l));
	struct request *r = xcalloc(1, sizeof(*r));

	l->session = s;
	l->host = xstrdup(host);
	l->port = port;
	l->reply = REPLY_PENDING;
	r->slot = SLOT_LISTEN;
	r->call = call_listen;
	r->done = done_listen;
	r->listener = l;
	session_request(s, r);
	return l;
}

enum step
remote_listener_step(struct remote_listener *l, struct err *e)
{
	if (l->reply != REPLY_REFUSED)
		return reply_step(l->reply);
	err_set(e, ERR_FORWARD,
		"the server does not listen on %s port %d: it does not allow "
		"it, or the port is in use",
		*l->host != '\0' ? l->host : "*", l->port);
	return STEP_FAIL;
}

int
remote_listener_port(const struct remote_listener *l)
{
	return l->bound_port;
}

struct channel *
remote_listener_accept(struct remote_listener *l)
{
	LIBSSH2_CHANNEL *raw;

	if (l->reply != REPLY_OK || l->session->end != SESSION_ALIVE)
		return NULL;
	raw = libssh2_channel_forward_accept(l->raw);
	return raw != NULL ? channel_adopt(l->session, raw) : NULL;
}

static void
release(struct remote_listener *l)
{
	free(l->host);
	free(l);
}

void
remote_listener_free(struct remote_listener *l)
{
	if (l == NULL)
		return;
	l->is_unwanted = true;
	l->next = l->session->cancelled;
	l->session->cancelled = l;
	remote_listener_sweep(l->session);
}

void
remote_listener_sweep(struct session *s)
{
	struct remote_listener **at = &s->cancelled;

	while (*at != NULL) {
		struct remote_listener *l = *at;
		bool is_over = s->end != SESSION_ALIVE;

		if (!is_over && (l->reply == REPLY_PENDING ||
				 (l->reply == REPLY_OK &&
				  libssh2_channel_forward_cancel(l->raw) ==
				      LIBSSH2_ERROR_EAGAIN))) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		release(l);
	}
}
