#include "net/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "net/loop.h"

/* Between two looks at whether it has ended, once it prints no more. */
enum { PAUSE_MS = 5 };

struct program {
	struct child child;
	struct loop_io *io;
	struct loop_timer *timer;
	int64_t deadline_ms;
	struct buf bytes;
	size_t max;
	bool is_silent; /* it prints no more */
	bool is_done;
	struct program_result result;
	void (*wake)(void *arg);
	void *arg;
};

static void
finish(struct program *p, enum program_end end, int code)
{
	loop_io_free(p->io);
	p->io = NULL;
	child_clear(&p->child);
	p->result = (struct program_result){ .end = end, .code = code };
	p->is_done = true;
	p->wake(p->arg);
}

/* Has it ended? Then it is collected. */
static bool
has_ended(struct program *p)
{
	int status;

	if (!child_has_ended(&p->child))
		return false;
	status = child_wait(&p->child);
	if (status < 0)
		finish(p, PROGRAM_SIGNALED, -status);
	else
		finish(p, PROGRAM_EXITED, status);
	return true;
}

/* Wait for its end, or for the time when nobody waits any more. */
static void
wait_on(struct program *p)
{
	int64_t left_ms = p->deadline_ms - loop_now_ms();

	if (p->is_silent && left_ms > PAUSE_MS)
		left_ms = PAUSE_MS;
	loop_timer_set(p->timer, left_ms > 0 ? left_ms : 0);
}

static void
on_timer(void *arg)
{
	struct program *p = arg;

	if (p->is_done || (p->is_silent && has_ended(p)))
		return;
	if (loop_now_ms() >= p->deadline_ms)
		finish(p, PROGRAM_LATE, 0);
	else
		wait_on(p);
}

static void
on_readable(void *arg, bool can_read, bool can_write)
{
	struct program *p = arg;

	(void)can_read;
	(void)can_write;
	if (child_read(&p->child, &p->bytes, p->max) == STEP_AGAIN)
		return;
	if (p->bytes.len == p->max) {
		finish(p, PROGRAM_VERBOSE, 0);
		return;
	}
	loop_io_free(p->io);
	p->io = NULL;
	p->is_silent = true;
	if (!has_ended(p))
		wait_on(p);
}

static int
start(struct program *p, const struct program_params *params)
{
	const struct child_fd fds[] = { { CHILD_NULL, STDIN_FILENO },
					{ CHILD_PIPE, STDOUT_FILENO } };
	struct err ignored = { .kind = ERR_NONE };

	errno = child_start(&p->child, params->argv, fds, 2);
	if (errno != 0)
		return -1;
	p->io =
	    loop_io_new(params->loop, p->child.out, on_readable, p, &ignored);
	if (p->io == NULL)
		return -1;
	loop_io_want(p->io, true, false);
	p->timer = loop_timer_new(params->loop, on_timer, p);
	p->deadline_ms = loop_now_ms() + params->timeout_ms;
	wait_on(p);
	return 0;
}

struct program *
program_new(const struct program_params *params)
{
	struct program *p = xcalloc(1, sizeof(*p));
	int why;

	p->child = (struct child)CHILD_INIT;
	p->max = params->max;
	p->wake = params->wake;
	p->arg = params->arg;
	if (start(p, params) == 0)
		return p;
	why = errno;
	program_free(p);
	errno = why;
	return NULL;
}

void
program_free(struct program *p)
{
	if (p == NULL)
		return;
	loop_timer_free(p->timer);
	loop_io_free(p->io);
	child_clear(&p->child);
	buf_clear(&p->bytes);
	free(p);
}

enum step
program_step(struct program *p, struct program_result *ret_result)
{
	if (!p->is_done)
		return STEP_AGAIN;
	*ret_result = p->result;
	ret_result->output = &p->bytes;
	return STEP_DONE;
}
