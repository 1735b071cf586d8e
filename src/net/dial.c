#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/source.h"
#include "net/tcp.h"

#define STAGGER_MS 250 /* RFC 8305 section 5 */
/* Of a target, which anybody at the server may name: each takes a descriptor.
 */
#define AT_ONCE_MAX 4
#define ROUND_GAP_MS 1000 /* between ConnectionAttempts */

/* A Unix socket whose queue is full says so at once; how long to go on. */
#define QUEUE_RETRY_MS 20
#define QUEUE_RETRIES 250

/* One address, in the order of trying. */
struct target {
	struct dial *dial;
	struct address address;
	char text[NI_MAXHOST];
	int fd; /* -1: not being connected */
	size_t early_sent;
	struct loop_io *io;
};

struct dial {
	struct loop *loop;
	struct dial_params params;    /* strings owned */
	struct resolve *resolve;      /* NULL: a Unix socket */
	struct resolve *bind_address; /* NULL: none is asked for */
	struct target *targets;       /* NULL: not known yet */
	size_t n_targets;
	size_t n_tried, n_failed; /* in this round */
	int round;
	int n_retries;
	int error;          /* why the last address failed; 0: it was said */
	struct err unknown; /* why there is no address */
	struct target *winner;
	bool has_failed;
	struct loop_timer *next; /* the next address, or the next round */
	struct loop_task *tell;
};

static bool
is_server(const struct dial *d)
{
	return d->params.purpose == DIAL_SERVER;
}

static void
target_close(struct target *t)
{
	loop_io_free(t->io);
	t->io = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static void
target_won(struct target *t)
{
	struct dial *d = t->dial;

	loop_io_free(t->io);
	t->io = NULL;
	loop_timer_set(d->next, -1);
	for (size_t i = 0; i < d->n_targets; i++) {
		if (&d->targets[i] != t)
			target_close(&d->targets[i]);
	}
	if (is_server(d))
		log_debug("Connection established.");
	d->winner = t;
	loop_task_post(d->tell);
}

static void
fail(struct dial *d)
{
	d->has_failed = true;
	loop_task_post(d->tell);
}

static void
log_failure(const struct target *t, int error)
{
	const struct dial_params *p = &t->dial->params;

	if (is_server(t->dial))
		log_debug("connect to address %s port %d: %s", t->text, p->port,
			  strerror(error));
	else
		log_debug("connect_next: host %.100s port %d: %.100s",
			  p->path != NULL ? p->path : p->host, p->port,
			  strerror(error));
}

/* error is 0 where the reason has already been logged. */
static void
target_failed(struct target *t, int error)
{
	struct dial *d = t->dial;

	if (error != 0) {
		log_failure(t, error);
		d->error = error;
	}
	target_close(t);
	d->n_failed++;
	if (d->n_tried < d->n_targets)
		loop_timer_set(d->next, 0);
	else if (d->n_failed < d->n_targets)
		return;
	else if (d->round + 1 < d->params.attempts)
		loop_timer_set(d->next, ROUND_GAP_MS);
	else
		fail(d);
}

static void
on_writable(void *arg, bool can_read, bool can_write)
{
	struct target *t = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)can_read;
	(void)can_write;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0)
		target_won(t);
	else
		target_failed(t, error);
}

/* Wait for the connection that is in progress. */
static void
target_watch(struct target *t)
{
	struct dial *d = t->dial;
	struct err e = { .kind = ERR_NONE };

	t->io = loop_io_new(d->loop, t->fd, on_writable, t, &e);
	if (t->io == NULL) {
		log_error("%s", e.text);
		target_failed(t, 0);
		return;
	}
	loop_io_want(t->io, false, true);
	if (d->n_tried < d->n_targets &&
	    (is_server(d) || d->n_tried - d->n_failed < AT_ONCE_MAX))
		loop_timer_set(d->next, STAGGER_MS);
}

static int
target_bind(const struct target *t)
{
	const struct dial *d = t->dial;
	int family = t->address.any.sa_family;

	if (d->bind_address != NULL)
		return source_bind_address(
		    t->fd, family, d->params.bind_address, d->bind_address);
	if (d->params.bind_interface != NULL)
		return source_bind_interface(t->fd, family,
					     d->params.bind_interface);
	return 0;
}

