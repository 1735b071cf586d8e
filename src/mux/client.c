#include "mux/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "mux/client_internal.h"
#include "mux/control_path.h"
#include "mux/link.h"
#include "net/loop.h"

/* A master answers some things at once; others have to be asked of the server,
 * or of the user (ControlMaster ask). ssh waits for ever. */
#define AT_ONCE_MS 15000
#define FROM_OTHERS_MS 120000

static mux_stage greet;

/* clang-format off */
static const struct mux_script scripts[] = {
	{ "check", "connection",
	  { greet, mux_client_check, mux_client_show_connection } },
	{ "exit", NULL, { greet, mux_client_terminate } },
	{ "stop", NULL, { greet, mux_client_stop } },
	{ "forward", NULL,
	  { greet, mux_client_open_forwards, mux_client_end_forwards } },
	{ "cancel", NULL, { greet, mux_client_close_forwards } },
	{ "proxy", NULL, { greet, mux_client_proxy } },
	{ "conninfo", "connection", { greet, mux_client_show_info } },
	{ "channels", "channels", { greet, mux_client_show_info } },
	{ "list", "list@hawser", { greet, mux_client_show_info } },
	{ "list-json", "list-json@hawser", { greet, mux_client_show_info } },
};

static const struct mux_script
	stdio = { NULL, NULL,
		  { greet, mux_client_open_stdio, mux_client_attend } },
	forwards_only = { NULL, NULL,
			  { greet, mux_client_open_forwards,
			    mux_client_end_forwards, mux_client_hold,
			    mux_client_withdraw } },
	session = { NULL, NULL,
		    { greet, mux_client_open_forwards, mux_client_end_forwards,
		      mux_client_find_terminal, mux_client_find_pid,
		      mux_client_open_session,
		      mux_client_attend } };
/* clang-format on */

#define N_SCRIPTS (sizeof(scripts) / sizeof(scripts[0]))
#define N_STAGES (sizeof(stdio.stages) / sizeof(stdio.stages[0]))

static const struct mux_script *
find_script(const struct conf *o)
{
	if (o->mux_command == NULL && o->stdio_forward != NULL)
		return &stdio;
	if (o->mux_command == NULL && o->session_type == CONF_SESSION_NONE)
		return &forwards_only;
	if (o->mux_command == NULL)
		return &session;
	for (size_t i = 0; i < N_SCRIPTS; i++)
		if (strcmp(o->mux_command, scripts[i].name) == 0)
			return &scripts[i];
	return NULL;
}

bool
mux_client_is_wanted(const struct conf *o)
{
	if (o->mux_command != NULL)
		return true;
	/* nobody's connection but our own can be made again */
	return o->control_path != NULL && o->reconnect == CONF_RECONNECT_NO &&
	       o->control_master != CONF_CONTROL_YES &&
	       o->control_master != CONF_CONTROL_ASK;
}

/* --- talking --- */

static int64_t
patience_ms(const struct mux_client *m, enum mux_patience patience)
{
	int64_t ms = (int64_t)m->conf->connect_timeout * 1000;

	switch (patience) {
	case MUX_AT_ONCE:
		return ms > 0 ? ms : AT_ONCE_MS;
	case MUX_FROM_OTHERS:
		return ms > FROM_OTHERS_MS ? ms : FROM_OTHERS_MS;
	case MUX_FOR_EVER:
		break;
	}
	return -1;
}

void
mux_client_ask(struct mux_client *m, struct mux_packet *p,
	       enum mux_patience patience)
{
	p->id = m->next_id++;
	mux_link_put(m->link, p);
	loop_timer_set(m->patience, patience_ms(m, patience));
	m->is_asked = true;
}

enum step
mux_client_hear(struct mux_client *m, struct mux_packet *ret_packet,
		struct err *e)
{
	enum step step = mux_link_step(m->link, ret_packet, e);

	if (step != STEP_AGAIN) {
		loop_timer_set(m->patience, -1);
		/* an answer that came with the end of our patience */
		m->is_late = false;
		return step;
	}
	if (!m->is_late)
		return step;
	err_set(e, ERR_TIMEOUT, "Control socket %.100s: no answer",
		m->conf->control_path);
	return STEP_FAIL;
}

enum step
mux_client_await(struct mux_client *m, uint32_t id,
		 struct mux_packet *ret_packet, struct err *e)
{
	struct mux_packet p;
	enum step step = mux_client_hear(m, &p, e);

	if (step != STEP_DONE)
		return step;
	if (p.id == id && p.type != MUX_HELLO) {
		*ret_packet = p;
		return STEP_DONE;
	}
	err_set(e, ERR_PROTOCOL, "out of sequence reply: my id %u theirs %u",
		id, p.id);
	mux_packet_clear(&p);
	return STEP_FAIL;
}

enum step
mux_client_refused(const struct mux_packet *p, const char *request,
		   struct err *e)
{
	if (p->type == MUX_S_PERMISSION_DENIED)
		err_set(e, ERR_LOCAL, "Master refused %s request: %s", request,
			p->text);
	else if (p->type == MUX_S_FAILURE)
		err_set(e, ERR_LOCAL, "%s request failed: %s", request,
			p->text);
	else
		err_set(e, ERR_PROTOCOL,
			"unexpected response from master 0x%08x", p->type);
	return STEP_FAIL;
}

