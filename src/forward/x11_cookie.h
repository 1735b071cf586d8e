/*
 * x11_cookie - the two passwords of a forwarded display: the real one, which
 * the X server here wants and nobody else learns, and a fake one, which the
 * programs on the server are given. Pure.
 */
#ifndef FORWARD_X11_COOKIE_H
#define FORWARD_X11_COOKIE_H

#include <stddef.h>

#include "base/step.h"

struct buf;

struct x11_cookie {
	char *protocol; /* "MIT-MAGIC-COOKIE-1" */
	unsigned char *real, *fake;
	size_t len; /* of each */
};

/*
 * From a protocol and the real cookie in hexadecimal; the fake one is random.
 * Returns 0, or -1 if they cannot be.
 */
int x11_cookie_init(struct x11_cookie *c, const char *protocol,
		    const char *real);

/* to is the caller's, as after x11_cookie_init(). */
void x11_cookie_copy(struct x11_cookie *to, const struct x11_cookie *from);

void x11_cookie_clear(struct x11_cookie *c); /* wipes */

/* The fake one in hexadecimal; the caller frees it. */
char *x11_cookie_fake(const struct x11_cookie *c);

/*
 * The first message of an X client (X11 protocol, chapter 8) names a protocol
 * and a cookie, in the byte order that it says. STEP_AGAIN: more is needed.
 * STEP_FAIL: they are not ours, *ret_why (static) tells which. STEP_DONE: the
 * fake cookie was replaced by the real one; what follows the message is left
 * as it is.
 */
enum step x11_cookie_replace(const struct x11_cookie *c, struct buf *message,
			     const char **ret_why);

/* How much of a message is looked at before it is decided on. */
size_t x11_cookie_message_len(const struct x11_cookie *c);

#endif
