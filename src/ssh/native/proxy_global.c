/* Global requests of another client (proxy_state.h): its listeners. Answers
 * come in the order of the requests (RFC 4254 section 4), so one that we give
 * ourselves waits for those that the server still owes. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ssh/engine.h"
#include "ssh/native/connection.h"
#include "ssh/native/entry.h"
#include "ssh/native/proxy_state.h"

#define LISTENERS_MAX 128

struct request {
	char *name, *host;
	uint8_t wants_reply;
	uint32_t port;
	struct wire rest;
};

/* ssh takes no packet that has less than a number in it (OpenSSH's bug), and
 * nobody looks at what follows an answer. */
static void
tell(struct session_proxy *p, bool is_ok, uint32_t port)
{
	struct buf *out =
	    proxy_begin(p, is_ok ? MSG_REQUEST_SUCCESS : MSG_REQUEST_FAILURE);

	wire_put_u32(out, port);
	proxy_end(p);
}

static enum step
answer(struct session_proxy *p, bool wants_reply, bool is_ok)
{
	if (!wants_reply)
		return STEP_DONE;
	if (p->n_asked > 0)
		return STEP_AGAIN;
	tell(p, is_ok, 0);
	return STEP_DONE;
}

static enum step
listen(struct session_proxy *p, struct request *r, bool is_unix)
{
	struct remote_listener *l;

	if (p->n_listeners >= LISTENERS_MAX)
		return answer(p, r->wants_reply != 0, false);
	l = is_unix ? native_listen_unix(p->session, r->host)
		    : native_listen(p->session, r->host, (int)r->port);
	native_listener_give(l, p, r->wants_reply != 0);
	p->n_listeners++;
	p->n_asked++;
	return STEP_DONE;
}

/* The server's listener goes with ours; what it says to that says nothing. */
static enum step
cancel(struct session_proxy *p, struct request *r, bool is_unix)
{
	struct remote_listener *l =
	    native_listener_of(p, r->host, is_unix ? -1 : (int)r->port);
	enum step step = answer(p, r->wants_reply != 0, l != NULL);

	if (step != STEP_DONE || l == NULL)
		return step;
	p->n_listeners--;
	native_free_listener(l);
	return STEP_DONE;
}

static void
answered(struct session *s, void *arg, bool is_ok, struct wire *w)
{
	struct session_proxy *p = arg;

	(void)s;
	(void)w;
	p->n_asked--;
	tell(p, is_ok, 0);
}

/* Is the server alive? */
static enum step
knock(struct session_proxy *p, struct request *r, bool is_unix)
{
	(void)is_unix;
	if (r->wants_reply == 0)
		return STEP_DONE;
	p->n_asked++;
	global_request_begin(p->session, r->name, answered, p);
	transport_end(p->session->native->transport);
	return STEP_DONE;
}

static const struct {
	const char *name;
	const char *fields; /* s: a host or path, u: a port */
	enum step (*answer)(struct session_proxy *p, struct request *r,
			    bool is_unix);
} kinds[] = {
	{ "tcpip-forward", "su", listen },
	{ "cancel-tcpip-forward", "su", cancel },
	{ "streamlocal-forward@openssh.com", "s", listen },
	{ "cancel-streamlocal-forward@openssh.com", "s", cancel },
	{ "keepalive@openssh.com", "", knock },
};

static int
get_fields(struct request *r, const char *fields)
{
	if (strchr(fields, 's') != NULL &&
	    wire_get_cstring(&r->rest, &r->host) != 0)
		return -1;
	if (strchr(fields, 'u') != NULL &&
	    (wire_get_u32(&r->rest, &r->port) != 0 || r->port > 65535))
		return -1;
	return r->rest.len == 0 ? 0 : -1;
}

static enum step
take(struct session_proxy *p, struct request *r, struct err *e)
{
	const size_t n = sizeof(kinds) / sizeof(kinds[0]);
	size_t i = 0;

	while (i < n && strcmp(kinds[i].name, r->name) != 0)
		i++;
	/* others are for who is alone on a connection */
	if (i == n)
		return answer(p, r->wants_reply != 0, false);
	if (get_fields(r, kinds[i].fields) != 0) {
		err_set(e, ERR_PROTOCOL, "%s of a proxied client is not sound",
			r->name);
		return STEP_FAIL;
	}
	return kinds[i].answer(p, r, strcmp(kinds[i].fields, "s") == 0);
}

enum step
proxy_global(struct session_proxy *p, struct wire w, struct err *e)
{
	struct request r = { .name = NULL };
	enum step step = STEP_FAIL;

	if (wire_get_cstring(&w, &r.name) == 0 &&
	    wire_get_byte(&w, &r.wants_reply) == 0) {
		r.rest = w;
		step = take(p, &r, e);
	} else {
		err_set(e, ERR_PROTOCOL,
			"a global request of a proxied client is not sound");
	}
	free(r.name);
	free(r.host);
	return step;
}

void
proxy_listened(struct session_proxy *p, struct remote_listener *l,
	       bool wants_reply)
{
	bool is_ok = l->reply == REPLY_OK;

	p->n_asked--;
	if (wants_reply)
		tell(p, is_ok, (uint32_t)l->bound_port);
	if (is_ok)
		return;
	p->n_listeners--;
	native_free_listener(l);
}

void
proxy_global_clear(struct session_proxy *p)
{
	struct remote_listener *l;

	global_request_forget(p->session, p);
	while ((l = native_listener_of(p, NULL, 0)) != NULL)
		native_free_listener(l);
}
