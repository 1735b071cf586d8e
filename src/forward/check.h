/*
 * check - does a forwarding lead from one end to the other (CheckForwards)?
 *
 * Here to there: a channel to the target is opened, and closed at once.
 *
 * There to here: the server is asked to connect to where it listens for us, and
 * a random token is the first that is said on that channel. It must come back
 * as the first that is heard on one that came in. So while a check runs,
 * whoever came in by the lane from the server itself, or from where nobody
 * knows, is looked at before its target is reached: once the token was seen,
 * all others go their way, and so does each from which something else came
 * first. Nothing of theirs is lost, and who speaks first waits for as long as
 * his own first words take; only who waits for the target's waits for the
 * token, about a round trip. If that does not come within 2 seconds though the
 * server is heard, or within 5 though it is not, those who are silent are let
 * go, too, and the check has no opinion: who came at all proves that there is a
 * way. Internal to forward/.
 */
#ifndef FORWARD_CHECK_H
#define FORWARD_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct channel;
struct check;
struct err;
struct forward_end;
struct session;

enum check_result {
	CHECK_RUNNING,
	CHECK_FINE,
	CHECK_TARGET,    /* there is a way, but the target is not to be had */
	CHECK_DEAD,      /* it leads nowhere */
	CHECK_FORBIDDEN, /* the server does not let us find out */
};

/* Can the target be reached from there? All are borrowed. */
struct check *check_new_there(struct session *s, const struct forward_end *to);

/* Does what comes in at this place there, at this port, come here? */
struct check *check_new_here(struct session *s, const struct forward_end *at,
			     int port);

/* After check_release(); what is still held is closed. NULL is fine. */
void check_free(struct check *c);

/* e is set for all but CHECK_RUNNING and CHECK_FINE. */
enum check_result check_step(struct check *c, struct err *e);

/* On the clock of loop_now_ms(): when is a step due? */
int64_t check_due_ms(const struct check *c);

/* May somebody come in to be looked at? */
bool check_has_room(const struct check *c);

/* Somebody came in. True: he is looked at, and taken over. */
bool check_hold(struct check *c, struct channel *channel);

/* One who was looked at, and may go his way; all of them if is_over. Or NULL.
 */
struct channel *check_release(struct check *c, bool is_over);

#endif
