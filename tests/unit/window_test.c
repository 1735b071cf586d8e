/* The size of a receive window, in a world where time does as it is told. */
#include "ssh/window.h"

#include <stddef.h>

#include "tap.h"

#define MIB (1024 * 1024)

/* A sender that delivers at most rate bytes a second, and at most a window in
 * a round trip, read in steps of 1/8 of one: how large does the window get? */
struct path {
	const char *name;
	uint32_t least, most;
	int64_t rtt_us;
	uint64_t rate;
	int seconds;
	uint32_t from, to; /* what it must end with */
};

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
run(struct window *w, const struct path *p, uint64_t *read, int64_t *now_us)
{
	int64_t step_us = p->rtt_us / 8 > 0 ? p->rtt_us / 8 : 1000;
	int64_t end_us = *now_us + (int64_t)p->seconds * 1000000;

	while (*now_us < end_us) {
		uint64_t can = p->rate * (uint64_t)step_us / 1000000;

		if (p->rtt_us > 0)
			can = smaller(can, w->wanted / 8);
		*read += can;
		*now_us += step_us;
		window_follow(w, *read, *now_us, p->rtt_us);
	}
}

/* clang-format off */
static const struct path paths[] = {
	{ "loopback", 2 * MIB, 16 * MIB, 50, 300 * MIB, 1,
	  2 * MIB, 2 * MIB },
	{ "a fast LAN", 2 * MIB, 16 * MIB, 500, 1000 * MIB, 2,
	  2 * MIB, 2 * MIB },
	{ "a long way, as fast as can be", 2 * MIB, 64 * MIB, 100000,
	  10000ULL * MIB, 3, 64 * MIB, 64 * MIB },
	{ "no further than it may", 2 * MIB, 15 * MIB, 100000, 10000ULL * MIB,
	  3, 15 * MIB, 15 * MIB },
	{ "1 Gbit/s over 100 ms: two to five times what is under way", 2 * MIB,
	  512 * MIB, 100000, 125000000, 5, 25000000, 62500000 },
	{ "20 Mbit/s over 100 ms need no more", 2 * MIB, 64 * MIB, 100000,
	  2500000, 5, 2 * MIB, 2 * MIB },
	{ "a terminal's", 256 * 1024, 2 * MIB, 100000, 10000ULL * MIB, 3,
	  2 * MIB, 2 * MIB },
	{ "no round trip is known", 2 * MIB, 64 * MIB, 0, 300 * MIB, 3,
	  2 * MIB, 2 * MIB },
};
/* clang-format on */

static void
test_paths(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const struct path *p = &paths[i];
		uint64_t read = 0;
		int64_t now_us = 1000000;
		struct window w;

		window_init(&w, p->least, p->most);
		is_int(w.wanted, p->least, "%s: begins with the least",
		       p->name);
		run(&w, p, &read, &now_us);
		ok(w.wanted >= p->from && w.wanted <= p->to, "%s: %u", p->name,
		   w.wanted);
	}
}

static void
test_stall(void)
{
	struct path p = paths[2];
	uint64_t read = 0;
	int64_t now_us = 1000000;
	struct window w;

	window_init(&w, p.least, p.most);
	run(&w, &p, &read, &now_us);
	is_int(w.wanted, 64 * MIB, "it has grown");
	for (int i = 0; i < 2; i++) {
		now_us += 10000000;
		read += 65536;
		window_follow(&w, read, now_us, p.rtt_us);
	}
	is_int(w.wanted, 2 * MIB, "a reader who stopped for long");
	run(&w, &p, &read, &now_us);
	is_int(w.wanted, 64 * MIB, "goes on as before");
	p.rate = 20 * MIB;
	run(&w, &p, &read, &now_us);
	ok(w.wanted >= 4 * MIB && w.wanted <= 32 * MIB,
	   "a slower reader gets less: %u", w.wanted);
}

static void
test_lack(void)
{
	struct window w;

	window_init(&w, 2 * MIB, 16 * MIB);
	is_int(window_lacks(&w, 0), 2 * MIB, "all of the least");
	w.wanted = 16 * MIB;
	is_int(window_lacks(&w, 15 * MIB), 0, "little is missing");
	is_int(window_lacks(&w, 15 * MIB - 1), 1 * MIB + 1, "now it is more");
	is_int(window_lacks(&w, 0), 16 * MIB, "all of it is");
	is_int(window_lacks(&w, 20 * MIB), 0, "more than all");
	window_init(&w, 2 * MIB, 65536);
	is_int(w.most, 2 * MIB, "the most is no less than the least");
}

int
main(void)
{
	test_paths();
	test_stall();
	test_lack();
	return done_testing();
}
