/*
 * command_line - the commands of "~C": forwards added and cancelled, and
 * local commands.
 */
#ifndef CONSOLE_COMMAND_LINE_H
#define CONSOLE_COMMAND_LINE_H

struct console;

/* Carry out one line, and say what came of it. */
void command_line_run(struct console *c, const char *line);

#endif
