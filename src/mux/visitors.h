/*
 * visitors - the clients of a master that are there now, and what they have
 * left running.
 */
#ifndef MUX_VISITORS_H
#define MUX_VISITORS_H

#include <stdbool.h>

#include "mux/visitor_state.h"

/* Somebody has connected: fd is taken over. Who is another user is sent away.
 */
void visitors_admit(struct visitors *all, int fd);

/* Go on with all. Returns true if there is more to do at once. */
bool visitors_step(struct visitors *all);

/* The size of their terminals may have changed. */
void visitors_resize(struct visitors *all);

/* Does anybody need the connection? */
bool visitors_are_busy(const struct visitors *all);

/* End all that they do; why is a sentence for those who have a session; or
 * NULL. */
void visitors_turn_out(struct visitors *all, const char *why);

#endif
