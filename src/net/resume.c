#include "net/resume.h"

#include <stddef.h>

/* The two clocks are not read at the same time; and who slept for less has
 * missed nothing. */
#define SLEEP_LEAST_NS ((int64_t)1000000000)

bool
resume_is_after_sleep(int64_t before_ns, int64_t now_ns)
{
	return now_ns - before_ns >= SLEEP_LEAST_NS;
}

#ifdef HAVE_TIMERFD_CREATE

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"

/* It is never to run out: in the year 2200, or when the system's time does. */
#define FAR_AWAY                                                               \
	((time_t)(sizeof(time_t) > 4 ? INT64_C(7258118400) : INT32_MAX))

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

struct resume {
	void (*resumed)(void *arg);
	void *arg;
	int fd;
	struct loop_io *io;
	int64_t asleep_ns; /* so far */
};

static int64_t
ns_of(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
asleep_ns(void)
{
	int64_t awake_ns = ns_of(CLOCK_MONOTONIC);

	return ns_of(CLOCK_BOOTTIME) - awake_ns;
}

static int
arm(int fd)
{
	const struct itimerspec far = { .it_value.tv_sec = FAR_AWAY };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			       &far, NULL);
}

/* The wall clock has jumped. */
static void
on_ready(void *arg, bool can_read, bool can_write)
{
	struct resume *r = arg;
	int64_t before_ns = r->asleep_ns;
	uint64_t count;

	(void)can_read;
	(void)can_write;
	if (read(r->fd, &count, sizeof(count)) < 0 && errno == EAGAIN)
		return;
	if (arm(r->fd) != 0)
		loop_io_want(r->io, false, false);
	r->asleep_ns = asleep_ns();
	if (resume_is_after_sleep(before_ns, r->asleep_ns))
		r->resumed(r->arg);
}

struct resume *
resume_new(struct loop *l, void (*resumed)(void *arg), void *arg)
{
	struct resume *r = xcalloc(1, sizeof(*r));
	struct err e = { .kind = ERR_NONE };

	r->resumed = resumed;
	r->arg = arg;
	r->asleep_ns = asleep_ns();
	r->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->fd >= 0 && arm(r->fd) == 0)
		r->io = loop_io_new(l, r->fd, on_ready, r, &e);
	if (r->io == NULL) {
		log_debug("No news of sleep: %s",
			  e.kind != ERR_NONE ? e.text : strerror(errno));
		resume_free(r);
		return NULL;
	}
	loop_io_want(r->io, true, false);
	return r;
}

void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	loop_io_free(r->io);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

#else

struct resume *
resume_new(struct loop *l, void (*resumed)(void *arg), void *arg)
{
	(void)l;
	(void)resumed;
	(void)arg;
	return NULL;
}

void
resume_free(struct resume *r)
{
	(void)r;
}

#endif
