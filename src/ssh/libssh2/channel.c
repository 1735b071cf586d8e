/* The part of channel.h that opens, asks, and closes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "ssh/libssh2/internal.h"
#include "ssh/libssh2/queue.h"

/* RFC 4254 section 5.2 lets each side choose; this is OpenSSH's and what
 * libssh2 is tested with. */
#define PACKET_BYTES 32768
/* Command or subsystem; what libssh2 puts into one packet, and a bit less. */
#define START_BYTES_MAX 34700
/* What libssh2 opens a channel with that the server asked for. */
#define ADOPTED_WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)

/* Or has the session ended without the server's answer? */
static bool
is_said(const struct session *s, int rc)
{
	return s->end == SESSION_ALIVE || rc == 0 ||
	       rc == LIBSSH2_ERROR_CHANNEL_FAILURE ||
	       rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
}

static int
call_open(struct request *r)
{
	struct session *s = r->session;

	s->lib->tap.open_seen = false;
	r->channel->lib->raw = libssh2_channel_open_ex(
	    s->lib->raw, r->text[0], (unsigned)strlen(r->text[0]),
	    r->channel->window.least, PACKET_BYTES,
	    (const char *)r->message.data, (unsigned)r->message.len);
	return r->channel->lib->raw != NULL
		   ? 0
		   : libssh2_session_last_errno(s->lib->raw);
}

static void
done_open(struct request *r, int rc)
{
	struct channel *c = r->channel;
	struct session *s = c->session;

	/* where TCP is not there to tell */
	if (s->rtt_us == 0 && rc == 0)
		s->rtt_us = (loop_now_ms() - r->issued_ms) * 1000;
	if (!is_said(s, rc))
		return;
	if (s->end == SESSION_ALIVE) {
		/* whatever was sent early, it did no harm */
		s->lib->n_ahead = 0;
		s->lib->is_open_ahead = false;
	}
	if (rc == 0) {
		c->open = REPLY_OK;
		if (s->lib->tap.open_seen)
			c->lib->tap =
			    tap_follow(&s->lib->tap, s->lib->tap.open_channel);
		if (s->lib->pump == NULL)
			s->lib->pump = c;
		log_debug2("channel %u: open confirm rwindow %lu", c->number,
			   libssh2_channel_window_write(c->lib->raw));
		return;
	}
	c->open = REPLY_REFUSED;
	c->refusal = s->lib->tap.refusal;
	c->refusal_code = s->lib->tap.refusal_code;
	if (c->refusal == NULL && rc == LIBSSH2_ERROR_CHANNEL_FAILURE)
		c->refusal_code = 2; /* what libssh2 tells is no more */
	s->lib->tap.refusal = NULL;
}

static struct channel *
new_channel(struct session *s, uint32_t window)
{
	struct channel *c = channel_new(s, window);

	c->lib = xcalloc(1, sizeof(*c->lib));
	c->next = s->lib->channels;
	s->lib->channels = c;
	return c;
}

static struct channel *
open_channel(struct session *s, const char *type, uint32_t window,
	     struct buf *message)
{
	struct channel *c = new_channel(s, window);
	struct request *r =
	    queue_request_new(c, SLOT_OPEN, call_open, done_open);

	c->open = REPLY_PENDING;
	r->text[0] = xstrdup(type);
	r->message = *message;
	queue_add(s, r);
	return c;
}

struct channel *
lib_channel_open_session(struct session *s, uint32_t window)
{
	struct buf nothing = BUF_INIT;

	return open_channel(s, "session", window, &nothing);
}

struct channel *
lib_channel_open_direct(struct session *s, const struct channel_target *target,
			uint32_t window)
{
	struct buf message = BUF_INIT;

	if (target->path != NULL) {
		wire_put_cstring(&message, target->path);
		wire_put_cstring(&message, ""); /* reserved */
		wire_put_u32(&message, 0);
		return open_channel(s, "direct-streamlocal@openssh.com", window,
				    &message);
	}
	wire_put_cstring(&message, target->host);
	wire_put_u32(&message, (uint32_t)target->port);
	wire_put_cstring(&message, target->from_host);
	wire_put_u32(&message, (uint32_t)target->from_port);
	return open_channel(s, "direct-tcpip", window, &message);
}

