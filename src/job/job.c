#include "job/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/signal_name.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "forward/idle.h"
#include "forward/stdio.h"
#include "job/deadline.h"
#include "job/environment.h"
#include "job/service.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "ssh/session.h"

/* OpenSSH's window for a session without a terminal; a long path makes it
 * grow. For a terminal less: what is in flight is what ^C has to wait for. */
#define WINDOW_BYTES ((uint32_t)2 * 1024 * 1024)
#define TERMINAL_WINDOW_BYTES ((uint32_t)256 * 1024)
#define TERMINAL_WINDOW_MOST ((uint32_t)2 * 1024 * 1024)

/* How long to wait for a server that has nothing left to say but good-bye. */
#define LAST_WORDS_MS 5000

static void *
request_pty(const struct job_params *p, struct channel *c)
{
	if (p->screen != NULL)
		p->screen->request_pty(p->screen->arg, c);
	return NULL;
}

static void *
request_environment(const struct job_params *p, struct channel *c)
{
	environment_request(c, p->conf);
	return NULL;
}

static const struct service pty = { .begin = request_pty };
static const struct service environment = { .begin = request_environment };

/* In the order in which they are asked for. */
static const struct service *const services[] = {
	&x11_service,
	&agent_service,
	&pty,
	&environment,
};

#define N_SERVICES (sizeof(services) / sizeof(services[0]))

struct job {
	struct job_params params;
	struct channel *channel;
	size_t n_begun, n_ready;    /* services; all: it was */
	void *services[N_SERVICES]; /* as above; NULL: none */
	struct stdio *stdio;
	struct idle_watch *watch;
	bool has_idled;              /* it is closed for that */
	bool is_awaited;             /* the deadline runs, if there is one */
	struct deadline *deadline;   /* CommandTimeout, ExitGrace; or NULL */
	struct loop_timer *patience; /* runs once nothing is left to be said */
	bool is_late;
};

/* -W: instead of a session, one connection from the server to a target. */
static void
open_stdio_forward(struct job *j)
{
	const struct forward_end *to = &j->params.conf->stdio_forward->connect;
	struct channel_target target = {
		.path = to->path,
		.host = to->host,
		.port = to->port,
	};

	j->channel =
	    channel_open_direct(j->params.session, &target, WINDOW_BYTES);
}

static void
open_session(struct job *j)
{
	bool has_screen = j->params.screen != NULL;

	j->channel = channel_open_session(j->params.session,
					  has_screen ? TERMINAL_WINDOW_BYTES
						     : WINDOW_BYTES);
	if (has_screen)
		channel_limit_window(j->channel, TERMINAL_WINDOW_MOST);
}

struct job *
job_new(const struct job_params *p)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->params = *p;
	if (p->kind == JOB_STDIO)
		open_stdio_forward(j);
	else
		open_session(j);
	return j;
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < N_SERVICES; i++)
		if (j->services[i] != NULL)
			services[i]->free(j->services[i]);
	deadline_free(j->deadline);
	loop_timer_free(j->patience);
	idle_unwatch(j->watch);
	stdio_free(j->stdio);
	channel_free(j->channel);
	free(j);
}

static void
request_start(struct job *j)
{
	const char *command = j->params.command;

	if (j->params.conf->session_type == CONF_SESSION_SUBSYSTEM) {
		log_debug("Sending subsystem: %s", command);
		channel_request_start(j->channel, "subsystem", command);
	} else if (command != NULL) {
		log_debug("Sending command: %s", command);
		channel_request_start(j->channel, "exec", command);
	} else {
		channel_request_start(j->channel, "shell", NULL);
	}
}

/* Ask for the next service. STEP_AGAIN: it is not ready yet. */
static enum step
request_next(struct job *j)
{
	size_t i = j->n_ready;
	enum step step = STEP_DONE;

	if (j->n_begun == i) {
		j->services[i] = services[i]->begin(&j->params, j->channel);
		j->n_begun++;
	}
	if (j->services[i] != NULL && services[i]->ready != NULL)
		step = services[i]->ready(j->services[i]);
	if (step == STEP_FAIL) {
		services[i]->free(j->services[i]);
		j->services[i] = NULL;
	}
	if (step != STEP_AGAIN)
		j->n_ready++;
	return step;
}

