#include "forward/berth.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/forward_spec.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/forwards_params.h"
#include "net/loop.h"
#include "ssh/remote_listener.h"
#include "ssh/session.h"

/* For so long a port that the server chose is not given up. */
#define KEEP_PORT_MS 30000
/* With ExitOnForwardFailure: what TakeOverListener may take. */
#define TAKE_OVER_MS 10000

struct berth {
	const struct forwards_params *params;
	const struct forward_spec *spec;
	const char *text;
	struct session *session; /* NULL: none now */
	struct remote_listener *remote;
	enum forward_phase phase;
	bool was_up;    /* with this session or another */
	int port;       /* that it had then */
	int asked_port; /* what was asked for last */
	char *remark;   /* the server forbids it, in these words; or NULL */
	int64_t refused_ms, ask_ms; /* FORWARD_WAITING: since when, until when;
				       0: asked for, not answered */
};

struct berth *
berth_new(const struct forwards_params *params, const struct forward_spec *spec,
	  const char *text)
{
	struct berth *b = xcalloc(1, sizeof(*b));

	b->params = params;
	b->spec = spec;
	b->text = text;
	b->phase = FORWARD_DOWN;
	b->port = spec->listen.port;
	return b;
}

void
berth_free(struct berth *b)
{
	if (b == NULL)
		return;
	remote_listener_free(b->remote);
	free(b->remark);
	free(b);
}

enum forward_phase
berth_phase(const struct berth *b)
{
	return b->phase;
}

bool
berth_is_asked(const struct berth *b)
{
	return b->phase == FORWARD_ASKED ||
	       (b->phase == FORWARD_WAITING &&
		(b->remote != NULL || b->ask_ms == 0));
}

int
berth_port(const struct berth *b)
{
	return b->port;
}

int64_t
berth_pause_ms(int64_t waited_ms)
{
	if (waited_ms < 30000)
		return 1000;
	return waited_ms < 300000 ? 5000 : 30000;
}

