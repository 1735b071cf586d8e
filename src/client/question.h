/*
 * question - a yes-or-no question to the user while a session runs.
 *
 * Where it is asked on the terminal, the session's own input and output stand
 * still meanwhile; everything else goes on.
 */
#ifndef CLIENT_QUESTION_H
#define CLIENT_QUESTION_H

#include <stdbool.h>

#include "base/step.h"

struct client;
struct question;

/* Ask, waking the client when there is an answer. NULL if nobody can be asked:
 * BatchMode, no terminal, or one that is another program's now. */
struct question *question_new(struct client *c, const char *text);

/* STEP_DONE: yes. STEP_FAIL: no, or no answer. */
enum step question_step(struct question *q);

/* Withdraws the question if it is still open. NULL is fine. */
void question_free(struct question *q);

/* Is the user busy with something of our own: another question, or "~C"? */
bool question_must_wait(const struct client *c);

#endif
