/*
 * client - the story of one configuration: a connection, the forwardings and
 * the job on it, and what it all comes to.
 *
 * A client is one of possibly many in a process: it owns its descriptors and
 * timers, keeps no globals, and never blocks. Its life is a table of stages
 * (client.c).
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/step.h"

struct client;
struct conf;
struct console;
struct err;
struct inherited;
struct loop;

/* All are borrowed, and outlive the client. */
struct client_params {
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	struct inherited *inherited; /* sockets to listen on, or NULL */
	int fds[3];                  /* input, output and errors of its job */
	/* The session is there. Returns 0, or -1 with e set, which ends it. */
	int (*settle)(void *arg, struct err *e);
	void *arg;
};

/* RemoteCommand, or what stands after the destination; NULL: a shell, or
 * nothing. Borrowed. */
const char *client_command(const struct conf *o);

struct client *client_new(const struct client_params *p);
void client_free(struct client *c); /* NULL is fine */

/*
 * How far it got: STEP_AGAIN while it lives (run the loop), STEP_DONE with
 * *ret_status set to what the program should exit with, or STEP_FAIL with e
 * set.
 */
enum step client_result(struct client *c, int *ret_status, struct err *e);

/* A signal that ends it, as it ends ssh: the remote process gets it too. */
void client_signal(struct client *c, int signo);

#endif
