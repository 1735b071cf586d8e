#include "client/hop.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/err_log.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/alive.h"
#include "client/answers.h"
#include "client/passage.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "connect/target.h"
#include "console/local.h"
#include "console/prompter.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

/* More than anybody has: they lead back to each other. */
#define DEPTH_MAX 64
/* What comes first is answered at once; what is more is bulk. */
#define QUICKACK_BYTES ((uint64_t)1024 * 1024)

struct hop {
	struct hop_params params;
	struct conf conf;
	struct target target;
	struct hop *before; /* the way to it; NULL: it has one by itself */
	struct prompter *prompter;
	struct answering *answering;
	struct loop_task *turn;

	struct connection *connection;
	struct alive *alive;
	bool is_connected, is_settled;
	bool has_run_local;      /* LocalCommand */
	bool has_failed;         /* it was told why */
	bool has_refused;        /* only the way to the host behind it */
	struct err why;          /* one of these is so */
	struct passage *passage; /* to the host behind it */
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

/* --- its connection --- */

static enum step
reach(void *arg, struct stream **ret_stream, struct err *e)
{
	const struct hop *h = arg;

	return hop_step(h->before, ret_stream, e);
}

static void
go_ahead(void *arg, struct session *s)
{
	const struct hop *h = arg;

	passage_open(h->passage, s);
	session_allow_early_open(s);
}

static void
new_connection(struct hop *h)
{
	const struct connection_params p = {
		.loop = h->params.loop,
		.target = &h->target,
		.asker = answering_asker(h->answering),
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
	if (h->passage != NULL)
		passage_drop(h->passage);
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

/* From here on everything waits for the server. */
static void
watch_server(struct hop *h)
{
	const struct alive_params p = {
		.loop = h->params.loop,
		.conf = &h->conf,
		.session = session_of(h),
		.wake = wake,
		.arg = h,
	};

	h->alive = alive_new(&p);
}

/* Its way is there, for the first time: the ssh that ssh starts for it would
 * run its LocalCommand, too; once, also if it has to be reached again. */
static int
settle(struct hop *h, struct err *e)
{
	h->is_settled = true;
	connection_settle(h->connection);
	session_no_more_sessions(session_of(h));
	if (!h->conf.permit_local_command || h->conf.local_command == NULL ||
	    h->has_run_local)
		return 0;
	h->has_run_local = true;
	session_flush(session_of(h));
	return local_run_command(&h->conf, e);
}

/* In the words of the ssh that ssh starts for it. A server that has answered
 * is still good for another way. */
static enum step
refuse(struct hop *h, struct err *e)
{
	h->has_refused = e->kind != ERR_TIMEOUT;
	log_error("%s", e->text);
	err_set(e, e->kind, "stdio forwarding failed");
	return STEP_FAIL;
}

/* The way to the host behind it, if somebody wants one. */
static enum step
make_way(struct hop *h, struct err *e)
{
	enum step step;

	if (h->has_refused)
		return STEP_AGAIN;
	step = passage_step(h->passage, session_of(h), e);
	if (step == STEP_FAIL && session_ended(session_of(h)) != SESSION_ALIVE)
		return connection_lost(h->connection, e);
	if (step == STEP_FAIL)
		return refuse(h, e);
	if (step == STEP_DONE && !h->is_settled && settle(h, e) != 0)
		return STEP_FAIL;
	return step;
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
		watch_server(h);
	}
	if (make_way(h, e) == STEP_FAIL)
		return STEP_FAIL;
	if (h->is_settled)
		connection_serve(h->connection);
	if (session_ended(session_of(h)) != SESSION_ALIVE)
		return connection_lost(h->connection, e);
	if (alive_check(h->alive, h->target.host, e) == STEP_FAIL)
		return STEP_FAIL;
	stream = session_stream(session_of(h));
	if (stream_bytes_in(stream) > QUICKACK_BYTES)
		stream_set_quickack(stream, false);
	return STEP_AGAIN;
}

static bool
has_no_way(const struct hop *h)
{
	return h->has_failed || h->has_refused ||
	       (h->before != NULL && has_no_way(h->before));
}

/* Those behind it only see that they get no further; what is before it has
 * spoken for itself. */
static void
tell_failure(struct hop *h, struct err *e)
{
	bool is_why = h->before == NULL || !has_no_way(h->before);
	const struct session *s = session_of(h);

	h->has_failed = !h->has_refused;
	h->why = *e;
	/* nobody takes in what may still come */
	if (s != NULL && h->has_failed)
		stream_want_read(session_stream(s), false);
	err_log(e);
	if (is_why && !passage_is_open(h->passage))
		log_info("No way through jump host %s to %s.", h->target.host,
			 h->params.conf->host_name);
	passage_cut(h->passage);
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
	passage_wake_user(h->passage);
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

/* For the way behind it, which is how that host is reached; see
 * connect/handshake.c. */
static int64_t
patience_of(const struct hop *h)
{
	const struct conf *o = h->params.conf;

	return o->reconnect != CONF_RECONNECT_NO
		   ? (int64_t)o->connect_timeout * 1000
		   : 0;
}

static int
prepare(struct hop *h, struct err *e)
{
	struct hop_params before = h->params;
	struct passage_params passage = {
		.loop = h->params.loop,
		.patience_ms = patience_of(h),
		.wake = wake,
		.arg = h,
		.wake_user = h->params.wake,
		.user = h->params.arg,
	};

	if (load(h, e) != 0)
		return -1;
	passage.to = &h->conf.stdio_forward->connect;
	h->passage = passage_new(&passage);
	h->prompter = prompter_new(h->params.console, h->target.host, wake, h);
	h->answering =
	    answering_new(h->params.answers, prompter_asker(h->prompter));
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
	passage_free(h->passage);
	hop_free(h->before);
	answering_free(h->answering);
	prompter_free(h->prompter);
	target_clear(&h->target);
	conf_clear(&h->conf);
	loop_task_free(h->turn);
	free(h);
}

const struct err *
hop_failure(const struct hop *h)
{
	if (h->before != NULL && has_no_way(h->before))
		return hop_failure(h->before);
	return h->has_failed || h->has_refused ? &h->why : NULL;
}

void
hop_examine(struct hop *h)
{
	if (h->before != NULL)
		hop_examine(h->before);
	alive_examine(h->alive);
}

/* Does it have to be reached again? */
static bool
is_broken(const struct hop *h, enum hop_doubt doubt)
{
	bool is_doubtful = doubt == HOP_GIVEN_UP ||
			   (doubt == HOP_DOUBTED &&
			    (!h->is_connected || alive_is_doubtful(h->alive)));
	bool is_lost =
	    h->is_connected && session_ended(session_of(h)) != SESSION_ALIVE;

	return h->has_failed || is_lost || is_doubtful ||
	       (h->before != NULL && is_broken(h->before, doubt));
}

void
hop_begin_again(struct hop *h, enum hop_doubt doubt)
{
	bool is_new = is_broken(h, doubt);

	log_debug("Jump host %s: %s", h->target.host,
		  is_new ? "to be reached again" : "kept");
	if (is_new) {
		disconnect(h);
		h->is_connected = h->is_settled = h->has_failed = false;
	}
	h->has_refused = false;
	passage_begin_again(h->passage);
	wake(h);
	if (is_new && h->before != NULL)
		hop_begin_again(h->before, doubt);
}

const char *
hop_waits_for(const struct hop *h, const char **ret_host)
{
	if (h->before != NULL && !h->before->is_settled)
		return hop_waits_for(h->before, ret_host);
	*ret_host = h->target.host;
	if (h->connection == NULL || h->is_connected)
		return "its way on";
	return connection_waits_for(h->connection);
}

enum step
hop_step(struct hop *h, struct stream **ret_stream, struct err *e)
{
	if (h->has_failed || h->has_refused) {
		err_set(e, ERR_ENDED,
			"kex_exchange_identification: Connection closed by "
			"remote host\n"
			"Connection closed by UNKNOWN port 65535");
		return STEP_FAIL;
	}
	return passage_take(h->passage, ret_stream);
}
