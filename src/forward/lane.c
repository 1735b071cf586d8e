#include "forward/lane.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/crossing.h"
#include "forward/parking.h"
#include "net/listener.h"
#include "ssh/remote_listener.h"
#include "ssh/session.h"

struct lane *
lane_new(const struct forwards_params *params, struct crossings *crossings,
	 lane_admit_fn *admit, enum forward_kind kind,
	 struct forward_spec *spec)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	l->params = params;
	l->crossings = crossings;
	l->admit = admit;
	l->kind = kind;
	l->spec = *spec;
	memset(spec, 0, sizeof(*spec));
	l->text = forward_spec_print(&l->spec, kind);
	l->target = forward_end_name(&l->spec.connect);
	return l;
}

void
lane_free(struct lane *l)
{
	listener_free(l->local);
	remote_listener_free(l->remote);
	forward_spec_clear(&l->spec);
	free(l->text);
	free(l->target);
	free(l->last_trouble);
	free(l);
}

void
lane_note(struct lane *l, const char *why)
{
	/* a dynamic one has as many targets as it is told */
	bool is_dynamic = forward_spec_is_dynamic(&l->spec);

	if (why == NULL && l->target_is_down && !is_dynamic)
		log_info("forwarding to %s: works again", l->text);
	if (why != NULL) {
		bool is_news = !l->target_is_down || is_dynamic;

		log_write(is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG1, "%s",
			  why);
		free(l->last_trouble);
		l->last_trouble = str_visible_line(why, strlen(why));
	}
	l->target_is_down = why != NULL;
}

static void
on_accepted(void *arg, int fd)
{
	struct lane *l = arg;

	if (l->session != NULL)
		l->admit(l, fd, NULL);
	else
		parking_add(l->parking, l, fd);
}

static void
on_trouble(void *arg, int error)
{
	const struct lane *l = arg;

	log_error("forwarding %s: cannot accept connections for now: %s",
		  l->text, strerror(error));
}

enum forward_phase
lane_phase(const struct lane *l)
{
	if (l->has_failed)
		return FORWARD_REFUSED;
	if (l->is_pending)
		return FORWARD_ASKED;
	return l->session != NULL ? FORWARD_UP : FORWARD_DOWN;
}

int
lane_port(const struct lane *l)
{
	if (l->spec.listen.path != NULL)
		return 0;
	if (lane_is_remote(l->kind) && l->spec.listen.port == 0)
		return l->remote != NULL && !l->is_pending
			   ? remote_listener_port(l->remote)
			   : 0;
	return l->spec.listen.port;
}

bool
lane_is_remote(enum forward_kind kind)
{
	return kind == FORWARD_REMOTE || kind == FORWARD_REMOTE_DYNAMIC;
}

/* Begin to listen here, for those who wait until there is a session. */
static int
step_local(struct lane *l, struct err *e)
{
	enum step step = listener_step(l->local, e);

	l->is_pending = step == STEP_AGAIN;
	if (step != STEP_FAIL)
		return 0;
	listener_free(l->local);
	l->local = NULL;
	l->has_failed = true;
	return -1;
}

int
lane_listen(struct lane *l, struct err *e)
{
	const struct forwards_params *p = l->params;
	const struct listener_params lp = {
		.host = l->spec.listen.host,
		.port = l->spec.listen.port,
		.path = l->spec.listen.path,
		.family = p->family,
		.gateway_ports = p->gateway_ports,
		.bind_mask = p->bind_mask,
		.bind_unlink = p->bind_unlink,
		.inherited = p->inherited,
		.accepted = on_accepted,
		.trouble = on_trouble,
		.arg = l,
		.wake = p->wake,
		.wake_arg = p->arg,
	};

	if (lane_is_remote(l->kind))
		return 0;
	log_debug("Local connections to %s forwarded", l->text);
	l->local = listener_new(p->loop, &lp);
	return step_local(l, e);
}

/* What ssh calls the place of a remote listener: "listen port 80". */
static char *
listen_name(const struct lane *l)
{
	const struct forward_end *at = &l->spec.listen;

	return at->path != NULL ? xasprintf("listen path %s", at->path)
				: xasprintf("listen port %d", at->port);
}

static int
refuse_path(const struct lane *l, struct err *e)
{
	return err_set(e, ERR_FORWARD,
		       "%s: remote port forwarding failed for listen path %s: "
		       "not possible with this Engine",
		       l->params->failure_is_fatal ? "Error" : "Warning",
		       l->spec.listen.path);
}

