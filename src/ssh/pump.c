/* The part of session.h that runs every turn: pump, requests, flush. */
#include <stdlib.h>

#include "base/log.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/internal.h"
#include "ssh/session.h"

/* A stream on which no data ever comes: reading it only pumps. */
#define PUMP_STREAM 77
/* The shortest that libssh2 sends keepalives at. */
#define KEEPALIVE_S 2
/* Less than any packet takes on the wire (RFC 4253 section 6): reading this
 * much completes at most one. */
#define SINGLE_PACKET_BYTES 16
/* One pump may decrypt this much before others get a turn. */
#define PUMP_BYTES ((size_t)256 * 1024)

/*
 * A server that allows no channel at all leaves nothing to pump with but a
 * request of our own: ask something when there is something to read.
 */
static void
pump_without_channel(struct session *s)
{
	if (libssh2_userauth_authenticated(s->raw) && s->requests == NULL &&
	    session_has_input(s))
		session_probe(s, NULL);
}

static void
pump(struct session *s, size_t budget)
{
	ssize_t rc = 0;

	session_open_gate(s, budget);
	/* with the size of all other reads on the channel, see channel_read()
	 */
	if (channel_adjust(s->pump))
		rc = libssh2_channel_read_ex(s->pump->raw, PUMP_STREAM,
					     (char *)s->scratch,
					     CHANNEL_READ_BYTES);
	session_close_gate(s);
	if (rc < 0 && rc != LIBSSH2_ERROR_EAGAIN)
		session_survives(s, (int)rc);
}

/* Do two requests on one channel wait for their replies? */
static bool
is_pipelining(const struct session *s)
{
	for (const struct request *r = s->requests; r != NULL; r = r->next)
		for (const struct request *q = r->next; q != NULL; q = q->next)
			if (r->is_issued && q->is_issued &&
			    r->channel != NULL && q->channel == r->channel)
				return true;
	return false;
}

/*
 * Of two replies in its queue libssh2 hands out a success before a failure,
 * whichever came first: a refused variable and an accepted command would
 * change places. So while replies may follow each other, packets are taken in
 * one by one, and each reply is given to the request that waits longest.
 */
void
session_pump(struct session *s)
{
	if (s->end != SESSION_ALIVE)
		return;
	if (s->pump == NULL) {
		pump_without_channel(s);
		return;
	}
	while (is_pipelining(s)) {
		pump(s, SINGLE_PACKET_BYTES);
		session_poll_requests(s);
		if (!s->ran_out || s->end != SESSION_ALIVE)
			return;
	}
	pump(s, PUMP_BYTES);
}

/* Must r wait because an earlier request uses its slot, or because one on
 * its channel was not sent yet and must go first? */
static bool
is_blocked(const struct session *s, const struct request *r)
{
	for (const struct request *q = s->requests; q != r; q = q->next) {
		if (q->slot == r->slot &&
		    (r->slot == SLOT_OPEN || r->slot == SLOT_LISTEN))
			return true;
		if (q->channel != NULL && q->channel == r->channel &&
		    (q->slot == r->slot || !q->is_issued))
			return true;
	}
	return false;
}

void
request_free(struct request *r)
{
	buf_clear(&r->message);
	free(r->text[0]);
	free(r->text[1]);
	free(r);
}

void
session_poll_requests(struct session *s)
{
	struct request **at = &s->requests;

	while (*at != NULL) {
		struct request *r = *at;
		/* with no channel yet there is nothing to pump with: then the
		 * waiting open reads for itself, alone */
		bool alone = s->pump == NULL;
		int rc;

		if (!r->is_issued && is_blocked(s, r)) {
			at = &r->next;
			continue;
		}
		if (alone)
			session_open_gate(s, SIZE_MAX);
		rc = r->call(r);
		if (alone)
			session_close_gate(s);
		if (!r->is_issued)
			r->issued_ms = loop_now_ms();
		r->is_issued = true;
		if (rc == LIBSSH2_ERROR_EAGAIN) {
			at = &r->next;
			continue;
		}
		session_survives(s, rc);
		*at = r->next;
		r->done(r, rc);
		request_free(r);
	}
	channel_sweep(s);
	remote_listener_sweep(s);
}

void
session_request(struct session *s, struct request *r)
{
	struct request **at = &s->requests;

	while (*at != NULL)
		at = &(*at)->next;
	r->session = s;
	*at = r;
}

void
session_drop_requests(struct session *s, const struct channel *c)
{
	struct request **at = &s->requests;

	while (*at != NULL) {
		struct request *r = *at;

		if (r->channel != c || (r->slot == SLOT_OPEN && r->is_issued)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		request_free(r);
	}
}

bool
session_has_request(const struct session *s, const struct channel *c)
{
	for (const struct request *r = s->requests; r != NULL; r = r->next)
		if (r->channel == c)
			return true;
	return false;
}

/* The open that is on its way, if another one waits behind it. */
static struct request **
blocking_open(struct session *s)
{
	struct request **found = NULL;

	for (struct request **at = &s->requests; *at != NULL;
	     at = &(*at)->next) {
		if ((*at)->slot != SLOT_OPEN)
			continue;
		if (found != NULL)
			return found;
		if (!(*at)->is_issued)
			return NULL;
		found = at;
	}
	return NULL;
}

/*
 * A waiting call fails, and gives its slot back, when reading fails under it
 * (guide section 1). That must not happen during a key exchange, which it
 * would ruin; none is running if something could just be sent.
 */
void
session_abandon_open(struct session *s, int64_t patience_ms)
{
	struct request **at = blocking_open(s);
	struct request *r;
	uint64_t before = s->sent;
	int next_s;

	if (at == NULL || s->end != SESSION_ALIVE || s->pump == NULL ||
	    loop_now_ms() - (*at)->issued_ms < patience_ms)
		return;
	libssh2_keepalive_config(s->raw, 0, KEEPALIVE_S);
	libssh2_keepalive_send(s->raw, &next_s);
	if (s->sent == before)
		return;
	r = *at;
	s->inject_error = true;
	r->call(r);
	s->inject_error = false;
	log_debug("no answer about a channel: given up for those that wait");
	*at = r->next;
	r->done(r, LIBSSH2_ERROR_TIMEOUT);
	request_free(r);
}

void
session_flush(struct session *s)
{
	/* what the server said before it went away is still to be read, and
	 * reading will meet the end by itself */
	if (!s->is_mute && stream_flush(s->stream) < 0)
		s->is_mute = true;
}

void
session_disconnect(struct session *s)
{
	if (s->end != SESSION_ALIVE)
		return;
	libssh2_session_disconnect_ex(s->raw, SSH_DISCONNECT_BY_APPLICATION,
				      "disconnected by user", "");
	stream_flush(s->stream);
	session_note_end(s, SESSION_CLOSED);
}
