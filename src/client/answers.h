/*
 * answers - what the user has answered while a connection was made, so that the
 * same question is not asked again for the next one.
 *
 * Until they are closed, questions go to whoever asks them, and what was
 * answered is noted: a yes always, anything else only if secrets are to be
 * kept, in memory that is locked. Once they are closed nothing is asked any
 * more: what was answered is answered again, once for each connection, so that
 * no password is tried twice; and what was not has no answer.
 */
#ifndef CLIENT_ANSWERS_H
#define CLIENT_ANSWERS_H

#include <stdbool.h>

#include "base/asker.h"

struct answering;
struct answers;

struct answers *answers_new(bool keeps_secrets);
void answers_free(struct answers *a); /* after who answers; NULL is fine */

void answers_close(struct answers *a);

/* Locks of memory do not outlive a fork: have them again. */
void answers_lock(const struct answers *a);

/* Another connection is made: each answer may be given once more. */
void answers_rewind(struct answers *a);

/* Was there an answer that was not kept? */
bool answers_lack_one(const struct answers *a);

/* An asker in front of another one, which outlives it. Never fails. */
struct answering *answering_new(struct answers *a, struct asker behind);
void answering_free(struct answering *g); /* NULL is fine */
struct asker answering_asker(struct answering *g);

#endif