static int
ask_to_listen(struct lane *l, struct err *e)
{
	const struct forward_end *at = &l->spec.listen;
	const char *host = at->host;

	if (at->path != NULL && !session_can(l->session, SESSION_REMOTE_UNIX))
		return refuse_path(l, e);
	if (host == NULL)
		host = "localhost"; /* as ssh asks without a bind address */
	else if (strcmp(host, "*") == 0)
		host = "";
	log_debug("Remote connections from %s forwarded", l->text);
	l->remote = at->path != NULL
			? remote_listener_new_unix(l->session, at->path)
			: remote_listener_new(l->session, host, at->port);
	l->is_pending = true;
	return 0;
}

int
lane_attach(struct lane *l, struct session *session, struct err *e)
{
	l->session = session;
	if (l->is_closed)
		return 0;
	if (lane_is_remote(l->kind)) {
		l->has_failed = false;
		return ask_to_listen(l, e);
	}
	return 0;
}

static void
drop_remote(struct lane *l)
{
	remote_listener_free(l->remote);
	l->remote = NULL;
	l->is_pending = false;
}

void
lane_fail(struct lane *l, const struct err *e)
{
	l->has_failed = true;
	free(l->last_trouble);
	l->last_trouble = str_visible_line(e->text, strlen(e->text));
}

void
lane_detach(struct lane *l)
{
	l->session = NULL;
	drop_remote(l);
}

void
lane_put_back(struct lane *l, int fd)
{
	if (l->is_closed)
		close(fd);
	else
		parking_put_back(l->parking, l, fd);
}

void
lane_close(struct lane *l)
{
	listener_free(l->local);
	l->local = NULL;
	if (l->parking != NULL)
		parking_forget(l->parking, l);
	drop_remote(l);
	l->is_closed = true;
}

int
lane_failure(const struct lane *l, struct err *e)
{
	char *name;

	if (!lane_is_remote(l->kind))
		return err_set(e, ERR_FORWARD,
			       "Could not request local forwarding.");
	name = listen_name(l);
	err_set(e, ERR_FORWARD, "Error: remote port forwarding failed for %s",
		name);
	free(name);
	return -1;
}

static const char *
target_name(const struct lane *l)
{
	return forward_spec_is_dynamic(&l->spec) ? "socks:0" : l->target;
}

/* Is the port for the server to choose? */
static bool
is_chosen_there(const struct lane *l)
{
	return l->spec.listen.path == NULL && l->spec.listen.port == 0;
}

/* The server was to choose a port: is it one? Such a listener cannot be
 * cancelled: there is no name for it. */
static bool
has_port(const struct lane *l)
{
	int port = remote_listener_port(l->remote);

	if (!is_chosen_there(l))
		return true;
	if (port < 0 || port > 65535)
		log_error("Invalid allocated port %d for remote forward to %s",
			  port, target_name(l));
	return port > 0 && port <= 65535;
}

/* The server has answered, in ssh's words. */
static void
tell_answer(struct lane *l, enum step step)
{
	char *name;

	l->is_pending = false;
	if (!has_port(l) || step == STEP_FAIL) {
		l->has_failed = true;
		name = listen_name(l);
		if (!l->params->failure_is_fatal)
			log_info("Warning: remote port forwarding failed for "
				 "%s",
				 name);
		free(name);
		return;
	}
	log_debug("remote forward success for: listen %s", l->text);
	if (is_chosen_there(l))
		log_info("Allocated port %d for remote forward to %s",
			 remote_listener_port(l->remote), target_name(l));
}

void
lane_step(struct lane *l)
{
	struct err e = { .kind = ERR_NONE };
	struct channel *channel;
	enum step step;

	if (l->local != NULL && l->is_pending && step_local(l, &e) != 0)
		log_error("%s", e.text);
	if (l->remote == NULL)
		return;
	if (l->is_pending) {
		step = remote_listener_step(l->remote, &e);
		if (step != STEP_AGAIN)
			tell_answer(l, step);
	}
	if (l->is_pending || l->has_failed)
		return;
	while (crossings_have_room(l->crossings) &&
	       (channel = remote_listener_accept(l->remote)) != NULL)
		l->admit(l, -1, channel);
}

void
lane_print(const struct lane *l, struct buf *out)
{
	static const char *const letters[] = {
		[FORWARD_LOCAL] = "-L",   [FORWARD_REMOTE] = "-R",
		[FORWARD_DYNAMIC] = "-D", [FORWARD_REMOTE_DYNAMIC] = "-R",
		[FORWARD_STDIO] = "-W",
	};

	buf_addf(out,
		 "  %s %s: %zu open, %llu in all, %llu refused, %llu bytes in, "
		 "%llu bytes out%s%s\r\n",
		 letters[l->kind], l->text, l->open,
		 (unsigned long long)l->total, (unsigned long long)l->refused,
		 (unsigned long long)l->bytes_in,
		 (unsigned long long)l->bytes_out,
		 l->last_trouble != NULL ? "; last trouble: " : "",
		 l->last_trouble != NULL ? l->last_trouble : "");
}
