#include "auth/keysign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "net/loop.h"

#define PROTOCOL_VERSION 2
#define SOCKET_FD 3 /* where the program finds the socket */
/* The request must fit into a pipe that nobody reads yet. */
#define REQUEST_MAX ((size_t)32 * 1024)
#define ANSWER_MAX ((size_t)32 * 1024)
#define PATIENCE_MS 10000

struct keysign {
	struct keysign_params params;
	struct child child;
	struct loop_io *io;
	struct loop_timer *timer;
	bool is_late;
	struct buf answer;
};

/* Where systems keep it; NULL: it is not installed. */
static const char *
find_program(void)
{
	static const char *const places[] = {
		"/usr/lib/openssh/ssh-keysign",
		"/usr/libexec/openssh/ssh-keysign",
		"/usr/libexec/ssh-keysign",
		"/usr/lib/ssh/ssh-keysign",
		"/usr/local/libexec/ssh-keysign",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct keysign *k = arg;

	(void)can_read;
	(void)can_write;
	k->params.wake(k->params.arg);
}

static void
on_late(void *arg)
{
	struct keysign *k = arg;

	k->is_late = true;
	k->params.wake(k->params.arg);
}

/* A message has its length, the version, and what is asked in it. */
static int
send_request(struct child *c, const struct buf *data)
{
	struct buf body = BUF_INIT, message = BUF_INIT;
	bool is_sent = false;

	wire_put_byte(&body, PROTOCOL_VERSION);
	wire_put_u32(&body, SOCKET_FD);
	wire_put_string(&body, data->data, data->len);
	wire_put_string(&message, body.data, body.len);
	if (message.len <= REQUEST_MAX)
		is_sent =
		    fd_write(c->in, message.data, message.len) == message.len;
	close(c->in);
	c->in = -1;
	buf_clear(&body);
	buf_clear(&message);
	return is_sent ? 0 : -1;
}

static int
start(struct keysign *k, const char *program, const struct buf *data,
      struct err *e)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	const struct child_fd fds[] = {
		{ CHILD_PIPE, STDIN_FILENO },
		{ CHILD_PIPE, STDOUT_FILENO },
		{ k->params.socket, SOCKET_FD },
	};
	int rc = child_start(&k->child, argv, fds, 3);

	if (rc == 0 && send_request(&k->child, data) != 0)
		rc = EPIPE;
	if (rc != 0)
		return err_set(e, ERR_LOCAL, "%s: %s", program, strerror(rc));
	k->io = loop_io_new(k->params.loop, k->child.out, on_ready, k, e);
	return k->io != NULL ? 0 : -1;
}

struct keysign *
keysign_new(const struct keysign_params *p, const struct buf *data,
	    struct err *e)
{
	const char *program = find_program();
	struct keysign *k;

	if (program == NULL) {
		err_set(e, ERR_LOCAL, "ssh-keysign is not installed");
		return NULL;
	}
	k = xcalloc(1, sizeof(*k));
	k->params = *p;
	k->child = (struct child)CHILD_INIT;
	k->timer = loop_timer_new(p->loop, on_late, k);
	if (start(k, program, data, e) != 0) {
		keysign_free(k);
		return NULL;
	}
	loop_io_want(k->io, true, false);
	loop_timer_set(k->timer, PATIENCE_MS);
	return k;
}

void
keysign_free(struct keysign *k)
{
	if (k == NULL)
		return;
	loop_io_free(k->io);
	loop_timer_free(k->timer);
	child_clear(&k->child);
	buf_clear(&k->answer);
	free(k);
}

static enum step
fail(struct err *e, const char *why)
{
	err_set(e, ERR_LOCAL, "ssh-keysign %s", why);
	return STEP_FAIL;
}

static enum step
take_answer(struct keysign *k, struct buf *ret_signature, struct err *e)
{
	struct wire w, body, signature;
	uint8_t version;

	wire_init(&w, k->answer.data, k->answer.len);
	if (child_wait(&k->child) != 0)
		return fail(e, "failed");
	if (wire_get_wire(&w, &body) != 0 ||
	    wire_get_byte(&body, &version) != 0 ||
	    version != PROTOCOL_VERSION ||
	    wire_get_wire(&body, &signature) != 0)
		return fail(e, "gave no answer that makes sense");
	buf_add(ret_signature, signature.data, signature.len);
	return STEP_DONE;
}

enum step
keysign_step(struct keysign *k, struct buf *ret_signature, struct err *e)
{
	if (child_read(&k->child, &k->answer, ANSWER_MAX) == STEP_AGAIN)
		return k->is_late ? fail(e, "does not answer") : STEP_AGAIN;
	return take_answer(k, ret_signature, e);
}
