/* The part of channel.h and incoming.h that asks things on a channel (RFC 4254
 * section 6), and hears what the server asks or tells. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/packet.h"

/* Of a command, with room for the rest of the message. */
#define START_BYTES_MAX (PACKET_PAYLOAD_MAX - 64)

/* Begin a request whose answer is awaited. */
static struct buf *
begin(struct channel *c, const char *type, enum request_kind kind)
{
	struct buf *out = native_channel_begin(c, MSG_CHANNEL_REQUEST);

	buf_add_byte(&c->native->requests, (unsigned char)kind);
	wire_put_cstring(out, type);
	wire_put_byte(out, true);
	return out;
}

/* Begin one that has no answer. */
static struct buf *
begin_mute(struct channel *c, const char *type)
{
	struct buf *out = native_channel_begin(c, MSG_CHANNEL_REQUEST);

	wire_put_cstring(out, type);
	wire_put_byte(out, false);
	return out;
}

static bool
is_closing(const struct channel *c)
{
	return c->native->close_sent || c->open == REPLY_REFUSED;
}

void
native_request_env(struct channel *c, const char *name, const char *value)
{
	struct buf *out;

	if (is_closing(c))
		return;
	/* as ssh: some servers ignore what they do not know, and then the
	 * answers would change places */
	out = begin_mute(c, "env");
	wire_put_cstring(out, name);
	wire_put_cstring(out, value);
	native_channel_end(c);
}

static void
put_size(struct buf *out, const struct channel_size *size)
{
	wire_put_u32(out, size->cols);
	wire_put_u32(out, size->rows);
	wire_put_u32(out, size->xpixel);
	wire_put_u32(out, size->ypixel);
}

void
native_request_pty(struct channel *c, const struct channel_pty *p)
{
	struct buf *out;

	c->pty = REPLY_PENDING;
	c->native->size = p->size;
	if (is_closing(c))
		return;
	out = begin(c, "pty-req", REQUEST_PTY);
	wire_put_cstring(out, p->term);
	put_size(out, &p->size);
	wire_put_string(out, p->modes, p->modes_len);
	native_channel_end(c);
}

void
native_set_size(struct channel *c, const struct channel_size *size)
{
	if (memcmp(size, &c->native->size, sizeof(*size)) == 0)
		return;
	c->native->size = *size;
	if (is_closing(c) || c->pty == REPLY_NONE || c->pty == REPLY_REFUSED)
		return;
	put_size(begin_mute(c, "window-change"), size);
	native_channel_end(c);
}

void
native_request_start(struct channel *c, const char *type, const char *text)
{
	struct buf *out;

	if (is_closing(c))
		return;
	if (text != NULL && strlen(text) > START_BYTES_MAX) {
		c->start_trouble = xasprintf(
		    "it has %zu bytes, and %d is the most that can be sent",
		    strlen(text), START_BYTES_MAX);
		c->start = REPLY_REFUSED;
		return;
	}
	out = begin(c, type, REQUEST_START);
	if (text != NULL)
		wire_put_cstring(out, text);
	native_channel_end(c);
}

void
native_request_agent(struct channel *c)
{
	if (is_closing(c))
		return;
	begin(c, "auth-agent-req@openssh.com", REQUEST_AGENT);
	native_channel_end(c);
}

void
native_request_x11(struct channel *c, const struct channel_x11 *x)
{
	struct buf *out;

	if (is_closing(c))
		return;
	out = begin(c, "x11-req", REQUEST_X11);
	wire_put_byte(out, x->is_single);
	wire_put_cstring(out, x->protocol);
	wire_put_cstring(out, x->cookie);
	wire_put_u32(out, (uint32_t)x->screen);
	native_channel_end(c);
}

bool
native_send_signal(struct channel *c, const char *name)
{
	if (c->start != REPLY_OK || is_closing(c) ||
	    c->native->close_received || c->session->end != SESSION_ALIVE)
		return false;
	wire_put_cstring(begin_mute(c, "signal"), name);
	native_channel_end(c);
	return true;
}

