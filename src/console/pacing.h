/*
 * pacing - ObscureKeystrokeTiming at work: holds back what a turn wants to
 * send, with a server that understands ping@openssh.com.
 */
#ifndef CONSOLE_PACING_H
#define CONSOLE_PACING_H

#include <stdbool.h>

struct console;
struct pacing;

/* For a session with a terminal; NULL if it is not wanted. */
struct pacing *pacing_new(struct console *c);
void pacing_free(struct pacing *p); /* NULL is fine */

/* A key was typed. NULL is fine. */
void pacing_typed(struct pacing *p);

/* At the end of a turn: may what is queued be sent now? If not, there will
 * be another turn. NULL: yes. */
bool pacing_may_send(struct pacing *p);

#endif
