/*
 * xauth - asks xauth(1) for the cookie of a display, or has it make one for
 * an untrusted client.
 *
 * This waits for the program, as ssh does, but not for ever; no shell is
 * involved.
 */
#ifndef FORWARD_XAUTH_H
#define FORWARD_XAUTH_H

#include <stdbool.h>

struct buf;
struct err;
struct x11_cookie;

struct xauth_params {
	const char *program;    /* a path */
	const char *display;    /* a valid one */
	bool is_trusted;        /* the user's own cookie will do */
	unsigned int timeout_s; /* of an untrusted one; 0: none */
};

/*
 * Returns 0 with *ret filled: the caller owns it and calls
 * x11_cookie_clear(). A trusted display without a cookie gets an invented one,
 * with ssh's warning. Returns -1 with e set (ERR_FORWARD), in ssh's words, if
 * there is no untrusted cookie to be had.
 */
int xauth_get(const struct xauth_params *p, struct x11_cookie *ret,
	      struct err *e);

/*
 * The cookie in what "xauth list" printed: "display  protocol  hexadecimal",
 * in the first line. Returns 0 with *ret filled, as above, or -1 if there is
 * none.
 */
int xauth_parse_list(struct buf *out, struct x11_cookie *ret);

#endif
