/*
 * tunnel - a client again and again: when its connection is lost and the reason
 * may pass, it is made anew (Reconnect). And whoever wants to know is told what
 * happens, be it done again or not.
 *
 * The client does not know about it.
 */
#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include "base/step.h"

struct client_guests;
struct conf;
struct console;
struct err;
struct inherited;
struct loop;
struct manager;
struct tunnel;

/* All are borrowed, and outlive it. */
struct tunnel_params {
	struct loop *loop;
	const struct conf *conf;
	struct console *console;
	struct inherited *inherited;        /* sockets to listen on, or NULL */
	const struct client_guests *guests; /* or NULL */
	const struct manager *manager;
	int shared; /* see client_params; 0: none */
	int fds[3]; /* input, output and errors of its job */
	/* The session is there, for the first time. Returns 0, or -1 with e
	 * set, which ends it. */
	int (*settle)(void *arg, struct err *e);
	void *arg;
};

/* NULL with e set if what is to be told cannot be. */
struct tunnel *tunnel_new(const struct tunnel_params *p, struct err *e);
void tunnel_free(struct tunnel *t); /* NULL is fine */

/* As client_result(), in each turn of the loop. */
enum step tunnel_result(struct tunnel *t, int *ret_status, struct err *e);

/* SIGHUP connects anew, if that is ever done and nobody sits at a terminal;
 * SIGUSR1 has the state printed; all others end it, as they end ssh. */
void tunnel_signal(struct tunnel *t, int signo);

#endif
