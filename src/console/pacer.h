/*
 * pacer - when a keystroke may leave (ObscureKeystrokeTiming): while somebody
 * types, packets leave at even intervals, whether there was a key or not, and
 * for some time after the last key. Pure.
 */
#ifndef CONSOLE_PACER_H
#define CONSOLE_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pacer {
	int interval_ms;
	bool is_active;
	int64_t next_ms;  /* when the next packet may leave */
	int64_t until_ms; /* when it ends, unless a key comes */
};

/* What a turn has brought. */
struct pacer_turn {
	int64_t now_ms;
	size_t queued;   /* bytes that wait to be sent */
	bool has_typed;  /* some of them are keys */
	bool can_pace;   /* there is a terminal, and nothing else to be done */
	uint32_t random; /* for the length of the end */
};

enum pacer_verdict {
	PACER_SEND,  /* what is queued */
	PACER_HOLD,  /* until pacer_wait_ms() have passed */
	PACER_CHAFF, /* queue something that looks like a key, and send it */
};

enum pacer_verdict pacer_step(struct pacer *p, const struct pacer_turn *turn);

/* Milliseconds until it wants another turn; -1: none. */
int64_t pacer_wait_ms(const struct pacer *p, int64_t now_ms);

#endif
