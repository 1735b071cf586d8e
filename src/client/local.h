/*
 * local - what a connection does to this side of it: LocalCommand, "!" and -f.
 */
#ifndef CLIENT_LOCAL_H
#define CLIENT_LOCAL_H

struct client;
struct err;

/* Run a command in the user's shell and wait for it. ^C and ^\ are for the
 * command; ^Z stops it and us. */
void local_run_shell(const char *command);

/* Run LocalCommand in the user's shell and wait for it; how it ends does not
 * matter, as in ssh. Fails only if its tokens are wrong. */
int local_run_command(struct client *c, struct err *e);

/* Continue in a child without a terminal, as daemon(3); the parent exits with
 * 0. Returns 0 in the child, or -1 with e set. */
int local_go_to_background(struct client *c, struct err *e);

#endif
