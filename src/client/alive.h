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

struct alive;
struct client;

/* NULL if the user did not ask for it. The client's session is open. */
struct alive *alive_new(struct client *c);
void alive_free(struct alive *a); /* NULL is fine */

/* Has the server been silent for too long? */
bool alive_is_over(const struct alive *a); /* NULL: false */

#endif
