#include "client/client.h"

#include <stdlib.h>

#include "auth/auth.h"
#include "base/xalloc.h"
#include "client/agent_request.h"
#include "client/alive.h"
#include "client/fallback.h"
#include "client/host_key_update.h"
#include "client/interactive.h"
#include "client/internal.h"
#include "client/opening.h"
#include "client/pacing.h"
#include "client/rekey.h"
#include "client/x11_request.h"
#include "forward/forwards.h"
#include "forward/stdio.h"
#include "keys/key.h"
#include "net/dial.h"
#include "net/inherited.h"
#include "net/loop.h"
#include "ssh/channel.h"
#include "ssh/session.h"
#include "term/asking.h"
#include "trust/known_hosts.h"

typedef enum step stage_fn(struct client *c, struct err *e);

#define STAGE_DIAL 1 /* where a connection begins again */

/* The life of a connection, in order. */
/* clang-format off */
static stage_fn *const stages[] = {
	client_prepare,      /* expand names, choose algorithms */
	[STAGE_DIAL] = client_dial, /* look the host up and connect */
	client_handshake,
	client_verify,       /* is it the host that it should be? */
	client_login,
	client_ask_terminal, /* TermFallback */
	client_open,         /* ask for the session */
	client_relay,        /* move bytes until the remote side is done */
};
/* clang-format on */

#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

/* These may be asking a question on the terminal. */
static void
stop_asking(struct client *c)
{
	asking_free(c->asking);
	c->asking = NULL;
	agent_request_free(c->agent_request);
	c->agent_request = NULL;
	x11_request_free(c->x11_request);
	c->x11_request = NULL;
	host_key_update_free(c->host_key_update);
	c->host_key_update = NULL;
	fallback_free(c->fallback);
	c->fallback = NULL;
}

/* Undo what the stages from the dialing on have made. */
static void
disconnect(struct client *c)
{
	stop_asking(c);
	pacing_free(c->pacing);
	c->pacing = NULL;
	alive_free(c->alive);
	c->alive = NULL;
	rekey_free(c->rekey);
	c->rekey = NULL;
	forwards_free(c->forwards);
	c->forwards = NULL;
	stdio_free(c->stdio);
	c->stdio = NULL;
	auth_free(c->auth);
	c->auth = NULL;
	channel_free(c->channel);
	c->channel = NULL;
	session_free(c->session);
	c->session = NULL;
	dial_free(c->dial);
	c->dial = NULL;
	loop_timer_free(c->deadline);
	c->deadline = NULL;
	known_hosts_free(c->known_hosts);
	c->known_hosts = NULL;
	key_free(c->host_key);
	c->host_key = NULL;
	free(c->address);
	c->address = NULL;
	free(c->methods);
	c->methods = NULL;
	free(c->login_text);
	c->login_text = NULL;
	c->is_logging_in = c->is_asked = c->is_requested = c->is_untrusted =
	    c->is_late = false;
	c->has_banner = c->checks_ip = c->may_learn_keys = false;
	c->has_recorded = false;
}

/* Go as far as possible without waiting. */
static enum step
advance(struct client *c)
{
	while (c->stage < N_STAGES) {
		enum step step = stages[c->stage](c, &c->err);

		if (step == STEP_FAIL && opening_should_retry(c)) {
			disconnect(c);
			c->err.kind = ERR_NONE;
			c->stage = STAGE_DIAL;
		} else if (step != STEP_DONE) {
			return step;
		} else {
			c->stage++;
		}
	}
	return STEP_DONE;
}

/*
 * One turn: take in what has arrived, let the stage use it, send what came of
 * it. During login no pump runs: those calls read for themselves.
 */
static void
take_turn(void *arg)
{
	struct client *c = arg;

	if (c->result != STEP_AGAIN)
		return;
	if (c->session != NULL) {
		session_pump(c->session);
		session_poll_requests(c->session);
	}
	c->result = advance(c);
	if (c->session == NULL)
		return;
	if (c->result != STEP_AGAIN || pacing_may_send(c->pacing))
		session_flush(c->session);
	if (session_has_more(c->session))
		client_wake(c);
}

void
client_wake(void *arg)
{
	struct client *c = arg;

	loop_task_post(c->turn);
}

struct client *
client_new(struct loop *l, const struct conf *conf)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->conf = conf;
	c->result = STEP_AGAIN;
	c->turn = loop_task_new(l, take_turn, c);
	c->inherited = inherited_new();
	client_wake(c);
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < CLIENT_SIGNALS; i++)
		loop_signal_free(c->signals[i]);
	stop_asking(c);
	interactive_free(c->interactive);
	disconnect(c);
	inherited_free(c->inherited);
	strv_clear(&c->identity_files);
	strv_clear(&c->certificate_files);
	strv_clear(&c->user_known_hosts);
	strv_clear(&c->global_known_hosts);
	free(c->host);
	free(c->host_title);
	free(c->agent_path);
	free(c->exceptions_path);
	free(c->memory_path);
	free(c->memory_name);
	memory_clear(&c->memory);
	free(c->command);
	free(c->kex);
	free(c->host_keys);
	free(c->ciphers);
	free(c->macs);
	free(c->signatures);
	free(c->ca_signatures);
	free(c->host_signatures);
	free(c->term_fallback);
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

const char *
client_library_version(void)
{
	return session_library_version();
}

int
client_run(const struct conf *conf, int *ret_status, struct err *e)
{
	struct loop *l = loop_new(e);
	struct client *c = NULL;
	enum step step = STEP_FAIL;

	if (l != NULL)
		c = client_new(l, conf);
	if (c != NULL)
		step = STEP_AGAIN;
	while (step == STEP_AGAIN) {
		if (loop_run_once(l, -1, e) != 0)
			step = STEP_FAIL;
		else
			step = client_result(c, ret_status, e);
	}
	client_free(c);
	loop_free(l);
	return step == STEP_DONE ? 0 : -1;
}
