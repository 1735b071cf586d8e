/*
 * forwarding - the forwardings that a user asked for, on the command line, in
 * a file, or with "~C".
 */
#ifndef CLIENT_FORWARDING_H
#define CLIENT_FORWARDING_H

#include "base/step.h"

struct buf;
struct client;
struct err;

/* Start all of them: here at once, on the server by asking it. Fails only
 * where ExitOnForwardFailure makes a failure count. */
int forwarding_start(struct client *c, struct err *e);

/* With ExitOnForwardFailure: has the server agreed to all? Otherwise done at
 * once. */
enum step forwarding_ready(struct client *c, struct err *e);

/* One line of "~C", without the leading "-": "L8080:web:80", "KD1080". Says
 * what came of it in out, lines ending in \r\n. */
void forwarding_command(struct client *c, const char *text, struct buf *out);

#endif
