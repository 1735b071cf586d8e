/*
 * parking - connections that came in here while there was no session: they wait
 * for the next one, in the order in which they came. Who has waited for too
 * long, or finds no room, is refused with a reset, as a closed port would do.
 *
 * Nothing is read from them. Who has reset the connection is let go. Who will
 * write no more may still wait for an answer, and has to go only where there is
 * no room for the next one.
 */
#ifndef FORWARD_PARKING_H
#define FORWARD_PARKING_H

#include <stddef.h>
#include <stdint.h>

struct loop;
struct parking;

#define PARKING_MAX 128

/* Each waits for hold_ms; 0: nobody does. */
struct parking *parking_new(struct loop *l, int64_t hold_ms);
void parking_free(struct parking *p); /* refuses all; NULL is fine */

/* fd, which is taken over, came to this owner, which is borrowed. */
void parking_add(struct parking *p, void *owner, int fd);

/* The same for one who was let in already, and comes before all others. */
void parking_put_back(struct parking *p, void *owner, int fd);

/* Let all of them in; fd is the callee's. */
typedef void parking_admit_fn(void *owner, int fd);
void parking_let_in(struct parking *p, parking_admit_fn *admit);

/* Refuse those who came to this owner. */
void parking_forget(struct parking *p, const void *owner);

#endif
