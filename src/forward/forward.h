/*
 * forward - what forwards.c and connection.c share of one forwarding.
 * Internal to forward/.
 */
#ifndef FORWARD_FORWARD_H
#define FORWARD_FORWARD_H

#include "base/forward_spec.h"
#include "forward/forwards.h"

struct channel;
struct connection;
struct listener;
struct remote_listener;

struct forward {
	struct forward *next;
	struct forwards *owner;
	enum forward_kind kind;
	struct forward_spec spec;
	char *target;                   /* "web:80" */
	char *text;                     /* "8080 [web]:80", for messages */
	struct listener *local;         /* FORWARD_LOCAL, FORWARD_DYNAMIC */
	struct remote_listener *remote; /* the remote kinds */
	bool is_pending, has_failed;
	bool is_cancelled; /* freed once its last connection is gone */

	size_t open;                  /* connections now */
	uint64_t total, refused;      /* connections so far */
	uint64_t bytes_in, bytes_out; /* of connections that are over */
	char *last_trouble;           /* or NULL */
	bool target_is_down;          /* the last connection to it failed */
};

struct forwards {
	struct forwards_params params;
	struct forward *all;
	struct connection *connections;
	size_t n_connections;
	size_t n_connecting;         /* to a target of -R */
	struct loop_timer *patience; /* runs while channels are opening */
	bool is_armed;
};

/* May one more connection to a target of -R be begun? Each may take a process
 * that looks its name up, and the server says how many there are. */
bool forwards_may_connect(const struct forwards *fs);

/* Does the server listen? Also if it does no more. */
bool forward_is_remote(enum forward_kind kind);

/* The target of a connection failed or works (again): told once per change.
 * why is a sentence; NULL when it works. */
void forward_note_target(struct forward *f, const char *why);

#endif