static bool
is_requested(const struct job *j)
{
	return j->n_ready == N_SERVICES;
}

/* Go on with what is asked. */
static void
request(struct job *j)
{
	if (is_requested(j))
		return;
	while (!is_requested(j))
		if (request_next(j) == STEP_AGAIN)
			return;
	request_start(j);
}

void
job_request(struct job *j)
{
	if (j->params.kind == JOB_SESSION)
		request(j);
}

/* A service has kept the others waiting. Always STEP_AGAIN. */
static enum step
request_late(struct job *j)
{
	request(j);
	/* requests are looked at when a turn begins */
	if (is_requested(j))
		j->params.wake(j->params.arg);
	return STEP_AGAIN;
}

static void
set_deadline(struct job *j)
{
	const struct deadline_params p = {
		.loop = j->params.loop,
		.conf = j->params.conf,
		.channel = j->channel,
		.command = j->params.command,
		.has_terminal = j->params.screen != NULL,
		.wake = j->params.wake,
		.arg = j->params.arg,
	};

	if (j->is_awaited)
		return;
	j->is_awaited = true;
	j->deadline = deadline_new(&p);
}

static enum step
open_session_step(struct job *j, struct err *e)
{
	enum step step = channel_open_step(j->channel, e);

	set_deadline(j);
	if (step != STEP_FAIL && !is_requested(j))
		return request_late(j);
	return step == STEP_DONE ? channel_start_step(j->channel, e) : step;
}

enum step
job_open_step(struct job *j, struct err *e)
{
	enum step step;

	if (j->params.kind == JOB_SESSION)
		return open_session_step(j, e);
	step = channel_open_step(j->channel, e);
	if (step == STEP_FAIL) {
		log_error("%s", e->text);
		err_set(e, e->kind, "stdio forwarding failed");
	}
	return step;
}

/* What ChannelTimeout calls the channel. */
static char *
channel_type(const struct job *j)
{
	const struct job_params *p = &j->params;

	if (p->kind == JOB_STDIO)
		return xstrdup(p->conf->stdio_forward->connect.path != NULL
				   ? "direct-streamlocal@openssh.com"
				   : "direct-tcpip");
	if (p->conf->session_type == CONF_SESSION_SUBSYSTEM)
		return xasprintf("session:subsystem:%s", p->command);
	return xstrdup(p->command != NULL ? "session:command"
					  : "session:shell");
}

static void
watch(struct job *j)
{
	char *type = channel_type(j);

	j->watch = idle_watch(j->params.idle, type, j->channel);
	free(type);
}

