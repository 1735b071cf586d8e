/*
 * x11_request - X11 forwarding as the user wants it: which display, trusted
 * or not, and for how long.
 */
#ifndef CLIENT_X11_REQUEST_H
#define CLIENT_X11_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct client;
struct x11_request;

/*
 * Ask the server for it, on the client's channel before its start. Runs
 * xauth(1) and waits for it. NULL if the user does not want it or it cannot
 * be; that was said.
 */
struct x11_request *x11_request_new(struct client *c);
void x11_request_free(struct x11_request *r); /* NULL is fine */

/* Go on with everything. Returns true if there is more to do at once. */
bool x11_request_step(struct x11_request *r); /* NULL: false */

/* Connections open now. */
size_t x11_request_open(const struct x11_request *r); /* NULL: 0 */

#endif
