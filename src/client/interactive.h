/*
 * interactive - the user's side of a session with a terminal: raw mode and
 * its end, the window size, escape keys, what is recorded, and what is said
 * when the link goes silent.
 */
#ifndef CLIENT_INTERACTIVE_H
#define CLIENT_INTERACTIVE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct client;
struct err;
struct interactive;

/* Should this session have a terminal? As ssh decides; says so when one is
 * wanted and cannot be had. */
bool interactive_is_wanted(const struct client *c);

/* Never fails; owned by the client. */
struct interactive *interactive_new(struct client *c);
void interactive_free(struct interactive *i); /* NULL is fine */

/* Ask for a pty on the client's channel, like the terminal here. */
void interactive_request_pty(struct interactive *i);

/* The session runs: enter raw mode, watch the window, start recording. */
int interactive_start(struct interactive *i, struct err *e);

/*
 * The session is over: put the terminal right. After an abnormal end (the
 * remote side did not finish by itself) also undo what it had switched on.
 * Never fails, and may be called again.
 */
void interactive_end(struct interactive *i, bool is_abnormal);

/* For stdio: what was typed, what is shown; arg is the interactive. */
void interactive_typed(void *arg, const void *data, size_t len,
		       struct buf *out);
void interactive_shown(void *arg, const void *data, size_t len);

/* Write text of our own to the terminal; lines end in \r\n. */
void interactive_say(struct interactive *i, const char *text, size_t len);

/* Did the user end the session with an escape key? */
bool interactive_is_over(const struct interactive *i); /* NULL: false */

#endif