struct channel *
lib_channel_adopt(struct session *s, LIBSSH2_CHANNEL *raw)
{
	struct channel *c = new_channel(s, ADOPTED_WINDOW_BYTES);

	c->lib->raw = raw;
	c->open = REPLY_OK;
	c->start = REPLY_OK;
	if (s->lib->pump == NULL)
		s->lib->pump = c;
	return c;
}

static int
call_env(struct request *r)
{
	struct channel *c = r->channel;

	return libssh2_channel_setenv_ex(
	    c->lib->raw, r->text[0], (unsigned)strlen(r->text[0]), r->text[1],
	    (unsigned)strlen(r->text[1]));
}

static void
done_env(struct request *r, int rc)
{
	log_debug2("channel %u: environment variable %s %s", r->channel->number,
		   r->text[0], rc == 0 ? "accepted" : "refused");
}

void
lib_channel_request_env(struct channel *c, const char *name, const char *value)
{
	struct request *r = queue_request_new(c, SLOT_ENV, call_env, done_env);

	r->text[0] = xstrdup(name);
	r->text[1] = xstrdup(value);
	queue_add(c->session, r);
}

static int
call_start(struct request *r)
{
	struct channel *c = r->channel;
	const char *text = r->text[1];

	return libssh2_channel_process_startup(
	    c->lib->raw, r->text[0], (unsigned)strlen(r->text[0]), text,
	    text != NULL ? (unsigned)strlen(text) : 0);
}

static void
done_start(struct request *r, int rc)
{
	if (is_said(r->session, rc))
		r->channel->start = rc == 0 ? REPLY_OK : REPLY_REFUSED;
}

void
lib_channel_request_start(struct channel *c, const char *type, const char *text)
{
	struct request *r;

	if (text != NULL && strlen(text) > START_BYTES_MAX) {
		c->start = REPLY_REFUSED;
		c->start_trouble = xasprintf(
		    "it has %zu bytes, and libssh2 can send no more than %d",
		    strlen(text), START_BYTES_MAX);
		return;
	}
	r = queue_request_new(c, SLOT_START, call_start, done_start);
	r->text[0] = xstrdup(type);
	r->text[1] = xstrdup_any(text);
	queue_add(c->session, r);
}

static bool
send_signal(struct channel *c)
{
	if (c->lib->signal == NULL || c->lib->close_sent)
		return true;
	if (libssh2_channel_signal_ex(c->lib->raw, c->lib->signal,
				      strlen(c->lib->signal)) ==
	    LIBSSH2_ERROR_EAGAIN)
		return false;
	free(c->lib->signal);
	c->lib->signal = NULL;
	return true;
}

static bool
send_eof(struct channel *c)
{
	if (!c->lib->eof_wanted || c->lib->eof_sent || c->lib->close_sent)
		return true;
	c->lib->eof_sent =
	    libssh2_channel_send_eof(c->lib->raw) != LIBSSH2_ERROR_EAGAIN;
	return c->lib->eof_sent;
}

static bool
send_close(struct channel *c)
{
	/* it says "again" both when it could not send and when it waits for
	 * the peer, so ask what was sent */
	uint64_t before = lib_session_sent(c->session);

	if (!c->lib->close_wanted || c->lib->close_sent)
		return true;
	c->lib->close_sent =
	    libssh2_channel_close(c->lib->raw) != LIBSSH2_ERROR_EAGAIN ||
	    lib_session_sent(c->session) != before;
	return c->lib->close_sent;
}

/* Send what is still owed on the channel, in order; true if nothing is. */
static bool
settle(struct channel *c)
{
	if (c->lib->raw == NULL || c->session->end != SESSION_ALIVE)
		return true;
	return lib_channel_send_size(c) && send_signal(c) && send_eof(c) &&
	       send_close(c);
}

void
lib_channel_send_eof(struct channel *c)
{
	c->lib->eof_wanted = true;
	settle(c);
}

void
lib_channel_close(struct channel *c)
{
	c->lib->close_wanted = true;
	settle(c);
}

bool
lib_channel_send_signal(struct channel *c, const char *name)
{
	if (c->lib->raw == NULL || c->start != REPLY_OK ||
	    c->lib->close_wanted || c->lib->is_closed ||
	    c->session->end != SESSION_ALIVE)
		return false;
	free(c->lib->signal);
	c->lib->signal = xstrdup(name);
	settle(c);
	return true;
}

