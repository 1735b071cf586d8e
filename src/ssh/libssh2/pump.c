/* The part of session.h that runs every turn: pump, requests, flush. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/libssh2/internal.h"

/* A stream on which no data ever comes: reading it only pumps. */
#define PUMP_STREAM 77
/* The shortest that libssh2 sends keepalives at. */
#define KEEPALIVE_S 2
/* Less than any packet takes on the wire (RFC 4253 section 6): reading this
 * much completes at most one. */
#define SINGLE_PACKET_BYTES 16

/* Not small: see lib_session_poll_requests(). */
#define OPENER_WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)

/*
 * A server that allows no channel at all leaves nothing to pump with but a
 * request of our own: ask something when there is something to read.
 */
static void
pump_without_channel(struct session *s)
{
	if (libssh2_userauth_authenticated(s->lib->raw) &&
	    s->lib->requests == NULL && lib_session_has_input(s))
		lib_session_probe(s);
}

/*
 * Read the network until it has no more, or the budget ends. libssh2 stops
 * earlier: it says "again" when it has the beginning of a packet, without
 * looking for the rest.
 */
static void
pump(struct session *s, size_t budget)
{
	ssize_t rc = LIBSSH2_ERROR_EAGAIN;

	lib_session_open_gate(s, budget);
	do {
		s->lib->fed = 0;
		/* with the size of all other reads on the channel, see
		 * read_piece() */
		if (lib_channel_adjust(s->lib->pump))
			rc = libssh2_channel_read_ex(
			    s->lib->pump->lib->raw, PUMP_STREAM,
			    (char *)s->lib->scratch, CHANNEL_READ_BYTES);
	} while (s->lib->fed > 0 && (rc >= 0 || rc == LIBSSH2_ERROR_EAGAIN));
	lib_session_close_gate(s);
	if (rc < 0 && rc != LIBSSH2_ERROR_EAGAIN)
		lib_session_note_error(s, (int)rc);
}

