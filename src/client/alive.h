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

#include "base/step.h"

struct alive;
struct client;
struct err;

/* NULL if the user did not ask for it. The client is logged in. */
struct alive *alive_new(struct client *c);
void alive_free(struct alive *a); /* NULL is fine */

/* STEP_FAIL, with e set, if the server has been silent for too long; else
 * STEP_AGAIN, also for NULL. */
enum step alive_step(const struct alive *a, struct err *e);

#endif
