/* The stages that ask for the session and everything that goes with it. */
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "client/alive.h"
#include "client/answers.h"
#include "client/forward_setup.h"
#include "client/guests.h"
#include "client/internal.h"
#include "client/waiting.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "console/console.h"
#include "console/local.h"
#include "console/prompter.h"
#include "forward/forwards.h"
#include "job/fallback.h"
#include "net/stream.h"
#include "ssh/session.h"

static void
tell_silence(void *arg, bool is_silent)
{
	client_tell(arg, is_silent ? CLIENT_SILENT : CLIENT_HEARD);
}

/* From here on everything waits for the server, so ServerAlive begins. */
static void
watch_server(struct client *c)
{
	const struct alive_params p = {
		.loop = c->loop,
		.conf = c->conf,
		.session = client_session(c),
		.tell = tell_silence,
		.wake = client_wake,
		.arg = c,
	};

	c->alive = alive_new(&p);
}

enum step
client_check_alive(const struct client *c, struct err *e)
{
	return alive_check(c->alive, c->target.host, e);
}

static struct fallback *
new_fallback(struct client *c)
{
	const struct fallback_params p = {
		.loop = c->loop,
		.session = client_session(c),
		.mode = (enum conf_fallback)c->conf->term_fallback,
		.wake = client_wake,
		.arg = c,
	};

	return console_has_terminal(c->console) ? fallback_new(&p) : NULL;
}

/* Which terminal to ask for, if that has to be found out. */
enum step
client_ask_terminal(struct client *c, struct err *e)
{
	struct session *s = client_session(c);
	const char *term;

	if (c->alive == NULL) {
		watch_server(c);
		c->fallback = new_fallback(c);
	}
	if (c->fallback == NULL)
		return STEP_DONE;
	session_poll_requests(s);
	if (session_ended(s) != SESSION_ALIVE)
		return connection_lost(c->connection, e);
	if (fallback_step(c->fallback, &term) == STEP_AGAIN)
		return client_check_alive(c, e);
	console_set_term(c->console, term);
	fallback_free(c->fallback);
	c->fallback = NULL;
	return STEP_DONE;
}

/* Queue the opening of the channel, if one is needed and that was not done. */
static void
open_job(struct client *c)
{
	struct job_params p = {
		.loop = c->loop,
		.session = client_session(c),
		.conf = c->conf,
		.kind = JOB_SESSION,
		.command = c->command,
		.agent_path = c->target.agent_path,
		.is_untrusted = connection_is_untrusted(c->connection),
		.fds = { c->fds[0], c->fds[1], c->fds[2] },
		.screen = console_has_terminal(c->console) ? &c->screen : NULL,
		.asker = prompter_asker(c->job_prompter),
		.idle = c->idle,
		.x11_cookie = &c->x11_cookie,
		.wake = client_wake,
		.arg = c,
	};

	if (c->conf->stdio_forward != NULL)
		p.kind = JOB_STDIO;
	else if (c->conf->session_type == CONF_SESSION_NONE)
		return;
	if (c->job == NULL && !client_gives_job_away(c))
		c->job = job_new(&p);
}

/* Not what needs an answer, or a look at this side, before a command may run.
 */
static bool
may_start_early(const struct client *c)
{
	const struct conf *o = c->conf;
	/* a command may use what the server listens for */
	bool may_fail =
	    o->remote_forward.len > 0 ||
	    (o->exit_on_forward_failure &&
	     (o->local_forward.len > 0 || o->dynamic_forward.len > 0));
	bool asks_terminal = console_has_terminal(c->console) &&
			     o->term_fallback != CONF_FALLBACK_NO;
	bool is_second = o->permit_local_command && o->local_command != NULL;

	return session_can(client_session(c), SESSION_EARLY_START) &&
	       !may_fail && !is_second && !asks_terminal && !o->forward_x11 &&
	       o->stdio_forward == NULL && o->session_type != CONF_SESSION_NONE;
}

void
client_go_ahead(void *arg, struct session *s)
{
	struct client *c = arg;

	open_job(c);
	session_allow_early_open(s);
	if (c->job == NULL || !may_start_early(c))
		return;
	job_request(c->job);
	c->is_committed = !console_is_attended(c->console);
	session_allow_early_start(s);
}

