/*
 * verdict - a connection has failed: is it made again, and when?
 */
#ifndef TUNNEL_VERDICT_H
#define TUNNEL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum verdict {
	VERDICT_END,   /* the same would happen again, or may not be done */
	VERDICT_RETRY, /* after the usual delay */
	VERDICT_LATER, /* the server keeps us out for a while */
};

/* What is known of it. */
struct verdict_case {
	const struct err *err;
	bool was_up;          /* there has been a connection */
	bool worked;          /* this one was there before it failed */
	bool retries_first;   /* ReconnectFirst */
	bool may_begin_again; /* nothing would be done twice */
	bool needs_answers;   /* which nobody will give */
	int64_t lost_ms;      /* how long there has been none */
	int64_t patience_ms;  /* Reconnect; -1: for ever, 0: never */
};

enum verdict verdict_of(const struct verdict_case *c);

/* Why it is the end although the failure alone need not be, as a sentence;
 * NULL: the failure says all. Static. */
const char *verdict_reason(const struct verdict_case *c);

#endif
