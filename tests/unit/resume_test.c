/* How a sleep is told from a clock that was set. */
#include "net/resume.h"

#include "tap.h"

#define SECOND ((int64_t)1000000000)

/* What CLOCK_BOOTTIME was ahead by, before and after. */
static const struct {
	const char *name;
	int64_t before_ns, now_ns;
	bool want;
} cases[] = {
	{ "a clock that was set", 0, 0, false },
	{ "after earlier sleeps, too", 77 * SECOND, 77 * SECOND, false },
	{ "the time between two readings", 300, 4000000, false },
	{ "or one that was longer before", 4000000, 300, false },
	{ "a second", 77 * SECOND, 78 * SECOND, true },
	{ "just below", 77 * SECOND, 78 * SECOND - 1, false },
	{ "a weekend", 500, 200000 * SECOND, true },
	{ "a century", 0, 3155760000 * SECOND, true },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

int
main(void)
{
	for (size_t i = 0; i < N_CASES; i++)
		ok(resume_is_after_sleep(cases[i].before_ns, cases[i].now_ns) ==
		       cases[i].want,
		   "%s", cases[i].name);
	return done_testing();
}
