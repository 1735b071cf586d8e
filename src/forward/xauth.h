/*
 * xauth - asks xauth(1) for the cookie of a display, or has it make one for
 * an untrusted client.
 *
 * The program is not waited for for ever, and nothing else waits for it; no
 * shell is involved.
 */
#ifndef FORWARD_XAUTH_H
#define FORWARD_XAUTH_H

#include <stdbool.h>

#include "base/step.h"

struct buf;
struct err;
struct loop;
struct x11_cookie;
struct xauth;

struct xauth_params {
	const char *program;    /* a path */
	const char *display;    /* a valid one */
	bool is_trusted;        /* the user's own cookie will do */
	unsigned int timeout_s; /* of an untrusted one; 0: none */
};

/* Have it asked; wake(arg) when that is over. p is of no use afterwards. Never
 * fails; owned by the caller. */
struct xauth *xauth_new(struct loop *l, const struct xauth_params *p,
			void (*wake)(void *arg), void *arg);
void xauth_free(struct xauth *x); /* NULL is fine */

/*
 * STEP_DONE: *ret is filled; the caller owns it and calls x11_cookie_clear(). A
 * trusted display without a cookie gets an invented one, with ssh's warning.
 * STEP_FAIL: e (ERR_FORWARD) says in ssh's words that there is no untrusted
 * cookie to be had.
 */
enum step xauth_step(struct xauth *x, struct x11_cookie *ret, struct err *e);

/*
 * The cookie in what "xauth list" printed: "display  protocol  hexadecimal",
 * in the first line. Returns 0 with *ret filled, as above, or -1 if there is
 * none.
 */
int xauth_parse_list(struct buf *out, struct x11_cookie *ret);

#endif
