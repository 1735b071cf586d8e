/*
 * state - how a client is doing now, as everybody who asks is told: made of
 * the news, one after the other.
 */
#ifndef TUNNEL_STATE_H
#define TUNNEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tunnel/moment.h"

struct client_facts;
struct news;

enum state_phase {
	STATE_CONNECTING, /* or logging in, or asking for forwardings */
	STATE_READY,      /* all that was asked for is there */
	STATE_INCOMPLETE, /* there is a session; a forwarding is refused */
	STATE_WAITING_FOR_PORT, /* likewise, and it is asked for again */
	STATE_SILENT,           /* the server should have answered by now */
	STATE_LOST,
	STATE_WAITING, /* for the next attempt */
	STATE_ENDED,
};

struct state {
	enum state_phase phase;
	struct moment since;   /* when it came to that */
	struct moment started; /* the program */
	unsigned attempt;      /* since everything was there the last time */
	int64_t next_wall_ms;  /* WAITING: until then */
	struct err trouble;    /* the last one; ERR_NONE: none yet */
	int status;            /* ENDED: what the program exits with */
	bool has_failed;       /* ENDED: trouble says why */
	bool was_ready;        /* once */
	bool is_whole;         /* all was there on this connection */
	bool is_silent;
};

void state_init(struct state *s);

/* This happened. Has the phase changed? */
bool state_note(struct state *s, const struct news *n,
		const struct client_facts *facts);

/* "ready", "waiting-for-port" ... Static. */
const char *state_name(const struct state *s);

#endif
