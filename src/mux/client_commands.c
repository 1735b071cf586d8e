/* The stages of -O that ask the master about itself, or to go. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "mux/client_internal.h"
#include "mux/link.h"

/* One request without fields, and its answer. */
static enum step
ask_for(struct mux_client *m, uint32_t type, enum mux_patience patience,
	struct mux_packet *ret_packet, struct err *e)
{
	struct mux_packet p = { .type = type };

	if (!m->is_asked)
		mux_client_ask(m, &p, patience);
	return mux_client_await(m, m->next_id - 1, ret_packet, e);
}

static enum step
ask_alive(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step = ask_for(m, MUX_C_ALIVE_CHECK, MUX_AT_ONCE, &p, e);

	if (step != STEP_DONE)
		return step;
	if (p.type != MUX_S_ALIVE)
		step = mux_client_refused(&p, "alive", e);
	/* signals are sent to it: not to all processes, nor to a group */
	else if (p.value > 1 && p.value <= INT_MAX)
		m->pid = (pid_t)p.value;
	mux_packet_clear(&p);
	return step;
}

/* Whom to tell that the terminal's size has changed. */
enum step
mux_client_find_pid(struct mux_client *m, struct err *e)
{
	enum step step;

	if (m->terminal == NULL)
		return STEP_DONE;
	step = ask_alive(m, e);
	if (step != STEP_FAIL)
		return step;
	log_error("%s", e->text);
	log_error("mux_client_request_session: master alive request failed");
	return mux_client_decline(m);
}

enum step
mux_client_check(struct mux_client *m, struct err *e)
{
	enum step step = ask_alive(m, e);
	char *text;

	if (step == STEP_DONE && m->pid == 0) {
		err_set(e, ERR_PROTOCOL, "not the number of a process");
		step = STEP_FAIL;
	}
	if (step == STEP_FAIL)
		err_wrap(e, "master alive check failed");
	if (step != STEP_DONE)
		return step;
	text = xasprintf("Master running (pid=%ld)\r\n", (long)m->pid);
	mux_client_tell(STDERR_FILENO, text);
	free(text);
	return STEP_DONE;
}

/* It may be gone before it says so. */
enum step
mux_client_terminate(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step = ask_for(m, MUX_C_TERMINATE, MUX_FROM_OTHERS, &p, e);

	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL && mux_link_end(m->link) != MUX_LINK_CLOSED &&
	    mux_link_end(m->link) != MUX_LINK_RESET)
		return step;
	if (step == STEP_DONE && p.type != MUX_S_OK) {
		mux_client_refused(&p, "termination", e);
		mux_packet_clear(&p);
		return STEP_FAIL;
	}
	if (step == STEP_DONE)
		mux_packet_clear(&p);
	if (log_get_level() != LOG_LEVEL_QUIET)
		mux_client_tell(STDERR_FILENO, "Exit request sent.\r\n");
	return STEP_DONE;
}

enum step
mux_client_stop(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step =
	    ask_for(m, MUX_C_STOP_LISTENING, MUX_FROM_OTHERS, &p, e);

	if (step != STEP_DONE)
		return step;
	if (p.type != MUX_S_OK)
		step = mux_client_refused(&p, "stop listening", e);
	mux_packet_clear(&p);
	if (step == STEP_DONE && log_get_level() != LOG_LEVEL_QUIET)
		mux_client_tell(STDERR_FILENO,
				"Stop listening request sent.\r\n");
	return step;
}

/* What is said next is the connection protocol. */
enum step
mux_client_proxy(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step = ask_for(m, MUX_C_PROXY, MUX_AT_ONCE, &p, e);

	if (step != STEP_DONE)
		return step;
	m->is_proxied = p.type == MUX_S_PROXY;
	if (!m->is_proxied)
		step = mux_client_refused(&p, "proxy", e);
	mux_packet_clear(&p);
	return step;
}

static enum step
ask_info(struct mux_client *m, const char *name, char **ret_text, struct err *e)
{
	struct mux_packet p = { .type = MUX_C_INFO };
	enum step step;

	if (!m->is_asked) {
		p.text = xstrdup(name);
		mux_client_ask(m, &p, MUX_AT_ONCE);
		mux_packet_clear(&p);
	}
	step = mux_client_await(m, m->next_id - 1, &p, e);
	if (step != STEP_DONE)
		return step;
	if (p.type == MUX_S_INFO)
		*ret_text = str_visible(p.text, strlen(p.text));
	else
		step = mux_client_refused(&p, "information", e);
	mux_packet_clear(&p);
	return step;
}

enum step
mux_client_show_info(struct mux_client *m, struct err *e)
{
	enum step step;
	char *text;

	if (!m->has_info) {
		err_set(e, ERR_LOCAL, "The master cannot answer \"-O %s\"",
			m->script->name);
		return STEP_FAIL;
	}
	step = ask_info(m, m->script->info, &text, e);
	if (step != STEP_DONE)
		return step;
	mux_client_tell(STDOUT_FILENO, text);
	free(text);
	return STEP_DONE;
}

/* -O check -v */
enum step
mux_client_show_connection(struct mux_client *m, struct err *e)
{
	enum step step;
	char *text;

	if (!m->has_info || log_get_level() < LOG_LEVEL_VERBOSE)
		return STEP_DONE;
	step = ask_info(m, m->script->info, &text, e);
	if (step != STEP_DONE)
		return step;
	log_lines(LOG_LEVEL_VERBOSE, text);
	free(text);
	return STEP_DONE;
}
