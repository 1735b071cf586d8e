/* remote_listener.h: ports and sockets on which the server listens for us (RFC
 * 4254 section 7.1, OpenSSH's PROTOCOL 2.4). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/proxy_state.h"

struct native_listener {
	struct remote_listener base;
	struct native_listener *next; /* in the session's list */
	struct session_proxy *proxy;  /* whose it is; NULL: ours */
	bool wants_reply;             /* the proxy */
};

/* base is the first member */
static struct native_listener *
native(struct remote_listener *l)
{
	return (struct native_listener *)l;
}

/* Ask for the listener, or (done NULL) for its end. */
static void
request(struct native_listener *l, const char *tcp, const char *unix_socket,
	void (*done)(struct session *s, void *arg, bool is_ok, struct wire *w))
{
	struct session *s = l->base.session;
	bool is_unix = l->base.path != NULL;
	struct buf *out =
	    global_request_begin(s, is_unix ? unix_socket : tcp, done, l);
	bool is_asked = done != NULL || l->base.bound_port == 0;
	int port = is_asked ? l->base.port : l->base.bound_port;

	wire_put_cstring(out, is_unix ? l->base.path : l->base.host);
	if (!is_unix)
		wire_put_u32(out, (uint32_t)port);
	transport_end(s->native->transport);
}

/* To port 0 the server answers with the one it chose; one that does not say
 * which is of no use. */
static void
answered(struct session *s, void *arg, bool is_ok, struct wire *w)
{
	struct native_listener *l = arg;
	uint32_t port = (uint32_t)l->base.port;

	(void)s;
	if (is_ok && port == 0 && l->base.path == NULL &&
	    (wire_get_u32(w, &port) != 0 || port == 0 || port > 65535)) {
		log_debug("the server does not say which port it listens on");
		is_ok = false;
	}
	remote_listener_note(&l->base, is_ok ? REPLY_OK : REPLY_REFUSED);
	l->base.bound_port = (int)port; /* also a wrong one, to be told */
	if (l->proxy != NULL)
		proxy_listened(l->proxy, &l->base, l->wants_reply);
}

static struct remote_listener *
listen_on(struct session *s, struct native_listener *l)
{
	l->base.session = s;
	l->base.reply = REPLY_PENDING;
	l->next = s->native->listeners;
	s->native->listeners = l;
	request(l, "tcpip-forward", "streamlocal-forward@openssh.com",
		answered);
	return &l->base;
}

struct remote_listener *
native_listen(struct session *s, const char *host, int port)
{
	struct native_listener *l = xcalloc(1, sizeof(*l));

	l->base.host = xstrdup(host);
	l->base.port = port;
	return listen_on(s, l);
}

struct remote_listener *
native_listen_unix(struct session *s, const char *path)
{
	struct native_listener *l = xcalloc(1, sizeof(*l));

	l->base.path = xstrdup(path);
	return listen_on(s, l);
}

struct channel *
native_accept(struct remote_listener *l)
{
	return incoming_accept(l->session, CHANNEL_OF_LISTENER, native(l));
}

static void
release(struct native_listener *l)
{
	remote_listener_release(&l->base);
	free(l);
}

void
native_free_listener(struct remote_listener *l)
{
	struct session *s = l->session;
	struct native_listener **at = &s->native->listeners;

	while (*at != native(l))
		at = &(*at)->next;
	*at = (*at)->next;
	global_request_forget(s, l);
	incoming_refuse(s, native(l));
	if (l->reply != REPLY_REFUSED && s->end == SESSION_ALIVE)
		request(native(l), "cancel-tcpip-forward",
			"cancel-streamlocal-forward@openssh.com", NULL);
	release(native(l));
}

void
native_listener_give(struct remote_listener *l, struct session_proxy *p,
		     bool wants_reply)
{
	native(l)->proxy = p;
	native(l)->wants_reply = wants_reply;
}

struct session_proxy *
native_listener_proxy(const struct native_listener *l)
{
	return l->proxy;
}

static bool
is_on(const struct remote_listener *l, const char *host, int port)
{
	if (l->reply != REPLY_OK || (l->path != NULL) != (port < 0))
		return false;
	if (l->path != NULL)
		return strcmp(l->path, host) == 0;
	return l->bound_port == port && strcmp(l->host, host) == 0;
}

struct remote_listener *
native_listener_of(const struct session_proxy *p, const char *host, int port)
{
	for (struct native_listener *l = p->session->native->listeners;
	     l != NULL; l = l->next)
		if (l->proxy == p &&
		    (host == NULL || is_on(&l->base, host, port)))
			return &l->base;
	return NULL;
}

void
native_listeners_clear(struct session *s)
{
	s->native->listeners = NULL; /* their owners free them */
}

/* Servers name the address as we asked for it, or as they bound it: if it is
 * not the former, the port tells. */
struct native_listener *
native_listener_find(struct session *s, const char *host, uint32_t port)
{
	struct native_listener *found = NULL;

	for (struct native_listener *l = s->native->listeners; l != NULL;
	     l = l->next) {
		if (l->base.path != NULL || l->base.reply != REPLY_OK ||
		    (uint32_t)l->base.bound_port != port)
			continue;
		if (strcmp(l->base.host, host) == 0)
			return l;
		found = l;
	}
	return found;
}

struct native_listener *
native_listener_find_unix(struct session *s, const char *path)
{
	for (struct native_listener *l = s->native->listeners; l != NULL;
	     l = l->next)
		if (l->base.path != NULL && l->base.reply == REPLY_OK &&
		    strcmp(l->base.path, path) == 0)
			return l;
	return NULL;
}
