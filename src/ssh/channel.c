#include "ssh/channel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/engine.h"

#define RTT_EVERY_US 100000

struct channel *
channel_new(struct session *s, uint32_t window)
{
	struct channel *c = xcalloc(1, sizeof(*c));

	c->session = s;
	c->number = s->n_channels++;
	window_init(&c->window, window, s->window_most);
	log_debug2("channel %u: new, window %u, at most %u", c->number,
		   (unsigned)c->window.least, (unsigned)c->window.most);
	return c;
}

void
channel_release(struct channel *c)
{
	free(c->origin_host);
	free(c->refusal);
	free(c->start_type);
	free(c->start_trouble);
	free(c);
}

/* No channel's window is larger at the start than it may become. */
static uint32_t
first_window(const struct session *s, uint32_t window)
{
	return window < s->window_most ? window : s->window_most;
}

struct channel *
channel_open_session(struct session *s, uint32_t window)
{
	return s->engine->open_session(s, first_window(s, window));
}

struct channel *
channel_open_direct(struct session *s, const struct channel_target *target,
		    uint32_t window)
{
	struct channel_target full = *target;

	/* some servers insist on an address: ssh's stand-in for none */
	if (full.from_host == NULL) {
		full.from_host = "127.0.0.1";
		full.from_port = 65535;
	}
	return s->engine->open_direct(s, &full, first_window(s, window));
}

const char *
channel_originator(const struct channel *c, int *ret_port)
{
	*ret_port = c->origin_port;
	return c->origin_host;
}

void
channel_free(struct channel *c)
{
	if (c != NULL)
		c->session->engine->free_channel(c);
}

/* RFC 4254 section 5.1, in ssh's words. */
static const char *
refusal_name(uint32_t code)
{
	switch (code) {
	case 1:
		return "administratively prohibited";
	case 2:
		return "connect failed";
	case 3:
		return "unknown channel type";
	case 4:
		return "resource shortage";
	default:
		return "unknown reason";
	}
}

enum step
reply_step(enum reply reply)
{
	switch (reply) {
	case REPLY_NONE:
	case REPLY_PENDING:
		return STEP_AGAIN;
	case REPLY_OK:
		return STEP_DONE;
	case REPLY_REFUSED:
		break;
	}
	return STEP_FAIL;
}

/* The server says that it tried (or may have: OpenSSH says the same of sessions
 * beyond MaxSessions), and not that it does not want to. */
static bool
is_unavailable(uint32_t refusal_code)
{
	return refusal_code == 2 || refusal_code == 4;
}

enum step
channel_open_step(struct channel *c, struct err *e)
{
	const char *why = c->refusal != NULL ? c->refusal : "no reason given";
	char *shown;

	if (c->open != REPLY_REFUSED)
		return reply_step(c->open);
	shown = str_visible_line(why, strlen(why));
	err_set(e,
		is_unavailable(c->refusal_code) ? ERR_UNAVAILABLE : ERR_CHANNEL,
		"channel %u: open failed: %s: %s", c->number,
		refusal_name(c->refusal_code), shown);
	free(shown);
	return STEP_FAIL;
}

void
channel_request_env(struct channel *c, const char *name, const char *value)
{
	const struct engine *engine = c->session->engine;
	size_t len = strlen(name) + strlen(value);
	char *shown;

	if (len > engine->texts_max) {
		log_info("channel %u: an env of %zu bytes is too long to be "
			 "sent",
			 c->number, len);
		return;
	}
	shown = str_visible_line(value, strlen(value));
	log_debug("channel %u: setting env %s = \"%s\"", c->number, name,
		  shown);
	free(shown);
	engine->request_env(c, name, value);
}

void
channel_request_pty(struct channel *c, const struct channel_pty *p)
{
	const struct engine *engine = c->session->engine;

	if (strlen(p->term) + p->modes_len <= engine->texts_max)
		engine->request_pty(c, p);
	else
		c->pty = REPLY_REFUSED;
}

bool
channel_has_pty(const struct channel *c)
{
	return c->pty == REPLY_OK;
}

void
channel_set_size(struct channel *c, const struct channel_size *size)
{
	c->session->engine->set_size(c, size);
}

