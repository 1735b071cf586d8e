/* How long to wait between attempts: the limit of each, and what a chance makes
 * of it. */
#include "tunnel/backoff.h"

#include "tap.h"

#define N_ATTEMPTS 9
/* Lost for so long that only the attempts count. */
#define LONG_MS ((int64_t)1 << 40)

static const struct {
	const char *name;
	int64_t min_ms, max_ms;
	int64_t limits_ms[N_ATTEMPTS];
} cases[] = {
	{ "as it is by default",
	  1000,
	  60000,
	  { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000 } },
	{ "always the same",
	  700,
	  700,
	  { 700, 700, 700, 700, 700, 700, 700, 700, 700 } },
	{ "quick", 1, 5, { 1, 2, 4, 5, 5, 5, 5, 5, 5 } },
	{ "days",
	  86400000,
	  86400000,
	  { 86400000, 86400000, 86400000, 86400000, 86400000, 86400000,
	    86400000, 86400000, 86400000 } },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* The chance that gives the whole limit, none of it, and a part. */
static void
test_case(size_t n)
{
	const int64_t *limits_ms = cases[n].limits_ms;
	struct backoff most = { .min_ms = cases[n].min_ms,
				.max_ms = cases[n].max_ms };
	struct backoff none = most, any = most;

	for (int i = 0; i < N_ATTEMPTS; i++) {
		int64_t part_ms = backoff_next_ms(&any, LONG_MS, 0xdeadbeef);

		ok(backoff_next_ms(&most, LONG_MS, (uint32_t)limits_ms[i]) ==
			   limits_ms[i] &&
		       backoff_next_ms(&none, LONG_MS, 0) == 0 &&
		       part_ms >= 0 && part_ms <= limits_ms[i],
		   "%s, attempt %d: up to %lld ms", cases[n].name, i + 1,
		   (long long)limits_ms[i]);
	}
	ok(most.attempts == N_ATTEMPTS, "%s: they are counted", cases[n].name);
}

static void
test_health(void)
{
	struct backoff b = { .min_ms = 1000, .max_ms = 60000, .attempts = 5 };

	backoff_lasted(&b, 59999);
	ok(b.attempts == 5,
	   "who was up for less than a minute was not healthy");
	backoff_lasted(&b, 60000);
	ok(b.attempts == 0, "after a minute it begins anew");
	ok(backoff_next_ms(&b, LONG_MS, 1000) == 1000, "with the first limit");
}

/* While an outage is short, so are the delays. */
static void
test_short(void)
{
	struct backoff b = { .min_ms = 1000, .max_ms = 60000, .attempts = 9 };
	struct backoff few = { .min_ms = 1000, .max_ms = 60000, .attempts = 1 };

	ok(backoff_next_ms(&b, 0, 1000) == 1000, "at once: the first limit");
	ok(backoff_next_ms(&b, 20000, 5000) == 5000, "after 20 s: 5 s");
	ok(backoff_next_ms(&b, 20000, 5001) == 0, "and no more");
	ok(backoff_next_ms(&few, 20000, 2000) == 2000,
	   "but not more than the attempts allow");
	ok(backoff_next_ms(&b, 300000, 60000) == 60000,
	   "after 5 minutes: the last limit");
}

/* Many attempts later no number has run over. */
static void
test_long(void)
{
	struct backoff b = { .min_ms = 1000,
			     .max_ms = 60000,
			     .attempts = 4000000000u };

	ok(backoff_next_ms(&b, LONG_MS, 60000) == 60000, "after years");
}

int
main(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		test_case(i);
	test_health();
	test_short();
	test_long();
	return done_testing();
}
