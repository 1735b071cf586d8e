/* The last stage: move bytes until the remote side is done, and say how it
 * ended. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "client/client.h"
#include "client/guests.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "console/console.h"
#include "forward/forwards.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

int
client_signal_status(const struct conf *o, int signo)
{
	return o->session_type == CONF_SESSION_NONE && signo == SIGTERM ? 0
									: 255;
}

/* A signal ends us as it ends ssh; the remote process gets it too. */
enum step
client_end_by_signal(struct client *c)
{
	struct session *s = client_session(c);

	if (c->job != NULL) {
		job_signal(c->job, c->signo);
		session_poll_requests(s);
	}
	if (s != NULL)
		session_disconnect(s);
	c->status = client_signal_status(c->conf, c->signo);
	if (c->status != 0)
		log_verbose("Killed by signal %d.", c->signo);
	return STEP_DONE;
}

static void
log_transfer(const struct client *c)
{
	const struct stream *stream = session_stream(client_session(c));

	log_verbose("Transferred: sent %llu, received %llu bytes",
		    (unsigned long long)stream_bytes_out(stream),
		    (unsigned long long)stream_bytes_in(stream));
}

enum step
client_end_normally(struct client *c, struct err *e)
{
	c->has_finished = true;
	session_disconnect(client_session(c));
	log_transfer(c);
	return job_result(c->job, &c->status, e);
}

/* The server has left while connections outlived the session: as in ssh that is
 * told, and the session's status is what it was. */
static enum step
end_cut_off(struct client *c, struct err *e)
{
	connection_lost(c->connection, e);
	log_error("%s", e->text);
	e->kind = ERR_NONE;
	return client_end_normally(c, e);
}

/* The user typed "~.". */
static enum step
end_by_escape(struct client *c)
{
	session_disconnect(client_session(c));
	c->status = 255;
	return STEP_DONE;
}

static enum guests_wish
guests_wish(const struct client *c)
{
	return c->has_guests ? c->guests->wish(c->guests->arg) : GUESTS_IDLE;
}

/* They have had enough: their time is over, or one of them said so. As in ssh
 * there is no status then. */
static enum step
end_by_guests(struct client *c)
{
	session_disconnect(client_session(c));
	c->status = 255;
	return STEP_DONE;
}

/* As in ssh, connections that are still open outlive the session, and so do
 * others' sessions; and host keys that have begun to change are changed. */
static bool
is_waiting_for_others(struct client *c)
{
	console_end(c->console, false);
	if (guests_wish(c) == GUESTS_STAY)
		return true;
	if (job_is_hasty(c->job))
		return false;
	return connection_is_busy(c->connection) ||
	       forwards_open(c->forwards) + job_connections(c->job) > 0;
}

static enum step
relay(struct client *c, struct err *e)
{
	enum session_end end;
	bool is_drained, is_over;

	if (forwards_step(c->forwards))
		client_wake(c);
	if (forwards_check(c->forwards, e) != 0)
		return STEP_FAIL;
	if (c->job != NULL && job_step(c->job))
		client_wake(c);
	if (c->has_guests && c->guests->step(c->guests->arg))
		client_wake(c);
	connection_serve(c->connection);
	if (c->signo != 0)
		return client_end_by_signal(c);
	if (console_is_over(c->console))
		return end_by_escape(c);
	if (guests_wish(c) == GUESTS_LEAVE)
		return end_by_guests(c);
	end = session_ended(client_session(c));
	is_drained = c->job == NULL || job_is_drained(c->job);
	if (end == SESSION_CORRUPT && is_drained)
		return connection_lost(c->connection, e);
	is_over = c->job != NULL && job_is_over(c->job);
	if (is_over && !is_waiting_for_others(c))
		return client_end_normally(c, e);
	if (end == SESSION_ALIVE)
		return client_check_alive(c, e);
	if (is_over)
		return end_cut_off(c, e);
	return is_drained ? connection_lost(c->connection, e) : STEP_AGAIN;
}

/* For a person at a terminal: since when was there silence? */
static void
add_silence(struct client *c, struct err *e)
{
	const struct stream *stream = session_stream(client_session(c));
	int64_t silent_ms = loop_now_ms() - stream_heard_ms(stream);
	size_t used = strlen(e->text);

	if (silent_ms >= 1000)
		snprintf(e->text + used, sizeof(e->text) - used,
			 " (nothing was heard for %lld s)",
			 (long long)silent_ms / 1000);
}

/* As ssh, which then says what it says after every session. */
static void
tell_loss(struct client *c, struct err *e)
{
	size_t used;

	add_silence(c, e);
	used = strlen(e->text);
	if (e->kind != ERR_LOST)
		return;
	e->kind = ERR_ENDED;
	snprintf(e->text + used, sizeof(e->text) - used,
		 "\nConnection to %s closed.", c->target.host);
}

enum step
client_relay(struct client *c, struct err *e)
{
	enum step step = relay(c, e);

	if (step == STEP_FAIL)
		client_turn_guests_out(c, e->text);
	if (step == STEP_AGAIN || !console_has_terminal(c->console))
		return step;
	console_end(c->console, !c->has_finished);
	if (step == STEP_FAIL && !c->has_finished)
		tell_loss(c, e);
	else if (c->signo == 0)
		log_info("Connection to %s closed.", c->target.host);
	return step;
}
