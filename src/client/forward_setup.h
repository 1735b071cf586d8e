/*
 * forward_setup - the forwardings that a user asked for, on the command line or
 * in a file.
 */
#ifndef CLIENT_FORWARD_SETUP_H
#define CLIENT_FORWARD_SETUP_H

#include "base/step.h"

struct client;
struct err;

/* Start all of them on the client's connection, or go on with them on its next
 * one: here at once, on the server by asking it. Fails only where
 * ExitOnForwardFailure makes a failure count. */
int forward_setup_start(struct client *c, struct err *e);

/* With ExitOnForwardFailure: has the server agreed to all? Otherwise done at
 * once. */
enum step forward_setup_ready(struct client *c, struct err *e);

#endif