static int
copy_of(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void
close_copies(const struct stdio_params *p)
{
	const int fds[] = { p->in, p->out, p->err };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Take over our own copies: the originals stay as they are until the end. */
int
job_start(struct job *j, struct err *e)
{
	const int *fds = j->params.fds;
	struct stdio_params p = {
		.channel = j->channel,
		.in = j->params.conf->stdin_null ? -1 : copy_of(fds[0]),
		.out = copy_of(fds[1]),
		.err = copy_of(fds[2]),
		.wake = j->params.wake,
		.arg = j->params.arg,
	};

	if (j->params.screen != NULL) {
		p.typed = j->params.screen->typed;
		p.shown = j->params.screen->shown;
		p.screen = j->params.screen->arg;
	}
	if (p.out < 0 || p.err < 0) {
		err_set(e, ERR_LOCAL, "standard output: %s", strerror(errno));
		close_copies(&p);
		return -1;
	}
	j->stdio = stdio_new(j->params.loop, &p, e);
	if (j->stdio == NULL)
		return -1;
	watch(j);
	deadline_confirm(j->deadline);
	return 0;
}

/* As in ssh, the server is not waited for, and whatever is still to be written
 * is given up. */
static void
close_idle(struct job *j)
{
	j->has_idled = true;
	stdio_stop_input(j->stdio);
	channel_close(j->channel);
}

bool
job_step(struct job *j)
{
	bool has_more = false;

	for (size_t i = 0; i < N_SERVICES; i++)
		if (j->services[i] != NULL && services[i]->step(j->services[i]))
			has_more = true;
	if (j->stdio == NULL)
		return has_more;
	if (stdio_step(j->stdio))
		has_more = true;
	/* -W ends with its target, whatever our input does, as in ssh */
	if (j->params.kind == JOB_STDIO && job_is_drained(j)) {
		stdio_stop_input(j->stdio);
		channel_close(j->channel);
	}
	deadline_step(j->deadline);
	if (!j->has_idled && idle_has_expired(j->watch))
		close_idle(j);
	return has_more;
}

bool
job_is_quiet(const struct job *j)
{
	for (size_t i = 0; i < N_SERVICES; i++)
		if (j->services[i] != NULL)
			return false;
	return j->stdio != NULL && j->watch == NULL && stdio_is_quiet(j->stdio);
}

bool
job_is_drained(const struct job *j)
{
	return j->stdio == NULL || stdio_is_drained(j->stdio);
}

/* Have we closed the channel, or has the remote command ended and was all of
 * its output written? Then CLOSE is all that can come. */
static bool
is_all_said(const struct job *j)
{
	const char *name, *message;
	int status;

	if (stdio_has_closed(j->stdio))
		return true;
	return job_is_drained(j) &&
	       (j->params.kind == JOB_STDIO ||
		channel_exit(j->channel, &status, &name, &message) !=
		    CHANNEL_EXIT_NONE);
}

static void
on_late(void *arg)
{
	struct job *j = arg;

	j->is_late = true;
	j->params.wake(j->params.arg);
}

bool
job_is_over(struct job *j)
{
	if (j->has_idled || deadline_is_over(j->deadline) ||
	    channel_is_refused(j->channel) ||
	    (job_is_drained(j) && channel_is_closed(j->channel)))
		return true;
	if (j->patience == NULL && is_all_said(j)) {
		j->patience = loop_timer_new(j->params.loop, on_late, j);
		loop_timer_set(j->patience, LAST_WORDS_MS);
	}
	return j->is_late;
}

static enum step
killed(const char *name, const char *message, struct err *e)
{
	char *shown_name = str_visible_line(name, strlen(name));
	char *shown_message = str_visible_line(message, strlen(message));

	err_set(e, ERR_REMOTE_SIGNAL,
		"The remote command was killed by signal %s%s%s.", shown_name,
		*message != '\0' ? ": " : "", shown_message);
	free(shown_name);
	free(shown_message);
	return STEP_FAIL;
}

enum step
job_result(struct job *j, int *ret_status, struct err *e)
{
	const char *name, *message;

	if (deadline_has_passed(j->deadline)) {
		*ret_status = DEADLINE_STATUS;
		return STEP_DONE;
	}
	/* some speak before they refuse */
	if (channel_is_refused(j->channel))
		return channel_start_step(j->channel, e);
	switch (channel_exit(j->channel, ret_status, &name, &message)) {
	case CHANNEL_EXIT_STATUS:
		log_debug("Exit status %d", *ret_status);
		break;
	case CHANNEL_EXIT_NONE:
		log_debug("Exit status -1");
		*ret_status = j->params.kind == JOB_STDIO ? 0 : 255;
		break;
	case CHANNEL_EXIT_SIGNAL:
		/* that our reader left is why, and the user's own doing */
		*ret_status = 255;
		if (!stdio_lost_reader(j->stdio))
			return killed(name, message, e);
		break;
	}
	return STEP_DONE;
}

bool
job_is_hasty(const struct job *j)
{
	return deadline_is_over(j->deadline);
}

size_t
job_connections(const struct job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < N_SERVICES; i++)
		if (j->services[i] != NULL)
			n += services[i]->connections(j->services[i]);
	return n;
}

void
job_signal(struct job *j, int signo)
{
	const char *name = signal_name(signo);

	channel_send_signal(j->channel, name != NULL ? name : "TERM");
}

void
job_abandon(struct job *j)
{
	channel_close(j->channel);
	stdio_free(j->stdio);
	j->stdio = NULL;
}

struct channel *
job_channel(const struct job *j)
{
	return j->channel;
}

struct stdio *
job_stdio(const struct job *j)
{
	return j->stdio;
}
