/*
 * host_key_update - UpdateHostKeys: learn the host's other keys, and forget
 * those it has no more, as it tells of them during the session.
 */
#ifndef CONNECT_HOST_KEY_UPDATE_H
#define CONNECT_HOST_KEY_UPDATE_H

#include <stdbool.h>

struct connection;
struct host_key_update;

/* NULL if nothing is to be learnt on this connection. */
struct host_key_update *host_key_update_new(struct connection *c);
void host_key_update_free(struct host_key_update *u); /* NULL is fine */

/* Go on. NULL is fine. */
void host_key_update_step(struct host_key_update *u);

/* Has it begun something that the session's end should wait for? NULL:
 * false. */
bool host_key_update_is_busy(const struct host_key_update *u);

#endif