enum step
mux_client_decline(struct mux_client *m)
{
	m->was_declined = true;
	return STEP_FAIL;
}

void
mux_client_tell(int fd, const char *text)
{
	fd_write(fd, text, strlen(text));
}

/* There is no master: as ssh says it, and does. */
static enum step
decline_unreachable(struct mux_client *m, const struct err *e)
{
	const struct conf *o = m->conf;
	int error = mux_link_errno(m->link);

	if (o->mux_command != NULL)
		return STEP_FAIL;
	if (error == ECONNREFUSED && o->control_master != CONF_CONTROL_NO &&
	    control_path_is_socket(o->control_path)) {
		/* by now another's may be there: the master that we may
		 * become makes room with more care */
		log_debug("Stale control socket %.100s", o->control_path);
	} else if (error == ENOENT) {
		log_debug("Control socket \"%.100s\" does not exist",
			  o->control_path);
	} else {
		log_error("%s", e->text);
	}
	return mux_client_decline(m);
}

/* What is said first by both; nothing was asked for yet. */
static enum step
greet(struct mux_client *m, struct err *e)
{
	struct mux_packet p = { .type = MUX_HELLO, .value = MUX_VERSION };
	enum step step;

	if (!m->is_asked) {
		mux_link_put(m->link, &p);
		loop_timer_set(m->patience, patience_ms(m, MUX_AT_ONCE));
		m->is_asked = true;
	}
	step = mux_client_hear(m, &p, e);
	if (step == STEP_AGAIN)
		return step;
	if (mux_link_end(m->link) == MUX_LINK_UNREACHABLE)
		return decline_unreachable(m, e);
	if (step == STEP_DONE && p.type != MUX_HELLO)
		step = mux_client_refused(&p, "hello", e);
	if (step == STEP_DONE && p.value != MUX_VERSION) {
		err_set(e, ERR_PROTOCOL,
			"Unsupported multiplexing protocol version %u "
			"(expected %d)",
			p.value, MUX_VERSION);
		step = STEP_FAIL;
	}
	m->has_info = mux_packet_has_extension(&p, MUX_EXTENSION_INFO);
	mux_packet_clear(&p);
	if (step == STEP_DONE || m->conf->mux_command != NULL)
		return step;
	log_error("%s", e->text);
	log_error("muxclient: master hello exchange failed");
	return mux_client_decline(m);
}

/* --- its life --- */

static void
wake(void *arg)
{
	struct mux_client *m = arg;

	loop_task_post(m->turn);
}

static void
on_late(void *arg)
{
	struct mux_client *m = arg;

	m->is_late = true;
	wake(m);
}

static enum step
advance(struct mux_client *m)
{
	while (m->stage < N_STAGES && m->script->stages[m->stage] != NULL) {
		enum step step = m->script->stages[m->stage](m, &m->err);

		if (step != STEP_DONE)
			return step;
		m->stage++;
		m->is_asked = false;
	}
	return STEP_DONE;
}

static void
take_turn(void *arg)
{
	struct mux_client *m = arg;

	if (m->result != STEP_AGAIN)
		return;
	m->result = advance(m);
	if (m->result != STEP_AGAIN)
		mux_client_leave_terminal(m);
}

struct mux_client *
mux_client_new(const struct mux_client_params *p)
{
	struct mux_client *m = xcalloc(1, sizeof(*m));

	m->loop = p->loop;
	m->conf = p->conf;
	m->console = p->console;
	m->settle = p->settle;
	m->arg = p->arg;
	m->command = client_command(p->conf);
	m->null = -1;
	m->script = find_script(p->conf);
	m->turn = loop_task_new(p->loop, take_turn, m);
	m->patience = loop_timer_new(p->loop, on_late, m);
	m->link =
	    mux_link_new(p->loop, m->conf->control_path, wake, m, &m->err);
	m->result = m->link != NULL ? STEP_AGAIN : STEP_FAIL;
	if (m->conf->control_master == CONF_CONTROL_AUTO ||
	    m->conf->control_master == CONF_CONTROL_AUTO_ASK)
		log_debug("auto-mux: Trying existing master");
	wake(m);
	return m;
}

void
mux_client_free(struct mux_client *m)
{
	if (m == NULL)
		return;
	mux_client_leave_terminal(m);
	mux_client_forwards_clear(m);
	mux_link_free(m->link);
	loop_timer_free(m->patience);
	loop_timer_free(m->deadline);
	loop_task_free(m->turn);
	if (m->null >= 0)
		close(m->null);
	free(m);
}

enum step
mux_client_result(struct mux_client *m, int *ret_status, struct err *e)
{
	if (m->result == STEP_DONE)
		*ret_status = m->status;
	if (m->result == STEP_FAIL)
		*e = m->err;
	return m->result;
}

bool
mux_client_was_declined(const struct mux_client *m)
{
	return m->was_declined;
}

int
mux_client_take_socket(struct mux_client *m)
{
	bool is_there = m->result == STEP_DONE && m->is_proxied;

	m->is_proxied = false;
	return is_there ? mux_link_release(m->link) : 0;
}

void
mux_client_signal(struct mux_client *m, int signo)
{
	/* there is no state that could be printed */
	if (signo == SIGUSR1)
		return;
	m->signo = signo;
	wake(m);
}
