#include "forward/forwards.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "forward/connection.h"
#include "forward/forward.h"
#include "net/listener.h"
#include "net/loop.h"
#include "ssh/remote_listener.h"
#include "ssh/session.h"

/* How long a target that does not answer may keep others from being opened. */
#define PATIENCE_MS 1500
#define LOOK_EVERY_MS 250
/* Those that wait for a target of -R at once; more of them wait for these. */
#define CONNECTING_MAX 64

static void
on_patience(void *arg)
{
	struct forwards *f = arg;

	f->is_armed = false;
	session_abandon_open(f->params.session, PATIENCE_MS);
	f->params.wake(f->params.arg);
}

struct forwards *
forwards_new(const struct forwards_params *p)
{
	struct forwards *f = xcalloc(1, sizeof(*f));

	f->params = *p;
	f->patience = loop_timer_new(p->loop, on_patience, f);
	return f;
}

static void
forward_free(struct forward *f)
{
	listener_free(f->local);
	remote_listener_free(f->remote);
	forward_spec_clear(&f->spec);
	free(f->text);
	free(f->target);
	free(f->last_trouble);
	free(f);
}

void
forwards_free(struct forwards *f)
{
	if (f == NULL)
		return;
	while (f->connections != NULL)
		forward_connection_free(f->connections);
	while (f->all != NULL) {
		struct forward *one = f->all;

		f->all = one->next;
		forward_free(one);
	}
	loop_timer_free(f->patience);
	free(f);
}

void
forward_note_target(struct forward *f, const char *why)
{
	/* a dynamic one has as many targets as it is told */
	bool is_dynamic = forward_spec_is_dynamic(&f->spec);

	if (why == NULL && f->target_is_down && !is_dynamic)
		log_info("forwarding to %s: works again", f->text);
	if (why != NULL) {
		bool is_news = !f->target_is_down || is_dynamic;

		log_write(is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG1, "%s",
			  why);
		free(f->last_trouble);
		f->last_trouble = str_visible_line(why, strlen(why));
	}
	f->target_is_down = why != NULL;
}

static void
on_accepted(void *arg, int fd)
{
	forward_connection_from_socket(arg, fd);
}

static void
on_trouble(void *arg, int error)
{
	const struct forward *f = arg;

	log_error("forwarding %s: cannot accept connections for now: %s",
		  f->text, strerror(error));
}

static int
start_local(struct forward *f, struct err *e)
{
	const struct forwards_params *p = &f->owner->params;
	struct listener_params lp = {
		.host = f->spec.listen.host,
		.port = f->spec.listen.port,
		.path = f->spec.listen.path,
		.family = p->family,
		.gateway_ports = p->gateway_ports,
		.bind_mask = p->bind_mask,
		.bind_unlink = p->bind_unlink,
		.inherited = p->inherited,
		.accepted = on_accepted,
		.trouble = on_trouble,
		.arg = f,
	};

	log_debug("Local connections to %s forwarded", f->text);
	f->local = listener_new(p->loop, &lp, e);
	return f->local != NULL ? 0 : -1;
}

/* What ssh calls the place of a remote listener: "listen port 80". */
static char *
listen_name(const struct forward *f)
{
	const struct forward_end *at = &f->spec.listen;

	return at->path != NULL ? xasprintf("listen path %s", at->path)
				: xasprintf("listen port %d", at->port);
}

static int
refuse_path(struct forward *f, struct err *e)
{
	return err_set(e, ERR_FORWARD,
		       "%s: remote port forwarding failed for listen path %s: "
		       "not possible with this Engine",
		       f->owner->params.failure_is_fatal ? "Error" : "Warning",
		       f->spec.listen.path);
}

static int
start_remote(struct forward *f, struct err *e)
{
	const struct forward_end *at = &f->spec.listen;
	struct session *session = f->owner->params.session;
	const char *host = at->host;

	if (at->path != NULL && !session_can(session, SESSION_REMOTE_UNIX))
		return refuse_path(f, e);
	if (host == NULL)
		host = "localhost"; /* as ssh asks without a bind address */
	else if (strcmp(host, "*") == 0)
		host = "";
	log_debug("Remote connections from %s forwarded", f->text);
	f->remote = at->path != NULL
			? remote_listener_new_unix(session, at->path)
			: remote_listener_new(session, host, at->port);
	f->is_pending = true;
	return 0;
}

int
forwards_add(struct forwards *fs, enum forward_kind kind,
	     struct forward_spec *spec, struct err *e)
{
	struct forward *f = xcalloc(1, sizeof(*f));
	struct forward **at = &fs->all;
	int rc = -1;

