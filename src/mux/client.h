/*
 * client - a run that has no connection of its own, but is a guest of a master:
 * a session, a -W or forwardings of a connection that another process has, or
 * what -O asks of it.
 *
 * The master moves the bytes; it is given our descriptors. What is left to do
 * here is the terminal's raw mode, the signals, and the exit status.
 */
#ifndef MUX_CLIENT_H
#define MUX_CLIENT_H

#include <stdbool.h>

#include "base/step.h"

struct conf;
struct console;
struct err;
struct loop;
struct mux_client;

/* All are borrowed, and outlive the client. */
struct mux_client_params {
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	/* What was asked for is there. Returns 0, or -1 with e set, which ends
	 * it. */
	int (*settle)(void *arg, struct err *e);
	void *arg;
};

/* Is a master to be asked? */
bool mux_client_is_wanted(const struct conf *o);

struct mux_client *mux_client_new(const struct mux_client_params *p);
void mux_client_free(struct mux_client *m); /* NULL is fine */

/*
 * How far it got: STEP_AGAIN while it lives (run the loop), STEP_DONE with
 * *ret_status set to what the program should exit with, or STEP_FAIL with e
 * set; but if mux_client_was_declined(), the run is to have a connection of its
 * own, and nothing is left to be told.
 */
enum step mux_client_result(struct mux_client *m, int *ret_status,
			    struct err *e);
bool mux_client_was_declined(const struct mux_client *m);

/* Done with -O proxy: the socket by which the master's connection is there, the
 * caller's from now on (client_params.shared); else 0. */
int mux_client_take_socket(struct mux_client *m);

/* A signal that ends it, as it ends ssh. */
void mux_client_signal(struct mux_client *m, int signo);

#endif
