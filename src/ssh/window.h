/*
 * window - how large a channel's receive window should be (RFC 4254 section
 * 5.2). It is what the sender may have on its way to us, so on a long path it
 * limits the speed to one window per round trip.
 *
 * It grows while nearly as much as it allows is read in a round trip, and
 * falls back when much less is. A reader who stops finds as much in memory as
 * the window was, so it is never larger than a few times what is read in a
 * round trip. Pure: time comes from outside.
 */
#ifndef SSH_WINDOW_H
#define SSH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	uint32_t least, most; /* bytes; it starts with the least */
	uint32_t wanted;
	uint64_t read_before; /* when the present round began */
	int64_t since_us;     /* and when that was */
	bool has_begun;
};

/* most is raised to least if it is smaller. */
void window_init(struct window *w, uint32_t least, uint32_t most);

/*
 * In all, so many bytes were read up to now (a monotonic clock); the round
 * trip takes rtt_us, or is not known (0: then nothing changes).
 */
void window_follow(struct window *w, uint64_t read, int64_t now_us,
		   int64_t rtt_us);

/* How much the sender should be allowed in addition to the size it has left:
 * 0 while little is missing, since each message about it costs. */
uint32_t window_lacks(const struct window *w, uint32_t size);

#endif
