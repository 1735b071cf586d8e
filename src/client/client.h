/*
 * client - one SSH connection from its configuration to its exit status.
 *
 * A client is one of possibly many in a process: it owns its descriptors and
 * timers, keeps no globals, and after login never blocks. Its life is a table
 * of stages (client.c).
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/step.h"

struct client;
struct conf;
struct err;
struct loop;

/* Start a connection as conf says; conf must outlive the client. */
struct client *client_new(struct loop *l, const struct conf *conf);
void client_free(struct client *c); /* NULL is fine */

/*
 * How far it got: STEP_AGAIN while it lives (run the loop), STEP_DONE with
 * *ret_status set to what the program should exit with, or STEP_FAIL with e
 * set.
 */
enum step client_result(struct client *c, int *ret_status, struct err *e);

/* The version of libssh2, for -V. Static. */
const char *client_library_version(void);

/* Run one client in a loop of its own until it ends. Returns 0 with
 * *ret_status set, or -1 with e set. */
int client_run(const struct conf *conf, int *ret_status, struct err *e);

#endif
