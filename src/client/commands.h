/*
 * commands - what the escape keys do, and the command line of "~C".
 */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "term/escape.h"

struct interactive;

/* Carry out an escape command. */
void commands_run(struct interactive *i, enum escape_action action);

/* Is the command line open? Then what is typed belongs to it: returns how
 * many of the bytes it took. */
bool commands_is_editing(const struct interactive *i);
size_t commands_edit(struct interactive *i, const void *data, size_t len);

/* The window has another size. */
void commands_resize(struct interactive *i);

/* Free what the commands keep. */
void commands_clear(struct interactive *i);

#endif