static int
let_guests_in(struct client *c, struct err *e)
{
	const struct client_ground ground = {
		.loop = c->loop,
		.conf = c->conf,
		.session = client_session(c),
		.forwards = c->forwards,
		.idle = c->idle,
		.x11_cookie = &c->x11_cookie,
		.host = c->target.host,
		.agent_path = c->target.agent_path,
		.login_text = connection_login_text(c->connection),
		.is_untrusted = connection_is_untrusted(c->connection),
		.wake = client_wake,
		.arg = c,
	};
	bool gave_away = client_gives_job_away(c);

	if (c->guests == NULL)
		return 0;
	c->has_guests = true;
	if (c->guests->enter(c->guests->arg, &ground, e) != 0)
		return -1;
	if (gave_away && !client_gives_job_away(c))
		client_open_terminal(c);
	return 0;
}

static int
request_everything(struct client *c, struct err *e)
{
	if (forward_setup_start(c, e) != 0)
		return -1;
	if (let_guests_in(c, e) != 0)
		return -1;
	open_job(c);
	if (c->job != NULL) {
		job_request(c->job);
		c->is_committed = !console_is_attended(c->console);
	}
	if (c->conf->control_master == CONF_CONTROL_NO && !c->is_shared &&
	    !c->conf->take_over_listener)
		session_no_more_sessions(client_session(c));
	return 0;
}

static int
attach_console(struct client *c, struct err *e)
{
	struct console_view v = {
		.session = client_session(c),
		.forwards = c->forwards,
		.may_forward = !connection_is_untrusted(c->connection),
		.pulse = alive_pulse(c->alive),
		.host = c->target.host,
		.command = c->command,
		.login_text = connection_login_text(c->connection),
		.wake = client_wake,
		.arg = c,
	};

	if (c->job != NULL) {
		v.channel = job_channel(c->job);
		v.stdio = job_stdio(c->job);
	}
	return console_attach(c->console, &v, e);
}

/* The session is there: from here on bytes move. */
static int
begin_session(struct client *c, struct err *e)
{
	struct stream *stream = session_stream(client_session(c));

	connection_settle(c->connection);
	if ((c->job != NULL && job_start(c->job, e) != 0) ||
	    (!c->is_settled && c->settle(c->arg, e) != 0))
		return -1;
	if (!c->is_settled)
		answers_lock(c->answers); /* -f */
	c->is_settled = true;
	waiting_free(c->waiting);
	c->waiting = NULL;
	if (attach_console(c, e) != 0)
		return -1;
	stream_set_quickack(stream, false);
	if (console_has_terminal(c->console) &&
	    c->conf->ip_qos_interactive >= 0)
		stream_set_dscp(stream, c->conf->ip_qos_interactive);
	log_debug("Entering interactive session.");
	return 0;
}

/* Once, also if the connection has to be made again. */
static int
run_local_command(struct client *c, struct err *e)
{
	if (!c->conf->permit_local_command || c->conf->local_command == NULL ||
	    c->has_run_local)
		return 0;
	c->has_run_local = true;
	return local_run_command(c->conf, e);
}

/* What came before the connection's end counts, be it the whole session; but a
 * refusal says less than what is wrong with the connection. */
static bool
is_lost(const struct client *c, enum step step)
{
	switch (session_ended(client_session(c))) {
	case SESSION_ALIVE:
		return false;
	case SESSION_CLOSED:
	case SESSION_BROKEN:
	case SESSION_DISCONNECTED:
		return step == STEP_AGAIN || c->job == NULL;
	case SESSION_CORRUPT:
	case SESSION_KEY_CHANGED:
		break;
	}
	return step != STEP_DONE || c->job == NULL;
}

enum step
client_open(struct client *c, struct err *e)
{
	struct session *s = client_session(c);
	enum step step;

	if (!c->is_asked) {
		c->is_asked = true;
		if (request_everything(c, e) != 0)
			return STEP_FAIL;
		session_poll_requests(s);
		session_flush(s);
		if (run_local_command(c, e) != 0)
			return STEP_FAIL;
	}
	forwards_step(c->forwards);
	step = c->job != NULL ? job_open_step(c->job, e) : STEP_DONE;
	if (step == STEP_DONE)
		step = forward_setup_ready(c, e);
	if (is_lost(c, step))
		return connection_lost(c->connection, e);
	if (step == STEP_AGAIN)
		return client_check_alive(c, e);
	if (step == STEP_FAIL)
		return step;
	return begin_session(c, e) == 0 ? STEP_DONE : STEP_FAIL;
}
