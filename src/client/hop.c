#include "client/hop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/err_log.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/alive.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "connect/target.h"
#include "console/prompter.h"
#include "net/loop.h"
#include "net/pulse.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

/* More than anybody has: they lead back to each other. */
#define DEPTH_MAX 64
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
/* Longer than this, an opening has waited for something else. */
#define RTT_MOST_MS 1000
/* What comes first is answered at once; what is more is bulk. */
#define QUICKACK_BYTES ((uint64_t)1024 * 1024)

struct hop {
	struct hop_params params;
	struct conf conf;
	struct target target;
	struct hop *before; /* the way to it; NULL: it has one by itself */
	struct prompter *prompter;
	struct loop_task *turn;

	struct connection *connection;
	struct pulse *pulse;
	struct alive *alive;
	bool is_connected, is_settled;
	bool has_failed; /* it was told why */

	struct channel *channel;           /* to the host behind it */
	bool is_wanted, is_open, is_given; /* that one */
	bool wants_read, wants_write;      /* the stream over it */
	int64_t asked_ms;
	int64_t rtt_ms; /* of its opening */
};

static void
wake(void *arg)
{
	struct hop *h = arg;

	loop_task_post(h->turn);
}

static struct session *
session_of(const struct hop *h)
{
	return h->connection != NULL ? connection_session(h->connection) : NULL;
}

/* --- the channel as a stream --- */

static bool
is_readable(const struct hop *h)
{
	const unsigned char *data;

	return h->has_failed ||
	       channel_peek(h->channel, CHANNEL_STDOUT, &data) != -EAGAIN;
}

static ssize_t
stream_over_read(void *of, void *data, size_t len)
{
	struct hop *h = of;
	const unsigned char *arrived;
	ssize_t n = channel_peek(h->channel, CHANNEL_STDOUT, &arrived);

	if (n == -EAGAIN && h->has_failed)
		return 0;
	if (n <= 0)
		return n;
	if ((size_t)n > len)
		n = (ssize_t)len;
	memcpy(data, arrived, (size_t)n);
	channel_consume(h->channel, CHANNEL_STDOUT, (size_t)n);
	/* what this allows the server is to be told */
	wake(h);
	return n;
}

static ssize_t
stream_over_write(void *of, const void *data, size_t len)
{
	struct hop *h = of;
	size_t done = 0;
	ssize_t n = 0;

	if (h->has_failed)
		return -EPIPE;
	while (done < len && n >= 0) {
		n = channel_write(h->channel, (const char *)data + done,
				  len - done);
		if (n > 0)
			done += (size_t)n;
	}
	session_flush(session_of(h));
	return done > 0 ? (ssize_t)done : n;
}

static void
stream_over_want(void *of, bool read, bool write)
{
	struct hop *h = of;

	if ((read && !h->wants_read) || (write && !h->wants_write))
		wake(h);
	h->wants_read = read;
	h->wants_write = write;
}

/* The kernel knows of the first leg only; the opening took the others, too. */
static int
stream_over_rtt_us(void *of)
{
	const struct hop *h = of;
	int first_us = stream_rtt_us(session_stream(session_of(h)));
	int all_us = (int)h->rtt_ms * 1000;

	return all_us > first_us ? all_us : first_us;
}

static void
close_channel(struct hop *h)
{
	channel_free(h->channel);
	h->channel = NULL;
	h->is_wanted = h->is_open = h->is_given = false;
	h->wants_read = h->wants_write = false;
}

static void
stream_over_free(void *of)
{
	struct hop *h = of;

	close_channel(h);
	wake(h);
}

static const struct stream_carrier carrier = {
	.read = stream_over_read,
	.write = stream_over_write,
	.want = stream_over_want,
	.rtt_us = stream_over_rtt_us,
	.free = stream_over_free,
};

/* --- its connection --- */

static enum step
reach(void *arg, struct stream **ret_stream, struct err *e)
{
	const struct hop *h = arg;

	return hop_step(h->before, ret_stream, e);
}

static void
open_channel(struct hop *h)
{
	const struct forward_end *to = &h->conf.stdio_forward->connect;
	const struct channel_target target = { .host = to->host,
					       .port = to->port };

	h->asked_ms = loop_now_ms();
	h->channel = channel_open_direct(session_of(h), &target, WINDOW_BYTES);
}

