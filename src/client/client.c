#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/alive.h"
#include "client/answers.h"
#include "client/guests.h"
#include "client/hop.h"
#include "client/idle_setup.h"
#include "client/internal.h"
#include "client/waiting.h"
#include "conf/conf.h"
#include "conf/settle.h"
#include "connect/connection.h"
#include "console/console.h"
#include "console/prompter.h"
#include "forward/forwards.h"
#include "forward/idle.h"
#include "forward/x11_cookie.h"
#include "job/fallback.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/session.h"

typedef enum step stage_fn(struct client *c, struct err *e);

static stage_fn prepare, make_connection;

#define STAGE_CONNECT 1 /* where a connection begins again */
#define STAGE_RELAY 4   /* where everything is there */

/* The life of a client, in order. */
/* clang-format off */
static stage_fn *const stages[] = {
	prepare,             /* expand names, choose algorithms */
	[STAGE_CONNECT] = make_connection,
	client_ask_terminal, /* TermFallback */
	client_open,         /* ask for the session */
	[STAGE_RELAY] = client_relay, /* move bytes until the remote side is done */
};
/* clang-format on */

#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

const char *
client_command(const struct conf *o)
{
	const char *command = o->command_text;

	if (command == NULL)
		command = o->remote_command;
	/* an empty word asks for a shell */
	return command != NULL && *command != '\0' ? command : NULL;
}

void
client_tell(struct client *c, enum client_event event)
{
	c->tell(c->arg, event);
}

/* Without the agent that is named nothing is forwarded, which is told. */
static int
check_forwarded_agent(const struct conf *o, struct err *e)
{
	const char *path = settle_agent_path(o->forward_agent_path);
	struct err missing = { .kind = ERR_NONE };
	struct stat st;

	errno = ENOENT;
	if (!o->forward_agent || o->forward_agent_path == NULL ||
	    (path != NULL && stat(path, &st) == 0))
		return 0;
	err_set(&missing, ERR_FORWARD,
		"Cannot forward agent socket path \"%s\": %s",
		o->forward_agent_path, strerror(errno));
	if (!o->exit_on_forward_failure)
		log_error("%s", missing.text);
	else
		*e = missing;
	return o->exit_on_forward_failure ? -1 : 0;
}

static enum step
prepare(struct client *c, struct err *e)
{
	if (target_init(&c->target, c->conf, e) != 0 ||
	    check_forwarded_agent(c->conf, e) != 0)
		return STEP_FAIL;
	c->command = client_command(c->conf);
	c->idle = idle_setup_new(c);
	c->connection_prompter =
	    prompter_new(c->console, c->target.host, client_wake, c);
	c->job_prompter =
	    prompter_new(c->console, c->target.host, client_wake, c);
	c->answers = answers_new(c->conf->reconnect_keep_secrets);
	c->answering =
	    answering_new(c->answers, prompter_asker(c->connection_prompter));
	if (!client_gives_job_away(c))
		client_open_terminal(c);
	c->screen = (struct job_screen){
		.request_pty = console_request_pty,
		.typed = console_typed,
		.shown = console_shown,
		.arg = c->console,
	};
	return STEP_DONE;
}

static int
new_connection(struct client *c, struct err *e)
{
	struct connection_params p = {
		.loop = c->loop,
		.target = &c->target,
		.asker = answering_asker(c->answering),
		.ahead = client_go_ahead,
		.wake = client_wake,
		.arg = c,
		.runs_command = c->command != NULL,
	};

	if (client_find_way(c, &p, e) != 0)
		return -1;
	answers_rewind(c->answers);
	c->connection = connection_new(&p);
	c->waiting = waiting_new(c->loop, client_waits_for, c);
	client_tell(c, CLIENT_CONNECTING);
	return 0;
}

