/* The stages that reach the server and exchange keys, under one deadline. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "connect/fast_open.h"
#include "connect/hint.h"
#include "connect/hosts_command.h"
#include "connect/internal.h"
#include "connect/route.h"
#include "connect/trusted.h"
#include "connect/verify.h"
#include "keys/key.h"
#include "net/stream.h"
#include "ssh/session.h"
#include "trust/known_hosts.h"

/* Order by what known_hosts holds, so that a known host shows the key that we
 * know, unless the user gave an order. */
static bool
takes_known_order(const struct connection *c)
{
	const char *given = c->conf->host_key_algorithms;

	return given == NULL || *given == '+' || *given == '-';
}

static char *
offered_host_keys(const struct connection *c)
{
	if (!takes_known_order(c))
		return xstrdup(c->target->host_keys);
	return trusted_order(c, c->target->host_keys);
}

/* To a master there is not much to be said. */
static int
start_shared(struct connection *c, struct err *e)
{
	const struct target *t = c->target;
	const struct session_params p = {
		.engine = SESSION_NATIVE,
		.identification = t->identification,
		.kex = t->kex,
		.host_keys = t->host_keys,
		.ciphers = t->ciphers,
		.macs = t->macs,
		.is_shared = true,
		.window_most = (uint32_t)c->conf->channel_window_max,
	};

	c->session = session_new(c->stream, &p, e);
	c->stream = NULL;
	return c->session != NULL ? 0 : -1;
}

static int
start_session(struct connection *c, struct err *e)
{
	const struct target *t = c->target;
	char *host_keys = offered_host_keys(c);
	bool guesses = fast_open_may_guess(c);
	struct session_params p = {
		.engine = t->engine,
		.identification = t->identification,
		.kex = t->kex,
		.host_keys = host_keys,
		.ciphers = t->ciphers,
		.macs = t->macs,
		.compression = c->conf->compression,
		.offer_at_once = fast_open_may_offer(c),
		.preferred_kex = guesses ? t->memory.kex : NULL,
		.preferred_host_key = guesses ? t->memory.host_key : NULL,
		.window_most = (uint32_t)c->conf->channel_window_max,
		.rekey_bytes = (uint64_t)c->conf->rekey_limit,
	};

	log_debug("Local version string %s", t->identification);
	log_debug("Authenticating to %s:%d as '%s'", t->host, c->conf->port,
		  c->conf->user);
	c->session = session_new(c->stream, &p, e);
	c->stream = NULL;
	free(host_keys);
	return c->session != NULL ? 0 : -1;
}

/* Who leads there has a limit of its own if there is to be one; and it may ask
 * the user, who has none. */
static int64_t
patience_to_reach(const struct connection *c)
{
	if (c->reach != NULL && c->conf->reconnect != CONF_RECONNECT_NO)
		return 0;
	return (int64_t)c->conf->connect_timeout * 1000;
}

static int
start_route(struct connection *c, struct err *e)
{
	/* a port makes no difference to ssh here */
	const struct hosts_query q = {
		.reason = "ORDER",
		.name = c->target->host,
		.about = c->target->title,
	};
	const struct route_owner owner = {
		.wake = c->wake,
		.reach = c->reach,
		.arg = c->arg,
	};

	connection_set_deadline(c, patience_to_reach(c));
	c->route = route_new(c->loop, c->target, &owner, e);
	if (c->route == NULL)
		return -1;
	/* while the answer is on its way */
	key_warm_up();
	trusted_load(c);
	verify_ask_dns(c);
	if (takes_known_order(c))
		c->order = hosts_command_new(c, &q);
	return 0;
}

enum step
connection_reach(struct connection *c, struct err *e)
{
	enum step step;

	if (c->is_shared)
		return c->reach(c->arg, &c->stream, e);
	if (c->route == NULL && start_route(c, e) != 0)
		return STEP_FAIL;
	connection_prepare_login(c);
	step = route_step(c->route, &c->stream, e);
	if (step == STEP_AGAIN && c->is_late) {
		route_time_out(c->route, e);
		return STEP_FAIL;
	}
	return step;
}

/* The command may take as long as it likes: the server gets its time anew. */
enum step
connection_start(struct connection *c, struct err *e)
{
	int64_t timeout_ms = (int64_t)c->conf->connect_timeout * 1000;
	enum step step;

	if (c->is_shared)
		return start_shared(c, e) == 0 ? STEP_DONE : STEP_FAIL;
	if (c->order != NULL) {
		step = hosts_command_step(c->order, e);
		/* what the server says meanwhile waits */
		stream_want_read(c->stream, step != STEP_AGAIN);
		if (step != STEP_DONE)
			return step;
	}
	if (c->order != NULL || c->deadline == NULL)
		connection_set_deadline(c, timeout_ms);
	if (start_session(c, e) != 0)
		return STEP_FAIL;
	known_hosts_forget_answers(c->known_hosts);
	return STEP_DONE;
}

/* Where this build could have done no better, a warning would help nobody; and
 * who has chosen himself knows, as ssh sees it. */
static bool
must_warn(const struct connection *c)
{
	return session_can(c->session, SESSION_POST_QUANTUM) &&
	       c->conf->kex_algorithms == NULL;
}

/* In the words of OpenSSH 10. */
static void
warn_weak_crypto(struct connection *c)
{
	static const char *const lines[] = {
		"** WARNING: connection is not using a post-quantum key "
		"exchange algorithm.",
		"** This session may be vulnerable to \"store now, decrypt "
		"later\" attacks.",
		"** The server may need to be upgraded. See "
		"https://openssh.com/pq.html",
	};
	enum log_level level =
	    must_warn(c) ? LOG_LEVEL_INFO : LOG_LEVEL_VERBOSE;

	if (c->conf->warn_weak_crypto != CONF_WEAK_YES ||
	    session_is_post_quantum(c->session) || c->target->has_warned)
		return;
	c->target->has_warned = true; /* also if the connection is made again */
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		log_write(level, "%s", lines[i]);
}

static void
add_hint(const struct connection *c, struct err *e)
{
	if (e->kind == ERR_DISAGREED)
		hint_disagreement(c->target->engine, e);
	else if (e->kind == ERR_TIMEOUT &&
		 *session_server_identification(c->session) == '\0')
		err_hint(e, "Somebody has taken the connection, and says "
			    "nothing: is it an SSH server?");
}

enum step
connection_handshake(struct connection *c, struct err *e)
{
	const struct stream *stream = session_stream(c->session);
	enum step step;

	connection_prepare_login(c);
	step = session_handshake(c->session, e);
	if (step == STEP_AGAIN && c->is_late) {
		log_error("Connection timed out during %s",
			  *session_server_identification(c->session) == '\0'
			      ? "banner exchange"
			      : "key exchange");
		err_set(e, ERR_TIMEOUT, "Connection to %s port %d timed out",
			stream_peer_address(stream), stream_peer_port(stream));
		step = STEP_FAIL;
	}
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_DONE) {
		connection_set_deadline(c, 0);
		warn_weak_crypto(c);
	} else {
		fast_open_note_exchange(c);
		add_hint(c, e);
	}
	return step;
}
