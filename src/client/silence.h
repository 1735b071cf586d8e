/*
 * silence - what a connection's silence means: nothing yet, doubt, or its end.
 * A judgement alone: who asks tells what is known, and sends the probes.
 *
 * Any byte received counts as life. After an interval without one a probe is
 * wanted, which the server must answer; after CountMax silent intervals the
 * connection is dead. It is so sooner if data has been on its way for long and
 * the other side's kernel has not acknowledged it, nor given any other sign: a
 * server that is slow, or stopped, does. A probe is no such data: for what
 * nobody waits, there is time.
 */
#ifndef CLIENT_SILENCE_H
#define CLIENT_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

struct silence {
	/* to be set */
	int64_t interval_ms; /* 0: never look */
	int count_max;
	int64_t patience_ms; /* with data on its way; 0: no limit */

	bool is_over;
	bool is_doubtful; /* a probe should have been answered by now */

	/* its own */
	int64_t heard_ms;   /* when bytes last came, as it last looked */
	int silent;         /* intervals since then */
	int64_t count_ms;   /* when the next one is over */
	int64_t probed_ms;  /* when the first since then was sent; -1: none */
	int64_t due_ms;     /* for an answer; -1: no such time */
	uint64_t data_end;  /* where the probes begin that were written last, */
	uint64_t probe_end; /* and where they end */
};

/* What is known. */
struct silence_view {
	int64_t now_ms, heard_ms;
	bool has_input; /* that was not looked at yet */
	int64_t rtt_ms; /* 0: unknown */
	/* Of all bytes written: how many, and how many were acknowledged;
	 * since when some of the others have been on their way at least, and
	 * when there was the last sign of any being received. */
	uint64_t written, acknowledged;
	int64_t sent_ms, sign_ms;
};

/* Begin, with those values set. */
void silence_begin(struct silence *s, const struct silence_view *v);

/* Judge. Returns when to do so again, in milliseconds; -1: never. */
int64_t silence_look(struct silence *s, const struct silence_view *v,
		     bool *ret_wants_probe);

/* A probe is written next: written, in the view, is before it. It ends where
 * probe_end says, to be set once it was written. Something must be heard within
 * limit_ms then, or it is over; -1: take the usual time. */
void silence_probe(struct silence *s, const struct silence_view *v,
		   int64_t limit_ms);

#endif
