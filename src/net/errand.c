#include "net/errand.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "net/loop.h"

struct errand {
	struct child child;
	struct loop_io *io;
	struct buf bytes;
	size_t max;
	bool is_done;
	void (*wake)(void *arg);
	void *arg;
};

static void
on_readable(void *arg, bool can_read, bool can_write)
{
	struct errand *e = arg;

	(void)can_read;
	(void)can_write;
	if (child_read(&e->child, &e->bytes, e->max) == STEP_AGAIN)
		return;
	/* its number may be another one's before we are freed */
	loop_io_free(e->io);
	e->io = NULL;
	child_clear(&e->child);
	e->is_done = true;
	e->wake(e->arg);
}

static int
start(struct errand *e, const struct errand_params *p)
{
	struct err ignored = { .kind = ERR_NONE };

	errno = child_fork(&e->child, SIGKILL, p->run, p->work);
	if (errno != 0)
		return -1;
	e->io = loop_io_new(p->loop, e->child.out, on_readable, e, &ignored);
	if (e->io == NULL)
		return -1;
	loop_io_want(e->io, true, false);
	return 0;
}

struct errand *
errand_new(const struct errand_params *p)
{
	struct errand *e = xcalloc(1, sizeof(*e));
	int why;

	e->child = (struct child)CHILD_INIT;
	e->bytes.wipe = true;
	e->max = p->max;
	e->wake = p->wake;
	e->arg = p->arg;
	if (start(e, p) == 0)
		return e;
	why = errno;
	errand_free(e);
	errno = why;
	return NULL;
}

void
errand_free(struct errand *e)
{
	if (e == NULL)
		return;
	loop_io_free(e->io);
	child_clear(&e->child);
	buf_clear(&e->bytes);
	free(e);
}

enum step
errand_step(struct errand *e, struct buf **ret_bytes)
{
	if (!e->is_done)
		return STEP_AGAIN;
	*ret_bytes = &e->bytes;
	return STEP_DONE;
}