/* Do two requests on one channel wait for their replies? */
static bool
is_pipelining(const struct session *s)
{
	for (const struct request *r = s->lib->requests; r != NULL; r = r->next)
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
lib_session_pump(struct session *s)
{
	if (s->end != SESSION_ALIVE)
		return;
	if (s->lib->pump == NULL) {
		pump_without_channel(s);
		return;
	}
	while (is_pipelining(s)) {
		pump(s, SINGLE_PACKET_BYTES);
		lib_session_poll_requests(s);
		if (!s->lib->ran_out || s->end != SESSION_ALIVE)
			return;
	}
	pump(s, SESSION_TURN_BYTES);
}

/* How far is the channel that r needs to be open? REPLY_OK if it needs none. */
static enum reply
needed_open(const struct request *r)
{
	return r->channel != NULL && r->slot != SLOT_OPEN ? r->channel->open
							  : REPLY_OK;
}

/* Must r wait because its channel is not open yet, an earlier request uses its
 * slot, or one on its channel was not sent yet and must go first? */
static bool
is_blocked(const struct session *s, const struct request *r)
{
	if (needed_open(r) == REPLY_PENDING)
		return true;
	for (const struct request *q = s->lib->requests; q != r; q = q->next) {
		if (q->is_spent)
			continue;
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

/* Make the request's call, and free its slot without the answer: a waiting
 * call fails when reading fails under it (docs/LIBSSH2.md). Not during a key
 * exchange, which that would ruin. */
static void
give_up_call(struct session *s, struct request *r)
{
	s->lib->inject_error = true;
	r->call(r);
	s->lib->inject_error = false;
}

static int
make_call(struct session *s, struct request *r)
{
	/* with no channel yet there is nothing to pump with: then the waiting
	 * open reads for itself, alone */
	bool alone = s->lib->pump == NULL;
	int rc;

	if (needed_open(r) != REPLY_OK)
		return LIBSSH2_ERROR_BAD_USE;
	if (alone)
		lib_session_open_gate(s, SESSION_TURN_BYTES);
	rc = r->call(r);
	if (alone)
		lib_session_close_gate(s);
	if (!r->is_issued)
		r->issued_ms = loop_now_ms();
	r->is_issued = true;
	return rc;
}

/* Does another variable wait until this one's slot is free? */
static bool
is_in_the_way(const struct request *r)
{
	if (r->slot != SLOT_ENV || r->is_extra)
		return false;
	for (const struct request *q = r->next; q != NULL; q = q->next)
		if (q->channel == r->channel && q->slot == SLOT_ENV &&
		    !q->is_extra && !q->is_issued)
			return true;
	return false;
}

/*
 * Call a request for the first time. libssh2 has one slot for environment
 * variables, and each would take a round trip; so all but the last give the
 * slot up as soon as they are sent, and calls of later requests take the
 * answers (take_answer()). Something was sent, and everything that had arrived
 * was pumped before, so no key exchange is running.
 */
static int
issue(struct session *s, struct request *r)
{
	uint64_t before = s->lib->sent;
	int rc = make_call(s, r);

	if (rc == LIBSSH2_ERROR_EAGAIN && s->lib->sent != before &&
	    is_in_the_way(r)) {
		give_up_call(s, r);
		r->is_spent = true;
	}
	return rc;
}

/* Is rc what the server said to a request on a channel? */
static bool
is_answer(const struct request *r, int rc)
{
	return r->channel != NULL && r->slot != SLOT_OPEN &&
	       (rc == 0 || rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED);
}

/* Answers come in the order of the requests on a channel: whose is the one
 * that r's call has taken? */
static struct request *
owner_of_answer(struct session *s, struct request *r, int rc)
{
	if (!is_answer(r, rc))
		return r;
	for (struct request *q = s->lib->requests; q != r; q = q->next)
		if (q->channel == r->channel && q->is_issued && !q->is_extra)
			return q;
	return r;
}

static void
remove_request(struct session *s, const struct request *r)
{
	struct request **at = &s->lib->requests;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
}

void
lib_session_forget(struct session *s, const struct lib_listener *l)
{
	struct request *r = s->lib->requests, *next;

	for (; r != NULL; r = next) {
		next = r->next;
		if (r->listener != l)
			continue;
		remove_request(s, r);
		request_free(r);
	}
}

/* Does the channel wait for answers, and has no call to take one? */
static bool
lacks_call(const struct session *s, const struct channel *c)
{
	bool waits = false;

	/* nothing may be sent after CLOSE */
	if (c->lib->close_wanted || c->lib->is_closed ||
	    s->end != SESSION_ALIVE)
		return false;
	for (const struct request *r = s->lib->requests; r != NULL;
	     r = r->next) {
		if (r->channel != c)
			continue;
		if (!r->is_spent)
			return false;
		waits = true;
	}
	return waits;
}

/*
 * The call of r has come to an end. If its answer was that of an earlier
 * request, r waits on, for another call. Where none is left, a request is
 * sent just for that: the server refuses variables once a command was started
 * (docs/LIBSSH2.md), and that last refusal is left lying.
 */
static void
take_answer(struct session *s, struct request *r, int rc)
{
	struct request *owner = owner_of_answer(s, r, rc);
	struct channel *c = is_answer(r, rc) ? r->channel : NULL;

	if (owner != r && !r->is_extra)
		r->is_spent = true;
	remove_request(s, owner);
	owner->done(owner, rc);
	request_free(owner);
	if (owner != r && r->is_extra) {
		remove_request(s, r);
		request_free(r);
	}
	if (c != NULL && lacks_call(s, c))
		lib_session_request(s, lib_channel_extra_request(c));
}

/*
 * Where nobody wants a channel (-N), one is opened to pump with, and closed; a
 * server that refuses even that is no failure. True: there is a new request.
 */
static bool
get_pump(struct session *s)
{
	struct lib_session *l = s->lib;

	if (l->opener != NULL && l->opener->open != REPLY_PENDING) {
		lib_channel_free(l->opener);
		l->opener = NULL;
	}
	if (l->pump != NULL || l->requests != NULL || l->has_opened ||
	    s->end != SESSION_ALIVE)
		return false;
	l->has_opened = true;
	l->opener = lib_channel_open_session(s, OPENER_WINDOW_BYTES);
	return true;
}

static void
poll_all(struct session *s)
{
	struct request *r = s->lib->requests;

	while (r != NULL) {
		bool alone = s->lib->pump == NULL;
		int rc;

		if (r->is_spent || (!r->is_issued && is_blocked(s, r))) {
			r = r->next;
			continue;
		}
		rc = r->is_issued ? make_call(s, r) : issue(s, r);
		if (rc == LIBSSH2_ERROR_EAGAIN) {
			r = r->next;
			continue;
		}
		lib_session_survives(s, rc);
		take_answer(s, r, rc);
		/* What came with the answer is still inside libssh2, and may
		 * begin a key exchange. And a small window is enlarged before
		 * -N closes the channel: Dropbear ends a connection on which
		 * that comes later. */
		if (alone && s->lib->pump != NULL)
			pump(s, SESSION_TURN_BYTES);
		/* what waits may have changed */
		r = s->lib->requests;
	}
}

void
lib_session_poll_requests(struct session *s)
{
	if (!libssh2_userauth_authenticated(s->lib->raw) ||
	    lib_session_is_spoilt(s))
		return;
	do
		poll_all(s);
	while (get_pump(s));
	lib_channel_sweep(s);
	lib_remote_listener_sweep(s);
}

void
lib_session_allow_early_open(struct session *s)
{
	s->lib->may_open_early =
	    strcmp(lib_session_method_name(s, SESSION_COMPRESSION), "none") ==
	    0;
}

bool
lib_session_is_ahead(const struct session *s)
{
	return s->lib->n_ahead > 0 || s->lib->is_open_ahead;
}

bool
lib_session_is_login_ahead(const struct session *s)
{
	return s->lib->n_ahead > 0;
}

bool
lib_session_wasted_open(const struct session *s)
{
	return s->lib->has_wasted_open;
}

void
lib_session_open_early(struct session *s)
{
	struct request *r = s->lib->requests;
	uint64_t before = s->lib->sent;

	if (!s->lib->may_open_early || r == NULL || r->slot != SLOT_OPEN ||
	    r->is_issued)
		return;
	r->call(r);
	r->issued_ms = loop_now_ms();
	r->is_issued = s->lib->is_open_ahead = s->lib->sent != before;
}

void
lib_session_cancel_early_open(struct session *s)
{
	if (!s->lib->is_open_ahead || s->lib->has_wasted_open ||
	    s->end != SESSION_ALIVE)
		return;
	give_up_call(s, s->lib->requests);
	s->lib->requests->is_issued = false;
	s->lib->may_open_early = false;
	s->lib->has_wasted_open = true;
}

void
lib_session_request(struct session *s, struct request *r)
{
	struct request **at = &s->lib->requests;

	while (*at != NULL)
		at = &(*at)->next;
	r->session = s;
	*at = r;
}

void
lib_session_drop_requests(struct session *s, const struct channel *c)
{
	struct request **at = &s->lib->requests;

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
lib_session_has_request(const struct session *s, const struct channel *c)
{
	for (const struct request *r = s->lib->requests; r != NULL; r = r->next)
		if (r->channel == c)
			return true;
	return false;
}

/* The open that is on its way, if another one waits behind it. */
static struct request **
blocking_open(struct session *s)
{
	struct request **found = NULL;

	for (struct request **at = &s->lib->requests; *at != NULL;
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

/* No key exchange is running if something could just be sent. */
void
lib_session_abandon_open(struct session *s, int64_t patience_ms)
{
	struct request **at = blocking_open(s);
	struct request *r;
	uint64_t before = s->lib->sent;
	int next_s;

	if (at == NULL || s->end != SESSION_ALIVE || s->lib->pump == NULL ||
	    loop_now_ms() - (*at)->issued_ms < patience_ms)
		return;
	libssh2_keepalive_config(s->lib->raw, 0, KEEPALIVE_S);
	libssh2_keepalive_send(s->lib->raw, &next_s);
	if (s->lib->sent == before)
		return;
	r = *at;
	give_up_call(s, r);
	log_debug("no answer about a channel: given up for those that wait");
	*at = r->next;
	r->done(r, LIBSSH2_ERROR_TIMEOUT);
	request_free(r);
}

void
lib_session_disconnect(struct session *s)
{
	if (s->end != SESSION_ALIVE)
		return;
	libssh2_session_disconnect_ex(s->lib->raw,
				      SSH_DISCONNECT_BY_APPLICATION,
				      "disconnected by user", "");
	stream_flush(s->stream);
	session_note_end(s, SESSION_CLOSED);
}
