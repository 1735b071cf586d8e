#include "ssh/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/stream.h"
#include "ssh/engine.h"

/* Channels stop producing while more than this waits for the kernel. */
#define SEND_HIGH_WATER ((size_t)512 * 1024)

const struct engine *
engine_find(enum session_engine engine)
{
	switch (engine) {
	case SESSION_NATIVE:
		return &engine_native;
	case SESSION_LIBSSH2:
#ifdef HAVE_LIBSSH2
		return &engine_libssh2;
#else
		break;
#endif
	}
	return NULL;
}

bool
session_has_engine(enum session_engine engine)
{
	return engine_find(engine) != NULL;
}

const char *
session_library_version(void)
{
	const struct engine *libssh2 = engine_find(SESSION_LIBSSH2);

	return libssh2 != NULL ? libssh2->version() : NULL;
}

struct session *
session_new(struct stream *stream, const struct session_params *p,
	    struct err *e)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->engine = engine_find(p->engine);
	s->stream = stream;
	s->window_most = p->window_most;
	if (s->engine->init(s, p, e) == 0)
		return s;
	session_free(s);
	return NULL;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	s->engine->free(s);
	negotiation_clear(&s->ours);
	greeting_clear(&s->greeting);
	buf_clear(&s->host_key);
	free(s->disconnect_text);
	free(s->remark);
	free(s->trouble);
	stream_free(s->stream);
	free(s);
}

bool
session_is_post_quantum(const struct session *s)
{
	return algorithms_is_post_quantum(session_method_name(s, SESSION_KEX));
}

void
session_send_chaff(struct session *s)
{
	s->engine->send_chaff(s);
}

bool
session_can(const struct session *s, enum session_ability ability)
{
	return s->engine->can(s, ability);
}

enum step
session_handshake(struct session *s, struct err *e)
{
	return s->engine->handshake(s, e);
}

const char *
session_server_identification(const struct session *s)
{
	return s->greeting.identification != NULL ? s->greeting.identification
						  : "";
}

const void *
session_host_key(const struct session *s, size_t *ret_len)
{
	*ret_len = s->host_key.len;
	return s->host_key.data;
}

const char *
session_method_name(const struct session *s, enum session_method method)
{
	return s->engine->method_name(s, method);
}

void
session_allow_early_open(struct session *s)
{
	s->engine->allow_early_open(s);
}

void
session_allow_early_start(struct session *s)
{
	s->engine->allow_early_start(s);
}

bool
session_may_have_started(const struct session *s)
{
	return s->engine->may_have_started(s);
}

enum negotiation_list
session_method_list(enum session_method method)
{
	static const enum negotiation_list lists[] = {
		[SESSION_KEX] = NEGOTIATION_KEX,
		[SESSION_HOST_KEY] = NEGOTIATION_HOST_KEY,
		[SESSION_CIPHER] = NEGOTIATION_CIPHER_OUT,
		[SESSION_MAC] = NEGOTIATION_MAC_OUT,
		[SESSION_COMPRESSION] = NEGOTIATION_COMPRESSION_OUT,
	};

	return lists[method];
}

char *
session_preference(const struct session *s, enum session_method method)
{
	const char *list = s->greeting.offer.lists[session_method_list(method)];

	return list != NULL ? xstrndup(list, strcspn(list, ",")) : NULL;
}

bool
session_is_ahead(const struct session *s)
{
	return s->engine->is_ahead(s);
}

bool
session_is_login_ahead(const struct session *s)
{
	return s->engine->is_login_ahead(s);
}

bool
session_wasted_open(const struct session *s)
{
	return s->engine->wasted_open(s);
}

void
session_pump(struct session *s)
{
	s->engine->pump(s);
}

void
session_poll_requests(struct session *s)
{
	s->engine->poll_requests(s);
}

void
session_flush(struct session *s)
{
	/* what the server said before it went away is still to be read, and
	 * reading will meet the end by itself */
	if (!s->is_mute && stream_flush(s->stream) < 0)
		s->is_mute = true;
}

bool
session_has_more(const struct session *s)
{
	return s->end == SESSION_ALIVE && s->engine->has_more(s);
}

bool
session_can_send(const struct session *s)
{
	return s->end == SESSION_ALIVE &&
	       stream_pending(s->stream) < SEND_HIGH_WATER;
}

void
session_note_end(struct session *s, enum session_end end)
{
	/* the server's own words explain better than the end of its bytes */
	if (s->end != SESSION_ALIVE && end != SESSION_DISCONNECTED)
		return;
	if (end == SESSION_BROKEN)
		s->error = stream_error(s->stream);
	s->end = end;
	/* nobody reads on, and the end would stay readable */
	stream_want_read(s->stream, false);
}

void
session_note_trouble(struct session *s, const char *trouble)
{
	if (s->end != SESSION_ALIVE)
		return;
	free(s->trouble);
	s->trouble = xstrdup(trouble);
	session_note_end(s, SESSION_CORRUPT);
}

void
session_note_remark(struct session *s, const void *text, size_t len)
{
	free(s->remark);
	s->remark = xstrndup(text, len < REMARK_MAX ? len : REMARK_MAX);
}

enum session_end
session_ended(const struct session *s)
{
	return s->end;
}

int
session_errno(const struct session *s)
{
	return s->error;
}

unsigned
session_disconnect_code(const struct session *s)
{
	return s->disconnect_code;
}

const char *
session_disconnect_text(const struct session *s)
{
	return s->disconnect_text != NULL ? s->disconnect_text : "";
}

const char *
session_trouble(const struct session *s)
{
	return s->trouble != NULL ? s->trouble : "";
}

void
session_probe(struct session *s)
{
	s->engine->probe(s);
}

void
session_abandon_open(struct session *s, int64_t patience_ms)
{
	s->engine->abandon_open(s, patience_ms);
}

void
session_rekey(struct session *s)
{
	s->engine->rekey(s);
}

void
session_no_more_sessions(struct session *s)
{
	if (s->engine->no_more_sessions != NULL)
		s->engine->no_more_sessions(s);
}

int64_t
session_keyed_ms(const struct session *s)
{
	return s->engine->keyed_ms(s);
}

void
session_disconnect(struct session *s)
{
	s->engine->disconnect(s);
}

struct stream *
session_stream(const struct session *s)
{
	return s->stream;
}
