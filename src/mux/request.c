#include "mux/request.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/asker.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "client/guests.h"
#include "conf/conf.h"
#include "console/prompter.h"
#include "mux/mailbox.h"
#include "mux/shared_forward.h"
#include "mux/shared_job.h"
#include "mux/shared_list.h"
#include "mux/shared_proxy.h"
#include "mux/shared_report.h"
#include "mux/visitor_state.h"
#include "ssh/session.h"

typedef enum step answer_fn(struct visitor *v, struct err *e);

static answer_fn hello, session, alive, terminate, open_forward, close_forward,
    stop_listening, info, proxy;

static const struct {
	uint32_t type;
	answer_fn *answer;
} answers[] = {
	{ MUX_HELLO, hello },
	{ MUX_C_NEW_SESSION, session },
	{ MUX_C_ALIVE_CHECK, alive },
	{ MUX_C_TERMINATE, terminate },
	{ MUX_C_OPEN_FORWARD, open_forward },
	{ MUX_C_CLOSE_FORWARD, close_forward },
	{ MUX_C_NEW_STDIO_FORWARD, session },
	{ MUX_C_STOP_LISTENING, stop_listening },
	{ MUX_C_INFO, info },
	{ MUX_C_PROXY, proxy },
};

#define N_ANSWERS (sizeof(answers) / sizeof(answers[0]))

static const struct client_ground *
ground_of(const struct visitor *v)
{
	return v->all->ground;
}

/* Always STEP_DONE. */
static enum step
reply(struct visitor *v, uint32_t type, uint32_t value)
{
	const struct mux_packet p = {
		.type = type,
		.id = v->request.id,
		.value = value,
	};

	mailbox_put(v->mail, &p);
	return STEP_DONE;
}

static enum step
reply_text(struct visitor *v, uint32_t type, const char *text)
{
	char *copy = xstrdup(text);
	const struct mux_packet p = {
		.type = type,
		.id = v->request.id,
		.text = copy,
	};

	mailbox_put(v->mail, &p);
	free(copy);
	return STEP_DONE;
}

static enum step
refuse(struct visitor *v, const char *why)
{
	return reply_text(v, MUX_S_FAILURE, why);
}

static enum step
hello(struct visitor *v, struct err *e)
{
	if (v->has_greeted || v->request.value != MUX_VERSION) {
		err_set(e, ERR_PROTOCOL,
			v->has_greeted ? "HELLO received twice"
				       : "unsupported multiplexing protocol "
					 "version %u (expected %u)",
			v->request.value, MUX_VERSION);
		return STEP_FAIL;
	}
	v->has_greeted = true;
	return STEP_DONE;
}

static enum step
alive(struct visitor *v, struct err *e)
{
	(void)e;
	return reply(v, MUX_S_ALIVE, (uint32_t)getpid());
}

static bool
has_to_be_asked(const struct visitor *v)
{
	int mode = ground_of(v)->conf->control_master;

	return !v->is_allowed &&
	       (mode == CONF_CONTROL_ASK || mode == CONF_CONTROL_AUTO_ASK);
}

/* May it be? Text is taken over. STEP_FAIL: no, and the client was told. */
static enum step
permit(struct visitor *v, char *text)
{
	const struct client_ground *g = ground_of(v);
	struct asker asker;
	enum step step = STEP_DONE;

	if (has_to_be_asked(v)) {
		if (v->prompter == NULL)
			v->prompter = prompter_new(v->all->console, g->host,
						   g->wake, g->arg);
		asker = prompter_asker(v->prompter);
		step = STEP_FAIL;
		if (asker.can_ask(asker.arg))
			step = asker_confirm(&asker, text);
	}
	free(text);
	if (step == STEP_FAIL)
		reply_text(v, MUX_S_PERMISSION_DENIED, "Permission denied");
	v->is_allowed = step == STEP_DONE;
	return step;
}