void
channel_request_start(struct channel *c, const char *type, const char *text)
{
	c->start = REPLY_PENDING;
	free(c->start_type);
	free(c->start_trouble);
	c->start_trouble = NULL;
	c->start_type = xstrdup(type);
	c->session->engine->request_start(c, type, text);
}

static bool
has_exited(const struct channel *c)
{
	const char *name, *message;
	int status;

	return channel_exit(c, &status, &name, &message) != CHANNEL_EXIT_NONE;
}

enum step
channel_start_step(struct channel *c, struct err *e)
{
	/* a server may close the channel instead of answering, or before */
	if (c->start == REPLY_PENDING && channel_is_closed(c))
		c->start = has_exited(c) ? REPLY_OK : REPLY_REFUSED;
	if (c->start != REPLY_REFUSED)
		return reply_step(c->start);
	err_set(e, ERR_CHANNEL, "%s request failed on channel %u%s%s",
		c->start_type, c->number, c->start_trouble != NULL ? ": " : "",
		c->start_trouble != NULL ? c->start_trouble : "");
	return STEP_FAIL;
}

bool
channel_is_refused(const struct channel *c)
{
	return c->start == REPLY_REFUSED;
}

ssize_t
channel_peek(struct channel *c, enum channel_stream stream,
	     const unsigned char **ret_data)
{
	return c->session->engine->peek(c, stream, ret_data);
}

void
channel_consume(struct channel *c, enum channel_stream stream, size_t len)
{
	c->session->engine->consume(c, stream, len);
}

ssize_t
channel_write(struct channel *c, const void *data, size_t len)
{
	return c->session->engine->write(c, data, len);
}

bool
channel_stop_reading(struct channel *c, enum channel_stream stream)
{
	const struct engine *engine = c->session->engine;

	return engine->stop_reading != NULL && engine->stop_reading(c, stream);
}

bool
channel_is_unread(const struct channel *c)
{
	const struct engine *engine = c->session->engine;

	return engine->is_unread != NULL && engine->is_unread(c);
}

void
channel_send_eof(struct channel *c)
{
	c->session->engine->send_eof(c);
}

void
channel_close(struct channel *c)
{
	c->session->engine->close(c);
}

bool
channel_is_eof(const struct channel *c)
{
	return c->stream_ended[CHANNEL_STDOUT] &&
	       c->stream_ended[CHANNEL_STDERR];
}

bool
channel_is_closed(struct channel *c)
{
	return c->session->engine->is_closed(c);
}

bool
channel_send_signal(struct channel *c, const char *name)
{
	return c->session->engine->send_signal(c, name);
}

bool
channel_send_break(struct channel *c, uint32_t length_ms)
{
	return c->session->engine->send_break(c, length_ms);
}

enum channel_exit
channel_exit(const struct channel *c, int *ret_status, const char **ret_signal,
	     const char **ret_message)
{
	return c->session->engine->exit(c, ret_status, ret_signal, ret_message);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * At its best: what a queue on the way adds is nothing that a larger window
 * could make up for. The kernel is not asked at each read.
 */
static int64_t
get_rtt_us(struct session *s, int64_t now)
{
	int64_t rtt_us;

	if (s->rtt_asked_us != 0 && now - s->rtt_asked_us < RTT_EVERY_US)
		return s->rtt_us;
	s->rtt_asked_us = now;
	rtt_us = stream_rtt_us(s->stream);
	if (rtt_us > 0 && (s->rtt_us == 0 || rtt_us < s->rtt_us))
		s->rtt_us = rtt_us;
	return s->rtt_us;
}

void
channel_follow_window(struct channel *c)
{
	int64_t now = now_us();

	window_follow(&c->window, channel_bytes_in(c), now,
		      get_rtt_us(c->session, now));
}

void
channel_limit_window(struct channel *c, uint32_t bytes)
{
	if (bytes < c->window.most)
		c->window.most = bytes;
}

uint64_t
channel_bytes_in(const struct channel *c)
{
	return c->bytes_in[CHANNEL_STDOUT] + c->bytes_in[CHANNEL_STDERR];
}

uint64_t
channel_bytes_out(const struct channel *c)
{
	return c->bytes_out;
}
