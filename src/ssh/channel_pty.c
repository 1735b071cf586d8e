/* The part of channel.h that is about terminals. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/channel.h"
#include "ssh/internal.h"

static int
call_pty(struct request *r)
{
	struct channel *c = r->channel;

	return libssh2_channel_request_pty_ex(
	    c->raw, c->term, (unsigned)strlen(c->term),
	    (const char *)c->modes.data, (unsigned)c->modes.len,
	    (int)c->size.cols, (int)c->size.rows, (int)c->size.xpixel,
	    (int)c->size.ypixel);
}

static void
done_pty(struct request *r, int rc)
{
	r->channel->pty = rc == 0 ? REPLY_OK : REPLY_REFUSED;
	if (rc != 0 && session_ended(r->session) == SESSION_ALIVE)
		log_error("PTY allocation request failed on channel %u",
			  r->channel->number);
}

void
channel_request_pty(struct channel *c, const struct channel_pty *p)
{
	c->term = xstrdup(p->term);
	buf_add(&c->modes, p->modes, p->modes_len);
	c->size = p->size;
	c->pty = REPLY_PENDING;
	session_request(c->session,
			channel_request(c, SLOT_PTY, call_pty, done_pty));
}

bool
channel_has_pty(const struct channel *c)
{
	return c->pty == REPLY_OK;
}

void
channel_set_size(struct channel *c, const struct channel_size *size)
{
	if (memcmp(size, &c->size, sizeof(*size)) == 0)
		return;
	c->size = *size;
	c->size_wanted = true;
	channel_send_size(c);
}

/*
 * Not before the reply to pty-req, whose place in libssh2 it would take, and
 * not after the channel's end, which makes sshd drop the connection (guide
 * sections 3 and 7).
 */
bool
channel_send_size(struct channel *c)
{
	if (!c->size_wanted || c->pty != REPLY_OK || c->close_sent ||
	    c->is_closed || c->session->end != SESSION_ALIVE)
		return true;
	if (libssh2_channel_request_pty_size_ex(
		c->raw, (int)c->size.cols, (int)c->size.rows,
		(int)c->size.xpixel,
		(int)c->size.ypixel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	c->size_wanted = false;
	return true;
}
