#include "net/connector.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/resolve.h"

/* A Unix socket whose queue is full says so at once; how long to go on. */
#define QUEUE_RETRY_MS 20
#define QUEUE_RETRIES 250

struct connector {
	struct loop *loop;
	void (*wake)(void *arg);
	void *arg;
	char *host; /* NULL: a Unix socket */
	int port;
	char *path;
	struct resolve *resolve;
	const struct resolve_address *addresses; /* NULL: not known yet */
	size_t n_addresses, n_tried;
	int n_retries;
	int fd; /* -1: not open */
	struct loop_io *io;
	struct loop_timer *retry;
	bool is_connected;
	int error; /* why the last address failed */
};

static void
drop_socket(struct connector *c)
{
	loop_io_free(c->io);
	c->io = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void
address_failed(struct connector *c, int error)
{
	log_debug("connect_next: host %.100s port %d: %.100s",
		  c->path != NULL ? c->path : c->host, c->port,
		  strerror(error));
	c->error = error;
	drop_socket(c);
}

static void
on_connected(void *arg, bool can_read, bool can_write)
{
	struct connector *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)can_read;
	(void)can_write;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	loop_io_free(c->io);
	c->io = NULL;
	c->is_connected = error == 0;
	if (error != 0)
		address_failed(c, error);
	c->wake(c->arg);
}

/* Wait for the connection in progress. */
static void
watch(struct connector *c)
{
	struct err e = { 0 };

	c->io = loop_io_new(c->loop, c->fd, on_connected, c, &e);
	if (c->io == NULL) {
		log_debug("%s", e.text);
		address_failed(c, EMFILE);
		return;
	}
	loop_io_want(c->io, false, true);
}

static void
start(struct connector *c, const struct sockaddr *address, socklen_t len)
{
	int on = 1;

	c->fd = socket(address->sa_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		address_failed(c, errno);
		return;
	}
	if (address->sa_family != AF_UNIX)
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on,
				 sizeof(on));
	if (connect(c->fd, address, len) == 0)
		c->is_connected = true;
	else if (errno == EINPROGRESS || errno == EINTR)
		watch(c);
	else
		address_failed(c, errno);
}

static void
start_unix(struct connector *c)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(c->path);

	if (len >= sizeof(un.sun_path)) {
		c->error = ENAMETOOLONG;
		return;
	}
	memcpy(un.sun_path, c->path, len);
	start(c, (struct sockaddr *)&un, sizeof(un));
	if (c->error != EAGAIN || c->n_retries++ == QUEUE_RETRIES)
		return;
	c->error = 0;
	loop_timer_set(c->retry, QUEUE_RETRY_MS);
}

static void
on_retry(void *arg)
{
	struct connector *c = arg;

	start_unix(c);
	if (c->is_connected || c->error != 0)
		c->wake(c->arg);
}

struct connector *
connector_new(struct loop *l, const struct connector_params *p,
	      void (*wake)(void *arg), void *arg)
{
	struct resolve_params query = { p->host, p->port, p->family };
	struct connector *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->wake = wake;
	c->arg = arg;
	c->fd = -1;
	c->port = p->port;
	if (p->path != NULL) {
		c->path = xstrdup(p->path);
		c->retry = loop_timer_new(l, on_retry, c);
		start_unix(c);
		return c;
	}
	c->host = xstrdup(p->host);
	c->resolve = resolve_new(l, &query, wake, arg);
	return c;
}

/* Try addresses until one may yet connect. */
static enum step
try_addresses(struct connector *c, struct err *e)
{
	struct err why = { 0 };
	enum step step = STEP_DONE;

	if (c->addresses == NULL)
		step = resolve_step(c->resolve, &c->addresses, &c->n_addresses,
				    &why);
	if (step == STEP_AGAIN)
		return STEP_AGAIN;
	if (step == STEP_FAIL) {
		c->error = EHOSTUNREACH;
		err_set(e, ERR_FORWARD, "connect_to %.100s: unknown host (%s)",
			c->host, why.text);
		return STEP_FAIL;
	}
	while (c->fd < 0 && c->n_tried < c->n_addresses) {
		const struct resolve_address *a = &c->addresses[c->n_tried++];

		start(c, (const struct sockaddr *)&a->address, a->len);
	}
	if (c->fd >= 0)
		return STEP_AGAIN;
	err_set(e, ERR_FORWARD, "connect_to %.100s port %d: failed: %s",
		c->host, c->port, strerror(c->error));
	return STEP_FAIL;
}

enum step
connector_step(struct connector *c, int *ret_fd, struct err *e)
{
	enum step step = STEP_AGAIN;

	if (c->path == NULL && !c->is_connected) {
		step = try_addresses(c, e);
	} else if (c->error != 0) {
		err_set(e, ERR_FORWARD, "connect_to %.100s: failed: %s",
			c->path, strerror(c->error));
		step = STEP_FAIL;
	}
	if (!c->is_connected)
		return step;
	*ret_fd = c->fd;
	c->fd = -1;
	c->is_connected = false;
	return STEP_DONE;
}

int
connector_errno(const struct connector *c)
{
	return c->error;
}

void
connector_free(struct connector *c)
{
	if (c == NULL)
		return;
	drop_socket(c);
	resolve_free(c->resolve);
	loop_timer_free(c->retry);
	free(c->host);
	free(c->path);
	free(c);
}
