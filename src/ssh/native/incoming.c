/* Channels that the server opens: for a listener of ours, or because we asked
 * for it (RFC 4254 sections 6.3.2 and 7.2, OpenSSH's PROTOCOL). Each is
 * confirmed when somebody above takes it. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/proxy_state.h"

#define PACKET_BYTES 32768
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
/* That nobody has taken yet, of one origin. */
#define WAITING_MAX 128

/* What a CHANNEL_OPEN says. */
struct opening {
	char *type;
	uint32_t peer, window, packet_max;
	struct wire rest; /* what depends on the type */
	char *host;       /* who connected, or NULL */
	uint32_t port;
};

static void
refuse(struct session *s, uint32_t peer, enum open_failure why,
       const char *text)
{
	struct transport *t = s->native->transport;
	struct buf *out = transport_begin(t, MSG_CHANNEL_OPEN_FAILURE);

	wire_put_u32(out, peer);
	wire_put_u32(out, (uint32_t)why);
	wire_put_cstring(out, text);
	wire_put_cstring(out, ""); /* language */
	transport_end(t);
}

void
incoming_reject(struct session *s, uint32_t peer)
{
	refuse(s, peer, OPEN_PROHIBITED, "not any more");
}

/* Does the channel wait to be taken by this owner? */
static bool
is_waiting(const struct channel *c, enum channel_origin origin,
	   const struct native_listener *l)
{
	return c != NULL && c->open == REPLY_PENDING &&
	       c->native->origin == origin && c->native->listener == l &&
	       !c->native->is_free;
}

static size_t
count_waiting(const struct session *s, enum channel_origin origin,
	      const struct native_listener *l)
{
	size_t n = 0;

	for (size_t i = 0; i < s->native->n_channels; i++)
		n += is_waiting(s->native->channels[i], origin, l);
	return n;
}

static void
add(struct session *s, struct opening *o, enum channel_origin origin,
    struct native_listener *l)
{
	struct session_proxy *p = l != NULL ? native_listener_proxy(l) : NULL;
	struct native_channel *n;
	struct channel *c;

	if (native_channel_is_full(s) ||
	    (p != NULL ? proxy_is_full(p)
		       : count_waiting(s, origin, l) >= WAITING_MAX)) {
		refuse(s, o->peer, OPEN_SHORTAGE, "too many at once");
		return;
	}
	c = native_channel_new(s, WINDOW_BYTES, origin);
	n = c->native;
	n->listener = l;
	n->peer = o->peer;
	n->may_send = o->window;
	n->packet_max = o->packet_max > 0 ? o->packet_max : 1;
	c->origin_host = o->host;
	c->origin_port = (int)o->port;
	o->host = NULL;
	if (p != NULL)
		proxy_offer(p, c, o->type, &o->rest);
}

/* The address and port of who connected. */
static int
get_originator(struct wire *w, struct opening *o)
{
	return wire_get_cstring(w, &o->host) == 0 &&
		       wire_get_u32(w, &o->port) == 0
		   ? 0
		   : -1;
}

static int
take_tcpip(struct session *s, struct wire *w, struct opening *o)
{
	struct native_listener *l;
	char *bound = NULL;
	uint32_t port;

	if (wire_get_cstring(w, &bound) != 0 || wire_get_u32(w, &port) != 0 ||
	    get_originator(w, o) != 0) {
		free(bound);
		return -1;
	}
	log_debug("client_request_forwarded_tcpip: listen %s port %u, "
		  "originator %s port %u",
		  bound, (unsigned int)port, o->host, (unsigned int)o->port);
	l = native_listener_find(s, bound, port);
	free(bound);
	if (l == NULL)
		refuse(s, o->peer, OPEN_PROHIBITED, "unknown listener");
	else
		add(s, o, CHANNEL_OF_LISTENER, l);
	return 0;
}

