/*
 * backoff - how long to wait before the next attempt: a random time up to a
 * limit that doubles with each, so that many who lost the same server do not
 * all come back at once ("full jitter"). But who waits makes an outage at most
 * a quarter longer than it is: a server that is back after five seconds is not
 * left alone for another five.
 */
#ifndef TUNNEL_BACKOFF_H
#define TUNNEL_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min_ms, max_ms; /* the first limit, and the last */
	unsigned attempts;      /* since there was a healthy connection */
};

/* The delay before another attempt, when there has been no connection for
 * lost_ms; chance is any number. */
int64_t backoff_next_ms(struct backoff *b, int64_t lost_ms, uint32_t chance);

/* The connection has lasted for healthy_ms: was that long enough to begin with
 * the first limit again? */
void backoff_lasted(struct backoff *b, int64_t healthy_ms);

#endif
