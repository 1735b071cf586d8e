#include "tunnel/backoff.h"

#define HEALTHY_MS 60000

int64_t
backoff_next_ms(struct backoff *b, int64_t lost_ms, uint32_t chance)
{
	int64_t limit_ms = b->min_ms;
	int64_t most_ms = lost_ms / 4;

	for (unsigned i = 0; i < b->attempts && limit_ms < b->max_ms; i++)
		limit_ms *= 2;
	if (limit_ms > most_ms)
		limit_ms = most_ms > b->min_ms ? most_ms : b->min_ms;
	if (limit_ms > b->max_ms)
		limit_ms = b->max_ms;
	b->attempts++;
	return (int64_t)(chance % (uint64_t)(limit_ms + 1));
}

void
backoff_lasted(struct backoff *b, int64_t healthy_ms)
{
	if (healthy_ms >= HEALTHY_MS)
		b->attempts = 0;
}
