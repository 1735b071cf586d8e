/*
 * commands - what the escape keys do, and the command line of "~C".
 */
#ifndef CONSOLE_COMMANDS_H
#define CONSOLE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "term/escape.h"

struct console;

/* Carry out an escape command. */
void commands_run(struct console *c, enum escape_action action);

/* Is the command line open? Then what is typed belongs to it: returns how
 * many of the bytes it took. */
bool commands_is_editing(const struct console *c);
size_t commands_edit(struct console *c, const void *data, size_t len);

/* The window has another size. */
void commands_resize(struct console *c);

/* Free what the commands keep. */
void commands_clear(struct console *c);

#endif
