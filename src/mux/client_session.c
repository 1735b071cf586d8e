/* The stages of a session, or a -W, in a master's connection. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/forward_spec.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "console/console.h"
#include "job/deadline.h"
#include "job/environment.h"
#include "mux/client_internal.h"
#include "mux/link.h"
#include "net/loop.h"
#include "term/terminal.h"

/* --- the terminal --- */

/* The size of the master's sessions' terminals is the master's to look at. */
static void
on_signal(void *arg, int signo)
{
	struct mux_client *m = arg;
	struct err e = { .kind = ERR_NONE };

	if (signo == SIGTSTP && terminal_suspend(m->terminal, &e) != 0)
		log_debug("%s", e.text);
	if (signo == SIGCONT && terminal_is_raw(m->terminal) &&
	    terminal_enter(m->terminal, &e) != 0)
		log_debug("%s", e.text);
	if (m->pid > 0)
		kill(m->pid, SIGWINCH);
}

static int
enter_terminal(struct mux_client *m, struct err *e)
{
	static const int signals[MUX_CLIENT_SIGNALS] = { SIGWINCH, SIGCONT,
							 SIGTSTP };

	if (m->terminal == NULL)
		return 0;
	if (terminal_enter(m->terminal, e) != 0)
		return -1;
	for (size_t i = 0; i < MUX_CLIENT_SIGNALS; i++)
		m->signals[i] =
		    loop_signal_new(m->loop, signals[i], on_signal, m);
	return 0;
}

void
mux_client_leave_terminal(struct mux_client *m)
{
	for (size_t i = 0; i < MUX_CLIENT_SIGNALS; i++) {
		loop_signal_free(m->signals[i]);
		m->signals[i] = NULL;
	}
	terminal_free(m->terminal);
	m->terminal = NULL;
}

/* Before the master is told what is wanted. */
enum step
mux_client_find_terminal(struct mux_client *m, struct err *e)
{
	const struct terminal_fds fds = { STDIN_FILENO, STDOUT_FILENO,
					  STDERR_FILENO };

	(void)e;
	m->has_terminal = console_wants_terminal(m->console, m->command);
	if (m->has_terminal)
		m->terminal = terminal_new(&fds);
	return STEP_DONE;
}

/* --- asking --- */

/* Returns 0, or -1 with e set. */
static int
put_fds(struct mux_client *m, size_t n, struct err *e)
{
	int fds[MUX_LINK_FDS] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };

	if (m->conf->stdin_null) {
		m->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (m->null < 0)
			return err_set(e, ERR_LOCAL, "/dev/null: %s",
				       strerror(errno));
		fds[0] = m->null;
	}
	mux_link_put_fds(m->link, fds, n);
	return 0;
}

static void
on_deadline(void *arg)
{
	struct mux_client *m = arg;

	m->is_too_late = true;
	loop_task_post(m->turn);
}

/* A master knows no CommandTimeout but its own. */
static void
set_deadline(struct mux_client *m)
{
	m->deadline = loop_timer_new(m->loop, on_deadline, m);
	loop_timer_set(m->deadline,
		       deadline_of(m->conf, m->command, m->has_terminal));
}

static void
ask_session(struct mux_client *m)
{
	const struct conf *o = m->conf;
	struct mux_packet p = { .type = MUX_C_NEW_SESSION };
	struct mux_session_request *s = &p.session;

	s->wants_tty = m->has_terminal;
	s->wants_x11 = o->forward_x11;
	s->wants_agent = o->forward_agent;
	s->is_subsystem = o->session_type == CONF_SESSION_SUBSYSTEM;
	s->escape =
	    o->escape_char >= 0 ? (uint32_t)o->escape_char : MUX_NO_ESCAPE;
	s->term = xstrdup(console_term_name(m->console));
	s->command = xstrdup(m->command != NULL ? m->command : "");
	environment_collect(o, &s->environment);
	mux_client_ask(m, &p, MUX_FROM_OTHERS);
	mux_packet_clear(&p);
}

/*
 * The master went without an answer. If it has not even read the question,
 * nothing was begun; if it has, a command may have been, and is not to run
 * twice.
 */
static enum step
judge_silence(struct mux_client *m, struct err *e)
{
	switch (mux_link_end(m->link)) {
	case MUX_LINK_RESET:
		log_debug("mux_client_request_session: %s", e->text);
		return mux_client_decline(m);
	case MUX_LINK_ALIVE:
	case MUX_LINK_UNREACHABLE:
	case MUX_LINK_BROKEN:
		break;
	case MUX_LINK_CLOSED:
		err_set(e, ERR_LOST,
			"The master of the shared connection to %s ended "
			"before it said whether the session had begun.",
			m->conf->host_name);
		break;
	}
	return STEP_FAIL;
}

/* Who is told so can do without. */
static enum step
judge_refusal(struct mux_client *m, const struct mux_packet *p, struct err *e)
{
	bool is_denied = p->type == MUX_S_PERMISSION_DENIED;

	mux_client_refused(p, "session", e);
	if (!is_denied && p->type != MUX_S_FAILURE)
		return STEP_FAIL;
	log_error("%s%s",
		  is_denied ? "" : "mux_client_request_session: ", e->text);
	return mux_client_decline(m);
}

