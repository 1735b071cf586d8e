/*
 * command_line - the commands of "~C": forwards added and cancelled, and
 * local commands.
 */
#ifndef CLIENT_COMMAND_LINE_H
#define CLIENT_COMMAND_LINE_H

struct interactive;

/* Carry out one line, and say what came of it. */
void command_line_run(struct interactive *i, const char *line);

#endif