static void
go_ahead(void *arg, struct session *s)
{
	struct hop *h = arg;

	open_channel(h);
	session_allow_early_open(s);
}

static void
new_connection(struct hop *h)
{
	const struct connection_params p = {
		.loop = h->params.loop,
		.target = &h->target,
		.asker = prompter_asker(h->prompter),
		.ahead = go_ahead,
		.wake = wake,
		.reach = h->before != NULL ? reach : NULL,
		.arg = h,
		.runs_command = true,
	};

	h->connection = connection_new(&p);
}

static void
disconnect(struct hop *h)
{
	alive_free(h->alive);
	h->alive = NULL;
	pulse_free(h->pulse);
	h->pulse = NULL;
	channel_free(h->channel);
	h->channel = NULL;
	connection_free(h->connection);
	h->connection = NULL;
}

static enum step
connect(struct hop *h, struct err *e)
{
	enum step step;

	for (;;) {
		if (h->connection == NULL)
			new_connection(h);
		step = connection_step(h->connection, e);
		if (step != STEP_FAIL ||
		    !connection_should_retry(h->connection))
			return step;
		disconnect(h);
		e->kind = ERR_NONE;
	}
}

static int64_t
heard_ms(void *arg)
{
	return stream_heard_ms(session_stream(session_of(arg)));
}

static void
probe(void *arg)
{
	session_probe(session_of(arg));
	wake(arg);
}

/* From here on everything waits for the server. */
static void
feel_pulse(struct hop *h)
{
	const struct pulse_params pulse = {
		.loop = h->params.loop,
		.heard_ms = heard_ms,
		.probe = probe,
		.arg = h,
	};
	struct alive_params alive = {
		.interval_ms = (int64_t)h->conf.server_alive_interval * 1000,
		.count_max = h->conf.server_alive_count_max,
		.wake = wake,
		.arg = h,
	};

	h->pulse = pulse_new(&pulse);
	alive.pulse = h->pulse;
	h->alive = alive_new(&alive);
}

static void
settle(struct hop *h)
{
	h->is_settled = true;
	connection_settle(h->connection);
	session_no_more_sessions(session_of(h));
}

/* The way to the host behind it, if somebody wants one. */
static enum step
make_way(struct hop *h, struct err *e)
{
	enum step step;

	if (!h->is_wanted || h->is_open)
		return STEP_AGAIN;
	if (h->channel == NULL)
		open_channel(h);
	session_poll_requests(session_of(h));
	step = channel_open_step(h->channel, e);
	if (step == STEP_FAIL) {
		if (session_ended(session_of(h)) != SESSION_ALIVE)
			return connection_lost(h->connection, e);
		log_error("%s", e->text);
		err_set(e, ERR_FORWARD, "stdio forwarding failed");
	}
	if (step != STEP_DONE)
		return step;
	h->is_open = true;
	h->rtt_ms = loop_now_ms() - h->asked_ms;
	if (h->rtt_ms > RTT_MOST_MS)
		h->rtt_ms = RTT_MOST_MS;
	if (!h->is_settled)
		settle(h);
	h->params.wake(h->params.arg);
	return STEP_AGAIN;
}

/* Go on for as long as it lives. */
static enum step
advance(struct hop *h, struct err *e)
{
	struct stream *stream;
	enum step step;

	if (!h->is_connected) {
		step = connect(h, e);
		if (step != STEP_DONE)
			return step;
		h->is_connected = true;
		feel_pulse(h);
	}
	if (make_way(h, e) == STEP_FAIL)
		return STEP_FAIL;
	if (h->is_settled)
		connection_serve(h->connection);
	if (session_ended(session_of(h)) != SESSION_ALIVE)
		return connection_lost(h->connection, e);
	if (alive_is_over(h->alive)) {
		err_set(e, ERR_TIMEOUT, "Timeout, server %s not responding.",
			h->target.host);
		return STEP_FAIL;
	}
	stream = session_stream(session_of(h));
	if (stream_bytes_in(stream) > QUICKACK_BYTES)
		stream_set_quickack(stream, false);
	return STEP_AGAIN;
}

/* Those behind it only see that they get no further; what is before it has
 * spoken for itself. */
