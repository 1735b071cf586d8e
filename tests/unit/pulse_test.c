#include "net/pulse.h"

#include "base/err.h"
#include "net/loop.h"
#include "tap.h"

#define FAST_MS 5
#define LOOKS_MAX 4

/* The other side: when it was heard, and how often it was asked. */
struct side {
	int64_t heard_ms;
	int probes;
};

/* One who watches: what it is to say, look by look. */
struct watcher {
	struct pulse_watch *watch;
	struct {
		int64_t wait_ms;
		bool wants_probe;
	} say[LOOKS_MAX];
	int looks;
	int64_t heard_ms; /* as it was told last */
};

static int64_t
heard_ms(void *arg)
{
	return ((struct side *)arg)->heard_ms;
}

static void
probe(void *arg)
{
	((struct side *)arg)->probes++;
}

static int64_t
look(void *arg, struct pulse_look *l)
{
	struct watcher *w = arg;
	int n = w->looks++;

	w->heard_ms = l->heard_ms;
	if (w->say[n].wants_probe)
		l->wants_probe = true;
	return w->say[n].wait_ms;
}

static void
run_until(struct loop *l, const struct watcher *w, int looks)
{
	struct err e = { .kind = ERR_NONE };

	while (w->looks < looks && loop_run_once(l, -1, &e) == 0)
		;
}

static void
test_one(struct loop *l)
{
	struct side side = { .heard_ms = 17 };
	const struct pulse_params p = { l, heard_ms, probe, &side };
	struct pulse *pulse = pulse_new(&p);
	struct watcher w = { .say = { { FAST_MS, false },
				      { FAST_MS, true },
				      { -1, false },
				      { -1, true } } };

	w.watch = pulse_watch(pulse, FAST_MS, look, &w);
	run_until(l, &w, 1);
	ok(side.probes == 0, "a look alone asks nothing");
	ok(w.heard_ms == 17, "it is told when something was heard");
	side.heard_ms = 18;
	run_until(l, &w, 2);
	ok(w.heard_ms == 18, "and is told of later news");
	run_until(l, &w, 3);
	ok(side.probes == 1, "who wants a probe gets one");
	pulse_look_in(w.watch, 0);
	run_until(l, &w, 4);
	ok(w.looks == 4 && side.probes == 2, "who sleeps can be woken");
	pulse_unwatch(w.watch);
	pulse_free(pulse);
}

static void
test_two(struct loop *l)
{
	struct side side = { .heard_ms = 1 };
	const struct pulse_params p = { l, heard_ms, probe, &side };
	struct pulse *pulse = pulse_new(&p);
	struct watcher often = {
		.say = { { 0, true }, { 0, false }, { -1, false } },
	};
	struct watcher late = { .say = { { -1, true } } };
	struct watcher never = { .looks = 0 };

	never.watch = pulse_watch(pulse, -1, look, &never);
	late.watch = pulse_watch(pulse, 4 * (int64_t)FAST_MS, look, &late);
	often.watch = pulse_watch(pulse, 0, look, &often);
	run_until(l, &often, 3);
	ok(late.looks == 0, "each has a time of its own");
	run_until(l, &late, 1);
	ok(often.looks == 3, "and sleeps as long as it wants");
	ok(side.probes == 2, "they share the probes");
	ok(never.looks == 0, "who never wants to look does not");

	late.looks = 0;
	pulse_look_in(often.watch, 0);
	pulse_look_in(late.watch, 0);
	pulse_unwatch(often.watch);
	run_until(l, &late, 1);
	ok(often.looks == 3, "who has left is not called");
	pulse_unwatch(late.watch);
	pulse_unwatch(never.watch);
	pulse_free(pulse);
}

int
main(void)
{
	struct err e = { .kind = ERR_NONE };
	struct loop *l = loop_new(&e);

	test_one(l);
	test_two(l);
	loop_free(l);
	return done_testing();
}
