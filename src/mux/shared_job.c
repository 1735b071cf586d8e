#include "mux/shared_job.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "console/pty.h"
#include "job/job.h"
#include "mux/packet.h"
#include "mux/shared_keys.h"
#include "net/endpoint.h"
#include "ssh/channel.h"
#include "term/terminal.h"

struct shared_job {
	struct loop *loop;
	void (*wake)(void *arg);
	void *arg;
	bool is_woken;
	struct conf conf; /* the master's, with the client's wishes; nothing in
			     it is owned but the two below */
	struct forward_spec stdio_forward;
	struct strv environment;
	char *command;
	char *term;
	bool wants_terminal;
	struct termios modes; /* before the client made it raw */
	bool has_modes;
	struct channel_size size;
	int fds[SHARED_JOB_FDS];
	struct shared_keys *keys; /* NULL: no terminal, or no escape key */
	struct job_screen screen;
	struct job *job;
	bool has_started;
	bool is_ended;  /* by us */
	struct err err; /* of what has failed */
};

/* Close the first n. */
static void
close_fds(struct shared_job *j, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (j->fds[i] >= 0)
			close(j->fds[i]);
		j->fds[i] = -1;
	}
}

static bool
get_size(const struct shared_job *j, struct channel_size *ret_size)
{
	const struct terminal_fds fds = { j->fds[0], j->fds[1], j->fds[2] };
	struct terminal_size size;
	bool has_one = terminal_size_of(&fds, &size);

	if (has_one)
		*ret_size = pty_size(&size);
	return has_one;
}

static void
request_pty(void *arg, struct channel *c)
{
	struct shared_job *j = arg;

	get_size(j, &j->size);
	pty_request(c, j->term, j->has_modes ? &j->modes : NULL, &j->size);
}

static void
on_typed(void *arg, const void *data, size_t len, struct buf *out)
{
	struct shared_job *j = arg;

	shared_keys_typed(j->keys, data, len, out);
	if (shared_keys_want_end(j->keys))
		j->is_ended = true;
}

/* The master's configuration, with what this session wants in its place. */
static void
make_conf(struct shared_job *j, const struct mux_packet *request,
	  const struct conf *master)
{
	const struct mux_session_request *s = &request->session;
	struct forward_end *to = &j->stdio_forward.connect;
	struct conf *o = &j->conf;

	*o = *master;
	o->stdin_null = false;
	/* how long the master's own may take is not about it */
	o->command_timeout = 0;
	o->exit_grace = -1;
	o->stdio_forward = NULL;
	o->send_env = (struct strv)STRV_INIT;
	strv_copy(&j->environment, &s->environment);
	o->set_env = j->environment;
	o->forward_agent = s->wants_agent;
	o->forward_x11 = s->wants_x11;
	o->session_type =
	    s->is_subsystem ? CONF_SESSION_SUBSYSTEM : CONF_SESSION_DEFAULT;
	if (request->type != MUX_C_NEW_STDIO_FORWARD)
		return;
	o->stdio_forward = &j->stdio_forward;
	if (request->forward.connect_port == MUX_PORT_OF_PATH) {
		to->path = xstrdup(request->forward.connect_host);
		return;
	}
	to->host = xstrdup(request->forward.connect_host);
	to->port = (int)request->forward.connect_port;
}

static void
make_screen(struct shared_job *j, const struct shared_job_params *p)
{
	const struct mux_session_request *s = &p->request->session;
	const struct shared_keys_params keys = {
		.ground = p->ground,
		.escape = (int)s->escape,
		.fd = p->fds[STDERR_FILENO],
	};

	j->has_modes = tcgetattr(p->fds[STDIN_FILENO], &j->modes) == 0;
	j->screen.request_pty = request_pty;
	j->screen.arg = j;
	if (s->escape == MUX_NO_ESCAPE)
		return;
	j->keys = shared_keys_new(&keys);
	j->screen.typed = on_typed;
}

static void
on_wake(void *arg)
{
	struct shared_job *j = arg;

	j->is_woken = true;
	j->wake(j->arg);
}

