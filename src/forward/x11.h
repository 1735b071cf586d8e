/*
 * x11 - lets programs on the server use the display here.
 *
 * The owner asked for it with channel_request_x11(), and takes a step in every
 * turn. Each channel that comes in must begin with the fake cookie that the
 * server was given; it then gets a connection of its own to the X server,
 * which sees the real one.
 */
#ifndef FORWARD_X11_H
#define FORWARD_X11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forward/x11_cookie.h"
#include "forward/x11_display.h"

struct idle;
struct loop;
struct session;
struct x11;

struct x11_params {
	struct loop *loop;
	struct session *session;
	struct x11_display display; /* taken over */
	struct x11_cookie cookie;   /* taken over */
	int64_t refuse_from_ms;     /* by loop_now_ms(); 0: never */
	int family;                 /* AF_UNSPEC, AF_INET, AF_INET6 */
	struct idle *idle;          /* ChannelTimeout; or NULL */
	void (*wake)(void *arg);    /* a step may get further */
	void *arg;
};

struct x11 *x11_new(const struct x11_params *p);
void x11_free(struct x11 *x); /* NULL is fine */

/* Go on with everything. Returns true if there is more to do at once. */
bool x11_step(struct x11 *x);

/* Connections open now. */
size_t x11_open(const struct x11 *x);

#endif
