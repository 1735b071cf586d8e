/* The part of session.h that runs every turn: pump, and take answers. */
#include <errno.h>
#include <string.h>

#include "net/stream.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* A stream on which no data ever comes: reading it only pumps. */
#define PUMP_STREAM 77
/* The shortest that libssh2 sends keepalives at. */
#define KEEPALIVE_S 2
/* Less than any packet takes on the wire (RFC 4253 section 6): reading this
 * much completes at most one. */
#define SINGLE_PACKET_BYTES 16

/* Nothing is read while more than this waits for the kernel. Channels stop
 * long before, so most of it is answers. */
#define ANSWERS_HIGH_WATER ((size_t)2 * 1024 * 1024)

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
	while (queue_is_pipelining(s)) {
		pump(s, SINGLE_PACKET_BYTES);
		lib_session_poll_requests(s);
		if (!s->lib->ran_out || s->end != SESSION_ALIVE)
			return;
	}
	pump(s, SESSION_TURN_BYTES);
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
	bool has_taken = true;

	while (has_taken) {
		bool alone = s->lib->pump == NULL;

		has_taken = queue_take_answer(s);
		/* What came with the answer is still inside libssh2, and may
		 * begin a key exchange. And a small window is enlarged before
		 * -N closes the channel: Dropbear ends a connection on which
		 * that comes later. */
		if (alone && s->lib->pump != NULL)
			pump(s, SESSION_TURN_BYTES);
	}
}

static bool
has_too_many_answers(const struct session *s)
{
	return stream_pending(s->stream) > ANSWERS_HIGH_WATER;
}

int
lib_session_hold(struct session *s)
{
	bool is_held = has_too_many_answers(s);

	if (is_held) {
		session_flush(s);
		is_held = has_too_many_answers(s);
	}
	if (is_held != s->lib->is_held)
		stream_want_read(s->stream, !is_held);
	s->lib->is_held = is_held;
	if (!is_held)
		return 0;
	if (libssh2_userauth_authenticated(s->lib->raw))
		return -EAGAIN;
	/* there is nothing yet that could be asked that often */
	session_note_trouble(s, "the server does not read our answers");
	return -EIO;
}

static bool
may_request(const struct session *s)
{
	return libssh2_userauth_authenticated(s->lib->raw) &&
	       !lib_session_is_spoilt(s);
}

bool
lib_session_has_more(const struct session *s)
{
	const struct lib_session *l = s->lib;

	/* who is held may go on as soon as the kernel has taken the answers */
	if (has_too_many_answers(s))
		return false;
	return l->is_held || l->ran_out || l->input_at < l->input.len ||
	       (may_request(s) && queue_is_due(s));
}

void
lib_session_poll_requests(struct session *s)
{
	if (!may_request(s))
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

/* No key exchange is running if something could just be sent. */
void
lib_session_abandon_open(struct session *s, int64_t patience_ms)
{
	struct request *open = queue_blocking_open(s, patience_ms);
	uint64_t before = s->lib->sent;
	int next_s;

	if (open == NULL || s->end != SESSION_ALIVE || s->lib->pump == NULL)
		return;
	libssh2_keepalive_config(s->lib->raw, 0, KEEPALIVE_S);
	libssh2_keepalive_send(s->lib->raw, &next_s);
	if (s->lib->sent != before)
		queue_abandon(s, open);
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