void
client_waits_for(void *arg, char *text, int size)
{
	const struct client *c = arg;
	const char *host = c->target.host, *what = "the session";

	if (prompter_is_busy(c->console))
		return;
	if (c->stage == STAGE_CONNECT) {
		what = connection_waits_for(c->connection);
		if (c->n_told == (int)CONNECTION_BEGUN && c->hop != NULL)
			what = hop_waits_for(c->hop, &host);
	}
	snprintf(text, (size_t)size, "Waiting for %s: %s ...", host, what);
}

/* Tell how far the connection got, step by step. */
static void
tell_progress(struct client *c)
{
	static const enum client_event events[] = {
		[CONNECTION_REACHED] = CLIENT_CONNECTED,
		[CONNECTION_VERIFIED] = CLIENT_HOST_KEY,
		[CONNECTION_LOGGED_IN] = CLIENT_LOGGED_IN,
	};

	while (c->n_told < (int)connection_progress(c->connection))
		client_tell(c, events[++c->n_told]);
}

static enum step
make_connection(struct client *c, struct err *e)
{
	enum step step;

	if (c->connection == NULL && new_connection(c, e) != 0)
		return STEP_FAIL;
	step = connection_step(c->connection, e);
	tell_progress(c);
	if (step == STEP_DONE)
		target_forget_keys(&c->target);
	return step;
}

/* Undo what the stages from the connection on have made. */
static void
disconnect(struct client *c)
{
	console_detach(c->console);
	client_turn_guests_out(c, NULL);
	fallback_free(c->fallback);
	c->fallback = NULL;
	alive_free(c->alive);
	c->alive = NULL;
	if (c->forwards != NULL)
		forwards_detach(c->forwards);
	job_free(c->job);
	c->job = NULL;
	if (c->is_asked)
		c->aside(c->arg, NULL);
	waiting_free(c->waiting);
	c->waiting = NULL;
	connection_free(c->connection);
	c->connection = NULL;
	c->n_told = 0;
	c->is_asked = false;
	c->is_early = c->conf->take_over_listener;
	c->is_ready = false;
}

static void
tell_forwards(struct client *c)
{
	unsigned long n =
	    c->forwards != NULL ? forwards_changes(c->forwards) : 0;

	if (n != c->n_changes)
		client_tell(c, CLIENT_FORWARDS);
	c->n_changes = n;
	if (c->is_ready || c->is_early || c->stage != STAGE_RELAY ||
	    c->result != STEP_AGAIN || !forwards_are_up(c->forwards))
		return;
	c->is_ready = true;
	client_tell(c, CLIENT_READY);
}

/* Go as far as possible without waiting. */
static enum step
advance(struct client *c)
{
	bool is_relaying = c->stage >= STAGE_RELAY;

	if (c->signo != 0 && !is_relaying)
		return client_end_by_signal(c);
	if (c->job != NULL && job_is_hasty(c->job) && !is_relaying)
		return client_end_normally(c, &c->err);
	while (c->stage < N_STAGES) {
		enum step step = stages[c->stage](c, &c->err);

		if (step == STEP_FAIL && c->connection != NULL &&
		    connection_should_retry(c->connection)) {
			disconnect(c);
			c->err.kind = ERR_NONE;
			c->stage = STAGE_CONNECT;
		} else if (step != STEP_DONE) {
			return step;
		} else {
			c->stage++;
			/* a command may be over in this very turn */
			tell_forwards(c);
		}
	}
	return STEP_DONE;
}

struct session *
client_session(const struct client *c)
{
	return c->connection != NULL ? connection_session(c->connection) : NULL;
}

/*
 * One turn: take in what has arrived, let the stage use it, send what came of
 * it. During login no pump runs: those calls read for themselves.
 */
static void
take_turn(void *arg)
{
	struct client *c = arg;
	struct session *s = client_session(c);

	if (c->result != STEP_AGAIN)
		return;
	if (s != NULL) {
		session_pump(s);
		session_poll_requests(s);
	}
	c->result = advance(c);
	s = client_session(c);
	if (s != NULL && c->is_asked && c->result == STEP_AGAIN)
		c->is_early = c->aside(c->arg, s);
	tell_forwards(c);
	if (s == NULL)
		return;
	if (connection_may_send(c->connection) &&
	    (c->result != STEP_AGAIN || console_may_send(c->console)))
		session_flush(s);
	if (connection_may_send(c->connection) && session_has_more(s))
		client_wake(c);
}

