/* remote_listener.h with libssh2, which asks for one at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* Each connection is confirmed, with a window of 2 MiB, before it is
 * accepted here; those beyond this many are refused. */
#define QUEUE_MAX 128

struct lib_listener {
	struct remote_listener base;
	struct lib_listener *next; /* in session->lib->cancelled */
	LIBSSH2_LISTENER *raw;
};

static struct lib_listener *
lib(struct remote_listener *l)
{
	return (struct lib_listener *)l; /* base is the first member */
}

static int
call_listen(struct request *r)
{
	struct lib_listener *l = r->listener;

	l->raw = libssh2_channel_forward_listen_ex(
	    r->session->lib->raw, l->base.host, l->base.port,
	    &l->base.bound_port, QUEUE_MAX);
	return l->raw != NULL
		   ? 0
		   : libssh2_session_last_errno(r->session->lib->raw);
}

static void
done_listen(struct request *r, int rc)
{
	struct remote_listener *l = &r->listener->base;

	remote_listener_note(l, rc == 0 ? REPLY_OK : REPLY_REFUSED);
	if (rc == 0 && l->port != 0)
		l->bound_port = l->port;
}

struct remote_listener *
lib_remote_listener_new(struct session *s, const char *host, int port)
{
	struct lib_listener *l = xcalloc(1, sizeof(*l));
	struct request *r =
	    queue_request_new(NULL, SLOT_LISTEN, call_listen, done_listen);

	l->base.session = s;
	l->base.host = xstrdup(host);
	l->base.port = port;
	l->base.reply = REPLY_PENDING;
	r->listener = l;
	queue_add(s, r);
	return &l->base;
}

struct channel *
lib_remote_listener_accept(struct remote_listener *l)
{
	LIBSSH2_CHANNEL *raw;

	if (l->reply != REPLY_OK || l->session->end != SESSION_ALIVE)
		return NULL;
	raw = libssh2_channel_forward_accept(lib(l)->raw);
	return raw != NULL ? lib_channel_adopt(l->session, raw) : NULL;
}

/* A request that is on its way goes on without its owner. */
void
lib_remote_listener_free(struct remote_listener *l)
{
	struct session *s = l->session;

	lib(l)->next = s->lib->cancelled;
	s->lib->cancelled = lib(l);
	lib_remote_listener_sweep(s);
}

void
lib_remote_listener_sweep(struct session *s)
{
	struct lib_listener **at = &s->lib->cancelled;

	while (*at != NULL) {
		struct lib_listener *l = *at;
		bool is_over = s->end != SESSION_ALIVE;

		if (!is_over && (l->base.reply == REPLY_PENDING ||
				 (l->base.reply == REPLY_OK &&
				  libssh2_channel_forward_cancel(l->raw) ==
				      LIBSSH2_ERROR_EAGAIN))) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		queue_forget(s, l);
		remote_listener_release(&l->base);
		free(l);
	}
}