static enum step
terminate(struct visitor *v, struct err *e)
{
	enum step step =
	    permit(v, xasprintf("Terminate shared connection to %s (yes/no)? ",
				ground_of(v)->host));

	(void)e;
	if (step != STEP_DONE)
		return step == STEP_FAIL ? STEP_DONE : step;
	reply(v, MUX_S_OK, 0);
	v->all->terminate(v->all->arg);
	return STEP_DONE;
}

static enum step
stop_listening(struct visitor *v, struct err *e)
{
	enum step step =
	    permit(v, xasprintf("Disable further multiplexing on shared "
				"connection to %s (yes/no)? ",
				ground_of(v)->host));

	(void)e;
	if (step != STEP_DONE)
		return step == STEP_FAIL ? STEP_DONE : step;
	v->all->stop(v->all->arg);
	return reply(v, MUX_S_OK, 0);
}

static enum step
open_forward(struct visitor *v, struct err *e)
{
	const struct client_ground *g = ground_of(v);
	const struct mux_forward *f = &v->request.forward;
	enum step step = STEP_DONE;
	char *text;
	int port;

	if (has_to_be_asked(v)) {
		text = shared_forward_text(f, g->conf->gateway_ports);
		step = permit(
		    v, xasprintf("Open %s on %s (yes/no)? ", text, g->host));
		free(text);
	}
	if (step != STEP_DONE)
		return step == STEP_FAIL ? STEP_DONE : step;
	if (g->is_untrusted)
		return refuse(v, "Port forwarding failed");
	step = shared_forward_open(g->forwards, f, &v->forward, &port, e);
	if (step == STEP_FAIL)
		return refuse(v, e->text);
	if (step == STEP_AGAIN)
		return step;
	return port != 0 ? reply(v, MUX_S_REMOTE_PORT, (uint32_t)port)
			 : reply(v, MUX_S_OK, 0);
}

static enum step
close_forward(struct visitor *v, struct err *e)
{
	if (shared_forward_close(ground_of(v)->forwards, &v->request.forward,
				 e) != 0)
		return refuse(v, e->text);
	return reply(v, MUX_S_OK, 0);
}

static void
print_connection(const struct visitors *all, struct buf *out)
{
	shared_report_connection(all->ground, out);
}

static const struct {
	const char *name;
	void (*print)(const struct visitors *all, struct buf *out);
} infos[] = {
	{ "connection", print_connection },
	{ "channels", shared_list_print },
	{ "list@hawser", shared_list_print },
	{ "list-json@hawser", shared_list_print_json },
};

static enum step
info(struct visitor *v, struct err *e)
{
	struct buf text = BUF_INIT;

	(void)e;
	for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
		if (strcmp(v->request.text, infos[i].name) != 0)
			continue;
		infos[i].print(v->all, &text);
		if (text.len < MUX_PACKET_MAX / 2)
			reply_text(v, MUX_S_INFO, buf_str(&text));
		else
			refuse(v, "there is too much to tell");
		buf_clear(&text);
		return STEP_DONE;
	}
	return refuse(v, "unsupported request");
}

/* --- sessions --- */

static bool
is_stdio(const struct visitor *v)
{
	return v->request.type == MUX_C_NEW_STDIO_FORWARD;
}

static char *
session_question(const struct visitor *v)
{
	const struct mux_forward *f = &v->request.forward;
	char *shown, *text;

	if (!is_stdio(v))
		return xasprintf("Allow shared connection to %s (yes/no)? ",
				 ground_of(v)->host);
	shown = str_visible_line(f->connect_host, strlen(f->connect_host));
	if (f->connect_port == MUX_PORT_OF_PATH)
		text = xasprintf("Allow forward to path %s (yes/no)? ", shown);
	else
		text = xasprintf("Allow forward to [%s]:%u (yes/no)? ", shown,
				 f->connect_port);
	free(shown);
	return text;
}

static enum step
take_fds(struct visitor *v, struct err *e)
{
	size_t n = is_stdio(v) ? 2 : SHARED_JOB_FDS;
	enum step step = STEP_DONE;

	if (!v->has_fds)
		step = mailbox_take_fds(v->mail, v->fds, n, e);
	if (step == STEP_DONE)
		v->has_fds = true;
	if (step == STEP_FAIL && e->kind != ERR_NONE)
		refuse(v, "did not receive file descriptors");
	return step;
}

