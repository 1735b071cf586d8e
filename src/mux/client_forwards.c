/* The stages that ask the master for forwardings, or for their end. */
#include <stdlib.h>
#include <unistd.h>

#include "base/forward_spec.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client/client.h"
#include "conf/conf.h"
#include "mux/client_internal.h"
#include "mux/link.h"

/* What OpenSSH calls the far end that a SOCKS client names. Masters compare
 * it when a forwarding is to be closed. */
#define SOCKS_HOST "socks"

static void
clear_forward(struct mux_forward *f)
{
	free(f->listen_host);
	free(f->connect_host);
}

void
mux_client_forwards_clear(struct mux_client *m)
{
	for (size_t i = 0; i < m->n_forwards; i++)
		clear_forward(&m->forwards[i].forward);
	free(m->forwards);
	m->forwards = NULL;
	m->n_forwards = m->n_answered = 0;
}

/* Where to listen: nothing and all addresses are two things. */
static void
set_listen(struct mux_forward *f, const struct forward_end *end)
{
	const char *host = end->host;

	f->listen_port = (uint32_t)end->port;
	if (end->path != NULL) {
		host = end->path;
		f->listen_port = MUX_PORT_OF_PATH;
	} else if (host == NULL) {
		host = "";
	} else if (*host == '\0') {
		host = "*";
	}
	f->listen_host = xstrdup(host);
}

static void
set_connect(struct mux_forward *f, const struct forward_spec *spec)
{
	const struct forward_end *end = &spec->connect;
	const char *host = end->host != NULL ? end->host : "";

	f->connect_port = (uint32_t)end->port;
	if (forward_spec_is_dynamic(spec)) {
		host = SOCKS_HOST;
		f->connect_port = 0;
	} else if (end->path != NULL) {
		host = end->path;
		f->connect_port = MUX_PORT_OF_PATH;
	}
	f->connect_host = xstrdup(host);
}

static void
ask_one(struct mux_client *m, uint32_t type, const struct mux_forward *f)
{
	struct mux_packet p = { .type = type, .forward = *f };

	log_debug("Requesting %s of forward %u %s:%u -> %s:%u",
		  type == MUX_C_OPEN_FORWARD ? "forwarding" : "cancellation",
		  f->type, f->listen_host, f->listen_port, f->connect_host,
		  f->connect_port);
	mux_client_ask(m, &p, MUX_FROM_OTHERS);
}

static void
ask_list(struct mux_client *m, uint32_t request, enum mux_forward_type type,
	 const struct forward_specs *list)
{
	for (size_t i = 0; i < list->len; i++) {
		struct mux_client_forward *f;

		m->forwards = xreallocarray(m->forwards, m->n_forwards + 1,
					    sizeof(*m->forwards));
		f = &m->forwards[m->n_forwards++];
		*f = (struct mux_client_forward){ .forward = { .type = type } };
		set_listen(&f->forward, &list->items[i].listen);
		set_connect(&f->forward, &list->items[i]);
		ask_one(m, request, &f->forward);
	}
}

/* All at once: the master answers in their order. */
static void
ask_all(struct mux_client *m, uint32_t request)
{
	const struct conf *o = m->conf;

	ask_list(m, request, MUX_FORWARD_LOCAL, &o->local_forward);
	ask_list(m, request, MUX_FORWARD_DYNAMIC, &o->dynamic_forward);
	ask_list(m, request, MUX_FORWARD_REMOTE, &o->remote_forward);
	m->is_asked = true;
}

static void
tell_port(const struct mux_client *m, const struct mux_forward *f,
	  uint32_t port)
{
	char *text;

	log_verbose("Allocated port %u for remote forward to %s:%u", port,
		    f->connect_host, f->connect_port);
	if (m->conf->mux_command == NULL)
		return;
	text = xasprintf("%u\n", port);
	mux_client_tell(STDOUT_FILENO, text);
	free(text);
}

