#include "client/alive.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "net/pulse.h"

struct alive {
	struct alive_params params;
	struct pulse_watch *watch;
	int64_t heard_ms; /* when bytes last came, as we last looked */
	int silent;       /* intervals since then */
};

static int64_t
look(void *arg, struct pulse_look *l)
{
	struct alive *a = arg;
	int64_t left_ms = l->heard_ms + a->params.interval_ms - l->now_ms;

	if (l->heard_ms != a->heard_ms) {
		a->heard_ms = l->heard_ms;
		a->silent = 0;
	}
	if (left_ms > 0)
		return left_ms;
	a->silent++;
	if (alive_is_over(a)) {
		a->params.wake(a->params.arg);
		return -1;
	}
	l->wants_probe = true;
	return a->params.interval_ms;
}

struct alive *
alive_new(const struct alive_params *p)
{
	struct alive *a;

	if (p->interval_ms <= 0)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->params = *p;
	a->heard_ms = pulse_heard_ms(p->pulse);
	a->watch = pulse_watch(p->pulse, p->interval_ms, look, a);
	return a;
}

void
alive_free(struct alive *a)
{
	if (a == NULL)
		return;
	pulse_unwatch(a->watch);
	free(a);
}

bool
alive_is_over(const struct alive *a)
{
	return a != NULL && a->silent > a->params.count_max;
}