/* Returns 0, or -1 with errno, which is 0 where the reason is logged. */
static int
target_open(struct target *t)
{
	const struct dial *d = t->dial;
	int family = t->address.any.sa_family;

	t->fd = system_socket(family, SOCK_STREAM);
	if (t->fd < 0 && is_server(d)) {
		log_error("socket: %s", strerror(errno));
		errno = 0;
	}
	if (t->fd < 0)
		return -1;
	if (family == AF_UNIX)
		return 0;
	tcp_set_options(t->fd, family, d->params.tcp_keepalive, d->params.dscp);
	if (target_bind(t) == 0)
		return 0;
	errno = 0;
	return -1;
}

/* As connect(2). */
static int
target_connect(struct target *t)
{
	const struct dial *d = t->dial;

	t->early_sent = 0;
	if (d->params.early_data != NULL && d->round == 0 && d->n_tried == 1)
		return tcp_connect_fast(t->fd, &t->address,
					d->params.early_data, &t->early_sent);
	return connect(t->fd, &t->address.any, t->address.len);
}

/* Its queue is full: a moment later it may have room. */
static bool
may_retry(struct target *t)
{
	struct dial *d = t->dial;

	if (errno != EAGAIN || t->address.any.sa_family != AF_UNIX ||
	    d->n_retries == QUEUE_RETRIES)
		return false;
	d->n_retries++;
	d->n_tried--;
	target_close(t);
	loop_timer_set(d->next, QUEUE_RETRY_MS);
	return true;
}

static void
target_start(struct target *t)
{
	const struct dial_params *p = &t->dial->params;

	if (is_server(t->dial))
		log_debug("Connecting to %.200s [%.100s] port %d.", p->host,
			  t->text, p->port);
	if (target_open(t) != 0)
		target_failed(t, errno);
	else if (target_connect(t) == 0)
		target_won(t);
	/* EINTR leaves the connection going on, like EINPROGRESS. */
	else if (errno == EINPROGRESS || errno == EINTR)
		target_watch(t);
	else if (!may_retry(t))
		target_failed(t, errno);
}

static void
start_next(void *arg)
{
	struct dial *d = arg;

	if (d->n_failed == d->n_targets) {
		log_debug("Trying again...");
		d->round++;
		d->n_tried = d->n_failed = 0;
	}
	d->n_tried++;
	target_start(&d->targets[d->n_tried - 1]);
}

static void
add_target(struct dial *d, const struct address *address)
{
	struct target *t = &d->targets[d->n_targets++];

	address_print(address, t->text, sizeof(t->text));
	t->dial = d;
	t->address = *address;
	t->fd = -1;
}

/* One of the names is known, or both. */
static void
on_resolved(void *arg)
{
	struct dial *d = arg;
	const struct address *all, *ignored;
	struct err e = { .kind = ERR_NONE };
	size_t n, n_ignored;
	enum step step = resolve_step(d->resolve, &all, &n, &d->unknown);

	if (step == STEP_DONE && d->bind_address != NULL &&
	    resolve_step(d->bind_address, &ignored, &n_ignored, &e) ==
		STEP_AGAIN)
		return;
	if (step == STEP_FAIL) {
		d->error = EHOSTUNREACH;
		fail(d);
	} else if (step == STEP_DONE) {
		d->targets = xcalloc(n, sizeof(*d->targets));
		for (size_t i = 0; i < n; i++)
			add_target(d, &all[i]);
		start_next(d);
	}
}

static void
start_unix(struct dial *d)
{
	const char *path = d->params.path;
	struct address a;

	d->targets = xcalloc(2, sizeof(*d->targets));
	if (d->params.is_abstract && address_from_abstract(&a, path) == 0)
		add_target(d, &a);
	if (address_from_path(&a, path) == 0)
		add_target(d, &a);
	if (d->n_targets > 0) {
		start_next(d);
	} else {
		d->error = ENAMETOOLONG;
		fail(d);
	}
}

