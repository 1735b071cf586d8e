/* Requests: who may be called, and whose an answer is. */
#include "ssh/libssh2/queue.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "ssh/libssh2/internal.h"

struct request *
queue_request_new(struct channel *c, enum request_slot slot,
		  int (*call)(struct request *),
		  void (*done)(struct request *, int))
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->channel = c;
	r->slot = slot;
	r->call = call;
	r->done = done;
	return r;
}

void
queue_add(struct session *s, struct request *r)
{
	struct request **at = &s->lib->requests;

	while (*at != NULL)
		at = &(*at)->next;
	r->session = s;
	*at = r;
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

static void
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
		queue_add(s, lib_channel_extra_request(c));
}

bool
queue_take_answer(struct session *s)
{
	for (struct request *r = s->lib->requests; r != NULL; r = r->next) {
		int rc;

		if (r->is_spent || (!r->is_issued && is_blocked(s, r)))
			continue;
		rc = r->is_issued ? make_call(s, r) : issue(s, r);
		if (rc == LIBSSH2_ERROR_EAGAIN)
			continue;
		lib_session_survives(s, rc);
		take_answer(s, r, rc);
		return true;
	}
	return false;
}

bool
queue_is_due(const struct session *s)
{
	for (const struct request *r = s->lib->requests; r != NULL; r = r->next)
		if (!r->is_issued && !r->is_spent && !is_blocked(s, r))
			return true;
	return false;
}

bool
queue_is_pipelining(const struct session *s)
{
	for (const struct request *r = s->lib->requests; r != NULL; r = r->next)
		for (const struct request *q = r->next; q != NULL; q = q->next)
			if (r->is_issued && q->is_issued &&
			    r->channel != NULL && q->channel == r->channel)
				return true;
	return false;
}

bool
queue_has(const struct session *s, const struct channel *c)
{
	for (const struct request *r = s->lib->requests; r != NULL; r = r->next)
		if (r->channel == c)
			return true;
	return false;
}

void
queue_drop(struct session *s, const struct channel *c)
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

void
queue_forget(struct session *s, const struct lib_listener *l)
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

void
queue_clear(struct session *s)
{
	while (s->lib->requests != NULL) {
		struct request *r = s->lib->requests;

		s->lib->requests = r->next;
		request_free(r);
	}
}

void
queue_open_early(struct session *s)
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
queue_cancel_early_open(struct session *s)
{
	if (!s->lib->is_open_ahead || s->lib->has_wasted_open ||
	    s->end != SESSION_ALIVE)
		return;
	give_up_call(s, s->lib->requests);
	s->lib->requests->is_issued = false;
	s->lib->may_open_early = false;
	s->lib->has_wasted_open = true;
}

struct request *
queue_blocking_open(const struct session *s, int64_t patience_ms)
{
	struct request *found = NULL;

	for (struct request *r = s->lib->requests; r != NULL; r = r->next) {
		if (r->slot != SLOT_OPEN)
			continue;
		if (found != NULL)
			return loop_now_ms() - found->issued_ms >= patience_ms
				   ? found
				   : NULL;
		if (!r->is_issued)
			return NULL;
		found = r;
	}
	return NULL;
}

void
queue_abandon(struct session *s, struct request *open)
{
	give_up_call(s, open);
	log_debug("no answer about a channel: given up for those that wait");
	remove_request(s, open);
	open->done(open, LIBSSH2_ERROR_TIMEOUT);
	request_free(open);
}