bool
lib_channel_is_closed(struct channel *c)
{
	if (c->lib->is_closed || c->lib->raw == NULL)
		return c->lib->is_closed;
	if (lib_session_is_spoilt(c->session))
		return false;
	settle(c);
	/* before the server's EOF this fails, which means "not yet" */
	c->lib->is_closed = libssh2_channel_wait_closed(c->lib->raw) == 0;
	return c->lib->is_closed;
}

/* The tap does not know where a packet ends and its padding begins, and
 * libssh2 does. */
void
lib_channel_confirm_exit(const struct channel *c)
{
	struct tap_exit *x;
	char *name = NULL;

	if (c->lib->tap == NULL || c->lib->raw == NULL)
		return;
	x = &c->lib->tap->exit;
	if (x->has_status &&
	    (uint32_t)libssh2_channel_get_exit_status(c->lib->raw) != x->status)
		x->has_status = false;
	if (x->signal == NULL)
		return;
	libssh2_channel_get_exit_signal(c->lib->raw, &name, NULL, NULL, NULL,
					NULL, NULL);
	if (name != NULL) {
		libssh2_free(c->session->lib->raw, name);
		return;
	}
	free(x->signal);
	x->signal = NULL;
}

enum channel_exit
lib_channel_exit(const struct channel *c, int *ret_status,
		 const char **ret_signal, const char **ret_message)
{
	const struct tap_exit *x =
	    c->lib->tap != NULL ? &c->lib->tap->exit : NULL;

	lib_channel_confirm_exit(c);
	if (x == NULL && c->lib->raw != NULL) {
		/* without the tap, no status looks like status 0 */
		*ret_status =
		    libssh2_channel_get_exit_status(c->lib->raw) & 0xff;
		return CHANNEL_EXIT_STATUS;
	}
	if (x != NULL && x->signal != NULL) {
		*ret_signal = x->signal;
		*ret_message = x->message != NULL ? x->message : "";
		return CHANNEL_EXIT_SIGNAL;
	}
	if (x != NULL && x->has_status) {
		*ret_status = (int)(x->status & 0xff);
		return CHANNEL_EXIT_STATUS;
	}
	return CHANNEL_EXIT_NONE;
}

static void
release(struct channel *c)
{
	struct lib_channel *l = c->lib;

	tap_forget(&c->session->lib->tap, l->tap);
	free(l->signal);
	free(l->term);
	buf_clear(&l->modes);
	buf_clear(&l->rescued[CHANNEL_STDOUT]);
	buf_clear(&l->rescued[CHANNEL_STDERR]);
	buf_clear(&l->piece[CHANNEL_STDOUT].bytes);
	buf_clear(&l->piece[CHANNEL_STDERR].bytes);
	free(l);
	channel_release(c);
}

static void
unlink_channel(struct channel **list, const struct channel *c)
{
	while (*list != c)
		list = &(*list)->next;
	*list = c->next;
}

/*
 * An open that is on its way goes on without its owner: libssh2 would give its
 * answer to the next one that asks (docs/LIBSSH2.md).
 */
void
lib_channel_free(struct channel *c)
{
	struct session *s;

	if (c == NULL)
		return;
	s = c->session;
	queue_drop(s, c);
	unlink_channel(&s->lib->channels, c);
	c->lib->close_wanted = true;
	c->next = s->lib->closing;
	s->lib->closing = c;
	lib_channel_sweep(s);
}

/* Is the channel gone for libssh2 too? */
static bool
is_settled(struct channel *c)
{
	struct session *s = c->session;

	if (c->open == REPLY_PENDING && queue_has(s, c))
		return false;
	if (c->lib->raw == NULL || s->end != SESSION_ALIVE)
		return true;
	/* one closed channel is kept to pump with (docs/LIBSSH2.md);
	 * the session's end frees it */
	return settle(c) && c != s->lib->pump &&
	       libssh2_channel_free(c->lib->raw) == 0;
}

void
lib_channel_sweep(struct session *s)
{
	struct channel **at = &s->lib->closing;

	/* what could not be sent during a key exchange */
	for (struct channel *c = s->lib->channels; c != NULL; c = c->next)
		settle(c);
	while (*at != NULL) {
		struct channel *c = *at;

		if (!is_settled(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		release(c);
	}
}