void
client_wake(void *arg)
{
	struct client *c = arg;

	loop_task_post(c->turn);
}

bool
client_may_begin_again(const struct client *c)
{
	return !c->is_committed;
}

bool
client_is_attended(const struct client *c)
{
	return console_is_attended(c->console);
}

bool
client_needs_answers(const struct client *c)
{
	return c->answers != NULL && answers_lack_one(c->answers);
}

const struct err *
client_reason(const struct client *c)
{
	const struct err *why = c->hop != NULL ? hop_failure(c->hop) : NULL;

	return why != NULL && err_is_transient(c->err.kind) ? why : &c->err;
}

void
client_examine(struct client *c)
{
	if (c->hop != NULL)
		hop_examine(c->hop);
	alive_examine(c->alive);
}

void
client_drop(struct client *c)
{
	if (c->result == STEP_AGAIN) {
		c->is_given_up = true;
		if (client_session(c) != NULL)
			session_disconnect(client_session(c));
		console_end(c->console, true);
		c->result = STEP_FAIL;
		err_set(&c->err, ERR_LOST, "Connection to %s given up.",
			c->target.host);
	}
	disconnect(c);
}

/* What became of the connection says something about the way there. */
static enum hop_doubt
doubt_of(const struct client *c)
{
	if (c->is_given_up)
		return HOP_GIVEN_UP;
	return c->err.kind == ERR_TIMEOUT ? HOP_DOUBTED : HOP_TRUSTED;
}

void
client_begin_again(struct client *c)
{
	if (c->is_settled)
		answers_close(c->answers);
	if (c->hop != NULL)
		hop_begin_again(c->hop, doubt_of(c));
	c->err.kind = ERR_NONE;
	c->is_given_up = false;
	c->signo = 0;
	c->has_finished = false;
	if (c->stage > STAGE_CONNECT)
		c->stage = STAGE_CONNECT;
	c->result = STEP_AGAIN;
	client_wake(c);
}

void
client_prod(struct client *c)
{
	client_wake(c);
}

void
client_hurry_forwards(struct client *c)
{
	forwards_hurry(c->forwards);
}

void
client_signal(struct client *c, int signo)
{
	c->signo = signo;
	client_wake(c);
}

struct client *
client_new(const struct client_params *p)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->loop = p->loop;
	c->conf = p->conf;
	c->console = p->console;
	c->inherited = p->inherited;
	c->shared = p->shared;
	c->is_shared = p->shared > 0;
	c->guests = p->guests;
	memcpy(c->fds, p->fds, sizeof(c->fds));
	c->settle = p->settle;
	c->aside = p->aside;
	c->is_early = p->conf->take_over_listener;
	c->tell = p->tell;
	c->arg = p->arg;
	c->result = STEP_AGAIN;
	c->turn = loop_task_new(p->loop, take_turn, c);
	client_wake(c);
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	disconnect(c);
	hop_free(c->hop);
	if (c->shared > 0)
		close(c->shared);
	forwards_free(c->forwards);
	idle_free(c->idle);
	answering_free(c->answering);
	answers_free(c->answers);
	prompter_free(c->connection_prompter);
	prompter_free(c->job_prompter);
	target_clear(&c->target);
	x11_cookie_clear(&c->x11_cookie);
	loop_task_free(c->turn);
	free(c);
}

enum step
client_result(struct client *c, int *ret_status, struct err *e)
{
	switch (c->result) {
	case STEP_AGAIN:
		break;
	case STEP_DONE:
		*ret_status = c->status;
		break;
	case STEP_FAIL:
		*e = c->err;
		break;
	}
	return c->result;
}
