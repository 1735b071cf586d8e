/* The stages that ask for the session and everything that goes with it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/forward_spec.h"
#include "base/log.h"
#include "base/match.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/agent_request.h"
#include "client/alive.h"
#include "client/fallback.h"
#include "client/forwarding.h"
#include "client/host_key_update.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/local.h"
#include "client/opening.h"
#include "client/pacing.h"
#include "client/rekey.h"
#include "client/x11_request.h"
#include "conf/conf.h"
#include "forward/forwards.h"
#include "forward/stdio.h"
#include "net/loop.h"
#include "net/stream.h"
#include "ssh/channel.h"
#include "ssh/session.h"

/* OpenSSH's window for a session without a terminal; a long path makes it
 * grow. For a terminal less: what is in flight is what ^C has to wait for. */
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
#define TERMINAL_WINDOW_BYTES ((uint32_t)256 * 1024)
#define TERMINAL_WINDOW_MOST ((uint32_t)2 * 1024 * 1024)

extern char **environ;

/* Does SendEnv want this "NAME=value"? */
static bool
is_wanted(const struct strv *patterns, const char *entry, const char *equals)
{
	char *name = xstrndup(entry, (size_t)(equals - entry));
	bool found = false;

	for (size_t i = 0; i < patterns->len && !found; i++)
		found = match_pattern(name, patterns->items[i]);
	free(name);
	return found;
}

static void
request_variable(struct client *c, const char *entry)
{
	const char *equals = strchr(entry, '=');
	char *name;

	if (equals == NULL)
		return;
	name = xstrndup(entry, (size_t)(equals - entry));
	channel_request_env(c->channel, name, equals + 1);
	free(name);
}

static void
request_environment(struct client *c)
{
	const struct conf *o = c->conf;

	if (o->send_env.len > 0)
		log_debug("Sending environment.");
	for (char **entry = environ; *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');

		if (equals != NULL && is_wanted(&o->send_env, *entry, equals))
			request_variable(c, *entry);
	}
	for (size_t i = 0; i < o->set_env.len; i++)
		request_variable(c, o->set_env.items[i]);
}

/* -W: instead of a session, one connection from the server to a target. */
static int
open_stdio_forward(struct client *c, struct err *e)
{
	struct channel_target target = { .from_host = NULL };
	struct forward_spec spec;

	if (forward_spec_load(c->conf->stdio_forward, FORWARD_STDIO, &spec) !=
	    0)
		return err_set(e, ERR_USAGE,
			       "Bad stdio forwarding "
			       "specification '%s'\n",
			       c->conf->stdio_forward);
	target.path = spec.connect.path;
	target.host = spec.connect.host;
	target.port = spec.connect.port;
	c->channel = channel_open_direct(c->session, &target, WINDOW_BYTES);
	forward_spec_clear(&spec);
	return 0;
}

int
client_open_channel(struct client *c, struct err *e)
{
	if (c->channel != NULL)
		return 0;
	if (c->conf->stdio_forward != NULL)
		return open_stdio_forward(c, e);
	if (c->conf->session_type == CONF_SESSION_NONE &&
	    session_can(c->session, SESSION_BARE))
		return 0;
	c->channel = channel_open_session(
	    c->session,
	    c->interactive != NULL ? TERMINAL_WINDOW_BYTES : WINDOW_BYTES);
	if (c->interactive != NULL)
		channel_limit_window(c->channel, TERMINAL_WINDOW_MOST);
	return 0;
}

void
client_request_session(struct client *c)
{
	if (c->is_requested)
		return;
	c->is_requested = true;
	c->x11_request = x11_request_new(c);
	c->agent_request = agent_request_new(c);
	if (c->interactive != NULL)
		interactive_request_pty(c->interactive);
	request_environment(c);
	if (c->conf->session_type == CONF_SESSION_SUBSYSTEM) {
		log_debug("Sending subsystem: %s", c->command);
		channel_request_start(c->channel, "subsystem", c->command);
	} else if (c->command != NULL) {
		log_debug("Sending command: %s", c->command);
		channel_request_start(c->channel, "exec", c->command);
	} else {
		channel_request_start(c->channel, "shell", NULL);
	}
}

/*
 * With -N the server need not run anything. Where the session needs a channel
 * to get going, one is opened and closed at once; a server that refuses even
 * that is no failure.
 */
static enum step
open_nothing(struct client *c)
{
	struct err ignored = { .kind = ERR_NONE };
	enum step step = channel_open_step(c->channel, &ignored);

	if (step == STEP_AGAIN)
		return step;
	channel_free(c->channel);
	c->channel = NULL;
	return STEP_DONE;
}

static enum step
open_session(struct client *c, struct err *e)
{
	enum step step = channel_open_step(c->channel, e);

	if (step == STEP_DONE)
		step = channel_start_step(c->channel, e);
	return step;
}

