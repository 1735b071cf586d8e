/* The part of channel.h that is about terminals. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

static int
call_pty(struct request *r)
{
	struct channel *c = r->channel;

	return libssh2_channel_request_pty_ex(
	    c->lib->raw, c->lib->term, (unsigned)strlen(c->lib->term),
	    (const char *)c->lib->modes.data, (unsigned)c->lib->modes.len,
	    (int)c->lib->size.cols, (int)c->lib->size.rows,
	    (int)c->lib->size.xpixel, (int)c->lib->size.ypixel);
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
lib_channel_request_pty(struct channel *c, const struct channel_pty *p)
{
	c->lib->term = xstrdup(p->term);
	buf_add(&c->lib->modes, p->modes, p->modes_len);
	c->lib->size = p->size;
	c->pty = REPLY_PENDING;
	queue_add(c->session,
		  queue_request_new(c, SLOT_PTY, call_pty, done_pty));
}

void
lib_channel_set_size(struct channel *c, const struct channel_size *size)
{
	if (memcmp(size, &c->lib->size, sizeof(*size)) == 0)
		return;
	c->lib->size = *size;
	c->lib->size_wanted = true;
	lib_channel_send_size(c);
}

/*
 * Not before the reply to pty-req, whose place in libssh2 it would take, and
 * not after the channel's end, which makes sshd drop the connection.
 */
bool
lib_channel_send_size(struct channel *c)
{
	if (!c->lib->size_wanted || c->pty != REPLY_OK || c->lib->close_sent ||
	    c->lib->is_closed || c->session->end != SESSION_ALIVE)
		return true;
	if (libssh2_channel_request_pty_size_ex(
		c->lib->raw, (int)c->lib->size.cols, (int)c->lib->size.rows,
		(int)c->lib->size.xpixel,
		(int)c->lib->size.ypixel) == LIBSSH2_ERROR_EAGAIN)
		return false;
	c->lib->size_wanted = false;
	return true;
}
