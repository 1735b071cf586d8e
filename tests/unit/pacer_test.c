#include "console/pacer.h"
#include "tap.h"

#define INTERVAL 20
#define LONG_AGO 100000

/* Turns of one session, in order: what each brings, and what comes of it. The
 * random number is 0 unless said, so that it ends 1024 ms after a key. */
struct row {
	int64_t now_ms;
	size_t queued;
	bool has_typed, cannot;
	enum pacer_verdict verdict;
	int64_t wait_ms;
};

static const struct row usual[] = {
	{ 0, 0, false, false, PACER_SEND, -1 },
	{ 5, 300, false, false, PACER_SEND, -1 },
	{ 6, 36, false, false, PACER_SEND, -1 }, /* not a key */
	{ 10, 36, true, false, PACER_SEND, 20 }, /* the first leaves at once */
	{ 12, 0, false, false, PACER_HOLD, 18 },
	{ 15, 36, true, false, PACER_HOLD, 15 },
	{ 20, 72, true, false, PACER_HOLD, 10 },
	{ 30, 72, false, false, PACER_SEND, 20 },
	{ 50, 0, false, false, PACER_CHAFF, 20 },
	{ 55, 36, false, false, PACER_HOLD, 15 }, /* a window, say */
	{ 70, 36, false, false, PACER_SEND, 20 },
	{ 93, 0, false, false, PACER_CHAFF, 17 }, /* late, and then not */
	{ 110, 0, false, false, PACER_CHAFF, 20 },
	{ 175, 0, false, false, PACER_CHAFF, 15 }, /* very late */
	{ 1043, 0, false, false, PACER_CHAFF, 7 },
	{ 1044, 0, false, false, PACER_SEND, -1 }, /* 1024 after the last */
	{ 1050, 0, false, false, PACER_SEND, -1 },
	{ 1051, 36, true, false, PACER_SEND, 20 }, /* and again */
	{ 1060, 36, true, false, PACER_HOLD, 11 },
};

static const struct row ends[] = {
	{ 0, 36, true, false, PACER_SEND, 20 },
	{ 5, 256, true, false, PACER_SEND, -1 }, /* pasted, or a file */
	{ 6, 255, true, false, PACER_SEND, 20 },
	{ 7, 36, true, true, PACER_SEND, -1 }, /* a key exchange, say */
	{ 8, 36, false, true, PACER_SEND, -1 },
	{ 9, 0, true, false, PACER_SEND, -1 }, /* typed, and nothing came */
	{ 10, 36, true, false, PACER_SEND, 20 },
	{ LONG_AGO, 36, true, false, PACER_SEND, 10 },
	{ LONG_AGO + 10, 36, false, false, PACER_SEND, 20 },
};

static void
run(const char *what, const struct row *rows, size_t n)
{
	struct pacer p = { .interval_ms = INTERVAL };

	for (size_t i = 0; i < n; i++) {
		struct pacer_turn turn = {
			.now_ms = rows[i].now_ms,
			.queued = rows[i].queued,
			.has_typed = rows[i].has_typed,
			.can_pace = !rows[i].cannot,
		};

		is_int(pacer_step(&p, &turn), rows[i].verdict,
		       "%s, turn %zu at %lld", what, i,
		       (long long)rows[i].now_ms);
		is_int(pacer_wait_ms(&p, rows[i].now_ms), rows[i].wait_ms,
		       "%s, turn %zu: the next one", what, i);
	}
}

/* The end is put off by up to two seconds. */
static void
test_random(void)
{
	struct pacer p = { .interval_ms = INTERVAL };
	struct pacer_turn turn = { .queued = 36,
				   .has_typed = true,
				   .can_pace = true,
				   .random = 2047 };

	pacer_step(&p, &turn);
	turn.queued = 0;
	turn.has_typed = false;
	for (turn.now_ms = 0; turn.now_ms < 1024 + 2047; turn.now_ms += 5)
		pacer_step(&p, &turn);
	ok(p.is_active, "it goes on");
	turn.now_ms = 1024 + 2047;
	pacer_step(&p, &turn);
	ok(!p.is_active, "it ends");
}

int
main(void)
{
	run("usual", usual, sizeof(usual) / sizeof(usual[0]));
	run("ends", ends, sizeof(ends) / sizeof(ends[0]));
	test_random();
	return done_testing();
}
