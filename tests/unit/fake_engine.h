/*
 * fake_engine - an engine whose server is the test: what it says is put into a
 * channel's buffer, and what it hears is found there.
 */
#ifndef TESTS_UNIT_FAKE_ENGINE_H
#define TESTS_UNIT_FAKE_ENGINE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "ssh/engine.h"
#include "ssh/remote_listener.h"

/* Our side of a channel, and theirs; the test's to clear. */
struct fake_channel {
	struct channel *channel; /* NULL: freed */
	struct buf said, heard;  /* by the server */
	bool has_ended;          /* it says no more */
	bool heard_end, is_closed;
};

static struct {
	bool refuses;              /* to open what is asked for */
	uint32_t refusal_code;     /* then */
	bool dawdles;              /* and says nothing about it yet */
	struct fake_channel *open; /* what the next opening is */
	struct channel *incoming;  /* the next that comes in; or NULL */
	bool is_taken;             /* what it is to listen at */
	const char *remark;        /* said before that is answered */
	int opened, asked, cancelled;
	int asked_port;
	char path[64]; /* what was to be connected to last */
} fake;

static inline struct fake_channel *
fake_of(const struct channel *c)
{
	return (struct fake_channel *)c->native;
}

static inline struct channel *
fake_channel_new(struct session *s, struct fake_channel *f)
{
	struct channel *c = channel_new(s, 1024);

	memset(f, 0, sizeof(*f));
	f->channel = c;
	c->native = (struct native_channel *)f;
	return c;
}

static inline void
fake_channel_clear(struct fake_channel *f)
{
	buf_clear(&f->said);
	buf_clear(&f->heard);
}

static inline struct channel *
fake_open_direct(struct session *s, const struct channel_target *target,
		 uint32_t window)
{
	struct channel *c = fake_channel_new(s, fake.open);

	(void)window;
	fake.opened++;
	snprintf(fake.path, sizeof(fake.path), "%s",
		 target->path != NULL ? target->path : target->host);
	c->open = fake.refuses ? REPLY_REFUSED : REPLY_OK;
	c->refusal_code = fake.refusal_code;
	if (fake.dawdles)
		c->open = REPLY_PENDING;
	return c;
}

static inline void
fake_free_channel(struct channel *c)
{
	fake_of(c)->channel = NULL;
	fake_of(c)->is_closed = true;
	channel_release(c);
}

static inline ssize_t
fake_peek(struct channel *c, enum channel_stream stream,
	  const unsigned char **ret_data)
{
	struct fake_channel *f = fake_of(c);

	(void)stream;
	*ret_data = f->said.data;
	if (f->said.len == 0)
		return f->has_ended ? 0 : -EAGAIN;
	return (ssize_t)f->said.len;
}

static inline void
fake_consume(struct channel *c, enum channel_stream stream, size_t len)
{
	buf_consume(&fake_of(c)->said, len);
	c->bytes_in[stream] += len;
}

/* A byte at a time: whoever writes goes on. */
static inline ssize_t
fake_write(struct channel *c, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	buf_add(&fake_of(c)->heard, data, 1);
	c->bytes_out++;
	return 1;
}

static inline void
fake_send_eof(struct channel *c)
{
	fake_of(c)->heard_end = true;
}

static inline void
fake_close(struct channel *c)
{
	fake_of(c)->is_closed = true;
}

static inline bool
fake_is_closed(struct channel *c)
{
	return fake_of(c)->is_closed;
}

static inline struct channel *
fake_accept(struct session *s)
{
	struct channel *c = fake.incoming;

	(void)s;
	fake.incoming = NULL;
	return c;
}

static inline struct remote_listener *
fake_answer(struct session *s, struct remote_listener *l)
{
	fake.asked++;
	l->session = s;
	if (fake.remark != NULL)
		session_note_remark(s, fake.remark, strlen(fake.remark));
	remote_listener_note(l, fake.is_taken ? REPLY_REFUSED : REPLY_OK);
	return l;
}

static inline struct remote_listener *
fake_listen_unix(struct session *s, const char *path)
{
	struct remote_listener *l = xcalloc(1, sizeof(*l));

	l->path = xstrdup(path);
	return fake_answer(s, l);
}

/* The port that is free is 4000. */
static inline struct remote_listener *
fake_listen(struct session *s, const char *host, int port)
{
	struct remote_listener *l = xcalloc(1, sizeof(*l));

	l->host = xstrdup(host);
	l->port = port;
	l->bound_port = port != 0 ? port : 4000;
	fake.asked_port = port;
	return fake_answer(s, l);
}

static inline struct channel *
fake_accept_remote(struct remote_listener *l)
{
	return fake_accept(l->session);
}

static inline void
fake_free_listener(struct remote_listener *l)
{
	fake.cancelled++;
	remote_listener_release(l);
	free(l);
}

static inline bool
fake_can(const struct session *s, enum session_ability ability)
{
	(void)s;
	return ability == SESSION_REMOTE_UNIX;
}

static const struct engine fake_engine = {
	.can = fake_can,
	.open_direct = fake_open_direct,
	.free_channel = fake_free_channel,
	.peek = fake_peek,
	.consume = fake_consume,
	.write = fake_write,
	.send_eof = fake_send_eof,
	.close = fake_close,
	.is_closed = fake_is_closed,
	.accept_agent = fake_accept,
	.accept_x11 = fake_accept,
	.listen = fake_listen,
	.listen_unix = fake_listen_unix,
	.accept = fake_accept_remote,
	.free_listener = fake_free_listener,
};

#endif
