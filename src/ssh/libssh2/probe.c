/* The part of session.h that asks the server whether it is alive. */
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* No server knows this kind of channel, so every one must refuse it. */
#define PROBE_CHANNEL "probe@hawser"

static int
call_env_probe(struct request *r)
{
	/* after exec no server may honour this, so it must answer
	 * (docs/LIBSSH2.md) */
	return libssh2_channel_setenv_ex(r->channel->lib->raw, "HAWSER", 6, "",
					 0);
}

static void
done_probe(struct request *r, int rc)
{
	(void)rc;
	r->session->lib->is_probing = false;
}

static void
done_extra(struct request *r, int rc)
{
	(void)r;
	(void)rc;
}

struct request *
lib_channel_extra_request(struct channel *c)
{
	struct request *r =
	    queue_request_new(c, SLOT_ENV, call_env_probe, done_extra);

	r->is_extra = true;
	return r;
}

/* A channel on which something was started, or NULL. */
static struct channel *
find_started(const struct session *s)
{
	struct channel *c = s->lib->channels;

	while (c != NULL && (c->lib->close_wanted || c->lib->is_closed ||
			     c->start != REPLY_OK))
		c = c->next;
	return c;
}

static int
call_open_probe(struct request *r)
{
	return libssh2_channel_open_ex(r->session->lib->raw, PROBE_CHANNEL,
				       sizeof(PROBE_CHANNEL) - 1, 1, 1, NULL,
				       0) != NULL
		   ? 0
		   : libssh2_session_last_errno(r->session->lib->raw);
}

void
lib_session_probe(struct session *s)
{
	struct channel *c;

	if (s->lib->is_probing || s->end != SESSION_ALIVE)
		return;
	s->lib->is_probing = true;
	c = find_started(s);
	/* else the opening of a channel, of which there is one at a time */
	queue_add(
	    s, c != NULL
		   ? queue_request_new(c, SLOT_ENV, call_env_probe, done_probe)
		   : queue_request_new(NULL, SLOT_OPEN, call_open_probe,
				       done_probe));
}