struct dial *
dial_new(struct loop *l, const struct dial_params *p, void (*wake)(void *arg),
	 void *arg)
{
	struct resolve_params query = {
		.host = p->host,
		.port = p->port,
		.family = p->family,
		.may_wait = p->purpose == DIAL_SERVER,
	};
	struct dial *d = xcalloc(1, sizeof(*d));

	d->loop = l;
	d->params = *p;
	d->params.host = xstrdup_any(p->host);
	d->params.path = xstrdup_any(p->path);
	d->params.bind_address = xstrdup_any(p->bind_address);
	d->params.bind_interface = xstrdup_any(p->bind_interface);
	d->params.early_data = xstrdup_any(p->early_data);
	d->next = loop_timer_new(l, start_next, d);
	d->tell = loop_task_new(l, wake, arg);
	if (p->path != NULL) {
		start_unix(d);
		return d;
	}
	d->resolve = resolve_new(l, &query, on_resolved, d);
	query = (struct resolve_params){ .host = p->bind_address,
					 .family = AF_UNSPEC,
					 .may_wait = true };
	if (p->bind_address != NULL)
		d->bind_address = resolve_new(l, &query, on_resolved, d);
	on_resolved(d);
	return d;
}

/* Is it HOST:PORT, which other programs take? */
static bool
has_port(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon != NULL && colon[1] != '\0' &&
	       strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

/* What somebody who does not know these words may look at. */
static void
add_hint(const struct dial *d, struct err *e)
{
	if (d->unknown.kind != ERR_NONE) {
		err_hint(e, "%s",
			 has_port(d->params.host)
			     ? "A port is given with -p, or as ssh://HOST:PORT."
			     : d->unknown.hint);
		return;
	}
	switch (d->error) {
	case ECONNREFUSED:
		err_hint(e, "The host is there, but nobody listens on that "
			    "port: does an SSH server run, and on this port "
			    "(-p)?");
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		err_hint(e, "There is no way to that address from here: is "
			    "the network up, or a VPN missing?");
		break;
	case ETIMEDOUT:
		err_hint(e, "Nothing answers there: the host may be off, its "
			    "address another, or a firewall in between.");
		break;
	default:
		break;
	}
}

/* Why it failed, in ssh's words. */
static void
explain(const struct dial *d, struct err *e)
{
	const struct dial_params *p = &d->params;
	const char *why = d->error != 0 ? strerror(d->error) : "failure";
	bool is_unknown = d->unknown.kind != ERR_NONE;

	if (is_server(d) && is_unknown)
		err_set(e, d->unknown.kind,
			"ssh: Could not resolve hostname %.100s: %s", p->host,
			d->unknown.text);
	else if (is_server(d))
		err_set(e, ERR_CONNECT, "ssh: connect to host %s port %d: %s",
			p->host, p->port, why);
	else if (p->path != NULL)
		err_set(e, ERR_FORWARD, "connect_to %.100s: failed: %s",
			p->path, why);
	else if (is_unknown)
		err_set(e, ERR_FORWARD, "connect_to %.100s: unknown host (%s)",
			p->host, d->unknown.text);
	else
		err_set(e, ERR_FORWARD, "connect_to %.100s port %d: failed: %s",
			p->host, p->port, why);
	if (is_server(d))
		add_hint(d, e);
}

enum step
dial_step(struct dial *d, int *ret_fd, struct err *e)
{
	if (d->has_failed) {
		explain(d, e);
		return STEP_FAIL;
	}
	if (d->winner == NULL)
		return STEP_AGAIN;
	*ret_fd = d->winner->fd;
	d->winner->fd = -1;
	return STEP_DONE;
}

void
dial_time_out(struct dial *d, struct err *e)
{
	d->error = ETIMEDOUT;
	if (d->targets == NULL) {
		err_set(&d->unknown, ERR_TIMEOUT, "%s", strerror(ETIMEDOUT));
		err_hint(&d->unknown, RESOLVE_NO_ANSWER_HINT);
	}
	explain(d, e);
	e->kind = ERR_TIMEOUT;
}

bool
dial_is_resolving(const struct dial *d)
{
	return d->targets == NULL;
}

int
dial_errno(const struct dial *d)
{
	return d->error != 0 ? d->error : EIO;
}

size_t
dial_early_sent(const struct dial *d)
{
	return d->winner->early_sent;
}

void
dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n_targets; i++)
		target_close(&d->targets[i]);
	loop_timer_free(d->next);
	loop_task_free(d->tell);
	resolve_free(d->resolve);
	resolve_free(d->bind_address);
	free(d->targets);
	free((char *)d->params.host);
	free((char *)d->params.path);
	free((char *)d->params.bind_address);
	free((char *)d->params.bind_interface);
	free((char *)d->params.early_data);
	free(d);
}