bool
berth_is_forbidden(const char *remark)
{
	static const char *const words[] = {
		"Server has disabled port forwarding.",
		"Server has disabled streamlocal forwarding.",
		"port forwarding refused",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (remark != NULL && strcmp(remark, words[i]) == 0)
			return true;
	return false;
}

/* What ssh calls the place: "listen port 80". */
static char *
place_name(const struct berth *b)
{
	const char *path = b->spec->listen.path;

	return path != NULL ? xasprintf("listen path %s", path)
			    : xasprintf("listen port %d", b->asked_port);
}

/* Is the port for the server to choose? */
static bool
is_chosen_there(const struct berth *b)
{
	return b->spec->listen.path == NULL && b->spec->listen.port == 0;
}

static void
ask(struct berth *b)
{
	const struct forward_end *at = &b->spec->listen;
	const char *host = at->host;

	if (host == NULL)
		host = "localhost"; /* as ssh asks without a bind address */
	else if (strcmp(host, "*") == 0)
		host = "";
	b->remote = at->path != NULL
			? remote_listener_new_unix(b->session, at->path)
			: remote_listener_new(b->session, host, b->asked_port);
}

static int
refuse_path(const struct berth *b, struct err *e)
{
	return err_set(e, ERR_FORWARD,
		       "%s: remote port forwarding failed for listen path %s: "
		       "not possible with this Engine",
		       b->params->failure_is_fatal ? "Error" : "Warning",
		       b->spec->listen.path);
}

int
berth_attach(struct berth *b, struct session *session, struct err *e)
{
	b->session = session;
	free(b->remark);
	b->remark = NULL;
	b->phase = FORWARD_REFUSED;
	if (b->spec->listen.path != NULL &&
	    !session_can(session, SESSION_REMOTE_UNIX))
		return refuse_path(b, e);
	log_debug("Remote connections from %s forwarded", b->text);
	b->phase = FORWARD_ASKED;
	b->asked_port = b->port;
	ask(b);
	return 0;
}

void
berth_detach(struct berth *b)
{
	remote_listener_free(b->remote);
	b->remote = NULL;
	b->session = NULL;
	b->phase = FORWARD_DOWN;
}

static char *
target_name(const struct berth *b)
{
	return forward_spec_is_dynamic(b->spec)
		   ? xstrdup("socks:0")
		   : forward_end_name(&b->spec->connect);
}

static void
tell_up(const struct berth *b)
{
	char *target = target_name(b);
	char *name = place_name(b);

	log_debug("remote forward success for: listen %s", b->text);
	if (is_chosen_there(b) && b->asked_port == 0)
		log_info("Allocated port %d for remote forward to %s", b->port,
			 target);
	else if (b->phase == FORWARD_WAITING)
		log_info("remote forwarding %s: the server listens again, %s",
			 b->text, name);
	free(name);
	free(target);
}

static void
note_up(struct berth *b)
{
	if (is_chosen_there(b))
		b->port = remote_listener_port(b->remote);
	tell_up(b);
	b->phase = FORWARD_UP;
	b->was_up = true;
}

/* The server was to choose a port: is it one? */
static bool
has_port(const struct berth *b)
{
	int port = remote_listener_port(b->remote);
	char *target;

	if (!is_chosen_there(b) || b->asked_port != 0)
		return true;
	if (port < 0 || port > 65535) {
		target = target_name(b);
		log_error("Invalid allocated port %d for remote forward to %s",
			  port, target);
		free(target);
	}
	return port > 0 && port <= 65535;
}

/* May it be had later? Where nobody comes back a refusal is as final as it is
 * to ssh, and so it is at the beginning where that is an error. */
static bool
may_wait(const struct berth *b)
{
	return b->remark == NULL && b->params->reconnects &&
	       (b->was_up || !b->params->failure_is_fatal);
}

static void
tell_refusal(const struct berth *b)
{
	bool is_error = b->params->failure_is_fatal && !b->params->takes_over;
	char *name;

	if (is_error)
		return; /* which says it all */
	name = place_name(b);
	if (!b->params->failure_is_fatal && !b->was_up)
		log_info("Warning: remote port forwarding failed for %s", name);
	if (b->remark != NULL && b->params->reconnects)
		log_info("remote forwarding %s: the server forbids it: %s",
			 b->text, b->remark);
	else if (may_wait(b))
		log_info("remote forwarding %s: waiting for %s, which the "
			 "server refuses for now",
			 b->text, name);
	free(name);
}

/* When to ask again; and then for which port? */
static void
plan(struct berth *b)
{
	int64_t now_ms = loop_now_ms(), waited_ms = now_ms - b->refused_ms;

	b->ask_ms = now_ms + berth_pause_ms(waited_ms);
	if (is_chosen_there(b) && waited_ms >= KEEP_PORT_MS)
		b->asked_port = 0;
}

static void
note_refusal(struct berth *b)
{
	const char *remark = remote_listener_reason(b->remote);

	if (berth_is_forbidden(remark))
		b->remark = str_visible_line(remark, strlen(remark));
	if (b->phase != FORWARD_WAITING || b->remark != NULL)
		tell_refusal(b);
	if (b->phase != FORWARD_WAITING)
		b->refused_ms = loop_now_ms();
	b->phase = may_wait(b) ? FORWARD_WAITING : FORWARD_REFUSED;
	if (b->phase == FORWARD_WAITING)
		plan(b);
	remote_listener_free(b->remote);
	b->remote = NULL;
}

/* It listens, but nobody knows where: that cannot be undone. */
static void
note_nonsense(struct berth *b)
{
	if (!b->params->failure_is_fatal)
		log_info("Warning: remote port forwarding failed for listen "
			 "port 0");
	b->phase = FORWARD_REFUSED;
}

static void
look(struct berth *b)
{
	struct err e = { .kind = ERR_NONE };
	enum step step = remote_listener_step(b->remote, &e);

	if (step == STEP_AGAIN)
		return;
	if (!has_port(b) && step == STEP_DONE)
		note_nonsense(b);
	else if (step == STEP_DONE)
		note_up(b);
	else
		note_refusal(b);
}

void
berth_step(struct berth *b)
{
	if (b->remote != NULL && berth_is_asked(b))
		look(b);
	if (b->phase != FORWARD_WAITING || b->remote != NULL ||
	    loop_now_ms() < b->ask_ms)
		return;
	ask(b);
}

void
berth_hurry(struct berth *b)
{
	b->ask_ms = 0;
}

int64_t
berth_due_ms(const struct berth *b)
{
	return b->phase == FORWARD_WAITING && b->remote == NULL ? b->ask_ms
								: -1;
}

struct channel *
berth_accept(struct berth *b)
{
	return b->phase == FORWARD_UP ? remote_listener_accept(b->remote)
				      : NULL;
}

/* TakeOverListener may need a moment. */
static bool
is_patient(const struct berth *b)
{
	return !b->params->failure_is_fatal ||
	       (b->params->takes_over &&
		loop_now_ms() - b->refused_ms < TAKE_OVER_MS);
}

int
berth_failure(const struct berth *b, struct err *e)
{
	enum err_kind kind = ERR_FORWARD;
	bool tells_why = b->remark != NULL && b->params->reconnects;
	char *name;

	if (b->phase == FORWARD_WAITING && is_patient(b))
		return 0;
	if (b->phase == FORWARD_WAITING)
		kind = ERR_UNAVAILABLE;
	else if (b->phase != FORWARD_REFUSED)
		return 0;
	else if (b->remark != NULL)
		kind = ERR_CHANNEL;
	name = place_name(b);
	err_set(e, kind, "Error: remote port forwarding failed for %s%s%s",
		name, tells_why ? ": " : "", tells_why ? b->remark : "");
	free(name);
	return -1;
}
