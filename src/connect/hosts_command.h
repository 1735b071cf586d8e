/*
 * hosts_command - KnownHostsCommand: a program of the user's that knows hosts,
 * asked for one name at a time.
 */
#ifndef CONNECT_HOSTS_COMMAND_H
#define CONNECT_HOSTS_COMMAND_H

#include "base/step.h"

struct connection;
struct err;
struct hosts_command;
struct key;

struct hosts_query {
	const char *reason;    /* %I: ORDER, HOSTNAME or ADDRESS */
	const char *name;      /* %H: whose lines are wanted */
	const char *about;     /* what known_hosts calls that one */
	const struct key *key; /* %t %f %K: what the host has shown, or NULL */
};

/* Ask; q is not needed afterwards. NULL if there is no such command; or if it
 * cannot be run, which is said, and as in ssh the files have to do. */
struct hosts_command *hosts_command_new(struct connection *c,
					const struct hosts_query *q);
void hosts_command_free(struct hosts_command *h); /* NULL is fine */

/* STEP_DONE: what it says is in the connection's known_hosts. STEP_FAIL: it
 * has failed, and so has the connection. */
enum step hosts_command_step(struct hosts_command *h, struct err *e);

#endif
