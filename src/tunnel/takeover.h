/*
 * takeover - TakeOverListener: when the server refuses to listen again where it
 * listened for the connection that was lost, because its process for that one
 * has not noticed yet, that process is ended.
 *
 * While a -R is up, a command on the server finds out which process listens.
 * When one is refused later, another command ends those processes that were
 * ours, if they still are what they were: see server_identity.h. Where no
 * commands can be run there, that is told once, and nothing is done.
 */
#ifndef TUNNEL_TAKEOVER_H
#define TUNNEL_TAKEOVER_H

#include <stdbool.h>

struct forwards;
struct loop;
struct session;
struct takeover;

struct takeover *takeover_new(struct loop *l, void (*wake)(void *arg),
			      void *arg);
void takeover_free(struct takeover *t); /* NULL is fine */

/* The session, logged in, or NULL: it ends, and with it what runs there. True:
 * a process was ended, and it is time to ask again. */
bool takeover_step(struct takeover *t, struct session *session,
		   const struct forwards *forwards);

/* Does it still want to know who listens for us? Who is lost before that is
 * known cannot be ended. */
bool takeover_is_learning(const struct takeover *t);

#endif
