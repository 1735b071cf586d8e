/*
 * forward_state - how one forwarding is doing, for whoever shows it.
 */
#ifndef FORWARD_FORWARD_STATE_H
#define FORWARD_FORWARD_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/forward_spec.h"

/* What has become of a forwarding. */
enum forward_phase {
	FORWARD_ASKED,   /* nobody has answered yet */
	FORWARD_UP,      /* it is listened for, and leads to the other side */
	FORWARD_REFUSED, /* it is not listened for */
	FORWARD_WAITING, /* likewise, but it is asked for again */
	FORWARD_DOWN,    /* there is no connection, or it leads nowhere */
};

/* One of them as it is now; all borrowed. */
struct forward_state {
	enum forward_kind kind;
	const struct forward_spec *spec;
	const char *text; /* "8080 [web]:80" */
	enum forward_phase phase;
	int port; /* which is listened at; 0: none, or not known */
	size_t open;
	uint64_t total, refused, bytes_in, bytes_out;
	const char *trouble; /* the last one; NULL: none yet */
};

#endif