/* As ssh, which goes on with the others. */
static void
take_answer(struct mux_client *m, struct mux_client_forward *f,
	    const struct mux_packet *p)
{
	struct err e;

	f->is_open = p->type == MUX_S_OK || p->type == MUX_S_REMOTE_PORT;
	if (p->type == MUX_S_REMOTE_PORT)
		tell_port(m, &f->forward, p->value);
	if (f->is_open)
		return;
	m->has_failed = true;
	mux_client_refused(p, "forwarding", &e);
	log_error("%s%s",
		  p->type == MUX_S_PERMISSION_DENIED ? ""
						     : "mux_client_forward: ",
		  e.text);
}

static enum step
await_all(struct mux_client *m, struct err *e)
{
	while (m->n_answered < m->n_forwards) {
		/* theirs are the last ids that were given */
		uint32_t id =
		    m->next_id - (uint32_t)(m->n_forwards - m->n_answered);
		struct mux_packet p;
		enum step step = mux_client_await(m, id, &p, e);

		if (step != STEP_DONE)
			return step;
		take_answer(m, &m->forwards[m->n_answered++], &p);
		mux_packet_clear(&p);
	}
	return STEP_DONE;
}

enum step
mux_client_open_forwards(struct mux_client *m, struct err *e)
{
	enum step step;

	if (!m->is_asked)
		ask_all(m, MUX_C_OPEN_FORWARD);
	step = await_all(m, e);
	if (step != STEP_FAIL)
		return step;
	log_error("%s", e->text);
	m->has_failed = true;
	return STEP_DONE;
}

/* Were all of them granted? */
enum step
mux_client_end_forwards(struct mux_client *m, struct err *e)
{
	static const char text[] = "muxclient: master forward request failed";

	if (!m->has_failed)
		return STEP_DONE;
	if (m->conf->mux_command != NULL) {
		err_set(e, ERR_FORWARD, "%s", text);
		return STEP_FAIL;
	}
	log_error("%s", text);
	return mux_client_decline(m);
}

/* To ssh it is no failure. */
enum step
mux_client_close_forwards(struct mux_client *m, struct err *e)
{
	enum step step;

	if (!m->is_asked)
		ask_all(m, MUX_C_CLOSE_FORWARD);
	step = await_all(m, e);
	if (step == STEP_AGAIN)
		return step;
	if (step == STEP_FAIL)
		log_error("%s", e->text);
	if (step == STEP_FAIL || m->has_failed)
		log_error("muxclient: master cancel forward request failed");
	return STEP_DONE;
}

/*
 * -N: there is no session, but what was asked for is there as long as we are,
 * as it is without a master. (ssh opens a shell.)
 */
enum step
mux_client_hold(struct mux_client *m, struct err *e)
{
	struct mux_packet p;
	enum step step;

	if (!m->is_asked && m->settle(m->arg, e) != 0)
		return STEP_FAIL;
	m->is_asked = true;
	if (m->signo != 0) {
		m->status = client_signal_status(m->conf, m->signo);
		if (m->status != 0)
			log_verbose("Killed by signal %d.", m->signo);
		return STEP_DONE;
	}
	step = mux_client_hear(m, &p, e);
	if (step == STEP_DONE) {
		step = mux_client_refused(&p, "forwarding", e);
		mux_packet_clear(&p);
	} else if (step == STEP_FAIL) {
		err_set(e, ERR_LOST, "Shared connection to %s closed.",
			m->conf->host_name);
	}
	return step;
}

/* What was opened for us; the answers are not worth waiting for long. */
enum step
mux_client_withdraw(struct mux_client *m, struct err *e)
{
	enum step step;

	if (!m->is_asked) {
		size_t n = 0;

		for (size_t i = 0; i < m->n_forwards; i++)
			if (m->forwards[i].is_open)
				m->forwards[n++] = m->forwards[i];
			else
				clear_forward(&m->forwards[i].forward);
		m->n_forwards = n;
		m->n_answered = 0;
		for (size_t i = 0; i < n; i++)
			ask_one(m, MUX_C_CLOSE_FORWARD,
				&m->forwards[i].forward);
		m->is_asked = true;
	}
	step = await_all(m, e);
	return step == STEP_AGAIN ? step : STEP_DONE;
}
