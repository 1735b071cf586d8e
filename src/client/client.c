#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client/alive.h"
#include "client/hop.h"
#include "client/idle_setup.h"
#include "client/internal.h"
#include "conf/conf.h"
#include "connect/connection.h"
#include "console/console.h"
#include "console/prompter.h"
#include "forward/forwards.h"
#include "forward/idle.h"
#include "job/fallback.h"
#include "net/loop.h"
#include "net/pulse.h"
#include "ssh/session.h"

typedef enum step stage_fn(struct client *c, struct err *e);

static stage_fn prepare, make_connection;

#define STAGE_CONNECT 1 /* where a connection begins again */

/* The life of a client, in order. */
/* clang-format off */
static stage_fn *const stages[] = {
	prepare,             /* expand names, choose algorithms */
	[STAGE_CONNECT] = make_connection,
	client_ask_terminal, /* TermFallback */
	client_open,         /* ask for the session */
	client_relay,        /* move bytes until the remote side is done */
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

/* The jump hosts, if there are any; they outlive an attempt at the target. */
static int
find_way(struct client *c, struct err *e)
{
	const struct hop_params p = {
		.loop = c->loop,
		.console = c->console,
		.conf = c->conf,
		.target = &c->target,
		.wake = client_wake,
		.arg = c,
	};

	if (c->conf->proxy_jump.len == 0)
		return 0;
	c->hop = hop_new(&p, e);
	return c->hop != NULL ? 0 : -1;
}

static enum step
reach(void *arg, struct stream **ret_stream, struct err *e)
{
	const struct client *c = arg;

	return hop_step(c->hop, ret_stream, e);
}

static enum step
prepare(struct client *c, struct err *e)
{
	if (target_init(&c->target, c->conf, e) != 0)
		return STEP_FAIL;
	c->command = client_command(c->conf);
	c->idle = idle_setup_new(c);
	c->connection_prompter =
	    prompter_new(c->console, c->target.host, client_wake, c);
	c->job_prompter =
	    prompter_new(c->console, c->target.host, client_wake, c);
	if (find_way(c, e) != 0)
		return STEP_FAIL;
	if (console_wants_terminal(c->console, c->command))
		console_open_terminal(c->console);
	c->screen = (struct job_screen){
		.request_pty = console_request_pty,
		.typed = console_typed,
		.shown = console_shown,
		.arg = c->console,
	};
	return STEP_DONE;
}

static enum step
make_connection(struct client *c, struct err *e)
{
	struct connection_params p = {
		.loop = c->loop,
		.target = &c->target,
		.asker = prompter_asker(c->connection_prompter),
		.ahead = client_go_ahead,
		.wake = client_wake,
		.reach = c->hop != NULL ? reach : NULL,
		.arg = c,
		.runs_command = c->command != NULL,
	};

	enum step step;

	if (c->connection == NULL)
		c->connection = connection_new(&p);
	step = connection_step(c->connection, e);
	if (step == STEP_DONE)
		target_forget_keys(&c->target);
	return step;
}

/* Undo what the stages from the connection on have made. */
static void
disconnect(struct client *c)
{
	console_detach(c->console);
	fallback_free(c->fallback);
	c->fallback = NULL;
	alive_free(c->alive);
	c->alive = NULL;
	pulse_free(c->pulse);
	c->pulse = NULL;
	if (c->forwards != NULL)
		forwards_detach(c->forwards);
	job_free(c->job);
	c->job = NULL;
	connection_free(c->connection);
	c->connection = NULL;
	c->is_asked = false;
}

/* Go as far as possible without waiting. */
static enum step
advance(struct client *c)
{
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
	memcpy(c->fds, p->fds, sizeof(c->fds));
	c->settle = p->settle;
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
	forwards_free(c->forwards);
	idle_free(c->idle);
	prompter_free(c->connection_prompter);
	prompter_free(c->job_prompter);
	target_clear(&c->target);
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
