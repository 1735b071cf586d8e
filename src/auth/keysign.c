#include "auth/keysign.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "net/loop.h"

#define PROTOCOL_VERSION 2
#define SOCKET_FD 3 /* where the program finds the socket */
#define READ_BYTES 1024
/* The request must fit into a pipe that nobody reads yet. */
#define REQUEST_MAX ((size_t)32 * 1024)
#define ANSWER_MAX ((size_t)32 * 1024)
#define PATIENCE_MS 10000

struct keysign {
	struct keysign_params params;
	pid_t pid; /* -1: it has ended */
	int fd;    /* its output */
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

/* Returns 0 or an errno. */
static int
start(struct keysign *k, const char *program, int in, int out)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	rc = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, out,
						      STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
		    &actions, k->params.socket, SOCKET_FD);
	if (rc == 0)
		rc = spawn_start(&actions, argv, &k->pid);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		k->pid = -1;
	return rc;
}

/* A message has its length, the version, and what is asked in it. */
static int
send_request(int fd, const struct buf *data)
{
	struct buf body = BUF_INIT, message = BUF_INIT;
	bool is_sent = false;

	wire_put_byte(&body, PROTOCOL_VERSION);
	wire_put_u32(&body, SOCKET_FD);
	wire_put_string(&body, data->data, data->len);
	wire_put_string(&message, body.data, body.len);
	if (message.len <= REQUEST_MAX)
		is_sent = write(fd, message.data, message.len) ==
			  (ssize_t)message.len;
	buf_clear(&body);
	buf_clear(&message);
	return is_sent ? 0 : -1;
}

/* Between two pipes. */
static int
run(struct keysign *k, const char *program, const struct buf *data,
    struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int rc = -1;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
		err_set(e, ERR_LOCAL, "%s: %s", program, strerror(errno));
		goto out;
	}
	rc = start(k, program, in[0], out[1]);
	if (rc == 0 && send_request(in[1], data) != 0)
		rc = EPIPE;
	if (rc != 0) {
		rc = err_set(e, ERR_LOCAL, "%s: %s", program, strerror(rc));
		goto out;
	}
	k->fd = out[0];
	out[0] = -1;
	fcntl(k->fd, F_SETFL, O_NONBLOCK);
	k->io = loop_io_new(k->params.loop, k->fd, on_ready, k, e);
	rc = k->io != NULL ? 0 : -1;
out:
	for (size_t i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (out[i] >= 0)
			close(out[i]);
	}
	return rc;
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
	k->pid = -1;
	k->fd = -1;
	k->timer = loop_timer_new(p->loop, on_late, k);
	if (run(k, program, data, e) != 0) {
		keysign_free(k);
		return NULL;
	}
	loop_io_want(k->io, true, false);
	loop_timer_set(k->timer, PATIENCE_MS);
	return k;
}

static int
wait_for_end(struct keysign *k)
{
	pid_t pid = k->pid;

	k->pid = -1;
	return spawn_wait(pid);
}

void
keysign_free(struct keysign *k)
{
	if (k == NULL)
		return;
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		wait_for_end(k);
	}
	loop_io_free(k->io);
	loop_timer_free(k->timer);
	if (k->fd >= 0)
		close(k->fd);
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
	if (wait_for_end(k) != 0)
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
	ssize_t n = 1;

	while (n > 0 && k->answer.len < ANSWER_MAX) {
		n = read(k->fd, buf_room(&k->answer, READ_BYTES), READ_BYTES);
		if (n > 0)
			k->answer.len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0 && errno == EAGAIN)
		return k->is_late ? fail(e, "does not answer") : STEP_AGAIN;
	return take_answer(k, ret_signature, e);
}
