#include "console/pacer.h"

/* OpenSSH's numbers. */
#define CHAFF_MIN_MS 1024
#define CHAFF_RANGE_MS 2048
/* More than this is not typing. */
#define TYPED_BYTES_MAX 256

static void
prolong(struct pacer *p, const struct pacer_turn *turn)
{
	p->until_ms = turn->now_ms + CHAFF_MIN_MS +
		      (int64_t)(turn->random % CHAFF_RANGE_MS);
}

/* The first key leaves at once; those behind it wait for their turn. */
static enum pacer_verdict
start(struct pacer *p, const struct pacer_turn *turn)
{
	if (turn->has_typed && turn->queued > 0) {
		p->is_active = true;
		p->next_ms = turn->now_ms + p->interval_ms;
		prolong(p, turn);
	}
	return PACER_SEND;
}

enum pacer_verdict
pacer_step(struct pacer *p, const struct pacer_turn *turn)
{
	if (!turn->can_pace || turn->queued >= TYPED_BYTES_MAX) {
		p->is_active = false;
		return PACER_SEND;
	}
	if (!p->is_active)
		return start(p, turn);
	if (turn->has_typed)
		prolong(p, turn);
	else if (turn->now_ms >= p->until_ms)
		p->is_active = false;
	if (!p->is_active)
		return PACER_SEND;
	if (turn->now_ms < p->next_ms)
		return PACER_HOLD;
	/* late turns must not shift those that follow */
	p->next_ms +=
	    ((turn->now_ms - p->next_ms) / p->interval_ms + 1) * p->interval_ms;
	return turn->queued > 0 ? PACER_SEND : PACER_CHAFF;
}

int64_t
pacer_wait_ms(const struct pacer *p, int64_t now_ms)
{
	if (!p->is_active)
		return -1;
	return p->next_ms > now_ms ? p->next_ms - now_ms : 0;
}
