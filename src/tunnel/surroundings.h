/*
 * surroundings - tells that something has happened to this machine that may
 * concern its connections: its network is another, or it was asleep.
 */
#ifndef TUNNEL_SURROUNDINGS_H
#define TUNNEL_SURROUNDINGS_H

struct loop;
struct surroundings;

/* changed() is not called more than once in some seconds, whatever happens; and
 * not at all where the system does not tell. Never fails. */
struct surroundings *surroundings_new(struct loop *l,
				      void (*changed)(void *arg), void *arg);
void surroundings_free(struct surroundings *s); /* NULL is fine */

#endif