bool
native_send_break(struct channel *c, uint32_t length_ms)
{
	if (c->start != REPLY_OK || is_closing(c) ||
	    c->native->close_received || c->session->end != SESSION_ALIVE)
		return false;
	wire_put_u32(begin_mute(c, "break"), length_ms);
	native_channel_end(c);
	return true;
}

static void
take_pty_reply(struct channel *c, bool is_ok)
{
	c->pty = is_ok ? REPLY_OK : REPLY_REFUSED;
	if (!is_ok)
		log_error("PTY allocation request failed on channel %u",
			  c->number);
}

/* Replies come in the order of the requests. */
void
native_channel_replied(struct channel *c, bool is_ok)
{
	struct native_channel *n = c->native;
	enum reply reply = is_ok ? REPLY_OK : REPLY_REFUSED;
	enum request_kind kind;

	if (n->requests.len == 0) {
		log_debug("channel %u: a reply to nothing", c->number);
		return;
	}
	kind = (enum request_kind)n->requests.data[0];
	buf_consume(&n->requests, 1);
	switch (kind) {
	case REQUEST_PTY:
		take_pty_reply(c, is_ok);
		break;
	case REQUEST_START:
		c->start = reply;
		break;
	case REQUEST_AGENT:
		c->agent = reply;
		c->session->native->wants_agent |= is_ok;
		break;
	case REQUEST_X11:
		c->x11 = reply;
		c->session->native->wants_x11 |= is_ok;
		break;
	}
}

/* --- what the server says --- */

void
native_channel_speaks(struct channel *c)
{
	if (c->start == REPLY_PENDING)
		c->start = REPLY_OK;
}

/* The first one counts. */
static int
take_status(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	uint32_t status;

	if (wire_get_u32(w, &status) != 0)
		return -1;
	if (!n->has_status)
		n->status = status;
	n->has_status = true;
	native_channel_speaks(c);
	return 0;
}

static int
take_signal(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	char *name = NULL, *message = NULL;
	struct wire skipped;
	uint8_t dumped;
	int rc = -1;

	if (wire_get_cstring(w, &name) == 0 && wire_get_byte(w, &dumped) == 0 &&
	    wire_get_cstring(w, &message) == 0 &&
	    wire_get_wire(w, &skipped) == 0)
		rc = 0;
	if (rc == 0)
		native_channel_speaks(c);
	if (rc == 0 && n->signal == NULL) {
		n->signal = name;
		n->signal_message = message;
		return 0;
	}
	free(name);
	free(message);
	return rc;
}

void
native_channel_requested(struct channel *c, struct wire *w)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	char *type = NULL;
	uint8_t wants_reply;
	int rc = -1;

	if (wire_get_cstring(w, &type) != 0 ||
	    wire_get_byte(w, &wants_reply) != 0)
		goto out;
	log_debug2("channel %u: rcvd request %s reply %u", c->number, type,
		   (unsigned int)wants_reply);
	rc = 0;
	if (strcmp(type, "exit-status") == 0)
		rc = take_status(c, w);
	else if (strcmp(type, "exit-signal") == 0)
		rc = take_signal(c, w);
	else if (strcmp(type, "eow@openssh.com") == 0)
		n->eow_received = true;
	if (rc == 0 && wants_reply != 0 && !n->close_sent) {
		/* nothing that a server asks for is served */
		native_channel_begin(c, MSG_CHANNEL_FAILURE);
		native_channel_end(c);
	}
out:
	free(type);
	if (rc != 0)
		transport_malformed(t, MSG_CHANNEL_REQUEST);
}

enum channel_exit
native_exit(const struct channel *c, int *ret_status, const char **ret_signal,
	    const char **ret_message)
{
	const struct native_channel *n = c->native;

	if (n->signal != NULL) {
		*ret_signal = n->signal;
		*ret_message = n->signal_message;
		return CHANNEL_EXIT_SIGNAL;
	}
	if (n->has_status) {
		*ret_status = (int)(n->status & 0xff);
		return CHANNEL_EXIT_STATUS;
	}
	return CHANNEL_EXIT_NONE;
}