static void
close_fds(struct visitor *v)
{
	for (size_t i = 0; i < SHARED_JOB_FDS; i++) {
		if (v->fds[i] >= 0)
			close(v->fds[i]);
		v->fds[i] = -1;
	}
}

static void
begin(struct visitor *v)
{
	const struct client_ground *g = ground_of(v);
	struct shared_job_params p = {
		.ground = g,
		.request = &v->request,
		.wake = g->wake,
		.arg = g->arg,
	};

	memcpy(p.fds, v->fds, sizeof(p.fds));
	for (size_t i = 0; i < SHARED_JOB_FDS; i++)
		v->fds[i] = -1;
	/* a connection's (-W) errors go where the master's do, as in ssh */
	if (is_stdio(v))
		p.fds[STDERR_FILENO] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (v->prompter == NULL)
		v->prompter =
		    prompter_new(v->all->console, g->host, g->wake, g->arg);
	p.asker = prompter_asker(v->prompter);
	v->job = shared_job_new(&p);
	v->session = ++v->all->sessions;
	v->since = time(NULL);
	v->has_begun = true;
}

static enum step
opened(struct visitor *v, struct err *e)
{
	enum step step = shared_job_opened(v->job, e);

	if (step == STEP_FAIL) {
		log_debug("session %u: %s", v->session, e->text);
		shared_job_free(v->job);
		v->job = NULL;
		return refuse(v, "Session open refused by peer");
	}
	if (step == STEP_DONE) {
		v->is_open = true;
		reply(v, MUX_S_SESSION_OPENED, v->session);
	}
	return step;
}

static enum step
session(struct visitor *v, struct err *e)
{
	enum step step;

	if (v->has_begun)
		return opened(v, e);
	step = take_fds(v, e);
	if (step != STEP_DONE)
		return step;
	if (v->session != 0) {
		close_fds(v);
		return refuse(v, "Multiple sessions not supported");
	}
	if (!mux_forward_is_sound(&v->request.forward)) {
		close_fds(v);
		return refuse(v, "Invalid forwarding request");
	}
	step = permit(v, session_question(v));
	if (step == STEP_FAIL)
		close_fds(v);
	if (step != STEP_DONE)
		return step == STEP_FAIL ? STEP_DONE : step;
	begin(v);
	return opened(v, e);
}

/* Everything that it wants then is between it and the server, with us in the
 * middle: forwardings, too. */
static enum step
proxy(struct visitor *v, struct err *e)
{
	const struct client_ground *g = ground_of(v);
	enum step step;

	(void)e;
	if (v->session != 0)
		return refuse(v, "Multiple sessions not supported");
	if (!session_can(g->session, SESSION_PROXY))
		return refuse(v, "unsupported request");
	if (g->is_untrusted)
		return refuse(v, "not with a host whose key is not known");
	step = permit(v, session_question(v));
	if (step != STEP_DONE)
		return step == STEP_FAIL ? STEP_DONE : step;
	reply(v, MUX_S_PROXY, 0);
	v->session = ++v->all->sessions;
	v->since = time(NULL);
	v->proxy = shared_proxy_new(g->session, v->mail);
	return STEP_DONE;
}

void
request_forget(struct visitor *v)
{
	mux_packet_clear(&v->request);
	close_fds(v);
	v->forward = SHARED_FORWARD_NEW;
	v->has_request = v->is_allowed = v->has_fds = v->has_begun = false;
}

enum step
request_answer(struct visitor *v, struct err *e)
{
	uint32_t type = v->request.type;

	if (!v->has_greeted && type != MUX_HELLO) {
		err_set(e, ERR_PROTOCOL, "expected HELLO, received 0x%08x",
			type);
		return STEP_FAIL;
	}
	for (size_t i = 0; i < N_ANSWERS; i++)
		if (answers[i].type == type)
			return answers[i].answer(v, e);
	return refuse(v, "unsupported request");
}
