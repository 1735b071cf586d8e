/*
 * alive - ServerAliveInterval and ServerAliveCountMax: keeps a finger on a
 * session's pulse, and notices when the server has gone silent (silence.h).
 */
#ifndef CLIENT_ALIVE_H
#define CLIENT_ALIVE_H

#include <stdbool.h>

#include "base/step.h"

struct alive;
struct conf;
struct err;
struct loop;
struct pulse;
struct session;

struct alive_params {
	struct loop *loop;
	const struct conf *conf;
	struct session *session; /* outlives it */
	/* The server should have answered by now, or it did after all. Or
	 * NULL. */
	void (*tell)(void *arg, bool is_silent);
	void (*wake)(void *arg); /* it is over, or there is a probe to send */
	void *arg;
};

/* p is copied. Never fails. */
struct alive *alive_new(const struct alive_params *p);
void
alive_free(struct alive *a); /* after who watches its pulse; NULL is fine */

/* For others who watch. Borrowed. */
struct pulse *alive_pulse(const struct alive *a);

/* In each turn: STEP_FAIL with e set (ERR_TIMEOUT) if the server of that name
 * has been silent for too long, or cannot be heard any more; else STEP_AGAIN.
 */
enum step alive_check(struct alive *a, const char *host, struct err *e);

/* There is no telling that the server is there: it should have answered by now,
 * or nobody asks. NULL: so it is. */
bool alive_is_doubtful(const struct alive *a);

/* There is a reason to doubt: look at once, and do not wait for long. No probe
 * is sent if the user does not want it looked after. NULL is fine. */
void alive_examine(struct alive *a);

#endif
