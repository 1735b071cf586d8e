/*
 * local - commands that are run on this side: LocalCommand, and "!" of "~C".
 */
#ifndef CONSOLE_LOCAL_H
#define CONSOLE_LOCAL_H

struct conf;
struct err;

/* Run a command in the user's shell and wait for it. ^C and ^\ are for the
 * command; ^Z stops it and us. */
void local_run_shell(const char *command);

/* Run LocalCommand in the user's shell and wait for it; how it ends does not
 * matter, as in ssh. Fails only if its tokens are wrong. */
int local_run_command(const struct conf *o, struct err *e);

#endif