static void
tell_failure(struct hop *h, struct err *e)
{
	bool is_why = h->before == NULL || !h->before->has_failed;
	const struct session *s = session_of(h);

	h->has_failed = true;
	/* nobody takes in what may still come */
	if (s != NULL)
		stream_want_read(session_stream(s), false);
	err_log(e);
	if (is_why && !h->is_open)
		log_info("No way through jump host %s to %s.", h->target.host,
			 h->params.conf->host_name);
	h->params.wake(h->params.arg);
}

/* As a descriptor that can be read, and for as long. */
static void
wake_reader(struct hop *h)
{
	bool can_read = h->wants_read && is_readable(h);

	if (can_read || h->wants_write)
		h->params.wake(h->params.arg);
	if (can_read)
		wake(h);
}

static void
take_turn(void *arg)
{
	struct hop *h = arg;
	struct session *s = session_of(h);
	struct err e = { .kind = ERR_NONE };

	if (s != NULL && !h->has_failed) {
		session_pump(s);
		session_poll_requests(s);
	}
	if (!h->has_failed && advance(h, &e) == STEP_FAIL)
		tell_failure(h, &e);
	s = session_of(h);
	if (s == NULL)
		return;
	/* there may be something left to read after a failure, too */
	if (h->is_given)
		wake_reader(h);
	if (!connection_may_send(h->connection))
		return;
	session_flush(s);
	if (!h->has_failed && session_has_more(s))
		wake(h);
}

/* --- its owner's side --- */

/* It alone is asked for: what else there is to say of the files was said. */
static int
load(struct hop *h, struct err *e)
{
	int rc = conf_for_hop(h->params.conf, &h->conf, e);

	for (size_t i = 0; rc != 0 && i < h->conf.errors.len; i++)
		log_error("%s", h->conf.errors.items[i]);
	if (rc != 0 || conf_unsupported(&h->conf, e) != 0 ||
	    target_init(&h->target, &h->conf, e) != 0)
		return -1;
	target_share_keys(&h->target, h->params.target);
	if (h->params.depth < DEPTH_MAX)
		return 0;
	return err_set(e, ERR_CONF,
		       "jumphost loop: more than %d hosts on the way, the last "
		       "via %s",
		       DEPTH_MAX, h->target.host);
}

static int
prepare(struct hop *h, struct err *e)
{
	struct hop_params before = h->params;

	if (load(h, e) != 0)
		return -1;
	h->prompter = prompter_new(h->params.console, h->target.host, wake, h);
	h->is_wanted = true;
	if (h->conf.proxy_jump.len > 0) {
		before.conf = &h->conf;
		before.depth++;
		before.wake = wake;
		before.arg = h;
		h->before = hop_new(&before, e);
		if (h->before == NULL)
			return -1;
	}
	log_debug("Jump host: %s port %d, on the way to %s", h->target.host,
		  h->conf.port, h->params.conf->host_name);
	wake(h);
	return 0;
}

struct hop *
hop_new(const struct hop_params *p, struct err *e)
{
	struct hop *h = xcalloc(1, sizeof(*h));

	h->params = *p;
	h->turn = loop_task_new(p->loop, take_turn, h);
	if (prepare(h, e) == 0)
		return h;
	hop_free(h);
	return NULL;
}

void
hop_free(struct hop *h)
{
	if (h == NULL)
		return;
	if (h->is_connected && !h->has_failed)
		session_disconnect(session_of(h));
	disconnect(h);
	hop_free(h->before);
	prompter_free(h->prompter);
	target_clear(&h->target);
	conf_clear(&h->conf);
	loop_task_free(h->turn);
	free(h);
}

enum step
hop_step(struct hop *h, struct stream **ret_stream, struct err *e)
{
	if (h->has_failed) {
		err_set(e, ERR_ENDED,
			"kex_exchange_identification: Connection closed by "
			"remote host\n"
			"Connection closed by UNKNOWN port 65535");
		return STEP_FAIL;
	}
	if (!h->is_wanted)
		wake(h);
	h->is_wanted = true;
	if (!h->is_open)
		return STEP_AGAIN;
	h->is_given = true;
	*ret_stream = stream_new_carried(&carrier, h);
	return STEP_DONE;
}
