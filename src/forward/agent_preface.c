#include "forward/agent_preface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "forward/agent_frame.h"
#include "forward/agent_guard.h"
#include "net/conn.h"
#include "net/loop.h"

/* It needs nobody's consent. */
#define PATIENCE_MS 5000

struct agent_preface {
	struct agent_guard_params params;
	struct conn *conn;
	struct loop_timer *timer;
	bool is_late;
	const struct buf *message;
	size_t sent;
	struct buf answer;
};

static void
on_ready(void *arg)
{
	struct agent_preface *a = arg;

	a->params.wake(a->params.arg);
}

static void
on_late(void *arg)
{
	struct agent_preface *a = arg;

	a->is_late = true;
	a->params.wake(a->params.arg);
}

struct agent_preface *
agent_preface_new(const struct agent_guard_params *p, int fd,
		  const struct buf *message, struct err *e)
{
	struct agent_preface *a = xcalloc(1, sizeof(*a));

	a->params = *p;
	a->message = message;
	a->conn = conn_new(p->loop, fd, on_ready, a, e);
	if (a->conn == NULL) {
		agent_preface_free(a);
		return NULL;
	}
	a->timer = loop_timer_new(p->loop, on_late, a);
	loop_timer_set(a->timer, PATIENCE_MS);
	return a;
}

void
agent_preface_free(struct agent_preface *a)
{
	if (a == NULL)
		return;
	conn_free(a->conn);
	loop_timer_free(a->timer);
	buf_clear(&a->answer);
	free(a);
}

static ssize_t
send_some(struct agent_preface *a)
{
	ssize_t n = 1;

	while (a->sent < a->message->len && n > 0) {
		n = conn_write(a->conn, a->message->data + a->sent,
			       a->message->len - a->sent);
		a->sent += n > 0 ? (size_t)n : 0;
	}
	return n;
}

/* Read no further than the answer, a byte at a time: it has five, and what
 * follows would be somebody else's. Returns as conn_read(). */
static ssize_t
receive_some(struct agent_preface *a)
{
	ssize_t n = 1;

	while (n > 0 && agent_frame_len(a->answer.data, a->answer.len) == 0) {
		n = conn_read(a->conn, buf_room(&a->answer, 1), 1);
		a->answer.len += n > 0 ? (size_t)n : 0;
	}
	return n;
}

static enum step
fail(struct err *e, const char *why)
{
	err_set(e, ERR_FORWARD, "the agent %s", why);
	return STEP_FAIL;
}

enum step
agent_preface_step(struct agent_preface *a, int *ret_fd, struct err *e)
{
	ssize_t n = send_some(a);

	if (n > 0)
		n = receive_some(a);
	if (n > 0 && agent_frame_len(a->answer.data, a->answer.len) < 0)
		return fail(e, "gave a malformed answer");
	if (n > 0) {
		*ret_fd = conn_release(a->conn);
		a->conn = NULL;
		return STEP_DONE;
	}
	if (n == 0)
		return fail(e, "closed the connection");
	if (n != -EAGAIN)
		return fail(e, strerror((int)-n));
	if (a->is_late)
		return fail(e, "does not answer");
	conn_want(a->conn, true, a->sent < a->message->len);
	return STEP_AGAIN;
}
