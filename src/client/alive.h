/*
 * alive - ServerAliveInterval and ServerAliveCountMax: notices when the
 * server has gone silent.
 *
 * Any byte received counts as life. After an interval without one a probe is
 * sent that the server must answer; after CountMax silent intervals the
 * connection is dead.
 */
#ifndef CLIENT_ALIVE_H
#define CLIENT_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct alive;
struct pulse;

struct alive_params {
	struct pulse *pulse;
	int64_t interval_ms; /* 0: never look */
	int count_max;
	void (*wake)(void *arg); /* it is over */
	void *arg;
};

/* NULL if the user did not ask for it. */
struct alive *alive_new(const struct alive_params *p);
void alive_free(struct alive *a); /* NULL is fine */

/* Has the server been silent for too long? NULL: no. */
bool alive_is_over(const struct alive *a);

#endif
