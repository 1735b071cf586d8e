#include "connect/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd_pass.h"
#include "base/keeper.h"
#include "base/log.h"
#include "base/system.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "conf/tokens.h"
#include "net/loop.h"
#include "net/stream.h"

struct proxy {
	struct loop *loop;
	void (*wake)(void *arg);
	void *arg;
	struct keeper keeper;
	int in, out; /* what the stream will be made of; -1: not (any more) */
	/* with ProxyUseFdpass: where the descriptor comes from */
	int dialer;
	struct loop_io *dialer_io;
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The shell is to become the command, so that nothing is between. */
static char *
shell_text(const struct conf *o, struct err *e)
{
	char *command =
	    tokens_expand(o, "ProxyCommand", o->proxy_command, NULL, e);
	char *text;

	if (command == NULL)
		return NULL;
	text = xasprintf("exec %s", command);
	free(command);
	return text;
}

/* Returns 0 or an errno. */
static int
run(struct proxy *p, const char *text, int in, int out)
{
	char *argv[4];

	child_shell_argv(argv, text);
	return keeper_start(&p->keeper, argv, in, out);
}

/* Not a socketpair: there are programs that ask what they are given. */
static int
run_with_pipes(struct proxy *p, const char *text)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 }, rc;

	log_debug("Executing proxy command: %s", text);
	rc = system_pipe(to) == 0 && system_pipe(from) == 0 ? 0 : errno;
	if (rc == 0)
		rc = run(p, text, to[0], from[1]);
	close_end(&to[0]);
	close_end(&from[1]);
	p->out = to[1];
	p->in = from[0];
	return rc;
}

static int
run_dialer(struct proxy *p, const char *text)
{
	int pair[2], rc;

	log_debug("Executing proxy dialer command: %s", text);
	if (system_socketpair(pair) != 0)
		return errno;
	p->dialer = pair[0];
	rc = run(p, text, pair[1], pair[1]);
	close(pair[1]);
	return rc;
}

static void
on_dialer(void *arg, bool can_read, bool can_write)
{
	const struct proxy *p = arg;

	(void)can_read;
	(void)can_write;
	p->wake(p->arg);
}

static int
await_dialer(struct proxy *p, struct err *e)
{
	p->dialer_io = loop_io_new(p->loop, p->dialer, on_dialer, p, e);
	if (p->dialer_io == NULL)
		return -1;
	loop_io_want(p->dialer_io, true, false);
	return 0;
}

struct proxy *
proxy_new(struct loop *l, const struct conf *o, void (*wake)(void *arg),
	  void *arg, struct err *e)
{
	char *text = shell_text(o, e);
	struct proxy *p;
	int rc;

	if (text == NULL)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->loop = l;
	p->wake = wake;
	p->arg = arg;
	p->keeper = (struct keeper)KEEPER_INIT;
	p->in = p->out = p->dialer = -1;
	rc =
	    o->proxy_use_fdpass ? run_dialer(p, text) : run_with_pipes(p, text);
	free(text);
	if (rc != 0)
		err_set(e, ERR_LOCAL, "ProxyCommand: %s", strerror(rc));
	else if (!o->proxy_use_fdpass || await_dialer(p, e) == 0)
		return p;
	proxy_free(p);
	return NULL;
}

void
proxy_free(struct proxy *p)
{
	if (p == NULL)
		return;
	loop_io_free(p->dialer_io);
	close_end(&p->dialer);
	close_end(&p->in);
	close_end(&p->out);
	keeper_stop(&p->keeper);
	free(p);
}

/* --- the descriptor --- */

/* The words are ssh's. */
static enum step
receive(struct proxy *p, int *ret_fd, struct err *e)
{
	int rc = fd_pass_receive(p->dialer, ret_fd);

	if (rc == 0)
		return STEP_DONE;
	if (rc == EAGAIN)
		return STEP_AGAIN;
	if (rc == EPIPE)
		log_error("mm_receive_fd: recvmsg: expected received 1 got 0");
	else if (rc == EBADMSG)
		log_error("mm_receive_fd: no message header");
	else
		log_error("mm_receive_fd: recvmsg: %s", strerror(rc));
	err_set(e, ERR_CONNECT, "proxy dialer did not pass back a connection");
	return STEP_FAIL;
}

/* It is not needed any more, but goes in its own time. */
static enum step
hear_dialer(struct proxy *p, struct err *e)
{
	int fd;
	enum step step = receive(p, &fd, e);

	if (step != STEP_DONE)
		return step;
	p->in = p->out = fd;
	loop_io_free(p->dialer_io);
	p->dialer_io = NULL;
	close_end(&p->dialer);
	return STEP_DONE;
}

enum step
proxy_step(struct proxy *p, struct stream **ret_stream, struct err *e)
{
	enum step step = p->dialer >= 0 ? hear_dialer(p, e) : STEP_DONE;

	if (step != STEP_DONE)
		return step;
	*ret_stream =
	    stream_new_pair(p->loop, p->in, p->out, p->wake, p->arg, e);
	p->in = p->out = -1;
	return *ret_stream != NULL ? STEP_DONE : STEP_FAIL;
}
