/* The stages that reach the server: dial and handshake, under one deadline. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/internal.h"
#include "client/opening.h"
#include "client/trusted.h"
#include "conf/conf.h"
#include "keys/key.h"
#include "net/dial.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

static void
on_deadline(void *arg)
{
	struct client *c = arg;

	c->is_late = true;
	client_wake(c);
}

void
client_set_deadline(struct client *c, int64_t timeout_ms)
{
	loop_timer_free(c->deadline);
	c->deadline = NULL;
	c->is_late = false;
	if (timeout_ms <= 0)
		return;
	c->deadline = loop_timer_new(c->loop, on_deadline, c);
	loop_timer_set(c->deadline, timeout_ms);
}

static char *
identification(const struct client *c)
{
	const char *addendum = c->conf->version_addendum;

	if (addendum == NULL || *addendum == '\0' ||
	    strcmp(addendum, "none") == 0)
		return xstrdup("SSH-2.0-hawser_" PACKAGE_VERSION);
	return xasprintf("SSH-2.0-hawser_" PACKAGE_VERSION " %s", addendum);
}

/* What libssh2 will send first, to be sent before: with the first packet. */
static char *
early_data(const struct client *c)
{
	char *id, *line;

	if (!c->conf->fast_open_tcp)
		return NULL;
	id = identification(c);
	line = xasprintf("%s\r\n", id);
	free(id);
	return line;
}

static void
start_dial(struct client *c)
{
	const struct conf *o = c->conf;
	char *early = early_data(c);
	struct dial_params p = {
		.purpose = DIAL_SERVER,
		.host = c->host,
		.port = o->port,
		.family = o->address_family,
		.bind_address = o->bind_address,
		.bind_interface = o->bind_interface,
		.tcp_keepalive = o->tcp_keep_alive,
		.dscp = o->ip_qos_bulk,
		.attempts = o->connection_attempts,
		.early_data = early,
	};

	client_set_deadline(c, (int64_t)o->connect_timeout * 1000);
	c->dial = dial_new(c->loop, &p, client_wake, c);
	free(early);
}

/* Order by what known_hosts holds, so that a known host shows the key that we
 * know, unless the user gave an order. */
static char *
offered_host_keys(const struct client *c)
{
	const char *given = c->conf->host_key_algorithms;

	if (given != NULL && *given != '+' && *given != '-')
		return xstrdup(c->host_keys);
	return trusted_order(c, c->host_keys);
}

static int
start_session(struct client *c, int fd, struct err *e)
{
	char *host_keys = offered_host_keys(c);
	char *id = identification(c);
	struct session_params p = {
		.engine = client_engine(c->conf),
		.identification = id,
		.kex = c->kex,
		.host_keys = host_keys,
		.ciphers = c->ciphers,
		.macs = c->macs,
		.compression = c->conf->compression,
		.offer_at_once = !c->is_careful,
		.preferred_kex = c->memory.kex,
		.preferred_host_key = c->memory.host_key,
		.window_most = (uint32_t)c->conf->channel_window_max,
		.rekey_bytes = (uint64_t)c->conf->rekey_limit,
	};
	struct stream *stream = stream_new(c->loop, fd, client_wake, c, e);

	log_debug("Local version string %s", id);
	log_debug("Authenticating to %s:%d as '%s'", c->host, c->conf->port,
		  c->conf->user);
	if (stream != NULL) {
		stream_set_quickack(stream, true);
		stream_skip(stream, dial_early_sent(c->dial));
		c->session = session_new(stream, &p, e);
	}
	free(host_keys);
	free(id);
	return c->session != NULL ? 0 : -1;
}

enum step
client_dial(struct client *c, struct err *e)
{
	enum step step;
	int fd;

	if (c->dial == NULL) {
		start_dial(c);
		/* while the answer is on its way */
		key_warm_up();
		trusted_load(c);
	}
	client_prepare_login(c);
	step = dial_step(c->dial, &fd, e);
	if (step == STEP_AGAIN && c->is_late) {
		dial_time_out(c->dial, e);
		return STEP_FAIL;
	}
	if (step != STEP_DONE)
		return step;
	return start_session(c, fd, e) == 0 ? STEP_DONE : STEP_FAIL;
}

/* In the words of OpenSSH 10. Where this build could have done no better, a
 * warning would help nobody. */
static void
warn_weak_crypto(struct client *c)
{
	static const char *const lines[] = {
		"** WARNING: connection is not using a post-quantum key "
		"exchange algorithm.",
		"** This session may be vulnerable to \"store now, decrypt "
		"later\" attacks.",
		"** The server may need to be upgraded. See "
		"https://openssh.com/pq.html",
	};
	enum log_level level = session_can(c->session, SESSION_POST_QUANTUM)
				   ? LOG_LEVEL_INFO
				   : LOG_LEVEL_VERBOSE;

	if (c->conf->warn_weak_crypto != CONF_WEAK_YES ||
	    session_is_post_quantum(c->session) || c->has_warned)
		return;
	c->has_warned = true; /* also if the connection is made again */
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		log_write(level, "%s", lines[i]);
}

enum step
client_handshake(struct client *c, struct err *e)
{
	const struct stream *stream = session_stream(c->session);
	enum step step;

	client_prepare_login(c);
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
		client_set_deadline(c, 0);
		warn_weak_crypto(c);
	} else {
		opening_note_exchange(c);
	}
	return step;
}
