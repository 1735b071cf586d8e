#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"

struct loop_task {
	struct loop *loop;
	loop_fn *fn;
	void *arg;
	bool is_posted, is_next; /* in which of the two queues */
	uint64_t last_turn;      /* in which fn ran */
	TAILQ_ENTRY(loop_task) entry;
};

TAILQ_HEAD(task_queue, loop_task);

struct loop {
	struct event_base *base;
	struct event limit; /* the timeout of loop_run_once() */
	uint64_t turn;
	struct task_queue posted;
};

struct loop_io {
	struct loop *loop;
	int fd;
	loop_io_fn *fn;
	void *arg;
	bool read, write; /* what is wanted */
	struct event on_read, on_write;
	bool is_always_ready;
	struct loop_task *ready; /* stands in for the events then */
};

struct loop_timer {
	struct event event;
	loop_fn *fn;
	void *arg;
};

struct loop_signal {
	struct event event;
	loop_signal_fn *fn;
	void *arg;
};

static void
log_libevent(int severity, const char *text)
{
	(void)severity;
	log_debug("libevent: %s", text);
}

static void
ignore_libevent(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

static void *
reallocate(void *ptr, size_t size)
{
	return xreallocarray(ptr, 1, size);
}

static void
limit_reached(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	/* Without the cache, a timer set after a long blocking call counts
	 * from now and not from before the call. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
					  EVENT_BASE_FLAG_IGNORE_ENV |
					  EVENT_BASE_FLAG_NO_CACHE_TIME);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *
loop_new(struct err *e)
{
	struct event_base *base;
	struct loop *l;

	event_set_log_callback(log_libevent);
	event_set_mem_functions(xmalloc, reallocate, free);
	base = new_base();
	if (base == NULL) {
		err_set(e, ERR_LOCAL, "cannot create an event loop: %s",
			strerror(errno));
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	l->base = base;
	l->turn = 1;
	TAILQ_INIT(&l->posted);
	evtimer_assign(&l->limit, base, limit_reached, NULL);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_base_free(l->base);
	free(l);
}

int
loop_after_fork(struct loop *l, struct err *e)
{
	if (event_reinit(l->base) != 0)
		return err_set(e, ERR_LOCAL,
			       "cannot set up the event loop after fork");
	return 0;
}

static struct timeval
to_timeval(int64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
			      .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	return tv;
}

/* A task that has run in this turn is not due before the next. */
static struct loop_task *
due_task(struct loop *l)
{
	struct loop_task *t = TAILQ_FIRST(&l->posted);

	while (t != NULL && t->last_turn == l->turn)
		t = TAILQ_NEXT(t, entry);
	return t;
}

static void
task_cancel(struct loop_task *t)
{
	if (t->is_posted)
		TAILQ_REMOVE(&t->loop->posted, t, entry);
	t->is_posted = false;
}

static void
run_tasks(struct loop *l)
{
	struct loop_task *t;

	while ((t = due_task(l)) != NULL) {
		task_cancel(t);
		t->last_turn = l->turn;
		t->fn(t->arg);
	}
}

int
loop_run_once(struct loop *l, int timeout_ms, struct err *e)
{
	int flags = EVLOOP_ONCE, rc;

	l->turn++;
	if (timeout_ms == 0 || !TAILQ_EMPTY(&l->posted))
		flags |= EVLOOP_NONBLOCK;
	if (timeout_ms > 0 && flags == EVLOOP_ONCE) {
		struct timeval tv = to_timeval(timeout_ms);

		evtimer_add(&l->limit, &tv);
	}
	rc = event_base_loop(l->base, flags);
	evtimer_del(&l->limit);
	if (rc < 0)
		return err_set(e, ERR_LOCAL, "waiting for events failed: %s",
			       strerror(errno));
	/* libevent says 1 when it has nothing that could ever happen. */
	if (rc == 1 && flags == EVLOOP_ONCE)
		return err_set(e, ERR_LOCAL, "nothing to wait for");
	run_tasks(l);
	return 0;
}

int64_t
loop_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
io_due(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;

	(void)fd;
	io->fn(io->arg, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

static void
io_ready(void *arg)
{
	struct loop_io *io = arg;

	/* Before the callback, which may free io. */
	loop_task_post(io->ready);
	io->fn(io->arg, io->read, io->write);
}

static void
io_set_always_ready(struct loop_io *io)
{
	io->is_always_ready = true;
	io->ready = loop_task_new(io->loop, io_ready, io);
}

/* Find out whether the kernel can watch the descriptor at all. */
static int
io_probe(struct loop_io *io)
{
	struct stat st;
	int rc;

	if (fstat(io->fd, &st) != 0)
		return -1;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		io_set_always_ready(io);
		return 0;
	}
	if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
		return 0;
	/* some devices cannot be waited for, which is no news */
	event_set_log_callback(ignore_libevent);
	rc = event_add(&io->on_read, NULL);
	event_set_log_callback(log_libevent);
	if (rc == 0) {
		event_del(&io->on_read);
		return 0;
	}
	if (errno != EPERM)
		return -1;
	io_set_always_ready(io);
	return 0;
}

struct loop_io *
loop_io_new(struct loop *l, int fd, loop_io_fn *fn, void *arg, struct err *e)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));

	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	event_assign(&io->on_read, l->base, fd, EV_READ | EV_PERSIST, io_due,
		     io);
	event_assign(&io->on_write, l->base, fd, EV_WRITE | EV_PERSIST, io_due,
		     io);
	if (io_probe(io) != 0) {
		err_set(e, ERR_LOCAL, "cannot watch descriptor %d: %s", fd,
			strerror(errno));
		free(io);
		return NULL;
	}
	return io;
}