static int
take_streamlocal(struct session *s, struct wire *w, struct opening *o)
{
	struct native_listener *l;
	char *path = NULL;

	if (wire_get_cstring(w, &path) != 0)
		return -1;
	log_debug("client_request_forwarded_streamlocal: request: %s", path);
	l = native_listener_find_unix(s, path);
	free(path);
	if (l == NULL)
		refuse(s, o->peer, OPEN_PROHIBITED, "unknown listener");
	else
		add(s, o, CHANNEL_OF_LISTENER, l);
	return 0;
}

static int
take_agent(struct session *s, struct wire *w, struct opening *o)
{
	(void)w;
	if (s->native->wants_agent)
		add(s, o, CHANNEL_OF_AGENT, NULL);
	else
		refuse(s, o->peer, OPEN_PROHIBITED, "not asked for");
	return 0;
}

static int
take_x11(struct session *s, struct wire *w, struct opening *o)
{
	if (get_originator(w, o) != 0)
		return -1;
	if (s->native->wants_x11)
		add(s, o, CHANNEL_OF_X11, NULL);
	else
		refuse(s, o->peer, OPEN_PROHIBITED, "not asked for");
	return 0;
}

void
incoming_take(struct session *s, struct wire *w)
{
	static const struct {
		const char *type;
		int (*take)(struct session *s, struct wire *w,
			    struct opening *o);
	} types[] = {
		{ "forwarded-tcpip", take_tcpip },
		{ "forwarded-streamlocal@openssh.com", take_streamlocal },
		{ "auth-agent@openssh.com", take_agent },
		{ "x11", take_x11 },
	};
	const size_t n = sizeof(types) / sizeof(types[0]);
	struct opening o = { .type = NULL };
	size_t i = 0;
	int rc = -1;

	if (wire_get_cstring(w, &o.type) != 0 ||
	    wire_get_u32(w, &o.peer) != 0 || wire_get_u32(w, &o.window) != 0 ||
	    wire_get_u32(w, &o.packet_max) != 0)
		goto out;
	log_debug("client_input_channel_open: ctype %s rchan %u win %u max %u",
		  o.type, (unsigned int)o.peer, (unsigned int)o.window,
		  (unsigned int)o.packet_max);
	while (i < n && strcmp(types[i].type, o.type) != 0)
		i++;
	rc = 0;
	o.rest = *w;
	if (i < n)
		rc = types[i].take(s, w, &o);
	else
		refuse(s, o.peer, OPEN_UNKNOWN_TYPE, "unknown channel type");
out:
	free(o.type);
	free(o.host);
	if (rc != 0)
		transport_malformed(s->native->transport, MSG_CHANNEL_OPEN);
}

static void
confirm(struct channel *c)
{
	struct native_channel *n = c->native;
	struct transport *t = c->session->native->transport;
	struct buf *out = transport_begin(t, MSG_CHANNEL_OPEN_CONFIRMATION);

	wire_put_u32(out, n->peer);
	wire_put_u32(out, n->id);
	wire_put_u32(out, n->may_receive);
	wire_put_u32(out, PACKET_BYTES);
	transport_end(t);
	n->is_open = true;
	c->open = REPLY_OK;
	c->start = REPLY_OK;
}

struct channel *
incoming_accept(struct session *s, enum channel_origin origin,
		const struct native_listener *l)
{
	if (s->end != SESSION_ALIVE)
		return NULL;
	for (size_t i = 0; i < s->native->n_channels; i++) {
		struct channel *c = s->native->channels[i];

		if (!is_waiting(c, origin, l))
			continue;
		confirm(c);
		return c;
	}
	return NULL;
}

void
incoming_refuse(struct session *s, const struct native_listener *l)
{
	for (size_t i = 0; i < s->native->n_channels; i++) {
		struct channel *c = s->native->channels[i];

		if (!is_waiting(c, CHANNEL_OF_LISTENER, l))
			continue;
		incoming_reject(s, c->native->peer);
		c->open = REPLY_REFUSED;
		c->native->is_free = true;
		native_channel_settle(c);
	}
}

struct channel *
native_accept_agent(struct session *s)
{
	return incoming_accept(s, CHANNEL_OF_AGENT, NULL);
}

struct channel *
native_accept_x11(struct session *s)
{
	return incoming_accept(s, CHANNEL_OF_X11, NULL);
}
