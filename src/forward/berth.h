/*
 * berth - the place on the server at which a remote lane is entered. It is
 * asked for when there is a session; and where it was ours before, or
 * connections are made again (Reconnect), a refusal is not the last word: the
 * port may still be held by what the server has kept of a connection that is
 * lost. Then it is asked for again: every second for half a minute, every 5
 * seconds for 5 minutes, and every 30 seconds after that, for as long as the
 * session lives. Where the server says that it forbids it, once is enough.
 *
 * A port that the server chose is asked for again, too; if it stays taken for
 * half a minute, the server chooses another. Internal to forward/.
 */
#ifndef FORWARD_BERTH_H
#define FORWARD_BERTH_H

#include <stdbool.h>
#include <stdint.h>

#include "forward/forward_state.h"

struct berth;
struct channel;
struct err;
struct forward_spec;
struct forwards_params;
struct session;

/* For a spec of this kind; text is its print. All are borrowed. */
struct berth *berth_new(const struct forwards_params *params,
			const struct forward_spec *spec, const char *text);
void berth_free(struct berth *b); /* NULL is fine */

/* Ask the session for it. -1 with e set (ERR_FORWARD) if that is not possible
 * with this engine. */
int berth_attach(struct berth *b, struct session *session, struct err *e);

/* The session is gone, or will be. */
void berth_detach(struct berth *b);

/* Look at the answer, or ask again if it is time. */
void berth_step(struct berth *b);

/* Ask again in the next step, if it was refused for now. */
void berth_hurry(struct berth *b);

/* On the clock of loop_now_ms(): when is a step due? -1: at no time. */
int64_t berth_due_ms(const struct berth *b);

enum forward_phase berth_phase(const struct berth *b);

/* Is there an answer to come, be it that it is asked for again? */
bool berth_is_asked(const struct berth *b);

/* Where it is, or was when it was there last; 0: not known, or not a port. */
int berth_port(const struct berth *b);

/* Somebody came, or NULL. Owned by the caller. */
struct channel *berth_accept(struct berth *b);

/*
 * Is it not to be had? Then -1 with e set to ssh's line. The kind is
 * ERR_FORWARD; ERR_CHANNEL if the server says that it forbids it;
 * ERR_UNAVAILABLE if it was ours, and ExitOnForwardFailure makes that count.
 */
int berth_failure(const struct berth *b, struct err *e);

/* How long to wait before asking again what has been refused for waited_ms. */
int64_t berth_pause_ms(int64_t waited_ms);

/* Does the server's remark mean that it forbids it? NULL is fine. */
bool berth_is_forbidden(const char *remark);

#endif
