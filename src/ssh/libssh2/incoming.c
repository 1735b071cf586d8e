/* incoming.h with libssh2. */
#include <string.h>

#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* libssh2's callbacks come in the middle of its work: only take note. While
 * there is no place left, it has no callback, and refuses. */
static LIBSSH2_AUTHAGENT_FUNC(on_agent)
{
	struct session *s = *abstract;

	s->lib->incoming_agent[s->lib->n_incoming_agent++] = channel;
	if (s->lib->n_incoming_agent == SESSION_INCOMING_MAX)
		libssh2_session_callback_set2(session,
					      LIBSSH2_CALLBACK_AUTHAGENT, NULL);
}

static LIBSSH2_X11_OPEN_FUNC(on_x11)
{
	struct session *s = *abstract;

	(void)shost;
	(void)sport;
	s->lib->incoming_x11[s->lib->n_incoming_x11++] = channel;
	if (s->lib->n_incoming_x11 == SESSION_INCOMING_MAX)
		libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_X11,
					      NULL);
}

static void
accept_agents(struct session *s)
{
	libssh2_session_callback_set2(s->lib->raw, LIBSSH2_CALLBACK_AUTHAGENT,
				      (libssh2_cb_generic *)on_agent);
}

static void
accept_x11(struct session *s)
{
	libssh2_session_callback_set2(s->lib->raw, LIBSSH2_CALLBACK_X11,
				      (libssh2_cb_generic *)on_x11);
}

/*
 * Refused, libssh2 asks again at once under an older name. The answer to that
 * comes behind those to all requests made in between: it counts as a request
 * of its own, in its place.
 */
static int
call_agent(struct request *r)
{
	struct channel *c = r->channel;
	uint64_t before = lib_session_sent(c->session);
	int rc = libssh2_channel_request_auth_agent(c->lib->raw);

	if (rc == LIBSSH2_ERROR_EAGAIN &&
	    lib_session_sent(c->session) != before)
		c->lib->agent_tries++;
	if (rc == LIBSSH2_ERROR_EAGAIN && c->lib->agent_tries == 2)
		return LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
	return rc;
}

static int
call_agent_again(struct request *r)
{
	return libssh2_channel_request_auth_agent(r->channel->lib->raw);
}

static void
done_agent_again(struct request *r, int rc)
{
	r->channel->agent = rc == 0 ? REPLY_OK : REPLY_REFUSED;
}

static void
done_agent(struct request *r, int rc)
{
	struct channel *c = r->channel;

	c->agent = rc == 0 ? REPLY_OK : REPLY_REFUSED;
	if (rc != 0 && c->lib->agent_tries == 2)
		queue_add(c->session,
			  queue_request_new(c, SLOT_AGENT, call_agent_again,
					    done_agent_again));
}

void
lib_channel_request_agent(struct channel *c)
{
	struct session *s = c->session;

	accept_agents(s);
	queue_add(s, queue_request_new(c, SLOT_AGENT, call_agent, done_agent));
}

static int
call_x11(struct request *r)
{
	return libssh2_channel_x11_req_ex(
	    r->channel->lib->raw, r->channel->lib->x11_is_single, r->text[0],
	    r->text[1], r->channel->lib->x11_screen);
}

static void
done_x11(struct request *r, int rc)
{
	r->channel->x11 = rc == 0 ? REPLY_OK : REPLY_REFUSED;
}

void
lib_channel_request_x11(struct channel *c, const struct channel_x11 *x)
{
	struct session *s = c->session;
	struct request *r = queue_request_new(c, SLOT_X11, call_x11, done_x11);

	accept_x11(s);
	c->lib->x11_screen = x->screen;
	c->lib->x11_is_single = x->is_single;
	r->text[0] = xstrdup(x->protocol);
	r->text[1] = xstrdup(x->cookie);
	queue_add(s, r);
}

/* Take the oldest of n; then there is room for another. */
static struct channel *
take(struct session *s, LIBSSH2_CHANNEL **waiting, size_t *n,
     void (*accept_more)(struct session *s))
{
	LIBSSH2_CHANNEL *raw;

	if (*n == 0 || s->end != SESSION_ALIVE)
		return NULL;
	if (*n == SESSION_INCOMING_MAX)
		accept_more(s);
	raw = waiting[0];
	(*n)--;
	memmove(waiting, waiting + 1, *n * sizeof(*waiting));
	return lib_channel_adopt(s, raw);
}

struct channel *
lib_session_accept_agent(struct session *s)
{
	return take(s, s->lib->incoming_agent, &s->lib->n_incoming_agent,
		    accept_agents);
}

struct channel *
lib_session_accept_x11(struct session *s)
{
	return take(s, s->lib->incoming_x11, &s->lib->n_incoming_x11,
		    accept_x11);
}
