#include "ssh/native/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/native/proxy_state.h"

/* --- messages that name a channel --- */

static void
dispatch(struct channel *c, uint8_t type, struct wire *w)
{
	switch (type) {
	case MSG_CHANNEL_OPEN_CONFIRMATION:
		native_channel_confirmed(c, w);
		break;
	case MSG_CHANNEL_OPEN_FAILURE:
		native_channel_refused(c, w);
		break;
	case MSG_CHANNEL_WINDOW_ADJUST:
		native_channel_adjusted(c, w);
		break;
	case MSG_CHANNEL_DATA:
	case MSG_CHANNEL_EXTENDED_DATA:
		native_channel_data(c, type, w);
		break;
	case MSG_CHANNEL_EOF:
		native_channel_ended(c);
		break;
	case MSG_CHANNEL_CLOSE:
		native_channel_closed(c);
		break;
	case MSG_CHANNEL_REQUEST:
		native_channel_requested(c, w);
		break;
	case MSG_CHANNEL_SUCCESS:
		native_channel_replied(c, true);
		break;
	case MSG_CHANNEL_FAILURE:
		native_channel_replied(c, false);
		break;
	default:
		break;
	}
}

/* May the server send this about a channel in its present state? Only the
 * answers to an open come before it is open, and only then; and nothing comes
 * after its CLOSE. */
static bool
is_timely(const struct channel *c, uint8_t type)
{
	const struct native_channel *n = c->native;
	bool is_answer = type == MSG_CHANNEL_OPEN_CONFIRMATION ||
			 type == MSG_CHANNEL_OPEN_FAILURE;

	if (c->open == REPLY_PENDING)
		return is_answer && n->origin == CHANNEL_OURS;
	return !is_answer && c->open == REPLY_OK && !n->close_received;
}

/* Some servers answer a request when the command is over and the channel closed
 * (Paramiko's, which run it in a thread): as in ssh that does no harm. */
static bool
is_late_answer(const struct channel *c, uint8_t type)
{
	return (type == MSG_CHANNEL_SUCCESS || type == MSG_CHANNEL_FAILURE) &&
	       (c == NULL || c->native->close_received);
}

static void
take_channel_message(struct session *s, uint8_t type, struct wire *w)
{
	struct transport *t = s->native->transport;
	struct channel *c;
	uint32_t id;

	if (wire_get_u32(w, &id) != 0) {
		transport_malformed(t, type);
		return;
	}
	c = native_channel_find(s, id);
	if (is_late_answer(c, type)) {
		log_debug("channel %u: %s after its end", (unsigned int)id,
			  message_name(type));
		return;
	}
	if (c == NULL || !is_timely(c, type)) {
		transport_fail(t, DISCONNECT_PROTOCOL_ERROR,
			       "%s for channel %u, which is %s",
			       message_name(type), (unsigned int)id,
			       c == NULL ? "not there"
					 : "not in a state for it");
		return;
	}
	if (c->native->guest.proxy != NULL)
		proxy_take(c, type, w);
	else
		dispatch(c, type, w);
}

/* --- global requests --- */

struct buf *
global_request_begin(struct session *s, const char *name,
		     void (*done)(struct session *s, void *arg, bool is_ok,
				  struct wire *w),
		     void *arg)
{
	struct native_session *n = s->native;
	struct buf *out = transport_begin(n->transport, MSG_GLOBAL_REQUEST);
	struct global_request *r;

	wire_put_cstring(out, name);
	wire_put_byte(out, done != NULL);
	if (done == NULL)
		return out;
	r = xcalloc(1, sizeof(*r));
	r->done = done;
	r->arg = arg;
	*n->globals_end = r;
	n->globals_end = &r->next;
	return out;
}

static void
ignore_answer(struct session *s, void *arg, bool is_ok, struct wire *w)
{
	(void)s;
	(void)arg;
	(void)is_ok;
	(void)w;
}

/* Its answer will come all the same, and in its place. */
void
global_request_forget(struct session *s, const void *arg)
{
	for (struct global_request *r = s->native->globals; r != NULL;
	     r = r->next)
		if (r->arg == arg)
			r->done = ignore_answer;
}

static void
global_requests_clear(struct session *s)
{
	struct native_session *n = s->native;

	while (n->globals != NULL) {
		struct global_request *r = n->globals;

		n->globals = r->next;
		free(r);
	}
	n->globals_end = &n->globals;
}

static void
global_request_answered(struct session *s, bool is_ok, struct wire *w)
{
	struct native_session *n = s->native;
	struct global_request *r = n->globals;

	if (r == NULL) {
		log_debug("an answer to a global request that was not made");
		return;
	}
	n->globals = r->next;
	if (n->globals == NULL)
		n->globals_end = &n->globals;
	r->done(s, r->arg, is_ok, w);
	free(r);
}

/* RFC 4254 section 4 wants an answer where one is asked for. */
static void
global_request_take(struct session *s, struct wire *w)
{
	struct transport *t = s->native->transport;
	uint8_t wants_reply;
	char *name = NULL;
	bool is_known;

	if (wire_get_cstring(w, &name) != 0 ||
	    wire_get_byte(w, &wants_reply) != 0) {
		free(name);
		transport_malformed(t, MSG_GLOBAL_REQUEST);
		return;
	}
	log_debug("client_input_global_request: rtype %s want_reply %u", name,
		  (unsigned int)wants_reply);
	is_known = strcmp(name, "hostkeys-00@openssh.com") == 0;
	if (is_known)
		host_keys_take(s, w);
	free(name);
	if (wants_reply == 0)
		return;
	transport_begin(t,
			is_known ? MSG_REQUEST_SUCCESS : MSG_REQUEST_FAILURE);
	transport_end(t);
}

/* --- all of it --- */

bool
connection_is_with_openssh(const struct session *s)
{
	return str_starts(session_server_identification(s), "SSH-2.0-OpenSSH");
}

void
connection_take(struct session *s, const struct wire *message)
{
	struct wire w = *message;
	uint8_t type;

	wire_get_byte(&w, &type);
	switch (type) {
	case MSG_GLOBAL_REQUEST:
		global_request_take(s, &w);
		break;
	case MSG_REQUEST_SUCCESS:
	case MSG_REQUEST_FAILURE:
		global_request_answered(s, type == MSG_REQUEST_SUCCESS, &w);
		break;
	case MSG_CHANNEL_OPEN:
		incoming_take(s, &w);
		break;
	default:
		take_channel_message(s, type, &w);
		break;
	}
}

void
connection_clear(struct session *s)
{
	struct native_session *n = s->native;

	for (size_t i = 0; i < n->n_channels; i++) {
		struct channel *c = n->channels[i];

		if (c == NULL)
			continue;
		/* nobody has taken it */
		if (c->native->origin != CHANNEL_OURS && !c->native->is_open)
			c->native->is_free = true;
		c->native->close_sent = c->native->close_received = true;
		native_channel_settle(c);
	}
	free(n->channels);
	n->channels = NULL;
	n->n_channels = 0;
	native_listeners_clear(s);
	global_requests_clear(s);
	host_keys_clear(s);
}