struct shared_job *
shared_job_new(const struct shared_job_params *p)
{
	struct shared_job *j = xcalloc(1, sizeof(*j));
	const struct mux_packet *request = p->request;
	bool is_stdio = request->type == MUX_C_NEW_STDIO_FORWARD;
	struct job_params job = {
		.loop = p->ground->loop,
		.session = p->ground->session,
		.conf = &j->conf,
		.kind = is_stdio ? JOB_STDIO : JOB_SESSION,
		.agent_path = p->ground->agent_path,
		.is_untrusted = p->ground->is_untrusted,
		.asker = p->asker,
		.idle = p->ground->idle,
		.x11_cookie = p->ground->x11_cookie,
		.wake = on_wake,
		.arg = j,
	};

	j->loop = p->ground->loop;
	j->wake = p->wake;
	j->arg = p->arg;
	memcpy(j->fds, p->fds, sizeof(j->fds));
	memcpy(job.fds, p->fds, sizeof(job.fds));
	make_conf(j, request, p->ground->conf);
	j->wants_terminal = request->session.wants_tty;
	if (j->wants_terminal) {
		j->term = xstrdup(request->session.term);
		make_screen(j, p);
		job.screen = &j->screen;
	}
	j->command = xstrdup(is_stdio ? "" : request->session.command);
	job.command = *j->command != '\0' ? j->command : NULL;
	j->job = job_new(&job);
	job_request(j->job);
	return j;
}

void
shared_job_free(struct shared_job *j)
{
	if (j == NULL)
		return;
	job_free(j->job);
	close_fds(j, SHARED_JOB_FDS);
	shared_keys_free(j->keys);
	forward_spec_clear(&j->stdio_forward);
	strv_clear(&j->environment);
	free(j->command);
	free(j->term);
	free(j);
}

enum step
shared_job_opened(const struct shared_job *j, struct err *e)
{
	return channel_open_step(job_channel(j->job), e);
}

/* What was asked for is there: bytes move. */
static void
start(struct shared_job *j)
{
	enum step step = job_open_step(j->job, &j->err);

	if (step == STEP_AGAIN)
		return;
	if (step == STEP_FAIL || job_start(j->job, &j->err) != 0) {
		j->is_ended = true;
		return;
	}
	j->has_started = j->is_woken = true;
	shared_keys_attach(j->keys, job_channel(j->job));
	/* the job has its own; of these there is still the size to be known */
	if (j->wants_terminal)
		shared_job_resize(j);
	else
		close_fds(j, STDERR_FILENO);
}

bool
shared_job_step(struct shared_job *j)
{
	if (!j->has_started && !j->is_ended)
		start(j);
	if (!j->has_started || (!j->is_woken && job_is_quiet(j->job)))
		return false;
	j->is_woken = job_step(j->job);
	return j->is_woken;
}

bool
shared_job_lacks_terminal(const struct shared_job *j)
{
	return j->wants_terminal && j->has_started &&
	       !channel_has_pty(job_channel(j->job));
}

void
shared_job_resize(struct shared_job *j)
{
	struct channel_size size = j->size;

	if (!j->wants_terminal || !get_size(j, &size) ||
	    memcmp(&size, &j->size, sizeof(size)) == 0)
		return;
	j->size = size;
	channel_set_size(job_channel(j->job), &size);
}

bool
shared_job_is_over(struct shared_job *j)
{
	return j->is_ended || (j->has_started && job_is_over(j->job));
}

bool
shared_job_status(const struct shared_job *j, int *ret_status, struct err *e)
{
	const char *name, *message;
	enum step step;

	if (j->is_ended) {
		*e = j->err;
		return false;
	}
	if (channel_exit(job_channel(j->job), ret_status, &name, &message) ==
	    CHANNEL_EXIT_STATUS)
		return true;
	step = job_result(j->job, ret_status, e);
	return step == STEP_DONE && shared_job_is_stdio(j);
}

void
shared_job_abandon(struct shared_job *j)
{
	close_fds(j, SHARED_JOB_FDS);
	j->is_ended = true;
	job_abandon(j->job);
}

/* What fits: nobody is waited for. */
void
shared_job_tell(const struct shared_job *j, const char *text)
{
	char *line = xasprintf("%s\r\n", text);

	if (endpoint_say(j->loop, j->fds[STDERR_FILENO], line, strlen(line)) !=
	    0)
		log_debug("a client could not be told: %s", text);
	free(line);
}

bool
shared_job_is_in_use(const struct shared_job *j)
{
	return job_connections(j->job) > 0;
}

bool
shared_job_is_stdio(const struct shared_job *j)
{
	return j->conf.stdio_forward != NULL;
}

const char *
shared_job_kind(const struct shared_job *j)
{
	if (shared_job_is_stdio(j))
		return "stdio";
	if (j->conf.session_type == CONF_SESSION_SUBSYSTEM)
		return "subsystem";
	return *j->command != '\0' ? "command" : "shell";
}

const char *
shared_job_text(const struct shared_job *j)
{
	return j->command;
}

const struct channel *
shared_job_channel(const struct shared_job *j)
{
	return job_channel(j->job);
}
