#include "ssh/window.h"

/* Less than this tells nothing: a read brings a burst, and a short path needs
 * no large window. */
#define ROUND_LEAST_US 5000
/* Topped up only when a quarter is used up, as libssh2 does, a window carries
 * no more than three quarters of what it says: measured with 16 MiB. */
#define TOP_UP_PART 16

void
window_init(struct window *w, uint32_t least, uint32_t most)
{
	*w = (struct window){ .least = least, .most = most, .wanted = least };
	if (w->most < least)
		w->most = least;
}

static uint32_t
bounded(const struct window *w, uint64_t size)
{
	if (size < w->least)
		return w->least;
	return size > w->most ? w->most : (uint32_t)size;
}

void
window_follow(struct window *w, uint64_t read, int64_t now_us, int64_t rtt_us)
{
	int64_t spent_us = now_us - w->since_us;
	uint64_t in_round_trip;

	if (!w->has_begun || rtt_us <= 0) {
		w->has_begun = true;
		w->read_before = read;
		w->since_us = now_us;
		return;
	}
	if (spent_us < rtt_us || spent_us < ROUND_LEAST_US)
		return;
	in_round_trip = (uint64_t)((double)(read - w->read_before) *
				   (double)rtt_us / (double)spent_us);
	/* A sender that speeds up doubles its speed in a round trip: growing
	 * at less than half, the window is never in its way. */
	if (in_round_trip > w->wanted / 5 * 2)
		w->wanted = bounded(w, (uint64_t)w->wanted * 2);
	else if (in_round_trip < w->wanted / 16)
		w->wanted = bounded(w, in_round_trip * 8);
	w->read_before = read;
	w->since_us = now_us;
}

uint32_t
window_lacks(const struct window *w, uint32_t size)
{
	uint32_t missing = size < w->wanted ? w->wanted - size : 0;

	return missing > w->wanted / TOP_UP_PART ? missing : 0;
}
