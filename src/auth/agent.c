#include "auth/agent.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "keys/agent_wire.h"
#include "net/address.h"
#include "net/loop.h"

/* An agent that is locked may first ask to be unlocked, by somebody who looks
 * for a password; ssh waits for ever. A signature may wait for a touch or for a
 * confirmation. */
#define LIST_TIMEOUT_MS (10 * 60 * 1000)
#define SIGN_TIMEOUT_MS 90000
#define ADD_TIMEOUT_MS 20000
#define READ_BYTES 4096

struct agent {
	int fd;
	struct loop_io *io;
	struct loop_timer *timer;
	void (*wake)(void *arg);
	void *arg;
	struct buf out, in;
	bool is_asking; /* a request is on its way */
	bool has_timed_out;
	bool is_dead;
};

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct agent *a = arg;

	(void)can_read;
	(void)can_write;
	a->wake(a->arg);
}

static void
on_timeout(void *arg)
{
	struct agent *a = arg;

	a->has_timed_out = true;
	a->wake(a->arg);
}

static int
open_socket(const char *path, struct err *e)
{
	struct address a;
	int fd;

	if (address_from_path(&a, path) != 0)
		return err_set(e, ERR_LOCAL, "agent socket path too long: %s",
			       path);
	fd = system_socket(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return err_set(e, ERR_LOCAL, "agent socket: %s",
			       strerror(errno));
	/* a full backlog is EAGAIN here: an agent that nobody serves */
	if (connect(fd, &a.any, a.len) != 0) {
		err_set(e, ERR_LOCAL, "agent at %s: %s", path,
			errno == EAGAIN ? "it does not answer"
					: strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

struct agent *
agent_new(struct loop *l, const char *path, void (*wake)(void *arg), void *arg,
	  struct err *e)
{
	int fd = open_socket(path, e);

	return fd >= 0 ? agent_new_take(l, fd, wake, arg, e) : NULL;
}

struct agent *
agent_new_take(struct loop *l, int fd, void (*wake)(void *arg), void *arg,
	       struct err *e)
{
	struct agent *a = xcalloc(1, sizeof(*a));

	a->fd = fd;
	a->wake = wake;
	a->arg = arg;
	a->out.wipe = true;
	a->timer = loop_timer_new(l, on_timeout, a);
	a->io = loop_io_new(l, fd, on_ready, a, e);
	if (a->io == NULL) {
		agent_free(a);
		return NULL;
	}
	return a;
}

void
agent_free(struct agent *a)
{
	if (a == NULL)
		return;
	loop_io_free(a->io);
	loop_timer_free(a->timer);
	close(a->fd);
	buf_clear(&a->out);
	buf_clear(&a->in);
	free(a);
}

/* Use it no more, and be woken by it no more. */
static void
stop(struct agent *a)
{
	a->is_dead = true;
	loop_io_want(a->io, false, false);
	loop_timer_set(a->timer, -1);
}

static int
die(struct agent *a, struct err *e, const char *why)
{
	stop(a);
	return err_set(e, ERR_LOCAL, "the agent %s", why);
}

/* Send what is queued. */
static int
send_some(struct agent *a, struct err *e)
{
	while (a->out.len > 0) {
		ssize_t n = send(a->fd, a->out.data, a->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return die(a, e, strerror(errno));
		buf_consume(&a->out, (size_t)n);
	}
	return 0;
}

/* Read until a whole message is there; its length, 0 for not yet, or -1. */
static long
receive_some(struct agent *a, struct err *e)
{
	for (;;) {
		long len = agent_message_len(a->in.data, a->in.len, e);
		unsigned char *room;
		ssize_t n;

		if (len < 0)
			stop(a);
		if (len != 0)
			return len;
		room = buf_room(&a->in, READ_BYTES);
		n = recv(a->fd, room, READ_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return die(a, e, strerror(errno));
		if (n == 0)
			return die(a, e, "closed the connection");
		a->in.len += (size_t)n;
	}
}

/* One exchange: the request was queued before the first call. */
static enum step
exchange(struct agent *a, int timeout_ms, size_t *ret_len, struct err *e)
{
	long len;

	if (!a->is_asking) {
		a->is_asking = true;
		a->has_timed_out = false;
		loop_timer_set(a->timer, timeout_ms);
	}
	if (send_some(a, e) != 0 || (len = receive_some(a, e)) < 0)
		return STEP_FAIL;
	if (len == 0 && a->has_timed_out) {
		die(a, e, "does not answer");
		return STEP_FAIL;
	}
	if (len == 0) {
		loop_io_want(a->io, true, a->out.len > 0);
		return STEP_AGAIN;
	}
	loop_io_want(a->io, false, false);
	loop_timer_set(a->timer, -1);
	a->is_asking = false;
	*ret_len = (size_t)len;
	return STEP_DONE;
}

static bool
is_gone(const struct agent *a, struct err *e)
{
	if (a->is_dead)
		err_set(e, ERR_LOCAL, "the agent is gone");
	return a->is_dead;
}

enum step
agent_list(struct agent *a, struct agent_keys *ret_keys, struct err *e)
{
	enum step step;
	size_t len;
	int rc;

	if (is_gone(a, e))
		return STEP_FAIL;
	if (!a->is_asking)
		agent_put_list(&a->out);
	step = exchange(a, LIST_TIMEOUT_MS, &len, e);
	if (step != STEP_DONE)
		return step;
	rc = agent_get_keys(a->in.data, len, ret_keys, e);
	buf_consume(&a->in, len);
	return rc == 0 ? STEP_DONE : STEP_FAIL;
}

/* An exchange after which the agent has done something, or not. */
static enum step
succeed(struct agent *a, int timeout_ms, struct err *e)
{
	enum step step;
	size_t len;
	int rc;

	step = exchange(a, timeout_ms, &len, e);
	if (step != STEP_DONE)
		return step;
	rc = agent_get_success(a->in.data, len, e);
	buf_consume(&a->in, len);
	return rc == 0 ? STEP_DONE : STEP_FAIL;
}

enum step
agent_bind(struct agent *a, const struct agent_binding *binding, struct err *e)
{
	if (is_gone(a, e))
		return STEP_FAIL;
	if (!a->is_asking)
		agent_put_bind(&a->out, binding);
	return succeed(a, LIST_TIMEOUT_MS, e);
}

enum step
agent_add(struct agent *a, const struct agent_gift *gift, struct err *e)
{
	if (is_gone(a, e))
		return STEP_FAIL;
	if (!a->is_asking)
		agent_put_add(&a->out, gift->key, gift->comment, gift->limits);
	return succeed(a, ADD_TIMEOUT_MS, e);
}

enum step
agent_log_in(struct agent *a, const char *token, const struct secret *pin,
	     struct err *e)
{
	if (is_gone(a, e))
		return STEP_FAIL;
	if (!a->is_asking)
		agent_put_log_in(&a->out, token, pin);
	return succeed(a, SIGN_TIMEOUT_MS, e);
}

enum step
agent_sign(struct agent *a, const struct agent_job *job, struct buf *sig,
	   struct err *e)
{
	enum step step;
	size_t len;
	int rc;

	if (is_gone(a, e))
		return STEP_FAIL;
	if (!a->is_asking)
		agent_put_sign(&a->out, job->key, job->algorithm, job->data,
			       job->len);
	step = exchange(a, SIGN_TIMEOUT_MS, &len, e);
	if (step != STEP_DONE)
		return step;
	rc = agent_get_signature(a->in.data, len, job->algorithm, sig, e);
	buf_consume(&a->in, len);
	return rc == 0 ? STEP_DONE : STEP_FAIL;
}
