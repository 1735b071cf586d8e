#include "net/pulse.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "net/loop.h"

struct pulse {
	struct pulse_params params;
	struct loop_timer *timer;
	struct pulse_watch *watches;
};

struct pulse_watch {
	struct pulse_watch *next;
	struct pulse *pulse;
	int64_t (*look)(void *arg, struct pulse_look *l);
	void *arg;
	int64_t due_ms; /* -1: never */
};

/* The timer runs until the first of them is due. */
static void
arm(struct pulse *p)
{
	int64_t now_ms = loop_now_ms(), wait_ms = -1;

	for (struct pulse_watch *w = p->watches; w != NULL; w = w->next) {
		int64_t left_ms = w->due_ms > now_ms ? w->due_ms - now_ms : 0;

		if (w->due_ms >= 0 && (wait_ms < 0 || left_ms < wait_ms))
			wait_ms = left_ms;
	}
	loop_timer_set(p->timer, wait_ms);
}

static void
set_due(struct pulse_watch *w, int64_t wait_ms)
{
	w->due_ms = wait_ms >= 0 ? loop_now_ms() + wait_ms : -1;
}

static void
on_timer(void *arg)
{
	struct pulse *p = arg;
	struct pulse_look l = { .now_ms = loop_now_ms(),
				.heard_ms = pulse_heard_ms(p) };

	for (struct pulse_watch *w = p->watches; w != NULL; w = w->next)
		if (w->due_ms >= 0 && w->due_ms <= l.now_ms)
			set_due(w, w->look(w->arg, &l));
	if (l.wants_probe)
		p->params.probe(p->params.arg);
	arm(p);
}

struct pulse *
pulse_new(const struct pulse_params *params)
{
	struct pulse *p = xcalloc(1, sizeof(*p));

	p->params = *params;
	p->timer = loop_timer_new(params->loop, on_timer, p);
	return p;
}

void
pulse_free(struct pulse *p)
{
	if (p == NULL)
		return;
	loop_timer_free(p->timer);
	free(p);
}

struct pulse_watch *
pulse_watch(struct pulse *p, int64_t wait_ms,
	    int64_t (*look)(void *arg, struct pulse_look *l), void *arg)
{
	struct pulse_watch *w = xcalloc(1, sizeof(*w));

	w->pulse = p;
	w->look = look;
	w->arg = arg;
	w->next = p->watches;
	p->watches = w;
	pulse_look_in(w, wait_ms);
	return w;
}

void
pulse_unwatch(struct pulse_watch *w)
{
	struct pulse_watch **at;

	if (w == NULL)
		return;
	at = &w->pulse->watches;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	arm(w->pulse);
	free(w);
}

void
pulse_look_in(struct pulse_watch *w, int64_t wait_ms)
{
	set_due(w, wait_ms);
	arm(w->pulse);
}

int64_t
pulse_heard_ms(const struct pulse *p)
{
	return p->params.heard_ms(p->params.arg);
}
