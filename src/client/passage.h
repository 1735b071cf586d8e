/*
 * passage - the channel through a jump host (hop.h), as the stream that the
 * connection behind it runs over. There is one at a time.
 */
#ifndef CLIENT_PASSAGE_H
#define CLIENT_PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/step.h"

struct err;
struct forward_end;
struct loop;
struct passage;
struct session;
struct stream;

struct passage_params {
	struct loop *loop;
	const struct forward_end *to; /* where it leads; outlives it */
	int64_t patience_ms;          /* for its opening; 0: any time */
	/* The jump host is to take a turn. */
	void (*wake)(void *arg);
	void *arg;
	/* So is who is behind it: something can be read or written. */
	void (*wake_user)(void *arg);
	void *user;
};

/* p is copied. It is wanted from the beginning. Never fails. */
struct passage *passage_new(const struct passage_params *p);
void passage_free(struct passage *p); /* after the stream; NULL is fine */

/* --- the jump host's side --- */

/* Ask its session, which is borrowed, for the channel. */
void passage_open(struct passage *p, struct session *s);

/* Is it open, whoever has it? */
bool passage_is_open(const struct passage *p);

/* That session goes; what was asked of it is to be asked of the next one. */
void passage_drop(struct passage *p);

/* If somebody wants one, get it opened. STEP_DONE: it is open now, once;
 * STEP_FAIL: e has the server's answer, or ERR_TIMEOUT. */
enum step passage_step(struct passage *p, struct session *s, struct err *e);

/* The jump host has failed: what has arrived can be read, and then it ends. */
void passage_cut(struct passage *p);

/* As after passage_new(); nobody is behind it. */
void passage_begin_again(struct passage *p);

/* Wake its user for what is possible now; at the end of each turn. */
void passage_wake_user(struct passage *p);

/* --- the side of who is behind it --- */

/* STEP_DONE: *ret_stream is the caller's; when that is freed, another may be
 * asked for. Else STEP_AGAIN. */
enum step passage_take(struct passage *p, struct stream **ret_stream);

#endif