/* Take over our own copies: the originals stay as they are until the end. */
static int
start_relay(struct client *c, struct err *e)
{
	struct stdio_params p = {
		.channel = c->channel,
		.in = c->conf->stdin_null
			  ? -1
			  : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3),
		.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3),
		.err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
		.wake = client_wake,
		.arg = c,
	};

	if (c->interactive != NULL) {
		p.typed = interactive_typed;
		p.shown = interactive_shown;
		p.screen = c->interactive;
	}
	if (p.out < 0 || p.err < 0)
		return err_set(e, ERR_LOCAL, "standard output: %s",
			       strerror(errno));
	c->stdio = stdio_new(c->loop, &p, e);
	return c->stdio != NULL ? 0 : -1;
}

static void
on_signal(void *arg, int signo)
{
	struct client *c = arg;

	c->signo = signo;
	client_wake(c);
}

/* As in ssh, what the caller ignores stays ignored. */
static void
watch_signals(struct client *c)
{
	static const int signals[CLIENT_SIGNALS] = { SIGHUP, SIGINT, SIGQUIT,
						     SIGTERM };

	for (size_t i = 0; i < CLIENT_SIGNALS; i++) {
		struct sigaction old;

		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			c->signals[i] =
			    loop_signal_new(c->loop, signals[i], on_signal, c);
	}
}

/* Which terminal to ask for, if that has to be found out. From here on
 * everything waits for the server, so ServerAlive begins. */
enum step
client_ask_terminal(struct client *c, struct err *e)
{
	if (c->alive == NULL)
		c->alive = alive_new(c);
	if (c->fallback == NULL)
		c->fallback = fallback_new(c);
	if (c->fallback == NULL)
		return STEP_DONE;
	session_poll_requests(c->session);
	if (session_ended(c->session) != SESSION_ALIVE)
		return client_lost(c, e);
	if (fallback_step(c->fallback) == STEP_AGAIN)
		return alive_step(c->alive, e);
	fallback_free(c->fallback);
	c->fallback = NULL;
	return STEP_DONE;
}

static int
request_everything(struct client *c, struct err *e)
{
	if (forwarding_start(c, e) != 0 || client_open_channel(c, e) != 0)
		return -1;
	if (c->conf->stdio_forward == NULL &&
	    c->conf->session_type != CONF_SESSION_NONE)
		client_request_session(c);
	if (c->conf->control_master == CONF_CONTROL_NO)
		session_no_more_sessions(c->session);
	return 0;
}

/* Is what was asked for there? */
static enum step
wait_for_session(struct client *c, struct err *e)
{
	enum step step;

	if (c->conf->stdio_forward != NULL) {
		step = channel_open_step(c->channel, e);
		if (step == STEP_FAIL) {
			log_error("%s", e->text);
			err_set(e, ERR_FORWARD, "stdio forwarding failed");
		}
		return step;
	}
	if (c->conf->session_type == CONF_SESSION_NONE)
		return c->channel != NULL ? open_nothing(c) : STEP_DONE;
	return open_session(c, e);
}

/* The session is there: from here on bytes move. */
static int
begin_session(struct client *c, struct err *e)
{
	if (c->channel != NULL && start_relay(c, e) != 0)
		return -1;
	if (c->conf->fork_after_authentication &&
	    local_go_to_background(c, e) != 0)
		return -1;
	watch_signals(c);
	if (c->interactive != NULL && interactive_start(c->interactive, e) != 0)
		return -1;
	c->pacing = pacing_new(c);
	c->rekey = rekey_new(c);
	c->host_key_update = host_key_update_new(c);
	stream_set_quickack(session_stream(c->session), false);
	if (c->interactive != NULL && c->conf->ip_qos_interactive >= 0)
		stream_set_dscp(session_stream(c->session),
				c->conf->ip_qos_interactive);
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
	return local_run_command(c, e);
}

/* What came before the connection's end counts, be it the whole session; but a
 * refusal says less than what is wrong with the connection. */
static bool
is_lost(const struct client *c, enum step step)
{
	switch (session_ended(c->session)) {
	case SESSION_ALIVE:
		return false;
	case SESSION_CLOSED:
	case SESSION_BROKEN:
	case SESSION_DISCONNECTED:
		return step == STEP_AGAIN || c->channel == NULL;
	case SESSION_CORRUPT:
	case SESSION_KEY_CHANGED:
		break;
	}
	return step != STEP_DONE || c->channel == NULL;
}

enum step
client_open(struct client *c, struct err *e)
{
	enum step step;

	if (!c->is_asked) {
		c->is_asked = true;
		if (request_everything(c, e) != 0)
			return STEP_FAIL;
		session_poll_requests(c->session);
		session_flush(c->session);
		if (run_local_command(c, e) != 0)
			return STEP_FAIL;
	}
	forwards_step(c->forwards);
	step = wait_for_session(c, e);
	if (step == STEP_DONE)
		step = forwarding_ready(c, e);
	if (is_lost(c, step))
		return client_lost(c, e);
	if (step == STEP_AGAIN)
		return alive_step(c->alive, e);
	if (step == STEP_FAIL)
		return step;
	opening_remember(c);
	return begin_session(c, e) == 0 ? STEP_DONE : STEP_FAIL;
}