bool
loop_io_is_always_ready(const struct loop_io *io)
{
	return io->is_always_ready;
}

static int
io_watch(struct event *event, bool on)
{
	return on ? event_add(event, NULL) : event_del(event);
}

void
loop_io_want(struct loop_io *io, bool read, bool write)
{
	int rc = 0;

	if (io->read == read && io->write == write)
		return;
	if (!io->is_always_ready && io->read != read)
		rc |= io_watch(&io->on_read, read);
	if (!io->is_always_ready && io->write != write)
		rc |= io_watch(&io->on_write, write);
	io->read = read;
	io->write = write;
	if (rc != 0) {
		/* The owner shall try, and meet the error itself. */
		event_del(&io->on_read);
		event_del(&io->on_write);
		io_set_always_ready(io);
	}
	if (!io->is_always_ready)
		return;
	if (read || write)
		loop_task_post(io->ready);
	else
		task_cancel(io->ready);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	event_del(&io->on_read);
	event_del(&io->on_write);
	loop_task_free(io->ready);
	free(io);
}

static void
timer_due(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	evtimer_assign(&t->event, l->base, timer_due, t);
	return t;
}

void
loop_timer_set(struct loop_timer *t, int64_t delay_ms)
{
	struct timeval tv;

	evtimer_del(&t->event);
	if (delay_ms < 0)
		return;
	tv = to_timeval(delay_ms);
	evtimer_add(&t->event, &tv);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	evtimer_del(&t->event);
	free(t);
}

static void
signal_due(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)what;
	s->fn(s->arg, (int)signo);
}

struct loop_signal *
loop_signal_new(struct loop *l, int signo, loop_signal_fn *fn, void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	evsignal_assign(&s->event, l->base, signo, signal_due, s);
	evsignal_add(&s->event, NULL);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s == NULL)
		return;
	evsignal_del(&s->event);
	free(s);
}

struct loop_task *
loop_task_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct loop_task *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	return t;
}

void
loop_task_post(struct loop_task *t)
{
	if (t->is_posted)
		return;
	t->is_posted = true;
	TAILQ_INSERT_TAIL(&t->loop->posted, t, entry);
}

void
loop_task_free(struct loop_task *t)
{
	if (t == NULL)
		return;
	task_cancel(t);
	free(t);
}