/* Returns 0, or -1 with e set. */
static int
begin(struct mux_client *m, uint32_t session, struct err *e)
{
	m->session = session;
	log_debug("mux_client_request_session: master session id: %u", session);
	if (m->settle(m->arg, e) != 0)
		return -1;
	return enter_terminal(m, e);
}

enum step
mux_client_open_session(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step;

	if (!m->is_asked) {
		ask_session(m);
		set_deadline(m);
		if (put_fds(m, 3, e) != 0)
			return STEP_FAIL;
	}
	if (m->is_too_late)
		return STEP_DONE;
	step = mux_client_await(m, m->next_id - 1, &p, e);
	if (step == STEP_FAIL)
		return judge_silence(m, e);
	if (step != STEP_DONE)
		return step;
	if (p.type != MUX_S_SESSION_OPENED)
		step = judge_refusal(m, &p, e);
	else
		step = begin(m, p.value, e) == 0 ? STEP_DONE : STEP_FAIL;
	mux_packet_clear(&p);
	return step;
}

enum step
mux_client_open_stdio(struct mux_client *m, struct err *e)
{
	const struct forward_end *to = &m->conf->stdio_forward->connect;
	struct mux_packet p = { .type = MUX_C_NEW_STDIO_FORWARD };
	enum step step;

	if (!m->is_asked) {
		p.forward.connect_host =
		    xstrdup(to->path != NULL ? to->path : to->host);
		p.forward.connect_port =
		    to->path != NULL ? MUX_PORT_OF_PATH : (uint32_t)to->port;
		mux_client_ask(m, &p, MUX_FROM_OTHERS);
		mux_packet_clear(&p);
		if (put_fds(m, 2, e) != 0)
			return STEP_FAIL;
	}
	step = mux_client_await(m, m->next_id - 1, &p, e);
	if (step == STEP_FAIL)
		return judge_silence(m, e);
	if (step != STEP_DONE)
		return step;
	m->session = p.value;
	if (p.type == MUX_S_FAILURE)
		err_set(e, ERR_FORWARD, "Stdio forwarding request failed: %s",
			p.text);
	else if (p.type != MUX_S_SESSION_OPENED)
		mux_client_refused(&p, "stdio forwarding", e);
	step = p.type == MUX_S_SESSION_OPENED ? STEP_DONE : STEP_FAIL;
	mux_packet_clear(&p);
	if (step == STEP_DONE && m->settle(m->arg, e) != 0)
		return STEP_FAIL;
	/* its end is the end of the control socket */
	m->has_status = true;
	return step;
}

/* --- waiting for its end --- */

/* Returns 0, or -1 with e set. */
static int
take_news(struct mux_client *m, const struct mux_packet *p, struct err *e)
{
	bool is_exit = p->type == MUX_S_EXIT_MESSAGE;

	if (!is_exit && p->type != MUX_S_TTY_ALLOC_FAIL) {
		mux_client_refused(p, "session", e);
		return -1;
	}
	if (p->id != m->session)
		return err_set(e, ERR_PROTOCOL,
			       "%s on unknown session: my id %u theirs %u",
			       is_exit ? "exit" : "tty alloc fail", m->session,
			       p->id);
	if (!is_exit) {
		mux_client_leave_terminal(m);
		return 0;
	}
	if (m->has_status)
		return err_set(e, ERR_PROTOCOL, "exitval sent twice");
	m->has_status = true;
	m->status = (int)(p->value & 0xff);
	return 0;
}

static void
tell_end(struct mux_client *m)
{
	mux_client_leave_terminal(m);
	if (m->has_terminal)
		log_info("Shared connection to %s closed.", m->conf->host_name);
}

/* We are gone: the master closes the channel then. */
static enum step
end_too_late(struct mux_client *m)
{
	mux_client_leave_terminal(m);
	deadline_tell(m->conf, m->command);
	m->status = DEADLINE_STATUS;
	tell_end(m);
	return STEP_DONE;
}

enum step
mux_client_attend(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step;

	for (;;) {
		int rc;

		if (m->signo != 0) {
			log_debug2("Exiting on signal: %s",
				   strsignal(m->signo));
			m->status = 255;
			tell_end(m);
			return STEP_DONE;
		}
		if (m->is_too_late)
			return end_too_late(m);
		step = mux_client_hear(m, &p, e);
		if (step != STEP_DONE)
			break;
		rc = take_news(m, &p, e);
		mux_packet_clear(&p);
		if (rc != 0)
			return STEP_FAIL;
	}
	if (step == STEP_AGAIN || mux_link_end(m->link) == MUX_LINK_BROKEN)
		return step;
	if (!m->has_status) {
		log_debug2("Control master terminated unexpectedly");
		m->status = 255;
	}
	tell_end(m);
	return STEP_DONE;
}