	f->owner = fs;
	f->kind = kind;
	f->spec = *spec;
	memset(spec, 0, sizeof(*spec));
	f->text = forward_spec_print(&f->spec, kind);
	f->target =
	    f->spec.connect.path != NULL
		? xstrdup(f->spec.connect.path)
		: xasprintf("%s:%d",
			    f->spec.connect.host != NULL ? f->spec.connect.host
							 : "",
			    f->spec.connect.port);
	switch (kind) {
	case FORWARD_LOCAL:
	case FORWARD_DYNAMIC:
		rc = start_local(f, e);
		break;
	case FORWARD_REMOTE:
	case FORWARD_REMOTE_DYNAMIC:
		rc = start_remote(f, e);
		break;
	case FORWARD_STDIO:
		break;
	}
	if (rc != 0) {
		forward_free(f);
		return -1;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = f;
	return 0;
}

bool
forwards_may_connect(const struct forwards *fs)
{
	return fs->n_connecting < CONNECTING_MAX;
}

bool
forward_is_remote(enum forward_kind kind)
{
	return kind == FORWARD_REMOTE || kind == FORWARD_REMOTE_DYNAMIC;
}

/* Stop listening. */
static void
stop(struct forward *f)
{
	listener_free(f->local);
	f->local = NULL;
	remote_listener_free(f->remote);
	f->remote = NULL;
	f->is_pending = false;
}

bool
forwards_cancel(struct forwards *fs, enum forward_kind kind,
		const struct forward_spec *spec)
{
	for (struct forward *f = fs->all; f != NULL; f = f->next) {
		if (f->is_cancelled ||
		    forward_is_remote(f->kind) != forward_is_remote(kind) ||
		    (!forward_is_remote(kind) && f->kind != kind) ||
		    !forward_spec_same_listen(&f->spec, spec))
			continue;
		stop(f);
		f->is_cancelled = true;
		return true;
	}
	return false;
}

size_t
forwards_pending(const struct forwards *fs)
{
	size_t n = 0;

	for (const struct forward *f = fs->all; f != NULL; f = f->next)
		n += f->is_pending;
	return n;
}

int
forwards_failure(const struct forwards *fs, struct err *e)
{
	const struct forward *f = fs->all;
	char *name;

	while (f != NULL && !f->has_failed)
		f = f->next;
	if (f == NULL)
		return 0;
	name = listen_name(f);
	err_set(e, ERR_FORWARD, "Error: remote port forwarding failed for %s",
		name);
	free(name);
	return -1;
}

size_t
forwards_open(const struct forwards *fs)
{
	return fs->n_connections;
}

void
forwards_stop_listening(struct forwards *fs)
{
	for (struct forward *f = fs->all; f != NULL; f = f->next)
		stop(f);
}

static const char *
target_name(const struct forward *f)
{
	return forward_spec_is_dynamic(&f->spec) ? "socks:0" : f->target;
}

/* Is the port for the server to choose? */
static bool
is_chosen_there(const struct forward *f)
{
	return f->spec.listen.path == NULL && f->spec.listen.port == 0;
}

/* The server was to choose a port: is it one? Such a listener cannot be
 * cancelled: there is no name for it. */
static bool
has_port(const struct forward *f)
{
	int port = remote_listener_port(f->remote);

	if (!is_chosen_there(f))
		return true;
	if (port < 0 || port > 65535)
		log_error("Invalid allocated port %d for remote forward to %s",
			  port, target_name(f));
	return port > 0 && port <= 65535;
}

/* The server has answered, in ssh's words. */
static void
tell_answer(struct forward *f, enum step step)
{
	char *name;

	f->is_pending = false;
	if (!has_port(f) || step == STEP_FAIL) {
		f->has_failed = true;
		name = listen_name(f);
		if (!f->owner->params.failure_is_fatal)
			log_info("Warning: remote port forwarding failed for "
				 "%s",
				 name);
		free(name);
		return;
	}
	log_debug("remote forward success for: listen %s", f->text);
	if (is_chosen_there(f))
		log_info("Allocated port %d for remote forward to %s",
			 remote_listener_port(f->remote), target_name(f));
}

static void
step_remote(struct forward *f)
{
	struct err e = { .kind = ERR_NONE };
	struct channel *channel;
	enum step step;

	if (f->remote == NULL)
		return;
	if (f->is_pending) {
		step = remote_listener_step(f->remote, &e);
		if (step != STEP_AGAIN)
			tell_answer(f, step);
	}
	if (f->is_pending || f->has_failed)
		return;
	while (forwards_may_connect(f->owner) &&
	       (channel = remote_listener_accept(f->remote)) != NULL)
		forward_connection_from_channel(f, channel);
}

/* Free what was cancelled and has no connection any more. */
static void
sweep(struct forwards *fs)
{
	struct forward **at = &fs->all;

	while (*at != NULL) {
		struct forward *f = *at;

		if (!f->is_cancelled || f->open > 0) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		forward_free(f);
	}
}

bool
forwards_step(struct forwards *fs)
{
	struct connection *c, *next;
	bool more = false, is_opening = false;

	for (struct forward *f = fs->all; f != NULL; f = f->next)
		step_remote(f);
	for (c = fs->connections; c != NULL; c = next) {
		next = forward_connection_next(c);
		more = forward_connection_step(c) || more;
		is_opening = forward_connection_is_opening(c) || is_opening;
		if (forward_connection_is_over(c))
			forward_connection_free(c);
	}
	sweep(fs);
	if (is_opening && !fs->is_armed) {
		loop_timer_set(fs->patience, LOOK_EVERY_MS);
		fs->is_armed = true;
	}
	return more;
}

void
forwards_list(const struct forwards *fs, struct buf *out)
{
	static const char *const letters[] = {
		[FORWARD_LOCAL] = "-L",   [FORWARD_REMOTE] = "-R",
		[FORWARD_DYNAMIC] = "-D", [FORWARD_REMOTE_DYNAMIC] = "-R",
		[FORWARD_STDIO] = "-W",
	};

	for (const struct forward *f = fs->all; f != NULL; f = f->next)
		buf_addf(out,
			 "  %s %s: %zu open, %llu in all, %llu refused, %llu "
			 "bytes in, %llu bytes out%s%s\r\n",
			 letters[f->kind], f->text, f->open,
			 (unsigned long long)f->total,
			 (unsigned long long)f->refused,
			 (unsigned long long)f->bytes_in,
			 (unsigned long long)f->bytes_out,
			 f->last_trouble != NULL ? "; last trouble: " : "",
			 f->last_trouble != NULL ? f->last_trouble : "");
	for (const struct connection *c = fs->connections; c != NULL;
	     c = forward_connection_next(c)) {
		buf_add_str(out, "    to ");
		forward_connection_print(c, out);
		buf_add_str(out, "\r\n");
	}
}
