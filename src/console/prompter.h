/*
 * prompter - questions to the user, for whoever is handed an asker: one at a
 * time, in the order in which they come, so that no two talk over each other,
 * and never while the user types a line for "~C".
 *
 * Nothing else waits (term/asking.h). While a session runs, its own input and
 * output stand still if the question is asked on its terminal.
 */
#ifndef CONSOLE_PROMPTER_H
#define CONSOLE_PROMPTER_H

#include <stdbool.h>

#include "base/asker.h"

struct console;
struct prompter;

/* For one who asks about this host, which is named if there are several; wake
 * means that it may get an answer. Freed before the console. */
struct prompter *prompter_new(struct console *c, const char *host,
			      void (*wake)(void *arg), void *arg);
void prompter_free(struct prompter *p); /* NULL is fine; forgets */

/* Is any of them asking? */
bool prompter_is_busy(const struct console *c);

/* What it is for. */
struct asker prompter_asker(struct prompter *p);

#endif
