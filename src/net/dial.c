#include "net/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/tcp.h"

#define STAGGER_MS 250    /* RFC 8305 section 5 */
#define ROUND_GAP_MS 1000 /* between ConnectionAttempts */

/* One address, in the order of trying. */
struct target {
	struct dial *dial;
	const struct addrinfo *ai;
	char text[NI_MAXHOST];
	int fd; /* -1: not being connected */
	size_t early_sent;
	struct loop_io *io;
};

struct dial {
	struct loop *loop;
	struct dial_params params; /* strings owned */
	struct addrinfo *found;
	struct target *targets;
	size_t n_targets;
	size_t n_tried, n_failed; /* in this round */
	int round;
	int last_error; /* errno of the connect that failed last */
	struct target *winner;
	bool has_failed;
	struct loop_timer *next; /* the next address, or the next round */
	struct loop_task *tell;
};

static int
resolve(const struct dial_params *p, struct addrinfo **ret_found, struct err *e)
{
	struct addrinfo hints = { .ai_family = p->family,
				  .ai_socktype = SOCK_STREAM };
	char port[16];
	int rc;

	snprintf(port, sizeof(port), "%d", p->port);
	rc = getaddrinfo(p->host, port, &hints, ret_found);
	if (rc != 0)
		return err_set(e, ERR_RESOLVE,
			       "ssh: Could not resolve hostname %.100s: %s",
			       p->host, tcp_gai_text(rc));
	return 0;
}

/* The next address at or after ai that is (or is not) IPv6. */
static const struct addrinfo *
next_of(const struct addrinfo *ai, bool is_ipv6)
{
	while (ai != NULL && (ai->ai_family == AF_INET6) != is_ipv6)
		ai = ai->ai_next;
	return ai;
}

static void
add_target(struct dial *d, const struct addrinfo *ai)
{
	struct target *t = &d->targets[d->n_targets];

	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, t->text, sizeof(t->text),
			NULL, 0, NI_NUMERICHOST) != 0) {
		log_error("ssh_connect: getnameinfo failed");
		return;
	}
	t->dial = d;
	t->ai = ai;
	t->fd = -1;
	d->n_targets++;
}

/* RFC 8305 section 4: families take turns, the system's order within each. */
static void
order_targets(struct dial *d)
{
	const struct addrinfo *six = next_of(d->found, true);
	const struct addrinfo *other = next_of(d->found, false);
	size_t count = 0;

	for (const struct addrinfo *ai = d->found; ai; ai = ai->ai_next)
		count++;
	d->targets = xcalloc(count, sizeof(*d->targets));
	while (six != NULL || other != NULL) {
		if (six != NULL) {
			add_target(d, six);
			six = next_of(six->ai_next, true);
		}
		if (other != NULL) {
			add_target(d, other);
			other = next_of(other->ai_next, false);
		}
	}
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
	log_debug("Connection established.");
	d->winner = t;
	loop_task_post(d->tell);
}

/* error is 0 where the reason has already been logged. */
static void
target_failed(struct target *t, int error)
{
	struct dial *d = t->dial;

	if (error != 0) {
		log_debug("connect to address %s port %d: %s", t->text,
			  d->params.port, strerror(error));
		d->last_error = error;
	}
	target_close(t);
	d->n_failed++;
	if (d->n_tried < d->n_targets) {
		loop_timer_set(d->next, 0);
	} else if (d->n_failed == d->n_targets) {
		if (d->round + 1 < d->params.attempts) {
			loop_timer_set(d->next, ROUND_GAP_MS);
			return;
		}
		d->has_failed = true;
		loop_task_post(d->tell);
	}
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

/* As connect(2). */
static int
target_connect(struct target *t)
{
	const struct dial *d = t->dial;

	t->early_sent = 0;
	if (d->params.early_data != NULL && d->round == 0 && d->n_tried == 1)
		return tcp_connect_fast(t->fd, t->ai, d->params.early_data,
					&t->early_sent);
	return connect(t->fd, t->ai->ai_addr, t->ai->ai_addrlen);
}

static void
target_start(struct target *t)
{
	struct dial *d = t->dial;
	struct err e = { 0 };

	log_debug("Connecting to %.200s [%.100s] port %d.", d->params.host,
		  t->text, d->params.port);
	t->fd = tcp_open(&d->params, t->ai);
	if (t->fd < 0) {
		target_failed(t, 0);
		return;
	}
	if (target_connect(t) == 0) {
		target_won(t);
		return;
	}
	/* EINTR leaves the connection going on, like EINPROGRESS. */
	if (errno != EINPROGRESS && errno != EINTR) {
		target_failed(t, errno);
		return;
	}
	t->io = loop_io_new(d->loop, t->fd, on_writable, t, &e);
	if (t->io == NULL) {
		log_error("%s", e.text);
		target_failed(t, 0);
		return;
	}
	loop_io_want(t->io, false, true);
	if (d->n_tried < d->n_targets)
		loop_timer_set(d->next, STAGGER_MS);
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

struct dial *
dial_new(struct loop *l, const struct dial_params *p, void (*wake)(void *arg),
	 void *arg, struct err *e)
{
	struct dial *d = xcalloc(1, sizeof(*d));

	if (resolve(p, &d->found, e) != 0) {
		free(d);
		return NULL;
	}
	d->loop = l;
	d->params = *p;
	d->params.host = xstrdup(p->host);
	if (p->bind_address != NULL)
		d->params.bind_address = xstrdup(p->bind_address);
	if (p->bind_interface != NULL)
		d->params.bind_interface = xstrdup(p->bind_interface);
	if (p->early_data != NULL)
		d->params.early_data = xstrdup(p->early_data);
	d->next = loop_timer_new(l, start_next, d);
	d->tell = loop_task_new(l, wake, arg);
	order_targets(d);
	if (d->n_targets == 0) {
		d->has_failed = true;
		loop_task_post(d->tell);
		return d;
	}
	start_next(d);
	return d;
}

enum step
dial_step(struct dial *d, int *ret_fd, struct err *e)
{
	if (d->winner != NULL) {
		*ret_fd = d->winner->fd;
		d->winner->fd = -1;
		return STEP_DONE;
	}
	if (!d->has_failed)
		return STEP_AGAIN;
	err_set(e, ERR_CONNECT, "ssh: connect to host %s port %d: %s",
		d->params.host, d->params.port,
		d->last_error != 0 ? strerror(d->last_error) : "failure");
	return STEP_FAIL;
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
	freeaddrinfo(d->found);
	free(d->targets);
	free((char *)d->params.host);
	free((char *)d->params.bind_address);
	free((char *)d->params.bind_interface);
	free((char *)d->params.early_data);
	free(d);
}
