#include "connect/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/xalloc.h"
#include "connect/fast_open.h"
#include "connect/host_key_update.h"
#include "connect/hosts_command.h"
#include "connect/internal.h"
#include "connect/rekey.h"
#include "connect/route.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "net/dns.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"
#include "trust/known_hosts.h"

typedef enum step stage_fn(struct connection *c, struct err *e);

#define STAGE_VERIFY 3

/* From nothing to a session, in order. */
static stage_fn *const stages[] = {
	connection_reach,                   /* look the host up and connect */
	connection_start,                   /* say what we are, and like best */
	connection_handshake,               /* agree upon keys */
	[STAGE_VERIFY] = connection_verify, /* is it the host that it should
					       be? */
	connection_login,
};

#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

struct connection *
connection_new(const struct connection_params *p)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	c->loop = p->loop;
	c->target = p->target;
	c->asker = p->asker;
	c->ahead = p->ahead;
	c->wake = p->wake;
	c->reach = p->reach;
	c->arg = p->arg;
	c->runs_command = p->runs_command;
	c->conf = p->target->conf;
	return c;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	/* an answer would go to the next one's question */
	c->asker.forget(c->asker.arg);
	host_key_update_free(c->host_key_update);
	rekey_free(c->rekey);
	verify_free(c->verify);
	auth_free(c->auth);
	session_free(c->session);
	stream_free(c->stream);
	hosts_command_free(c->order);
	dns_free(c->dns);
	route_free(c->route);
	loop_timer_free(c->deadline);
	known_hosts_free(c->known_hosts);
	key_free(c->host_key);
	free(c->address);
	free(c->methods);
	free(c->login_text);
	free(c);
}

static void
on_deadline(void *arg)
{
	struct connection *c = arg;

	c->is_late = true;
	c->wake(c->arg);
}

void
connection_set_deadline(struct connection *c, int64_t timeout_ms)
{
	loop_timer_free(c->deadline);
	c->deadline = NULL;
	c->is_late = false;
	if (timeout_ms <= 0)
		return;
	c->deadline = loop_timer_new(c->loop, on_deadline, c);
	loop_timer_set(c->deadline, timeout_ms);
}

enum step
connection_step(struct connection *c, struct err *e)
{
	while (c->stage < N_STAGES) {
		enum step step = stages[c->stage](c, e);

		if (step != STEP_DONE)
			return step;
		c->stage++;
	}
	return STEP_DONE;
}

enum connection_progress
connection_progress(const struct connection *c)
{
	if (c->stage == N_STAGES)
		return CONNECTION_LOGGED_IN;
	if (c->stage > STAGE_VERIFY)
		return CONNECTION_VERIFIED;
	return c->stage > 0 ? CONNECTION_REACHED : CONNECTION_BEGUN;
}

const char *
connection_waits_for(const struct connection *c)
{
	if (c->stage == 0 && c->route != NULL)
		return route_waits_for(c->route);
	return c->stage > STAGE_VERIFY ? "the login" : "the key exchange";
}

bool
connection_should_retry(struct connection *c)
{
	return fast_open_should_retry(c);
}

void
connection_settle(struct connection *c)
{
	fast_open_remember(c);
	c->rekey = rekey_new(c);
	c->host_key_update = host_key_update_new(c);
}

void
connection_serve(struct connection *c)
{
	host_key_update_step(c->host_key_update);
}

bool
connection_is_busy(const struct connection *c)
{
	return host_key_update_is_busy(c->host_key_update);
}

bool
connection_may_send(const struct connection *c)
{
	return c->verify == NULL;
}

struct session *
connection_session(const struct connection *c)
{
	return c->session;
}

const struct key *
connection_host_key(const struct connection *c)
{
	return c->host_key;
}

bool
connection_is_untrusted(const struct connection *c)
{
	return c->is_untrusted;
}

const char *
connection_login_text(const struct connection *c)
{
	return c->login_text;
}

enum step
connection_lost(const struct connection *c, struct err *e)
{
	switch (session_ended(c->session)) {
	case SESSION_ALIVE:
	case SESSION_DISCONNECTED:
	case SESSION_CORRUPT:
	case SESSION_KEY_CHANGED:
		session_explain(c->session, e);
		break;
	case SESSION_CLOSED:
		err_set(e, ERR_LOST, "Connection to %s closed by remote host.",
			c->target->host);
		break;
	case SESSION_BROKEN:
		err_set(e, ERR_LOST, "Read from remote host %s: %s",
			c->target->host, strerror(session_errno(c->session)));
		break;
	}
	return STEP_FAIL;
}
