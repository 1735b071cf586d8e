/*
 * waiting - tells a person at a terminal what a slow connection waits for: a
 * line that appears after three seconds, changes with what it says, and is gone
 * when it is over.
 */
#ifndef CLIENT_WAITING_H
#define CLIENT_WAITING_H

struct loop;
struct waiting;

/* what() says for whom and for what at the moment, in at most size bytes; an
 * empty text: nothing is to be shown now. NULL if nobody would see it. */
struct waiting *waiting_new(struct loop *l,
			    void (*what)(void *arg, char *text, int size),
			    void *arg);
void waiting_free(struct waiting *w); /* NULL is fine */

#endif
