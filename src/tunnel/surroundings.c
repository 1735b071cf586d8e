#include "tunnel/surroundings.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "net/loop.h"
#include "net/network_watch.h"
#include "net/resume.h"

/* A link that comes and goes is no reason for a storm. */
#define EVERY_MS 3000

struct surroundings {
	void (*changed)(void *arg);
	void *arg;
	struct network_watch *network;
	struct resume *resume;
	struct loop_timer *timer; /* until it is told */
	int64_t told_ms;
};

static void
tell(void *arg)
{
	struct surroundings *s = arg;

	s->told_ms = loop_now_ms();
	s->changed(s->arg);
}

static void
note(struct surroundings *s)
{
	int64_t left_ms = s->told_ms + EVERY_MS - loop_now_ms();

	loop_timer_set(s->timer, left_ms > 0 ? left_ms : 0);
}

static void
on_network(void *arg)
{
	log_debug("The network of this machine has changed.");
	note(arg);
}

static void
on_resume(void *arg)
{
	log_debug("This machine was asleep.");
	note(arg);
}

struct surroundings *
surroundings_new(struct loop *l, void (*changed)(void *arg), void *arg)
{
	struct surroundings *s = xcalloc(1, sizeof(*s));

	s->changed = changed;
	s->arg = arg;
	s->told_ms = loop_now_ms() - EVERY_MS;
	s->timer = loop_timer_new(l, tell, s);
	s->network = network_watch_new(l, on_network, s);
	s->resume = resume_new(l, on_resume, s);
	return s;
}

void
surroundings_free(struct surroundings *s)
{
	if (s == NULL)
		return;
	network_watch_free(s->network);
	resume_free(s->resume);
	loop_timer_free(s->timer);
	free(s);
}
